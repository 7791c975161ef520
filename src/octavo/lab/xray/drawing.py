"""An x-ray as the pictures of `octavo.codecs.layout`: the places of a payload, and boxes with a legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from octavo import payload
from octavo.codecs.layout.cells import Block, Cell, Entry, Picture, Range, Row
from octavo.codecs.layout.places import Place, Places
from octavo.codecs.layout.svg import drawn
from octavo.lab.xray.bits import BYTE, byte_mask, bytes_in, gathered, ones, union
from octavo.lab.xray.declaring import indexes
from octavo.lab.xray.fitting import counted
from octavo.lab.xray.wording import discriminator, places, span, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from octavo.lab.xray.model import Field, Frame, Xray

DECIDES = "discriminator"
DEAD = "dead"


class Word(NamedTuple):
    """Neighbouring bytes that fields share.

    Attributes:
        first: the first byte.
        size: number of bytes.
        order: ``little`` where its first byte is the least significant, else ``big``.
        fields: those that have bits of it.
    """

    first: int
    size: int
    order: str
    fields: tuple[Field, ...]

    def mask(self, size: int) -> int:
        """Its bits in a payload of so many bytes."""
        return sum(byte_mask(byte, size) for byte in range(self.first, self.first + self.size))


def to_svg(xray: Xray) -> str:
    """The x-rays as the text of an SVG file: a picture of each payload."""
    told = "Which bits feed which field, found by changing them."
    told += f" {DECIDES}: bits whose change is an error, or makes another set of fields. Grey: bits without an effect."
    return drawn(f"X-ray of {xray.subject}", told, [picture(frame) for frame in xray.frames if not frame.error])


# ---- words ----


def frame_words(frame: Frame) -> list[Word]:
    """The bytes of a payload as words, in order: of fields that share bytes, and one for each byte of none."""
    fields = [field for field in frame.fields if field.mask and not is_derived(field, frame)]
    groups: list[tuple[range, list[Field]]] = []
    for field in sorted(fields, key=lambda each: (_reach(each, frame).start, _reach(each, frame).stop)):
        reach = _reach(field, frame)
        if groups and reach.start < groups[-1][0].stop:
            before, members = groups[-1]
            groups[-1] = (range(before.start, max(before.stop, reach.stop)), [*members, field])
        else:
            groups.append((reach, [field]))
    found = [Word(reach.start, len(reach), _order(members), tuple(members)) for reach, members in groups]
    covered = {byte for reach, _ in groups for byte in reach}
    found += [Word(byte, 1, "big", ()) for byte in range(frame.size) if byte not in covered]
    return sorted(found)


def is_derived(field: Field, frame: Frame) -> bool:
    """Whether a field is computed of what others have: its bits are theirs, and it is nothing that they alone make."""
    others = [each.mask for each in frame.fields if each.is_explained]
    return not field.is_explained and not field.mask & ~union(others)


def _reach(field: Field, frame: Frame) -> range:
    found = bytes_in(field.mask, frame.size)
    return range(found[0], found[-1] + 1)


def _order(fields: Sequence[Field]) -> str:
    orders = {field.linear.order for field in fields if field.linear} - {""}
    return "little" if orders == {"little"} else "big"


# ---- places ----


def frame_places(frame: Frame) -> Places:
    """Where each field of the payload lies, and its raw and decoded value."""
    found: list[Place] = []
    for word in frame_words(frame):
        found += [_place(field, word, frame) for field in word.fields]
        found += [] if word.fields else [_nameless(word, frame)]
    rest = [field for field in frame.fields if not field.mask or is_derived(field, frame)]
    found += [Place(field.path, field.kind, frame.size, 0, None, None, None, field.value, None) for field in rest]
    return Places(tuple(found), None)


def _place(field: Field, word: Word, frame: Frame) -> Place:
    content = frame.payload[word.first : word.first + word.size]
    known = indexes(word.mask(frame.size), frame.size, word.order)
    bits = sorted(known[place] for place in ones(field.mask | field.refused))
    is_whole = len(bits) == BYTE * word.size or bits != list(range(bits[0], bits[-1] + 1))
    first, width = (None, None) if is_whole else (bits[0], len(bits))
    raw = _count(field, frame) if field.linear else None
    if raw is None and not is_whole:
        raw = gathered(int.from_bytes(frame.payload, "big"), sorted(ones(field.mask), key=known.__getitem__))
    return Place(
        field.path, "field", word.first, word.size, first, width, content if raw is None else raw, field.value, None
    )


def _count(field: Field, frame: Frame) -> int | None:
    number = field.linear
    return counted(number.form, number.places, int.from_bytes(frame.payload, "big")) if number else None


def _nameless(word: Word, frame: Frame) -> Place:
    kind = DECIDES if word.mask(frame.size) & ~frame.dead else DEAD
    content = frame.payload[word.first : word.first + word.size]
    return Place("", kind, word.first, word.size, None, None, content, None, None)


# ---- boxes ----


def picture(frame: Frame) -> Picture:
    """The boxes of a payload, and the legend of its fields."""
    numbers = {field.path: number for number, field in enumerate(frame.fields, start=1)}
    cells = tuple(_cell(word, frame, numbers) for word in _joined(frame_words(frame), frame))
    legend = tuple(_entry(field, frame, numbers) for field in frame.fields)
    return Picture(payload.shown(frame.payload.hex()), frame.f_port, (Block("", (Row("", cells, 0),)),), legend)


def _joined(found: Sequence[Word], frame: Frame) -> Iterator[Word]:
    """The words, neighbouring bytes without a field and with the same meaning as one."""
    before: Word | None = None
    for word in found:
        if (
            before
            and not before.fields
            and not word.fields
            and _plain(before, frame) == _plain(word, frame) is not None
        ):
            before = before._replace(size=before.size + word.size)
            continue
        if before:
            yield before
        before = word
    if before:
        yield before


def _plain(word: Word, frame: Frame) -> str | None:
    """What all bits of a word without fields are; None where they differ."""
    dead = word.mask(frame.size) & frame.dead
    return DEAD if dead == word.mask(frame.size) else None if dead else DECIDES


def _cell(word: Word, frame: Frame, numbers: Mapping[str, int]) -> Cell:
    is_big = word.order == "big"
    if not word.fields and _plain(word, frame):
        return Cell(DECIDES if _plain(word, frame) == DECIDES else "", word.size, is_big=is_big)
    if len(word.fields) == 1 and not word.mask(frame.size) & ~(word.fields[0].mask | word.fields[0].refused):
        return Cell(word.fields[0].path, word.size, numbers[word.fields[0].path], is_big=is_big)
    ranges = tuple(_ranges(word, frame, numbers))
    label = " ".join(dict.fromkeys(each.label for each in ranges))
    return Cell(label, word.size, None, ranges, is_big, "bits")


def _ranges(word: Word, frame: Frame, numbers: Mapping[str, int]) -> Iterator[Range]:
    """The runs of bits of a word, from the highest; bits of several fields are the narrowest one's."""
    owners: dict[int, tuple[str, int | None]] = {}
    known = indexes(word.mask(frame.size), frame.size, word.order)
    deciding = union(each.mask for each in frame.discriminators)
    owners |= {known[place]: (DECIDES, None) for place in ones(word.mask(frame.size) & deciding)}
    for field in sorted(word.fields, key=lambda each: -each.mask.bit_count()):
        owners |= {known[place]: (field.path, numbers[field.path]) for place in ones(field.mask | field.refused)}
    bit = BYTE * word.size - 1
    while bit >= 0:
        low = bit
        while low > 0 and owners.get(low - 1) == owners.get(bit):
            low -= 1
        if bit in owners:
            yield Range(owners[bit][0], owners[bit][1], low, bit - low + 1)
        bit = low - 1


