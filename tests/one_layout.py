"""One layout as a whole codec: for tests of what a single item of the vocabulary reads and writes."""

from octavo.codecs import Codec

RECEIVED = "2026-01-02T03:04:05.678Z"


def codec_of(layout):
    return Codec(name="test/vocabulary", uplink={1: layout})


def read(layout, hexadecimal):
    return codec_of(layout).decode_uplink(bytes.fromhex(hexadecimal), 1, recv_time=RECEIVED).data


def written(layout, data):
    return codec_of(layout).encode_uplink(data, 1).hex()
