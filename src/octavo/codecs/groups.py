"""Layouts whose bytes say what follows, how much of it, or whether it is whole."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import construct
from construct import Int8ub

from octavo.codecs._construct import (
    AnyConstruct,
    FieldError,
    at_end,
    bare,
    build,
    bytes_of,
    inside,
    members_to_build,
    parse,
    parse_up_to,
)
from octavo.codecs.checksums import checksum
from octavo.codecs.given import table_given
from octavo.codecs.members import Member, Merged, members_of, members_of_field
from octavo.codecs.numbers import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from octavo.codecs.checksums import Algorithm


class Groups(Merged):
    """A mask, and behind it the layouts whose bits are set, in the order of the table.

    On writing a bit is set where the data has a member of its layout.

    Args:
        raw: layout of the mask, unsigned.
        groups: bit, counted from the least significant of the mask, to the layout: a ``Struct``, a layout that
            hands its members to the frame, or a named field.

    >>> from construct import Int8ub, Struct
    >>> from octavo.codecs import Scaled
    >>> groups = Groups(Int8ub, {0: "volts" / Scaled(Int8ub, per_unit=10), 1: "lux" / Scaled(Int8ub)})
    >>> dict(groups.parse(bytes([0b10, 40])))
    {'lux': 40}
    """

    def __init__(self, raw: AnyConstruct, groups: Mapping[int, AnyConstruct]) -> None:
        super().__init__()
        self.raw = raw
        self.groups: dict[int, Any] = table_given(self, groups, "bit: layout, ...")
        self.mask = sum(1 << bit for bit in self.groups)

    @property
    def known_bits(self) -> str:
        """What is expected where a bit without a layout is set."""
        return f"no bits but 0x{self.mask:02x}"

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        mask = parse(self.raw, stream, context, path)
        if mask & ~self.mask:
            raise FieldError(self.known_bits, hex(mask), path)
        found: Any = construct.Container()
        around = inside(context)
        for bit, layout in self.groups.items():
            if mask >> bit & 1:
                found[layout.name or f"*{bit}"] = value = parse(layout, stream, around, path)
                around[layout.name or f"*{bit}"] = value
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        data = members_to_build(obj, context)
        chosen = {bit: layout for bit, layout in self.groups.items() if self.is_in(layout, data)}
        build(self.raw, sum(1 << bit for bit in chosen), stream, context, path)
        for layout in chosen.values():
            named = layout.name and not layout.name.startswith("*")
            build(layout, data[layout.name] if named else data, stream, context, path)
        return obj

    def is_in(self, layout: AnyConstruct, data: Mapping[str, Any]) -> bool:
        """Whether data has a member of a group."""
        return any(member.name in data for member in self._members_of(layout, data))

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """Every member; those of a group are required where the data has one of them."""
        for layout in self.groups.values():
            is_in = self.is_in(layout, data)
            for member in self._members_of(layout, data):
                yield member._replace(required=member.required and is_in)

    def _members_of(self, layout: AnyConstruct, data: Mapping[str, Any]) -> Iterator[Member]:
        named = layout.name and not layout.name.startswith("*")
        return members_of_field(layout, data) if named else members_of(layout, data)


class Sized(Merged):
    """A length in bytes, then a layout in exactly so many.

    Args:
        raw: layout of the length, unsigned.
        layout: a ``Struct``, or a layout that hands its members to the frame.
    """

    def __init__(self, raw: AnyConstruct, layout: AnyConstruct) -> None:
        super().__init__()
        self.raw = raw
        self.layout: Any = layout

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        size = parse(self.raw, stream, context, path)
        start = stream.tell()
        there = len(stream.read(size))
        if there < size:
            raise FieldError(bytes_of(size), str(there), path)
        stream.seek(start)
        return parse_up_to(self.layout, stream, start + size, context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        inner = BytesIO()
        build(self.layout, members_to_build(obj, context), inner, context, path)
        number = number_of(self.raw)
        most = number.held[1] if number else 0
        if len(inner.getvalue()) > most:
            raise FieldError(f"at most {bytes_of(most)}", str(len(inner.getvalue())), path)
        build(self.raw, len(inner.getvalue()), stream, context, path)
        stream.write(inner.getvalue())
        return obj

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """Those of the layout."""
        yield from members_of(self.layout, data)


class Checked(Merged):
    """A whole payload, whose last bytes are a checksum of all before them; it is looked at first.

    Args:
        layout: a ``Struct``, or a layout that hands its members to the frame.
        raw: layout of the checksum, unsigned.
        over: how it is computed: a `octavo.codecs.checksums.Crc`, ``sum`` or ``xor``.
    """

    wanted = "the checksum of the bytes before"

    def __init__(self, layout: AnyConstruct, raw: AnyConstruct, over: Algorithm) -> None:
        super().__init__()
        self.layout: Any = layout
        self.raw = raw
        self.over = over
        self.size = raw.sizeof()

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        content = stream.read()
        stream.seek(0)
        if len(content) < self.size:
            raise FieldError(bytes_of(self.size), str(len(content)), path)
        end = len(content) - self.size
        stream.seek(end)
        told = parse(self.raw, stream, context, path)
        right = checksum(self.over, content[:end], 8 * self.size)
        if told != right:
            raise FieldError(self.wanted, f"{hex(told)} where they give {hex(right)}", path)
        stream.seek(0)
        found = parse_up_to(self.layout, stream, end, context, path)
        stream.read(self.size)
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        inner = BytesIO()
        build(self.layout, members_to_build(obj, context), inner, context, path)
        stream.write(inner.getvalue())
        build(self.raw, checksum(self.over, inner.getvalue(), 8 * self.size), stream, context, path)
        return obj

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """Those of the layout."""
        yield from members_of(self.layout, data)


class Channels(Merged):
    """Items of channel, type and value; each becomes a member with its channel behind its name.

    Of items with the same channel and type the last stands. They are written by channel, then in the order of
    the table.

    Args:
        items: type to the named field, or ``Struct``, that follows it.
        channel: layout of the channel, unsigned.
        type: layout of the type, unsigned.

    >>> from construct import Int16sb
    >>> from octavo.codecs import Scaled
    >>> table = Channels({0x67: "temperature" / Scaled(Int16sb, per_unit=10)})
    >>> dict(table.parse(bytes.fromhex("03670110")))
    {'temperature_3': 27.2}
    """

    def __init__(
        self,
        items: Mapping[int, AnyConstruct],
        *,
        channel: AnyConstruct = Int8ub,
        type: AnyConstruct = Int8ub,  # noqa: A002 - the format's own word
    ) -> None:
        super().__init__()
        self.items: dict[int, Any] = table_given(self, items, "type: named field, ...")
        self.channel = channel
        self.type = type
        self.size = type.sizeof()
        number = number_of(channel)
        self.last_channel = number.held[1] if number else 0

    @property
    def known_types(self) -> str:
        """What is expected where a type is in no table."""
        return f"a type of {', '.join(map(self._hex, self.items))}"

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        found: Any = construct.Container()
        while not at_end(stream):
            channel = parse(self.channel, stream, context, path)
            number = parse(self.type, stream, context, path)
            if number not in self.items:
                raise FieldError(self.known_types, self._hex(number), path)
            name = f"{self.items[number].name}_{channel}"
            found[name] = parse(bare(self.items[number]), stream, context, f"{path} -> {name}")
        return found

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        rows = sorted(self.rows(members_to_build(obj, context)))
        numbers = list(self.items)
        for channel, place, name, value in rows:
            build(self.channel, channel, stream, context, path)
            build(self.type, numbers[place], stream, context, path)
            build(bare(self.items[numbers[place]]), value, stream, context, f"{path} -> {name}")
        return obj

    def rows(self, data: Mapping[str, Any]) -> Iterator[tuple[int, int, str, Any]]:
        """The items in some data: channel, place of the type in the table, member and value."""
        places = {item.name: place for place, item in enumerate(self.items.values())}
        for member, value in data.items():
            found = _CHANNEL.fullmatch(member)
            if found and found[1] in places and int(found[2]) <= self.last_channel:
                yield int(found[2]), places[found[1]], member, value

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """One for each type, with the channel left open, and those in the data."""
        items = list(self.items.values())
        for item in items:
            pattern = f"{item.name}_<channel>"
            yield Member(pattern, item, required=False, said=pattern)
        for _, place, name, _ in self.rows(data):
            yield Member(name, items[place], required=False, said=f"{items[place].name}_<channel>")

    def _hex(self, key: int) -> str:
        return f"0x{key:0{2 * self.size}x}"


_CHANNEL = re.compile(r"(.+)_(0|[1-9][0-9]{0,9})")
