"""The kinds of findings: what each is, how grave, and what comes of it on which network.

Source: lorawan-stack 3.32.1 ``pkg/messageprocessors/javascript`` and ``pkg/goproto`` (what The Things Stack makes of a
result); chirpstack d77207c ``chirpstack/src/codec/js`` (ChirpStack); chirpstack-application-server f2f2c34
``internal/codec`` (ChirpStack v3); ttn fce3ec7 ``core/handler`` (v2).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from octavo.formatters.dialects import DIALECTS
from octavo.lab.findings import UNFINISHED

LOST = {
    "tts": "The Things Stack forwards the uplink without decoded_payload, and tells it in an event only.",
    "ttn2": "The Things Network v2 forwards the uplink without payload_fields.",
    "chirpstack4": "ChirpStack publishes the uplink without object, and tells it in its log only.",
    "chirpstack3": "ChirpStack v3 publishes the uplink without object.",
    "": "The network has no data of the uplink.",
}
"""What a failed decoder comes to."""

UNSENT = {
    "tts": "The Things Stack refuses the whole downlink request.",
    "": "The network refuses the downlink.",
}
"""What a failed encoder comes to."""

AGAIN = "What is decoded anew, in a test or from an archive, is not what was decoded at first."
WRONG = "Whoever reads the data gets a wrong value, and nothing tells so."


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding.

    Attributes:
        name: what it is called, in output and in files of accepted findings.
        severity: one of `octavo.lab.findings.SEVERITIES`.
        why: what comes of it, by dialect; "" is for every other network.
        encoding: the same where an encoder does it; empty where that is no matter.
    """

    name: str
    severity: str
    why: dict[str, str] = field(default_factory=dict)
    encoding: dict[str, str] = field(default_factory=dict)

    def reason(self, dialect: str, operation: str = "decode_uplink") -> str:
        """What comes of it on the network of a dialect, where a function for an operation does it."""
        family = "tts" if dialect.startswith("tts") else dialect
        why = self.encoding if self.encoding and operation == "encode_downlink" else self.why
        return why.get(family, why[""])

    def dialects(self, dialect: str, operation: str = "decode_uplink") -> tuple[str, ...]:
        """The networks on which just that comes of it; empty for all."""
        told = self.reason(dialect, operation)
        found = tuple(name for name in DIALECTS if self.reason(name, operation) == told)
        return () if found == tuple(DIALECTS) else found


