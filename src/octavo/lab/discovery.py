"""Payloads for a script without examples: made of the numbers and the hex in its text, kept where it takes them."""

from __future__ import annotations

import re
from itertools import pairwise, product, takewhile
from typing import TYPE_CHECKING, NamedTuple

from octavo._syntax import parse, text_of, walk
from octavo.lab.leaves import general, says
from octavo.messages import Uplink
from octavo.networks.wire import F_PORT_APPLICATION_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from octavo._syntax import Node
    from octavo.lab.bench import Bench, Seen

USUAL_PORTS = (1, 85, 2, 10)
"""Ports where nothing in the script names one: what makers mostly use; 85 is that of all Milesight's devices (their
user guides, "Default port")."""

MOST_PORTS = 12
"""Ports that are tried: a script that names more compares other numbers with something of that name."""

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24, 32, 51)
"""Lengths of payloads that are tried; 51 bytes is what the slowest data rate of EU868 takes.
Source: LoRaWAN Regional Parameters RP002-1.0.4, section 2.4.6."""

BEHIND = (0, 1, 2, 3, 4, 8)
"""How many random bytes follow what a script looks for: a value of one channel has 1 to 4, a few have 8."""

MOST_HEADS = 300
"""Beginnings that are tried, each with `BEHIND` on two ports: 3600 payloads, which take about a second."""

HEAD_PORTS = 2
"""Ports that each beginning is tried on."""

MOST_WHOLE = 60
"""Payloads in comments and texts that are tried: more are tables, not payloads."""

MOST_FOUND = 16
"""Payloads that are kept, each with another set of members."""

_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9A-Fa-f]{2}[ ,:-]?){3,60})(?![0-9A-Za-z])")
_BETWEEN = re.compile(r"[ ,:-]")
_PORT = re.compile(r"port", re.IGNORECASE)
_EQUALITY = {"==", "===", "!=", "!=="}
_BYTE, _WORD = 0xFF, 0xFFFF


def discovered(bench: Bench, operation: str, texts: Iterable[str], random: Random) -> list[Seen]:
    """What comes of messages that a function takes and makes something of, one for each set of members.

    Of those with the same members it is the one of which least is missing and most is read, as different bytes as may
    be: zeros hide what is not there. Those come first that give a member which none before gives.

    Args:
        bench: where they are tried.
        operation: what is called.
        texts: of the scripts.
        random: where what is not known comes from.
    """
    best: dict[frozenset[str], Seen] = {}
    for each in bench.see(operation, _candidates(list(texts), random, bench.stopped)):
        if each.accepted and each.payload and says(each.leaves):
            members = frozenset(map(general, each.leaves))
            best[members] = min(best.get(members, each), each, key=_waste)
    return _newest_first(best)[:MOST_FOUND]


def _waste(seen: Seen) -> tuple[int, int, int, int]:
    past, reads = (seen.watched.past, seen.watched.reads) if seen.watched else ((), ())
    telling = {seen.payload[place] for place in reads} - {0}
    return len(past), -len(reads), -len(telling), len(seen.payload)


def _newest_first(best: dict[frozenset[str], Seen]) -> list[Seen]:
    known: set[str] = set()
    new: list[Seen] = []
    others: list[Seen] = []
    for members, seen in best.items():
        (others if members <= known else new).append(seen)
        known |= members
    return new + others


# ---- what is tried ----


def _candidates(texts: list[str], random: Random, stopped: Callable[[], bool]) -> list[Uplink]:
    """Payloads of a script's text, then of each length, then behind each beginning that it may look for."""
    hints = [_hints(text, stopped) for text in texts]
    told = (port for hint in hints for port in hint.ports if 0 < port <= F_PORT_APPLICATION_MAX)
    ports = list(dict.fromkeys(told))[:MOST_PORTS] or list(USUAL_PORTS)
    whole = dict.fromkeys(content for hint in hints for content in hint.payloads)
    heads = list(dict.fromkeys(head for hint in hints for head in hint.heads))[:MOST_HEADS]
    found = [Uplink(content, port) for content, port in product(list(whole)[:MOST_WHOLE], ports)]
    for length, port in product(LENGTHS, ports):
        found += [Uplink(bytes(length), port), Uplink(random.randbytes(length), port)]
    for head, length, port in product(heads, BEHIND, ports[:HEAD_PORTS]):
        found.append(Uplink(head + random.randbytes(length), port))
    return found


class _Hints(NamedTuple):
    """What the text of a script tells about payloads.

    Attributes:
        ports: numbers that something named port is compared with.
        heads: what a payload may begin with: bytes that are compared together or alone, then any two numbers that
            follow each other or have an index between them, any number.
        payloads: hex in comments and strings.
    """

    ports: list[int]
    heads: list[bytes]
    payloads: list[bytes]


def _hints(text: str, stopped: Callable[[], bool]) -> _Hints:
    nodes = list(takewhile(lambda _: not stopped(), walk(parse(text.encode()))))
    compared = [found for node in nodes for found in _compared(node)]
    ports = [number for asked, number in compared if _PORT.search(asked)]
    together = [pair for node in nodes for pair in _compared_together(node)]
    numbers = [number for node in nodes if (number := _number(node)) is not None]
    small = [number for number in numbers if number <= _BYTE]
    heads = [*together, *((number,) for asked, number in compared if number <= _BYTE and not _PORT.search(asked))]
    heads += [*pairwise(small), *zip(small, small[2:], strict=False), *zip(small, strict=True)]
    heads += [divmod(number, _BYTE + 1) for number in numbers if number > _BYTE]
    hexes = [_BETWEEN.sub("", found) for found in _HEX.findall(text)]
    return _Hints(ports, [bytes(head) for head in heads], [bytes.fromhex(each) for each in hexes if len(each) % 2 == 0])


def _compared(node: Node) -> Iterator[tuple[str, int]]:
    """What is compared with which number, by a node itself: ``input.fPort === 2``, a case of a switch."""
    if node.type == "binary_expression":
        found = _equality(node)
        yield from [found] if found else []
    elif node.type == "switch_case" and node.parent and node.parent.parent:
        number = _number(node.child_by_field_name("value"))
        if number is not None:
            yield text_of(node.parent.parent.child_by_field_name("value")), number


def _compared_together(node: Node) -> Iterator[tuple[int, int]]:
    """The two bytes of ``a === 0x01 && b === 0x75``."""
    if node.type == "binary_expression" and text_of(node.child_by_field_name("operator")) == "&&":
        left, right = (_equality(node.child_by_field_name(side)) for side in ("left", "right"))
        if left and right and max(left[1], right[1]) <= _BYTE:
            yield left[1], right[1]


def _equality(node: Node | None) -> tuple[str, int] | None:
    """What is compared with which number, in ``bytes[0] === 0x01``."""
    while node is not None and node.type == "parenthesized_expression":
        node = node.named_children[0] if node.named_children else None
    if node is None or node.type != "binary_expression":
        return None
    if text_of(node.child_by_field_name("operator")) not in _EQUALITY:
        return None
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    for asked, against in ((left, right), (right, left)):
        number = _number(against)
        if number is not None:
            return text_of(asked), number
    return None


def _number(node: Node | None) -> int | None:
    """A whole number that fits into two bytes."""
    if node is None or node.type != "number":
        return None
    try:
        number = int(text_of(node), 0)
    except ValueError:  # 1.5, 1e3, 0777
        return None
    return number if 0 <= number <= _WORD else None