def _entry(field: Field, frame: Frame, numbers: Mapping[str, int]) -> Entry:
    found = bytes_in(field.mask, frame.size)
    is_whole = not found or field.mask | field.refused == union(byte_mask(byte, frame.size) for byte in found)
    where = places(field.mask | field.refused, frame.size) if is_whole else span(found[0], found[-1])
    known = {} if is_whole else indexes(field.mask | field.refused, frame.size, _order([field]))
    bits = sorted(known[place] for place in ones(field.mask | field.refused)) if known else []
    told = (
        span(bits[-1], bits[0])
        if bits and len(bits) == bits[-1] - bits[0] + 1
        else f"{len(bits)} of them"
        if bits
        else ""
    )
    return Entry(numbers[field.path], field.path, where, told, words(field, frame.size), _note(field, frame))


def _note(field: Field, frame: Frame) -> str:
    """What is to be said of a field beside its bits."""
    shared = [path for overlap in frame.overlaps if field.path in overlap.paths for path in overlap.paths]
    others = [path for path in dict.fromkeys(shared) if path != field.path]
    shares = "has no box, its bits are those of" if is_derived(field, frame) else "shares bits with"
    notes = [f"{shares} {', '.join(others)}"] if others else []
    notes += [f"also changed by {places(field.switches, frame.size)}"] if field.switches else []
    return "; ".join(notes)


def decisions(frame: Frame) -> list[tuple[str, str]]:
    """Where the discriminators are, and what each does."""
    return [(places(each.mask, frame.size), discriminator(each)) for each in frame.discriminators]
