"""Data to encode where no example has any: what the decoder of downlinks gives, and members that the encoder names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo._syntax import parse, text_of, walk
from octavo.lab.check.sent import encoded, not_bytes
from octavo.lab.discovery import discovered
from octavo.messages import Downlink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from octavo._syntax import Node
    from octavo.lab.bench import Bench, Seen

MOST_NAMES = 40
"""Members that are tried, all together and each alone: an encoder of more has one function for each command."""

NAMED = ("data", "obj")
"""What data to encode are called: ``input.data`` of The Things Stack and ChirpStack v4, ``obj`` of ChirpStack v3, whose
documents have ``Encode(fPort, obj, variables)``."""

VALUES: tuple[Any, ...] = (1, True, "1", "on")
"""What a member is where no decoder gives it: a count, a switch, and both as forms send them."""


def made(bench: Bench, texts: Iterable[str], decoded: Iterable[Seen], random: Random) -> list[Seen]:
    """What comes of data that the encoder may take.

    Args:
        bench: where they are tried.
        texts: of the scripts.
        decoded: what came of uplinks: their members may have the names that the encoder asks for.
        random: what payloads of downlinks are drawn with.
    """
    known = {name: value for each in decoded if isinstance(each.data, dict) for name, value in each.data.items()}
    names = list(dict.fromkeys(name for text in texts for name in _names(text)))[:MOST_NAMES]
    tried = [Downlink(data, 1) for data in _data(names, known)]
    if bench.has("decode_downlink"):
        found = discovered(bench, "decode_downlink", texts, random)
        tried = [Downlink(each.data, each.f_port) for each in found] + tried
    return bench.see("encode_downlink", tried)


def taken(tried: Iterable[Seen]) -> list[Downlink]:
    """The data that the encoder made whole bytes of."""
    found = (each.message for each in tried if encoded(each) and not not_bytes(each))
    return [message for message in found if isinstance(message, Downlink)]


def _data(names: list[str], known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All members together, and each alone, with every value."""
    wholes = [{name: known.get(name, value) for name in names} for value in VALUES]
    yield from wholes
    yield from ({name: value} for whole in wholes for name, value in whole.items())


def _names(text: str) -> Iterator[str]:
    """The members that a script reads of something named as data are, or asks whether they are there."""
    for node in walk(parse(text.encode())):
        if node.type == "member_expression" and _is_read(node):
            if text_of(node.child_by_field_name("object")).rpartition(".")[2] in NAMED:
                yield text_of(node.child_by_field_name("property"))
        elif node.type == "binary_expression" and text_of(node.child_by_field_name("operator")) == "in":
            left = node.child_by_field_name("left")
            yield from [text_of(left)[1:-1]] if left and left.type == "string" else []


def _is_read(node: Node) -> bool:
    """Whether a member is neither assigned nor called."""
    parent = node.parent
    if parent is None or parent.type not in ("assignment_expression", "call_expression"):
        return True
    return node not in (parent.child_by_field_name("left"), parent.child_by_field_name("function"))
