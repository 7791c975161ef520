"""Many payloads at once: columns of numpy instead of a dict for each message.

Payloads that have the same length and the same control bytes (keys, discriminators, masks, counts) have the same
layout, byte for byte. So the rows are first parted by those bytes, and then every field of a part is read with
a handful of numpy calls. What that does not cover is read message by message, and said so.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.columns.result import Columns
    from octavo.errors import Error
    from octavo.messages import Decoded, Uplink


def decode_columns(
    layouts: Mapping[int, AnyConstruct],
    payloads: Any,
    decode: Callable[[Uplink], Decoded | Error],
    *,
    f_port: Any = None,
    recv_times: Any = None,
) -> Columns:
    """The data of many payloads, column by column.

    Args:
        layouts: FPort to layout.
        payloads: a ``(n, width)`` array of uint8, an Arrow array of binary, or any iterable of bytes.
        decode: reads one message: for rows that are not read together, and for the words of an error.
        f_port: the FPort of all payloads, or one for each; None where the layouts have only one.
        recv_times: when each was received, as `octavo.messages.Uplink` has it, or an array of datetime64;
            None is now.

    Raises:
        ContentError: numpy is not installed.
        Error: named ``input``, where the payloads, ports or times are none.
    """
    if find_spec("numpy") is None:
        raise ContentError('numpy is not installed: pip install "octavo[columns]"')
    from octavo.codecs.columns.engine import decode_batch  # noqa: PLC0415 - needs numpy, an extra

    return decode_batch(layouts, payloads, decode, f_port=f_port, recv_times=recv_times)
