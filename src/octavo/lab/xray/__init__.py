"""Which bits of a payload feed which member of the data, for any formatter: by changing bits and looking.

A formatter is asked about a payload, then about the same payload with bits changed, thousands in a batch. What changes
with a bit is fed by it; what grows evenly with its bits is a number, whose sign, byte order, scale and offset follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.formatters.watching import Lens
from octavo.lab.bench import Bench
from octavo.lab.xray.exposing import expose
from octavo.lab.xray.model import Discriminator, Field, Frame, Linear, Overlap, Xray
from octavo.lab.xray.payloads import Choice, Chosen, chosen
from octavo.messages import Uplink

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.lab.subjects import Subject

__all__ = ["Discriminator", "Field", "Frame", "Linear", "Overlap", "Xray", "xray"]


def xray(
    subject: Subject,
    payload: bytes | None = None,
    f_port: int | None = None,
    *,
    dialect: str | None = None,
    seed: int = 0,
    stopped: Callable[[], bool] = bool,
) -> Xray:
    """The x-rays of a formatter.

    Args:
        subject: the formatter.
        payload: the bytes; None takes those of the examples, one for each port, length and set of members, or where
            there are none, such as the formatter accepts.
        f_port: the port of the payload; None is that of the example with these bytes, else with as many, else 1.
            Without a payload, only that port's examples are taken.
        dialect: under whose rules; None is the formatter's own.
        seed: what random values are drawn from.
        stopped: asked now and then whether to end early: what is missing then has an error.

    Raises:
        ContentError: it cannot be loaded, or has no function that decodes.
    """
    with subject.open(dialect=dialect, lens=Lens()) as formatter:
        if payload is None:
            choice = chosen(subject, Bench(formatter, stopped), f_port=f_port, seed=seed)
        else:
            choice = Choice((Chosen(_given(subject, payload, f_port)),), "given")
        frames = tuple(
            expose(formatter, each.uplink, seed=seed, others=each.others, stopped=stopped) for each in choice.payloads
        )
    return Xray(subject.name, frames, choice.origin, "" if frames else _nothing(f_port), choice.left_out)


def _nothing(f_port: int | None) -> str:
    port = "" if f_port is None else f" on FPort {f_port}"
    return f"no payload that it accepts{port} was found; give one"


def _given(subject: Subject, payload: bytes, f_port: int | None) -> Uplink:
    """A payload with its port, and where an example has these bytes with the example's time and variables."""
    examples = [each for each in subject.uplinks() if f_port in (None, each.f_port)]
    same = [each for each in examples if each.frm_payload == payload]
    if same:
        return same[0]
    alike = [each.f_port for each in examples if len(each.frm_payload) == len(payload)]
    usual = alike[0] if alike else examples[0].f_port if examples else 1
    return Uplink(payload, usual if f_port is None else f_port)
