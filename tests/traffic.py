"""A message of each network, and devices that are no more than what the pipeline asks of them."""

import copy
import json
from pathlib import Path

from octavo.device import Device, as_downlink, as_uplink
from octavo.errors import ContentError, DecodeError, EncodeError, OutputError
from octavo.messages import Decoded, Encoded

SEEDS = Path(__file__).parent / "seeds"
EXAMPLES = {entry["name"]: entry for entry in json.loads((SEEDS / "messages.json").read_text())}

CHIRPSTACK = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2022-07-18T09:34:15.775023242+00:00",
    "deviceInfo": {"applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97", "devEui": "0101010101010101"},
    "fPort": 1,
    "data": "qg==",
}
MESSAGE = {
    "end_device_ids": {
        "device_id": "dev1",
        "application_ids": {"application_id": "app1"},
        "dev_eui": "0004A30B001C0530",
    },
    "received_at": "2020-02-12T15:15:46.014773143Z",
    "uplink_message": {
        "f_port": 7,
        "frm_payload": "gkHe",
        "received_at": "2020-02-12T15:15:45.789585559Z",
        "version_ids": {"brand_id": "acme", "model_id": "th-1"},
    },
}
HEADERS = {
    "x-downlink-apikey": "NNSXS.KEY",
    "x-downlink-push": "https://tts.example/push",
    "x-downlink-replace": "https://tts.example/replace",
}


class FakeDevice(Device):
    """Decodes a payload to what it got; fails on FF, half fails on EE; encodes {"byte": n} for port 9."""

    dialect = None

    def __init__(self, name="fake"):
        self.name = name
        self.batches = []
        self.recv_times = []

    @property
    def operations(self):
        return frozenset(("decode_uplink", "encode_downlink"))

    def decode_uplinks(self, messages):
        uplinks = [as_uplink(message) for message in messages]
        self.batches.append(len(uplinks))
        self.recv_times += [uplink.recv_time for uplink in uplinks]
        return (self._decoded(uplink) for uplink in uplinks)

    def _decoded(self, uplink):
        if uplink.frm_payload == b"\xff":
            return DecodeError("no such frame", offset=0)
        decoded = Decoded({"hex": uplink.frm_payload.hex(), "port": uplink.f_port})
        if uplink.frm_payload == b"\xee":
            return OutputError("invalid output", name="output", code="UNKNOWN", decoded=decoded)
        return decoded

    def decode_downlinks(self, messages):
        raise NotImplementedError

    def encode_downlinks(self, messages):
        return (self._encoded(as_downlink(message)) for message in messages)

    def _encoded(self, downlink):
        if downlink.data is None:
            return EncodeError("nothing to encode")
        return Encoded(bytes([downlink.data["byte"]]), downlink.f_port or 9)


class BrokenDevice(FakeDevice):
    """Answers one message and then raises, as no device should."""

    def decode_uplinks(self, messages):
        yield self._decoded(as_uplink(messages[0]))
        raise ContentError("the file is gone")


def with_uplink(**members):
    message = copy.deepcopy(MESSAGE)
    uplink = message["uplink_message"] | members
    message["uplink_message"] = {key: value for key, value in uplink.items() if value is not ...}
    return message
