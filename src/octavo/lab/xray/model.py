"""What an x-ray shows: the fields of a payload with their bits, and what the bits do that are no field's."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from octavo.lab.xray.bits import ranges

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMS = ("unsigned", "two's complement", "sign and magnitude", "decimal digits")
"""How bits make a whole number; ``decimal digits`` has a digit in each four bits."""


FEW_NUMBERS = 8
"""So many numbers of a choice that stand for one value are told one by one: those of three bits."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A number that is ``scale * count + offset``.

    Attributes:
        form: how the bits make the count, one of `FORMS`.
        order: ``big`` or ``little``, which byte comes first; ``mixed``, neither; empty where one byte holds it all.
        places: the bits from the least significant, as places in the payload.
        scale: what one count is worth.
        offset: the value of count 0.
        decimals: digits that values are rounded to; None where they are not.
        rounding: ``nearest`` or ``down``; empty where values are not rounded.
        markers: counts that give no number, or one off the line, each with what they give.
        below: a count, and the offset of all counts below it, where that is another one; else None.
    """

    form: str
    order: str
    places: tuple[int, ...]
    scale: float
    offset: float
    decimals: int | None = None
    rounding: str = ""
    markers: tuple[tuple[int, Any], ...] = ()
    below: tuple[int, float] | None = None

    @property
    def width(self) -> int:
        """Number of bits."""
        return len(self.places)

    @property
    def signed(self) -> bool:
        """Whether it can be negative by its form."""
        return self.form in FORMS[1:3]

    def to_dict(self) -> dict[str, Any]:
        """The number as a JSON object."""
        return {
            "form": self.form,
            "order": self.order or None,
            "width": self.width,
            "signed": self.signed,
            "scale": self.scale,
            "offset": self.offset,
            "decimals": self.decimals,
            "rounding": self.rounding or None,
            "markers": [{"count": count, "value": value} for count, value in self.markers],
            "below": {"count": self.below[0], "offset": self.below[1]} if self.below else None,
        }


@dataclass(frozen=True, slots=True)
class Field:
    """A member of the data, and where it comes from.

    Attributes:
        path: the member, ``history[1].humidity``.
        kind: ``number`` (linear), ``float``, ``flag``, ``flags`` (a list of names), ``choice``, ``hex``, ``text``,
            ``version``, ``time`` (text of a moment that is linear), ``constant`` (no bit feeds it), ``switched`` (only
            discriminators change it), or ``other``: it depends on its bits in a way that none of these is.
        value: what the payload gives.
        mask: the bits that feed it.
        refused: bits of its bytes that were never accepted otherwise, and that no other field has.
        switches: discriminators that change its value too.
        linear: the number; None for what is none.
        names: the values of a choice by their raw numbers, the names of flags by their bits.
        parts: the bits of each number of a version.
        detail: what else is to be said: ``float32, big-endian``, ``inverted``.
        declaration: the field as a line of a declaration; empty where there is none.
        tried: how many different raw values were looked at.
    """

    path: str
    kind: str
    value: Any
    mask: int = 0
    refused: int = 0
    switches: int = 0
    linear: Linear | None = None
    names: tuple[tuple[int, Any], ...] = ()
    parts: tuple[int, ...] = ()
    detail: str = ""
    declaration: str = ""
    tried: int = 1

    @property
    def usual(self) -> tuple[Any, ...]:
        """The value of a choice that most of its numbers stand for, where there are many; else nothing."""
        texts = {json.dumps(value): value for _, value in self.names}
        counts = Counter(json.dumps(value) for _, value in self.names)
        text, count = next(iter(counts.most_common(1)), ("", 0))
        if self.kind != "choice" or count < FEW_NUMBERS or 2 * count <= len(self.names):
            return ()
        return (texts[text],)

    @property
    def is_explained(self) -> bool:
        """Whether it is known what its bits make: of a number its scale, sign and width."""
        return self.kind != "other"

    def to_dict(self, size: int) -> dict[str, Any]:
        """The field as a JSON object; all members are always present."""
        return {
            "path": self.path,
            "kind": self.kind,
            "value": self.value,
            "bits": _ranges(self.mask, size),
            "refused": _ranges(self.refused, size),
            "switches": _ranges(self.switches, size),
            "linear": self.linear.to_dict() if self.linear else None,
            "names": [{"count": count, "value": value} for count, value in self.names],
            "parts": [_ranges(part, size) for part in self.parts],
            "detail": self.detail or None,
            "declaration": self.declaration or None,
            "tried": self.tried,
        }


@dataclass(frozen=True, slots=True)
class Discriminator:
    """Bits that decide about more than values: the same happens when any of them is flipped.

    Attributes:
        mask: the bits.
        error: what is said then; empty where the payload is still decoded.
        adds: members that come.
        removes: members that go.
    """

    mask: int
    error: str = ""
    adds: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()

    def to_dict(self, size: int) -> dict[str, Any]:
        """The discriminator as a JSON object."""
        return {
            "bits": _ranges(self.mask, size),
            "error": self.error or None,
            "adds": list(self.adds),
            "removes": list(self.removes),
        }


@dataclass(frozen=True, slots=True)
class Overlap:
    """Bits that feed several fields.

    Attributes:
        mask: the bits.
        paths: the fields.
    """

    mask: int
    paths: tuple[str, ...]

    def to_dict(self, size: int) -> dict[str, Any]:
        """The overlap as a JSON object."""
        return {"bits": _ranges(self.mask, size), "fields": list(self.paths)}


@dataclass(frozen=True, slots=True)
class Frame:
    """The x-ray of one payload.

    Attributes:
        payload: the bytes.
        f_port: their port.
        fields: the members of the data, in its order.
        discriminators: what decides about more than values.
        overlaps: bits of several fields.
        dead: bits without an effect.
        error: why there is no x-ray: what the formatter says of the payload itself; else empty.
        asked: how many payloads were decoded.
        others: how many other examples have the same port, length and members.
    """

    payload: bytes
    f_port: int
    fields: tuple[Field, ...] = ()
    discriminators: tuple[Discriminator, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    dead: int = 0
    error: str = ""
    asked: int = 0
    others: int = 0

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self.payload)

    @property
    def explained(self) -> int:
        """How many fields are explained."""
        return sum(field.is_explained for field in self.fields)

    @property
    def by_path(self) -> Mapping[str, Field]:
        """The fields by their paths."""
        return {field.path: field for field in self.fields}

    def to_dict(self) -> dict[str, Any]:
        """The x-ray as a JSON object; bits are ranges of bytes, bit 7 is a byte's most significant."""
        return {
            "payload": self.payload.hex(),
            "f_port": self.f_port,
            "fields": [field.to_dict(self.size) for field in self.fields],
            "discriminators": [each.to_dict(self.size) for each in self.discriminators],
            "overlaps": [each.to_dict(self.size) for each in self.overlaps],
            "dead": _ranges(self.dead, self.size),
            "error": self.error or None,
            "asked": self.asked,
            "others": self.others,
        }


@dataclass(frozen=True, slots=True)
class Xray:
    """The x-rays of a formatter.

    Attributes:
        subject: the formatter, as it is asked for again.
        frames: one for each payload; without a given one, for each port, length and set of members among the examples.
        origin: where the payloads come from: ``given``, ``examples`` or ``found``; empty where none was looked for.
        error: why there is no frame; else empty.
        left_out: examples that give nothing to look at, with why; one for each port, length and reason.
    """

    subject: str
    frames: tuple[Frame, ...] = ()
    origin: str = ""
    error: str = ""
    left_out: tuple[Frame, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether there is an x-ray of everything that was looked for."""
        return not self.error and not any(frame.error for frame in self.frames)

    def to_dict(self) -> dict[str, Any]:
        """The x-rays as a JSON object."""
        return {
            "subject": self.subject,
            "origin": self.origin or None,
            "frames": [frame.to_dict() for frame in self.frames],
            "left_out": [
                {"payload": each.payload.hex(), "f_port": each.f_port, "error": each.error} for each in self.left_out
            ],
            "error": self.error or None,
        }


def _ranges(mask: int, size: int) -> list[dict[str, int]]:
    return [each.to_dict() for each in ranges(mask, size)]
