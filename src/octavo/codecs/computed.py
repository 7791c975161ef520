"""Members that no bytes stand for: they are computed from others when a payload is read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from octavo.codecs._construct import AnyConstruct
from octavo.codecs.expressions import parse_expression, value_in
from octavo.codecs.fields import rounded
from octavo.codecs.numbers import tidy
from octavo.codecs.texts import seconds_before

if TYPE_CHECKING:
    from octavo.codecs.expressions import Expression

RECEIVED = "_received_ms"
"""Name under which construct's context has the time of reception, Unix time in milliseconds."""

ABSENT = object()
"""What a member that is not in the data reads as."""


class Derived(AnyConstruct):
    """Base of the members without bytes. On writing they may be given, and are not looked at."""

    kind: type = float
    unit: str | None = None
    expression: Expression

    def __init__(self, expression: Any, *, normalized: str | None) -> None:
        super().__init__()
        self.flagbuildnone = True
        self.expression = parse_expression(expression)
        self.normalized = normalized

    def value(self, context: Any) -> Any:
        """The value in the frame that is being read."""
        raise NotImplementedError

    def _parse(self, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        return self.value(context)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        return obj

    def _sizeof(self, context: Any, path: str) -> int:  # noqa: ARG002 - construct's signature
        return 0


class Computed(Derived):
    """A number computed from members before it; null where one of them is, or where the result is not finite.

    Args:
        expression: of construct's ``this``, see `octavo.codecs.expressions`.
        unit: symbol of the unit.
        decimals: digits after the point to which it is rounded; None leaves it.
        normalized: path in the normalized vocabulary.

    >>> from construct import Int8ub, Struct, this
    >>> power = Struct("volts" / Int8ub, "amperes" / Int8ub, "watts" / Computed(this.volts * this.amperes))
    >>> power.parse(bytes([12, 3])).watts
    36
    """

    def __init__(
        self, expression: Any, *, unit: str | None = None, decimals: int | None = None, normalized: str | None = None
    ) -> None:
        super().__init__(expression, normalized=normalized)
        self.unit = unit
        self.decimals = decimals

    def value(self, context: Any) -> Any:
        """The number, or None."""
        value = value_in(self.expression, context)
        return None if value is None else self.finished(value)

    def finished(self, value: float) -> float | None:
        """A result, rounded, as data has it; None where rounding made it infinite."""
        found = value if self.decimals is None else rounded(value, self.decimals)
        return tidy(found) if math.isfinite(found) else None


class Ago(Derived):
    """The time, as text, so many seconds before the message was received.

    The member is absent where the network does not tell when that was.

    Args:
        expression: the number of seconds, of construct's ``this``.
        normalized: path in the normalized vocabulary, ``time``.
    """

    kind = str

    def __init__(self, expression: Any, *, normalized: str | None = None) -> None:
        super().__init__(expression, normalized=normalized)

    def value(self, context: Any) -> Any:
        """The text, or `ABSENT`."""
        received = context._params.get(RECEIVED)  # noqa: SLF001 - construct's name for what parse is given
        seconds = None if received is None else value_in(self.expression, context)
        found = None if seconds is None else seconds_before(received, seconds)
        return ABSENT if found is None else found
