"""Layouts: how fields stand together in a payload, beside construct's own ``Struct``.

Those without a name of their own (all but `Repeat` and `Many`) hand their members to the frame around them.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import (
    AnyConstruct,
    FieldError,
    at_end,
    bare,
    build,
    inside,
    look_up,
    members_to_build,
    parse,
    shown,
)
from octavo.codecs.members import Listed, Member, Merged, find_problem, members_of, members_of_field
from octavo.codecs.numbers import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from octavo.codecs.numbers import Bit


class Bits(Merged):
    """Fields that share one word, each a range of its bits.

    Args:
        raw: layout of the word: an unsigned number, whose byte order is the word's.
        fields: named fields over `Bit`.
        written: what the bits hold that no field names; they are not looked at on reading.
        msb: bits are counted from the most significant one of the word.

    >>> from construct import Int8ub
    >>> from octavo.codecs import Bit, Flag
    >>> status = Bits(Int8ub, "moving" / Flag(Bit(0)), "config_id" / Bit(3, 4))
    >>> dict(status.parse(bytes([0x39])))
    {'moving': True, 'config_id': 7}
    """

    def __init__(self, raw: AnyConstruct, *fields: AnyConstruct, written: int = 0, msb: bool = False) -> None:
        super().__init__()
        self.raw = raw
        self.fields: tuple[Any, ...] = fields
        self.written = written
        self.msb = msb
        self.size = raw.sizeof()
        self.big = raw.build(1)[-1] == 1

    def low(self, bit: Bit) -> int:
        """The lowest bit of a range, counted from the least significant bit of the word."""
        return 8 * self.size - bit.first - bit.width if self.msb else bit.first

    def place(self, bit: Bit) -> tuple[int, int]:
        """Byte of the word, as it is sent, and bit of that byte at which a range begins with its lowest bit."""
        byte, within = divmod(self.low(bit), 8)
        return (self.size - 1 - byte if self.big else byte), within

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        first = f"{path} -> {self.fields[0].name}"  # the field that an error names where the word is cut
        inner = self._context(context, parse(self.raw, stream, context, first))
        found: Any = construct.Container()
        for field in self.fields:
            found[field.name] = parse(field, stream, inner, path)
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        data = members_to_build(obj, context)
        inner = self._context(context, self.written)
        for field in self.fields:
            build(field, data[field.name], stream, inner, path)
        build(self.raw, inner["_word"], stream, context, path)
        return obj

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """Every field."""
        for field in self.fields:
            yield from members_of_field(field, data)

    def _context(self, context: Any, word: int) -> Any:
        return inside(context, _word=word, _bits=self)


class Tail(Merged):
    """Fields at the end of a payload that may be absent, from the last one backwards.

    Args:
        fields: the fields, in order.
    """

    def __init__(self, *fields: AnyConstruct) -> None:
        super().__init__()
        self.fields: tuple[Any, ...] = fields

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found: Any = construct.Container()
        around = inside(context)
        for field in self.fields:
            if at_end(stream):
                break
            value = parse(field, stream, around, path)
            if field.name:
                found[field.name] = around[field.name] = value
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        data = members_to_build(obj, context)
        missing = None
        for field in self.fields:
            if field.name not in data:
                missing = missing or field.name
            elif missing:
                raise FieldError(f"{missing} before {field.name}", "no such member", path)
            else:
                build(field, data[field.name], stream, context, path)
        return obj

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """Every field; none is required."""
        for field in self.fields:
            for member in members_of_field(field, data):
                yield member._replace(required=False)


class Repeat(Listed):
    """The same layout over and over, until the payload ends or ``maximum`` is reached; a list in the data.

    Args:
        subcon: layout of one item.
        minimum: least number of items.
        maximum: greatest number of items; None where only the end of the payload stops them.
        count: what tells how many items there are: a number right before them, or the name of an earlier member.
    """

    def __init__(
        self,
        subcon: AnyConstruct,
        *,
        minimum: int = 0,
        maximum: int | None = None,
        count: AnyConstruct | str | None = None,
    ) -> None:
        super().__init__(subcon)
        self.count = count
        number = number_of(count) if isinstance(count, construct.Construct) else None
        most = number.counts[1] if number and number.counts else None
        self.minimum = minimum
        self.maximum = most if maximum is None else maximum

    @property
    def wanted(self) -> str:
        """How many items are expected."""
        return f"items, {_count(self.minimum, self.maximum)} of them"

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        items: list[Any] = []
        count = self._counted(stream, context, path)
        while len(items) < self.minimum or (len(items) != count and (self.count is not None or not at_end(stream))):
            where = f"{path} -> [{len(items)}]"
            items.append(parse(self.subcon, stream, inside(context, _index=len(items)), where))
        return items

    def _counted(self, stream: Any, context: Any, path: str) -> int | None:
        """How many items there are; the greatest number of them where only the end tells."""
        if self.count is None:
            return self.maximum
        if isinstance(self.count, str):
            count = look_up(context, self.count)
        else:
            count = parse(self.count, stream, context, path)
        if not isinstance(count, int) or not self._allows(count):
            raise FieldError(self.wanted, shown(count), path)
        return count

    def _allows(self, count: int) -> bool:
        return self.minimum <= count and (self.maximum is None or count <= self.maximum)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        if not self._allows(len(obj)):
            raise FieldError(self.wanted, str(len(obj)), path)
        if isinstance(self.count, str):
            told = look_up(context, self.count)
            if told != len(obj):
                raise FieldError(f"as many items as {self.count} says", str(len(obj)), path)
        elif self.count is not None:
            build(self.count, len(obj), stream, context, path)
        for index, item in enumerate(obj):
            build(self.subcon, item, stream, inside(context, _index=index), f"{path} -> [{index}]")
        return obj


class Many(Listed):
    """An item of a `Tlv` that comes any number of times; a list in the data.

    Args:
        subcon: layout of one item.
    """


class Tlv(Merged):
    """Items that each begin with a key that tells what follows (channel and type, type, register).

    Items come in any order and are written in the order of the table. Of an item that comes twice the last
    stands, but for `Many`.

    Args:
        key: layout of the key.
        items: key to the named field that follows it.
        minimum: least number of items.
        maximum: greatest number of items, or None.

    >>> from construct import Int8ub, Int16ub
    >>> dict(Tlv(Int16ub, {0x0175: "battery" / Int8ub}).parse(bytes.fromhex("01755c")))
    {'battery': 92}
    """

    def __init__(
        self,
        key: AnyConstruct,
        items: Mapping[int, AnyConstruct],
        *,
        minimum: int = 1,
        maximum: int | None = None,
    ) -> None:
        super().__init__()
        self.key = key
        self.items: dict[int, Any] = dict(items)
        self.minimum = minimum
        self.maximum = maximum
        self.size = key.sizeof()

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found: Any = construct.Container()
        count = 0
        while count != self.maximum and not at_end(stream):
            self._parse_item(stream, context, path, found)
            count += 1
        if count < self.minimum:
            raise FieldError(self.wanted, str(count), path)
        return found

    def _parse_item(self, stream: Any, context: Any, path: str, found: Any) -> None:
        key = parse(self.key, stream, context, path)
        item = self.items.get(key)
        if item is None:
            raise FieldError(self.known_keys, self._hex(key), path)
        many = bare(item)
        if isinstance(many, Many):
            rows = found.setdefault(item.name, [])
            where = f"{path} -> {item.name} -> [{len(rows)}]"
            rows.append(parse(many.subcon, stream, inside(context, _index=len(rows)), where))
        else:
            found[item.name] = parse(item, stream, context, path)

    @property
    def wanted(self) -> str:
        """How many items are expected in a payload."""
        return f"items, {_count(self.minimum, self.maximum)} of them"

    @property
    def writable(self) -> str:
        """How many items are expected in the data."""
        names = ", ".join(item.name for item in self.items.values())
        return f"{_count(self.minimum, self.maximum)} of {names}"

    @property
    def known_keys(self) -> str:
        """What is expected where a key is in no table."""
        return f"a key of {', '.join(map(self._hex, self.items))}"

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        rows = list(self._rows(members_to_build(obj, context), path))
        if len(rows) < self.minimum or (self.maximum is not None and len(rows) > self.maximum):
            raise FieldError(self.writable, str(len(rows)), path)
        for key, item, value, where in rows:
            build(self.key, key, stream, context, path)
            build(item, value, stream, context, where)
        return obj

    def _rows(self, data: Any, path: str) -> Iterator[tuple[int, AnyConstruct, Any, str]]:
        for key, item in self.items.items():
            many = bare(item)
            if item.name not in data:
                continue
            if not isinstance(many, Many):
                yield key, item, data[item.name], path
                continue
            for index, value in enumerate(data[item.name]):
                yield key, many.subcon, value, f"{path} -> {item.name} -> [{index}]"

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """Every item; none is required."""
        for item in self.items.values():
            for member in members_of_field(item, data):
                yield member._replace(required=False)

    def _hex(self, key: int) -> str:
        return f"0x{key:0{2 * self.size}x}"


class Case(Merged):
    """What follows depends on a field before it.

    Args:
        on: name of that field, a `Choice` or a `Flag`.
        cases: value of the field to the layout that follows; construct's ``Pass`` for none.
    """

    def __init__(self, on: str, cases: Mapping[Any, AnyConstruct]) -> None:
        super().__init__()
        self.on = on
        self.cases = dict(cases)

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
        self.data = dict(data)

    @property
    def writable(self) -> str:
        """What is expected of the data."""
        return shown(self.data)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        parse(construct.Const(self.frame), stream, context, path)
        return construct.Container(self.data)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        data = members_to_build(obj, context)
        if any(data[name] != value for name, value in self.data.items()):
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
        return f"at least {self.last_at + 1} bytes"

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
        fitting = self.fitting(data) or [max((v.layout for v in self.variants), key=lambda each: _shared(each, data))]
        yield from members_of(fitting[0], data)

    def fitting(self, data: Mapping[str, Any]) -> list[AnyConstruct]:
        """The layouts whose members the data has, in order."""
        return [v.layout for v in self.variants if find_problem(v.layout, data) is None]


def _count(minimum: int, maximum: int | None) -> str:
    if maximum is None:
        return f"at least {minimum}"
    return f"exactly {minimum}" if minimum == maximum else f"{minimum} to {maximum}"


def _values(variants: Iterable[Variant], mask: int) -> str:
    return ", ".join(f"0x{variant.value:02x}" for variant in variants if variant.mask == mask)


def _shared(layout: AnyConstruct, data: Mapping[str, Any]) -> int:
    return sum(member.name in data for member in members_of(layout, data))
