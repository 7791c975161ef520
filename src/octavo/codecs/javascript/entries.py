"""The functions that networks call."""

from __future__ import annotations

from functools import reduce
from itertools import combinations
from typing import TYPE_CHECKING

from octavo.codecs._construct import bare, is_merged
from octavo.codecs.groups import Channels
from octavo.codecs.javascript.literals import number, text, value
from octavo.codecs.members import LISTS
from octavo.codecs.normalized import Rules, rules_of
from octavo.codecs.reference import write
from octavo.codecs.tree import children, names_of, walk
from octavo.errors import ContentError, EncodeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from octavo.codecs._construct import AnyConstruct

DECODE_UPLINK = """\
// The Things Stack, ChirpStack v4, TS013; ThingPark X, which gives the time and takes the data itself.
function decodeUplink(input) {
  if (typeof input.time === 'string') {
    return uplinkOf(input);
  }
  return answer(function () {
    return { data: uplinkOf(input) };
  });
}

// The Things Network v2.
function Decoder(bytes, port) {
  return uplinkOf({ bytes: bytes, fPort: port });
}

// ChirpStack v3.
function Decode(fPort, bytes) {
  return uplinkOf({ bytes: bytes, fPort: fPort });
}

function uplinkOf(input) {
  return decode(UPLINKS, %s, input);
}
"""

DECODE_DOWNLINK = """\
// The Things Stack, TS013, ThingPark X.
function decodeDownlink(input) {
  if (typeof input.time === 'string') {
    return downlinkOf(input);
  }
  return answer(function () {
    return { data: downlinkOf(input) };
  });
}

function downlinkOf(input) {
  return decode(DOWNLINKS, %s, input);
}
"""

ENCODE_DOWNLINK = """\
// The Things Stack, ChirpStack v4, TS013; ThingPark X, which gives the data itself.
function encodeDownlink(input) {
  if (!has(input, 'data')) {
    return encoded(input, 0);
  }
  return answer(function () {
    return encoded(input.data, Number(input.fPort));
  });
}

// The Things Network v2.
function Encoder(data, port) {
  return encoded(data, Number(port)).bytes;
}

// ChirpStack v3.
function Encode(fPort, data) {
  return encoded(data, fPort).bytes;
}
"""

ENCODE_ONE = """\
function encoded(data, fPort) {
  return encodeOn(WRITTEN, %s, data, fPort);
}
"""

ENCODE_SEVERAL = """\
function encoded(data, fPort) {
  return fPort ? encodeOn(WRITTEN, %s, data, fPort) : onlyOne(encodeFitting(WRITTEN, data));
}
"""

ENCODE_DIFFERENT = """\
function encoded(data, fPort) {
  return fPort ? encodeOn(WRITTEN, %s, data, fPort) : encodeFitting(WRITTEN, data)[0];
}
"""


def decoding(uplinks: Mapping[int, str], downlinks: Mapping[int, str]) -> Iterator[str]:
    """What decodes, from the names of the functions that read each port."""
    if uplinks:
        yield f"var UPLINKS = {_by_port(uplinks)};\n"
        yield DECODE_UPLINK % _ports(uplinks)
    if downlinks:
        yield f"var DOWNLINKS = {_by_port(downlinks)};\n"
        yield DECODE_DOWNLINK % _ports(downlinks)


def encoding(downlink: Mapping[int, AnyConstruct], written: Mapping[int, tuple[str, str]]) -> Iterator[str]:
    """What encodes, from the names of the function that writes each port and of the shape of its data."""
    if not written:
        return
    rows = [f"{{ fPort: {port}, shape: {shape}, write: {name} }}" for port, (name, shape) in written.items()]
    inner = ",\n  ".join(rows)
    yield f"var WRITTEN = [\n  {inner}\n];\n"
    yield ENCODE_DOWNLINK
    several = ENCODE_SEVERAL if _may_fit_several(downlink) else ENCODE_DIFFERENT
    yield (ENCODE_ONE if len(written) == 1 else several) % _ports(written)


def _may_fit_several(downlink: Mapping[int, AnyConstruct]) -> bool:
    """Whether some data may be that of several ports: it has a member that both have, or none."""
    named = [set(names_of(layout)) for layout in downlink.values()]
    is_open = any(isinstance(node, Channels) for layout in downlink.values() for node in walk(layout))
    shared = any(one & other for one, other in combinations(named, 2))
    return is_open or shared or sum(map(_may_be_empty, downlink.values())) > 1


def _may_be_empty(layout: AnyConstruct) -> bool:
    try:
        write(layout, {})
    except EncodeError:
        return False
    return True


def _by_port(names: Mapping[int, str]) -> str:
    return f"{{ {', '.join(f'{port}: {name}' for port, name in names.items())} }}"


def _ports(names: Iterable[int]) -> str:
    """The ports, as an error lists them."""
    *others, last = (number(port) for port in names)
    return text(f"{', '.join(others)} or {last}" if others else last)


def normalizing(uplink: Mapping[int, AnyConstruct]) -> Iterator[str]:
    """What normalizes decoded data; nothing where no field names a path.

    Raises:
        ContentError: a member is a measurement on one port and none on another: the function is not told the port.
    """
    rules = {port: rules_of(layout) for port, layout in uplink.items()}
    if not any(rules.values()):
        return
    for port, layout in uplink.items():
        _same_everywhere(f"uplink[{port}]", layout, rules[port], rules)
    yield from _measuring(reduce(Rules.joined, rules.values()), "normalizeUplink")


def _same_everywhere(where: str, layout: AnyConstruct, own: Rules, rules: Mapping[int, Rules]) -> None:
    members = set(_members(layout, ()))
    for other in rules.values():
        for names, path in set(_flat(other, ())) - set(_flat(own, ())):
            if names in members:
                here = ".".join((where, *names))
                message = f"JavaScript cannot express a member that is {path} on another port only"
                raise ContentError(f"{here}: {message}; use another name", path=here)


def _flat(rules: Rules, outer: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for names, path in rules.values:
        yield (*outer, *names), ".".join(path)
    for names, inner in rules.lists:
        yield from _flat(inner, (*outer, *names))


def _members(layout: AnyConstruct, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The names of every member under a layout, those of its lists among them."""
    own = names if is_merged(layout) or not layout.name else (*names, layout.name)
    yield own
    kind = bare(layout)
    inner = [kind.subcon] if isinstance(kind, LISTS) else [] if hasattr(kind, "normalized") else children(kind)
    for child in inner:
        yield from _members(child, own)


def _measuring(rules: Rules, name: str) -> Iterator[str]:
    """The function that measures a frame, and those for the items of its lists."""
    head = f"{name[0].upper()}{name[1:]}"
    lists = [(names, f"measure{index}Of{head}", inner) for index, (names, inner) in enumerate(rules.lists, 1)]
    lines = []
    if rules.values:
        rows = ",\n    ".join(value([list(names), list(path)]) for names, path in rules.values)
        lines.append(f"  measure(measurements, data, [\n    {rows}\n  ]);\n")
    for names, each, _ in lists:
        lines.append(f"  measureItems(measurements, memberAt(data, {value(list(names))}), {each});\n")
    if name == "normalizeUplink":
        inner = "".join(lines)
        yield (
            "// The Things Stack: the vocabulary of normalized payloads.\n"
            f"function {name}(input) {{\n  var measurements = [], data = input.data;\n{inner}"
            "  return { data: measurements };\n}\n"
        )
    else:
        yield f"function {name}(measurements, data) {{\n{''.join(lines)}}}\n"
    for _, each, inner_rules in lists:
        yield from _measuring(inner_rules, each)
