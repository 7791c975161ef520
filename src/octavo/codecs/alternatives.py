"""Layouts of which one of several is there: told by a field before, by a byte ahead, or by the whole frame."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import (
    AnyConstruct,
    FieldError,
    build,
    bytes_of,
    look_up,
    members_to_build,
    parse,
    shown,
)
from octavo.codecs.given import table_given
from octavo.codecs.members import Member, Merged, find_problem, members_of
from octavo.codecs.numbers import tidy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Case(Merged):
    """What follows depends on a field before it.

    Args:
        on: name of that field, a `Choice` or a `Flag`.
        cases: value of the field to the layout that follows; construct's ``Pass`` for none.
    """

    def __init__(self, on: str, cases: Mapping[Any, AnyConstruct]) -> None:
        super().__init__()
        self.on = on
        self.cases: dict[Any, Any] = table_given(self, cases, "value: layout, ...")

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return parse(self.cases[look_up(context, self.on)], stream, context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        data = members_to_build(obj, context)
        build(self.cases[look_up(context, self.on)], data, stream, context, path)
        return obj

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """Those of the case that the data names; none where it names no case."""
        value = data.get(self.on)
        same = (key for key in self.cases if key == value and isinstance(key, bool) == isinstance(value, bool))
        for key in same:
            yield from members_of(self.cases[key], data)


class Literal(Merged):
    """Bytes that stand for the whole data of a frame.

    Args:
        frame: the bytes.
        data: what they mean.
    """

    def __init__(self, frame: bytes, data: Mapping[str, Any]) -> None:
        super().__init__()
        self.frame = frame
        self.data: Any = _tidied(data)

    @property
    def writable(self) -> str:
        """What is expected of the data."""
        return shown(self.data)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        parse(construct.Const(self.frame), stream, context, path)
        return construct.Container(self.data)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        data = members_to_build(obj, context)
        if not all(_same(data[name], value) for name, value in self.data.items()):
            raise FieldError(self.writable, shown(data), path)
        stream.write(self.frame)
        return obj

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:  # noqa: ARG002 - always the same
        """Those of the data it stands for."""
        for name in self.data:
            yield Member(name, construct.Pass, required=True)


class Variant:
    """One of several layouts of a frame, and how to tell that a frame has it.

    Args:
        layout: the layout.
        at: offset, in bytes from where the frame begins, of the byte that tells; None where any frame has it.
        mask: bits of that byte that count.
        value: what they hold.
    """

    def __init__(self, layout: AnyConstruct, *, at: int | None = None, mask: int = 0xFF, value: int = 0) -> None:
        self.layout = layout
        self.at = at
        self.mask = mask
        self.value = value

    def matches(self, ahead: bytes) -> bool:
        """Whether a frame that begins with these bytes has the layout."""
        if isinstance(self.layout, Literal):
            return ahead == self.layout.frame
        return self.at is None or (len(ahead) > self.at and ahead[self.at] & self.mask == self.value)


class Variants(Merged):
    """Several layouts of a frame, told apart by a byte ahead; the first that matches is taken.

    On writing the first is taken whose members the data has, whose fields take the values, and which reads again
    what it wrote.

    Args:
        variants: the layouts.
    """

    def __init__(self, *variants: Variant) -> None:
        super().__init__()
        self.variants = variants

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        here = stream.tell()
        ahead = stream.read()
        stream.seek(here)
        for variant in self.variants:
            if variant.matches(ahead):
                return parse(variant.layout, stream, context, path)
        raise self._unknown(stream, ahead, path)

    own = "values that are read by the layout that writes them"

    @property
    def last_at(self) -> int:
        """Offset of the last byte that tells; -1 where only whole frames are told apart."""
        return max((variant.at for variant in self.variants if variant.at is not None), default=-1)

    @property
    def long_enough(self) -> str:
        """What is expected where a frame ends before the last byte that tells."""
        return f"at least {bytes_of(self.last_at + 1)}"

    @property
    def known(self) -> str:
        """What is expected of the last byte that tells, or of the frame."""
        telling = [variant for variant in self.variants if variant.at == self.last_at]
        masks = dict.fromkeys(variant.mask for variant in telling)
        frames = (f"0x{each.layout.frame.hex()}" for each in self.variants if isinstance(each.layout, Literal))
        told = (f"{_values(telling, mask)} under the mask 0x{mask:02x}" for mask in masks)
        return " or ".join(told if telling else frames)

    def _unknown(self, stream: Any, ahead: bytes, path: str) -> construct.ConstructError:
        at = self.last_at
        if len(ahead) <= at:
            return FieldError(self.long_enough, str(len(ahead)), path)
        stream.seek(max(at, 0), 1)
        stream.read(1)
        return FieldError(self.known, f"0x{ahead[at]:02x}" if at >= 0 else f"0x{ahead.hex()}", path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        data = members_to_build(obj, context)
        failed: construct.ConstructError = FieldError("the members of one of the layouts", shown(sorted(data)), path)
        for layout in self.fitting(data):
            attempt = BytesIO()
            try:
                build(layout, data, attempt, context, path)
                self._check_own(layout, attempt.getvalue(), path)
            except construct.ConstructError as error:
                failed = error
            else:
                stream.write(attempt.getvalue())
                return obj
        raise failed

    def _check_own(self, layout: AnyConstruct, content: bytes, path: str) -> None:
        """What is written has to be read by the same layout."""
        taken = next((variant.layout for variant in self.variants if variant.matches(content)), None)
        if taken is not layout:
            raise FieldError(self.own, f"0x{content.hex()}", path)

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """Those of the first layout that fits, else of the one that shares most names with the data."""
        fitting = next(self.fitting(data), None)
        if fitting is None:
            fitting = max((variant.layout for variant in self.variants), key=lambda each: _shared(each, data))
        yield from members_of(fitting, data)

    def fitting(self, data: Mapping[str, Any]) -> Iterator[AnyConstruct]:
        """The layouts whose members the data has, in order."""
        return (variant.layout for variant in self.variants if find_problem(variant.layout, data) is None)


def _tidied(value: Any) -> Any:
    """A JSON value whose numbers are of JavaScript's one kind."""
    if isinstance(value, Mapping):
        return {name: _tidied(each) for name, each in value.items()}
    return [_tidied(each) for each in value] if isinstance(value, list) else tidy(value)


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; Python takes true for 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _values(variants: Iterable[Variant], mask: int) -> str:
    return ", ".join(f"0x{variant.value:02x}" for variant in variants if variant.mask == mask)


def _shared(layout: AnyConstruct, data: Mapping[str, Any]) -> int:
    return sum(member.name in data for member in members_of(layout, data))