_ALL = (
    Kind("throws", "error", LOST, UNSENT),
    Kind(
        "swallowed-exception",
        "warning",
        {
            "": "The uplink counts as decoded: whoever reads the data gets the engine's words, and nothing tells "
            "of an error."
        },
    ),
    Kind(
        "exception-instead-of-errors",
        "note",
        {
            "tts": "The Things Stack shows the errors of a result as they are; an exception comes with the engine's "
            "words and place around it.",
            "chirpstack4": "ChirpStack tells the errors of a result as such; an exception comes as an error of the "
            "engine.",
            "": "An exception comes with the engine's words around it; the errors of a result are shown as they are.",
        },
    ),
    Kind(
        "invalid-result",
        "error",
        LOST,
        UNSENT,
    ),
    Kind(
        "nothing-to-run",
        "error",
        {"": "The network fails with each message, and nothing else of the script matters: nothing was examined."},
    ),
    Kind(
        "no-result",
        "note",
        {
            "tts": "The Things Stack fails with a TypeError of its own, which names neither the port nor the payload.",
            "chirpstack4": "ChirpStack fails, and its log names neither the port nor the payload.",
            "": "The network has no data and no reason.",
        },
    ),
    Kind(
        "no-data",
        "note",
        {"": "Whoever waits for data gets an empty object, and nobody is told why."},
        {
            "chirpstack4": "ChirpStack refuses the downlink, with an error of conversion that names no reason.",
            "chirpstack3": "ChirpStack v3 refuses the downlink: an array was expected.",
            "ttn2": "The Things Network v2 refuses the downlink: an array was expected.",
            "": "An empty payload is sent, or nothing, and nobody is told why.",
        },
    ),
    Kind(
        "not-a-number",
        "error",
        {
            "tts": "The Things Stack drops the decoded payload of the whole message, the good fields too.",
            "ttn2": "The Things Network v2 drops payload_fields of the whole message, the good fields too.",
            "chirpstack4": "ChirpStack makes null of NaN without a word, and cannot write an infinity as JSON.",
            "chirpstack3": "ChirpStack v3 cannot write it as JSON: the whole object is lost.",
            "": "JSON has no such number: the value becomes null, or the whole message is lost.",
        },
    ),
    Kind(
        "undefined",
        "warning",
        {
            "tts": "The Things Stack and ChirpStack make null of it; other networks leave the member out.",
            "chirpstack4": "The Things Stack and ChirpStack make null of it; other networks leave the member out.",
            "": "JSON leaves the member out; The Things Stack and ChirpStack make null of it.",
        },
    ),
    Kind(
        "broken-text",
        "warning",
        {"": WRONG},
    ),
    Kind(
        "not-json",
        "error",
        {
            "tts": "The Things Stack cannot convert it: the decoded payload of the whole message is lost.",
            "": "JSON has no such value: it is left out, or the whole message is lost.",
        },
    ),
    Kind(
        "type-change",
        "warning",
        {
            "": "A database that has fixed the field's type refuses the message, and a program that computes with it "
            "fails."
        },
    ),
    Kind(
        "input-changed",
        "note",
        {
            "tts": "The Things Stack gives it a copy; where it is called by a test or by other code, the caller's own "
            "bytes or data change.",
            "": "Where a test or other code calls it, the caller's own bytes or data change.",
        },
    ),
    Kind(
        "depends-on-clock",
        "warning",
        {"": f"{AGAIN} recvTime, where the network gives it, is the time of the message."},
    ),
    Kind("depends-on-random", "warning", {"": AGAIN}),
    Kind(
        "depends-on-time-zone",
        "warning",
        {"": "Network servers run in UTC, a test machine does not: the same message gives another time there."},
    ),
    Kind(
        "depends-on-locale",
        "warning",
        {"": "The same message gives another text, 1,5 for 1.5, on another server."},
    ),
    Kind(
        "depends-on-earlier-message",
        "warning",
        {
            "tts": "The Things Stack runs each message in a fresh engine: what is kept is lost there, and where it is "
            "not lost it mixes devices.",
            "chirpstack4": "ChirpStack runs each message in a fresh engine: what is kept is lost there, and where it "
            "is not lost it mixes devices.",
            "": "Where one engine serves several devices, what is kept of one goes into the data of another.",
        },
    ),
    Kind("unpadded-hex", "error", {"": WRONG}),
    Kind("sign-cliff", "error", {"": WRONG}),
    Kind("bytes-overlap", "error", {"": WRONG}),
    Kind(
        "never-negative",
        "error",
        {"": "Just below zero the value is several thousand degrees, and nothing tells so."},
    ),
    Kind(
        "reads-past-the-end",
        "error",
        {"": "A frame that was cut, or is of another firmware, gives a value that the device did not send."},
    ),
    Kind(
        "bytes-never-read",
        "note",
        {"": "They may be reserved; where they are not, what they say is lost."},
    ),
    Kind(
        "bits-never-used",
        "note",
        {"": "It may be reserved; where a mask is too narrow, values are wrong as soon as the bit is set."},
    ),
    Kind(
        "no-round-trip",
        "error",
        {"": "What is sent to the device is not what was asked for, or is shown wrongly."},
    ),
    Kind(
        "not-a-byte",
        "warning",
        {
            "tts": "The Things Stack takes it modulo 256 and sends other bytes than the script gave.",
            "chirpstack4": "ChirpStack takes the nearest byte of a number, and sends other bytes than the script gave; "
            "what is no number it refuses, and nothing is sent.",
            "": "The network refuses the downlink, or sends other bytes than the script gave.",
        },
    ),
    Kind(
        "oversized-result",
        "warning",
        {"": "Webhooks and MQTT brokers refuse large messages."},
    ),
    Kind(
        "slow",
        "error",
        LOST,
        UNSENT,
    ),
    Kind(
        UNFINISHED,
        "note",
        {"": "What was not tried or is not told may be wrong too."},
    ),
)

KINDS = {kind.name: kind for kind in _ALL}
"""The kinds by name."""
