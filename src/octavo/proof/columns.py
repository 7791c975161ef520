"""The columns as a side of a proof, where numpy is installed."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from octavo.codecs.codec import received_ms
from octavo.codecs.columns import decode_columns
from octavo.proof.material import Frame
from octavo.proof.outcomes import Outcome, refused, taken
from octavo.proof.sides import Reads, moment

if TYPE_CHECKING:
    from octavo.errors import Error
    from octavo.messages import Decoded, Uplink
    from octavo.proof.sides import Declared


def has_columns() -> bool:
    """Whether there are columns to compare: numpy is an extra."""
    return find_spec("numpy") is not None


class Columnar:
    """Frames read together, and put back into rows."""

    name = "columns"
    operations = frozenset(["decode_uplink", "decode_downlink"])
    reads = Reads()

    def close(self) -> None:
        """Nothing is held open."""

    def decode(self, declared: Declared) -> list[Outcome]:
        """Each frame, as a row of the columns has it; a row that is read alone is read by construct."""
        frames = declared.batch
        found = decode_columns(
            declared.layouts,
            [frame.frm_payload for frame in frames],
            partial(_by_construct, declared),
            f_port=[frame.f_port for frame in frames],
            recv_times=[moment(frame.received_ms) for frame in frames],
        )
        rows = zip(found.to_dicts(), found.errors, strict=True)
        return [taken({"data": data}) if error is None else refused(str(error)) for data, error in rows]


def _by_construct(declared: Declared, row: Uplink) -> Decoded | Error:
    return declared.reading(Frame(row.frm_payload, row.f_port, received_ms(row)), received_ms(row))
