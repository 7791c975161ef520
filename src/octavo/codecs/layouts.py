"""Layouts: how fields stand together in a payload, beside construct's own ``Struct``.

Those without a name of their own (all but `Repeat` and `Many`) hand their members to the frame around them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import (
    AnyConstruct,
    FieldError,
    at_end,
    bare,
    build,
    inside,
    is_merged,
    item_inside,
    look_up,
    members_to_build,
    parse,
    shown,
)
from octavo.codecs.given import layout_given, table_given
from octavo.codecs.members import Listed, Member, Merged, members_of_field
from octavo.codecs.numbers import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
        self.raw = layout_given(self, raw)
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

    def _sizeof(self, context: Any, path: str) -> int:  # noqa: ARG002 - construct's signature
        return self.size

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
            if field.name and not is_merged(field):
                yield Member(field.name, field, required=False)
            else:
                yield from (member._replace(required=False) for member in members_of_field(field, data))


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
            items.append(parse(self.subcon, stream, item_inside(context, len(items)), where))
        return items

    def _sizeof(self, context: Any, path: str) -> int:  # noqa: ARG002 - construct's signature
        raise construct.SizeofError("a list has as many items as the payload", path=path)

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
            build(self.subcon, item, stream, item_inside(context, index), f"{path} -> [{index}]")
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
        self.key = layout_given(self, key)
        self.items: dict[int, Any] = table_given(self, items, "key: named field, ...")
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
            rows.append(parse(many.subcon, stream, item_inside(context, len(rows)), where))
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

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:  # noqa: ARG002 - always the same
        """Every item; none is required."""
        yield from self._members

    @cached_property
    def _members(self) -> tuple[Member, ...]:
        return tuple(Member(item.name, item, required=False) for item in self.items.values())

    def _hex(self, key: int) -> str:
        return f"0x{key:0{2 * self.size}x}"


def _count(minimum: int, maximum: int | None) -> str:
    if maximum is None:
        return f"at least {minimum}"
    return f"exactly {minimum}" if minimum == maximum else f"{minimum} to {maximum}"
