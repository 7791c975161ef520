"""Samples of a layout: random data, named data that meets every branch, and what goes wrong.

Frames follow by writing the data. Everything is made from the declaration alone, and the same for the same seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.codecs.reference import built
from octavo.codecs.samples.corners import corners
from octavo.codecs.samples.faults import faults
from octavo.codecs.samples.filling import SOME_ITEMS, Filling, counting_in
from octavo.codecs.samples.lenient import lenient
from octavo.codecs.samples.values import random_value, values
from octavo.codecs.samples.wrong import wrong_data
from octavo.errors import ContentError, EncodeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.fields import Field

__all__ = ["Sampler", "corners", "draw", "faults", "lenient", "values", "wrong_data"]

TRIES = 100


class Sampler:
    """Draws random data of one layout.

    Args:
        layout: the layout.

    Attributes:
        drawn: how many times data was put together.
        refused: how many of them could not be written.
    """

    def __init__(self, layout: AnyConstruct) -> None:
        self.layout = layout
        self.counting = counting_in(layout)
        self.known: dict[int, list[Any]] = {}
        self.drawn = 0
        self.refused = 0

    def draw(self, random: Random) -> dict[str, Any]:
        """Random data that can be written, boundary values often among it; raises what `written` does."""
        return self.written(random)[0]

    def written(self, random: Random) -> tuple[dict[str, Any], bytes]:
        """Such data, and the frame that it is written as.

        Raises:
            ContentError: a hundred draws in a row could not be written.
        """
        refusal: EncodeError | None = None
        for _ in range(TRIES):
            data = Filling(self.layout, _Random(random, self.known), self.counting).data()
            self.drawn += 1
            try:
                frame = built(self.layout, data)
            except EncodeError as error:
                self.refused += 1
                refusal = error
            else:
                return data, frame
        raise ContentError(f"expected data that can be written, found none in {TRIES} draws: {refusal}")


def draw(layout: AnyConstruct, random: Random) -> dict[str, Any]:
    """Random data of a layout that can be written; who draws often from one layout uses a `Sampler`.

    Raises:
        ContentError: none was found.
    """
    return Sampler(layout).draw(random)


class _Random:
    """A chooser that throws dice.

    Args:
        random: the dice.
        known: boundary values by the identity of their field, filled when they are first asked for.
    """

    def __init__(self, random: Random, known: dict[int, list[Any]]) -> None:
        self.random = random
        self.known = known

    def value(self, field: Field) -> Any:
        """A boundary value or any other."""
        if id(field) not in self.known:
            self.known[id(field)] = values(field)
        return random_value(field, self.known[id(field)], self.random)

    def number(self, node: AnyConstruct, numbers: Sequence[int]) -> int:  # noqa: ARG002 - all alike
        """The least, the greatest or any number."""
        return self.random.choice((numbers[0], numbers[-1], self.random.choice(numbers)))

    def one(self, node: AnyConstruct, options: Sequence[Any]) -> Any:  # noqa: ARG002 - too
        """Any."""
        return self.random.choice(options)

    def some(self, node: AnyConstruct, options: Sequence[Any], minimum: int, maximum: int) -> list[Any]:  # noqa: ARG002 - too
        """Any of them, in their order: mostly few, as devices send them."""
        most = maximum if self.random.randrange(4) == 0 else min(maximum, minimum + SOME_ITEMS)
        count = self.random.choice((minimum, most, self.random.randint(minimum, most)))
        chosen = set(self.random.sample(range(len(options)), count))
        return [option for index, option in enumerate(options) if index in chosen]
