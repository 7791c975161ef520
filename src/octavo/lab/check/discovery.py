"""Payloads for a script without examples: made of the numbers and the hex in its text, kept where it takes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from octavo._syntax import parse, text_of, walk
from octavo.lab.check.bench import general
from octavo.lab.check.inputs import uplink
from octavo.networks.wire import F_PORT_APPLICATION_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from octavo._syntax import Node
    from octavo.lab.check.bench import Bench, Seen

USUAL_PORTS = (1, 2, 10, 85)
"""Ports that makers use where nothing in the script names one."""

MOST_TRIED = 600
"""Payloads that are tried."""

MOST_KEPT = 12
"""Payloads that are kept: each gives a field that those before it do not give."""

MOST_NUMBERS = 60
"""Numbers, and pairs of them, that are taken from a text."""

MOST_BEHIND = 24
"""Random bytes behind what a script looks for: with them most real payloads, whose median is 11 bytes, have room."""

HEADLESS = 0.2
"""Share of payloads that are random from their first byte on."""

_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9A-Fa-f]{2}[ ,:-]?){3,60})(?![0-9A-Za-z])")
_PORT = re.compile(r"port", re.IGNORECASE)
_EQUAL = {"==", "==="}
_BYTE = 255


def discovered(bench: Bench, operation: str, texts: Iterable[str], random: Random) -> list[Seen]:
    """Messages that a function takes and makes something of, each with other fields than those before.

    Args:
        bench: where they are tried.
        operation: what is called.
        texts: of the scripts.
        random: where what is not known comes from.
    """
    hints = [_Hints(text) for text in texts]
    ports = list(
        dict.fromkeys(port for hint in hints for port in hint.ports if 0 < port <= F_PORT_APPLICATION_MAX)
    ) or list(USUAL_PORTS)
    heads = list(dict.fromkeys(head for hint in hints for head in hint.heads))
    whole = [content for hint in hints for content in hint.payloads]
    messages = [uplink(content, port) for content in whole for port in ports]
    while len(messages) < MOST_TRIED:
        messages.append(uplink(_made(heads, random), random.choice(ports)))
    return list(_telling(bench.see(operation, messages[:MOST_TRIED])))


def _made(heads: list[bytes], random: Random) -> bytes:
    """Random bytes, mostly behind something that the script looks for."""
    content = random.randbytes(random.randint(0, MOST_BEHIND))
    if not heads or random.random() < HEADLESS:
        return content
    return random.choice(heads) + content


def _telling(seen: Iterable[Seen]) -> Iterator[Seen]:
    known: set[tuple[int, str]] = set()
    kept = 0
    for each in seen:
        if not each.accepted or not each.payload or each.watched is None or each.watched.past:
            continue
        paths = {(each.f_port, general(path)) for path, value in each.leaves.items() if value not in (None, {}, [])}
        if paths - known and kept < MOST_KEPT:
            known |= paths
            kept += 1
            yield each


class _Hints:
    """What the text of a script tells about payloads.

    Args:
        text: the script's.

    Attributes:
        ports: numbers that something named port is compared with.
        heads: what a payload may begin with: bytes that something is compared with, also two in a row.
        payloads: hex in comments and strings.
    """

    def __init__(self, text: str) -> None:
        self.ports: list[int] = []
        numbers: list[int] = []
        pairs: list[tuple[int, int]] = []
        for node in walk(parse(text.encode())):
            if node.type == "binary_expression":
                self._compared(node, numbers, pairs)
            elif node.type == "switch_case":
                self._case(node, numbers)
        single = [bytes([number]) for number in dict.fromkeys(numbers)]
        double = [bytes(pair) for pair in dict.fromkeys(pairs)]
        self.heads = double[:MOST_NUMBERS] + single[:MOST_NUMBERS]
        self.payloads = [bytes.fromhex(re.sub(r"[ ,:-]", "", found)) for found in _hex_in(text)][:MOST_NUMBERS]

    def _compared(self, node: Node, numbers: list[int], pairs: list[tuple[int, int]]) -> None:
        found = _equality(node)
        if found is not None:
            name, number = found
            (self.ports if _PORT.search(name) else numbers).append(number)
        if text_of(node.child_by_field_name("operator")) == "&&":
            both = [_equality(node.child_by_field_name(side)) for side in ("left", "right")]
            if both[0] and both[1]:
                pairs.append((both[0][1], both[1][1]))

    def _case(self, node: Node, numbers: list[int]) -> None:
        number = _number(node.child_by_field_name("value"))
        switch = node.parent and node.parent.parent
        if number is None or switch is None:
            return
        asked = text_of(switch.child_by_field_name("value"))
        (self.ports if _PORT.search(asked) else numbers).append(number)


def _hex_in(text: str) -> list[str]:
    return [found for found in _HEX.findall(text) if len(re.sub(r"[^0-9A-Fa-f]", "", found)) % 2 == 0]


def _equality(node: Node | None) -> tuple[str, int] | None:
    """What is compared with which byte, in ``bytes[0] === 0x01``."""
    while node is not None and node.type == "parenthesized_expression":
        node = node.named_children[0] if node.named_children else None
    if node is None or node.type != "binary_expression" or text_of(node.child_by_field_name("operator")) not in _EQUAL:
        return None
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    for asked, against in ((left, right), (right, left)):
        number = _number(against)
        if number is not None:
            return text_of(asked), number
    return None


def _number(node: Node | None) -> int | None:
    """A whole number that fits into a byte."""
    if node is None or node.type != "number":
        return None
    try:
        number = int(text_of(node), 0)
    except ValueError:  # 1.5, 1e3, 0777
        return None
    return number if 0 <= number <= _BYTE else None
