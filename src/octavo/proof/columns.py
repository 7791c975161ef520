"""The columns as a side of a proof, where numpy is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from octavo.proof.outcomes import Outcome, refused, taken
from octavo.proof.sides import Reads, moment

if TYPE_CHECKING:
    from octavo.codecs import Codec
    from octavo.proof.material import Frame


def has_columns() -> bool:
    """Whether there are columns to compare: numpy is an extra."""
    return find_spec("numpy") is not None


class Columnar:
    """Frames read together, and put back into rows."""

    name = "columns"
    operations = frozenset(["decode_uplink", "decode_downlink"])
    reads = Reads()

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def close(self) -> None:
        """Nothing is held open."""

    def decode(self, operation: str, frames: list[Frame]) -> list[Outcome]:
        """Each frame, as a row of the columns has it."""
        found = self.codec.decode_columns(
            [frame.frm_payload for frame in frames],
            [frame.f_port for frame in frames],
            recv_times=[moment(frame.received_ms) for frame in frames],
            downlink=operation == "decode_downlink",
        )
        rows = zip(found.to_dicts(), found.errors, strict=True)
        return [taken({"data": data}) if error is None else refused(str(error)) for data, error in rows]
