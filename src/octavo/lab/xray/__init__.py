"""Which bits of a payload feed which member of the data, for any formatter: by changing bits and looking.

A formatter is asked about a payload, then about the same payload with bits changed, thousands in a batch. What changes
with a bit is fed by it; what grows evenly with its bits is a number, whose sign, byte order, scale and offset follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.formatters.watching import Lens
from octavo.lab.xray.exposing import expose
from octavo.lab.xray.model import Discriminator, Field, Frame, Linear, Overlap, Xray
from octavo.lab.xray.payloads import Chosen, chosen
from octavo.messages import Uplink

if TYPE_CHECKING:
    from octavo.lab.subjects import Subject

__all__ = ["Discriminator", "Field", "Frame", "Linear", "Overlap", "Xray", "xray"]


def xray(
    subject: Subject,
    payload: bytes | None = None,
    f_port: int | None = None,
    *,
    dialect: str | None = None,
    seed: int = 0,
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

    Raises:
        ContentError: it cannot be loaded.
    """
    with subject.open(dialect=dialect, lens=Lens()) as formatter:
        if payload is not None:
            wanted, origin = [Chosen(_given(subject, payload, f_port))], "given"
        else:
            wanted, origin = chosen(subject, formatter, seed=seed)
            wanted = [each for each in wanted if f_port in (None, each.uplink.f_port)]
        frames = [expose(formatter, each.uplink, seed=seed, others=each.others) for each in wanted]
    return Xray(subject.name, tuple(frames), origin)


def _given(subject: Subject, payload: bytes, f_port: int | None) -> Uplink:
    """A payload with its port, and where an example has these bytes with the example's time and variables."""
    examples = [each for each in subject.uplinks() if f_port in (None, each.f_port)]
    same = [each for each in examples if each.frm_payload == payload]
    if same:
        return same[0]
    alike = [each.f_port for each in examples if len(each.frm_payload) == len(payload)]
    usual = alike[0] if alike else examples[0].f_port if examples else 1
    return Uplink(payload, usual if f_port is None else f_port)
