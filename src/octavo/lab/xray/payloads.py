"""Which payloads are x-rayed where none is given: those of the examples, or such as the formatter accepts."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from octavo.errors import ContentError
from octavo.lab.discovery import discovered
from octavo.lab.leaves import says
from octavo.lab.xray.model import Frame
from octavo.lab.xray.probing import WARNINGS, answer, decoded
from octavo.messages import Uplink

if TYPE_CHECKING:
    from octavo.formatters import Formatter
    from octavo.lab.bench import Bench
    from octavo.lab.subjects import Subject


class Chosen(NamedTuple):
    """A payload to x-ray, and how many others are alike."""

    uplink: Uplink
    others: int = 0


class Choice(NamedTuple):
    """The payloads to x-ray.

    Attributes:
        payloads: one for each port, length and set of members.
        origin: where they come from: ``examples`` or ``found``.
        left_out: examples that give nothing to look at, each with why; one for each port, length and reason.
    """

    payloads: tuple[Chosen, ...]
    origin: str
    left_out: tuple[Frame, ...] = ()


def chosen(subject: Subject, bench: Bench, *, f_port: int | None = None, seed: int = 0) -> Choice:
    """The payloads of the examples, one for each port, length and set of members; else such as are found.

    Args:
        subject: the formatter's examples and scripts.
        bench: who is asked.
        f_port: the only port whose payloads are taken; None takes all.
        seed: what is tried is drawn from.

    Raises:
        ContentError: it does not load, or has no function that decodes.
    """
    groups, left_out = _groups(subject.uplinks(), bench.formatter)
    if groups:
        return _of_port(Choice(groups, "examples", left_out), f_port)
    if not bench.has("decode_uplink"):
        raise ContentError("it has no function that decodes uplinks")
    random = Random(str(seed))  # noqa: S311 - a search, which has to be the same again
    found = discovered(bench, "decode_uplink", subject.scripts().values(), random)
    taken, _ = _groups([each.message for each in found if isinstance(each.message, Uplink)], bench.formatter)
    return _of_port(Choice(tuple(each._replace(others=0) for each in taken), "found", left_out), f_port)


def _of_port(choice: Choice, f_port: int | None) -> Choice:
    payloads = (each for each in choice.payloads if f_port in (None, each.uplink.f_port))
    left_out = (each for each in choice.left_out if f_port in (None, each.f_port))
    return choice._replace(payloads=tuple(payloads), left_out=tuple(left_out))


def _groups(uplinks: list[Uplink], formatter: Formatter) -> tuple[tuple[Chosen, ...], tuple[Frame, ...]]:
    """Payloads by their port, length and set of members; and those that give nothing, by what is said of them."""
    groups: dict[tuple[object, ...], list[Uplink]] = {}
    nothing: dict[tuple[object, ...], Frame] = {}
    for uplink, outcome in zip(uplinks, decoded(formatter, uplinks), strict=True):
        found = answer(outcome)
        values = found.values or {}
        kind = uplink.f_port, len(uplink.frm_payload)
        is_told = says({path: value for path, value in values.items() if path != WARNINGS})
        if is_told and uplink.frm_payload:
            groups.setdefault((*kind, frozenset(values)), []).append(uplink)
        else:
            why = found.error or ("the payload is empty" if is_told else "there is nothing in its data")
            nothing.setdefault((*kind, why), Frame(uplink.frm_payload, uplink.f_port, error=why))
    return tuple(Chosen(group[0], len(group) - 1) for group in groups.values()), tuple(nothing.values())
