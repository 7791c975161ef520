"""Whole messages of ChirpStack v4, by HTTP and by MQTT, in; outcomes out."""

import asyncio
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import octavo
from octavo.errors import ContentError
from octavo.networks import chirpstack4, recognise
from octavo.pipeline import NOT_DECODED, Arrival, aprocess, process, process_many

from .chirpstack import ALL, APPLICATION, DEV_EUI, ENCRYPTED, NO_PORT, UP, topic, up
from .traffic import MESSAGE, FakeDevice

DATA = {"hex": "01755c03673401", "port": 85}
JSON = {"Content-Type": "application/json"}

SCRIPT = """function decodeUplink(input) {
  return { data: { first: input.bytes[0], port: input.fPort, year: input.recvTime.getUTCFullYear() } };
}
function encodeDownlink(input) { return { bytes: [input.data.byte], fPort: input.fPort || 9 }; }
"""

# An `up` event as protocol buffers: deduplication_id, time and device_info, as the field numbers of the .proto say.
PROTOBUF = b"\n$0badcafe-0001-4abc-9def-001122334451\x12\x06\x08\xe9\xe8\xd8\xcf\x06\x1a\x12B\x1070b3d5e75e00b1a2"


def test_an_uplink_by_http():
    before = copy.deepcopy(UP)
    device = FakeDevice()
    out = process(json.dumps(up(object=...)).encode(), device, headers=JSON, query=b"event=up")
    assert (out.outcome, out.network, out.kind) == ("decoded", "chirpstack4", "chirpstack4.up")
    assert (out.decoded.data, out.message["object"]) == (DATA, DATA)
    assert (out.findings, out.reason, out.error) == ([], None, None)
    assert device.recv_times == ["2026-05-02T17:04:09.000417+00:00"]
    assert before == UP


def test_an_uplink_by_mqtt():
    out = process(json.dumps(UP), {DEV_EUI: FakeDevice()}, topic=topic("up"))
    assert (out.outcome, out.kind, out.ids["application_id"]) == ("decoded", "chirpstack4.up", APPLICATION)
    assert out.message == {**UP, "object": DATA}


def test_an_uplink_that_says_nothing_but_its_bytes():
    out = process({"data": "AQ==", "fPort": 3}, {DEV_EUI.upper(): FakeDevice()}, topic=topic("up"))
    assert (out.outcome, out.decoded.data) == ("decoded", {"hex": "01", "port": 3})


@pytest.mark.parametrize("name", ["row 7, tree 12", DEV_EUI, DEV_EUI.upper(), "soil-probe EU868", "soil-*"])
def test_a_device_is_found_by_name_eui_or_device_profile(name):
    assert process(UP, {"other": FakeDevice(), name: FakeDevice("found")}).device.name == "found"


def test_an_object_that_is_not_ours_is_a_finding():
    out = process(UP, FakeDevice())
    assert [finding.path for finding in out.findings] == ["/object"]
    same = process(up(object={"port": 85.0, "hex": "01755c03673401"}), FakeDevice())
    assert same.findings == []


def test_port_0_is_decoded_as_chirpstack_does():
    out = process(NO_PORT, FakeDevice())
    assert (out.outcome, out.decoded.data) == ("decoded", {"hex": "", "port": 0})
    assert process(up(fPort=...), FakeDevice()).decoded.data["port"] == 0
    assert process(up(fPort=0), FakeDevice(), f_port=7).decoded.data["port"] == 7


def test_an_encrypted_payload_is_not_decoded():
    out = process(ENCRYPTED, FakeDevice())
    assert (out.outcome, out.decoded, out.message) == ("encrypted", None, ENCRYPTED)


def test_a_failing_device_leaves_the_object_alone():
    message = up(data="/w==", object={"kept": 1})
    out = process(message, FakeDevice())
    assert (out.outcome, out.error.name, out.message) == ("failed", "decode", message)


@pytest.mark.parametrize(("member", "value"), [("fPort", 256), ("data", "*")])
def test_a_member_that_cannot_be_read(member, value):
    out = process(up(**{member: value}), FakeDevice(), query={"event": "up"})
    assert (out.outcome, out.error.path, out.ids["dev_eui"]) == ("invalid", f"/{member}", DEV_EUI)


OUTCOMES = {"up": {"decoded", "encrypted"}, "join": {"join"}, "down": {"downlink"}}


@pytest.mark.parametrize(("kind", "message"), ALL)
def test_every_message_has_its_outcome_by_body_query_and_topic(kind, message):
    name = kind.partition(".")[2]
    outs = [process(message, FakeDevice()), process(message, FakeDevice(), topic=topic(name))]
    outs += [process(message, FakeDevice(), query=f"event={name}")] if name in chirpstack4.EVENTS else []
    for out in outs:
        assert out.kind == kind
        assert out.outcome in OUTCOMES.get(name, {"event"})
        assert out.reason == NOT_DECODED.get(out.outcome)


def test_an_unknown_event_is_an_unknown_kind():
    out = process(UP, FakeDevice(), query="event=integration")
    assert (out.outcome, out.kind) == ("unknown_kind", None)
    assert "no event 'integration'" in out.reason


# ---- protocol buffers ----


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (PROTOBUF, {"Content-Type": "application/octet-stream"}),
        (PROTOBUF, {}),
        (PROTOBUF.decode("latin-1"), [(b"content-type", b"Application/Octet-Stream; x=y")]),
        (b"\n$0badcafe", {"content-type": "application/octet-stream"}),
        (b"\xff", {}),
        (b"", {"content-type": "application/octet-stream"}),
    ],
    ids=["as sent", "without headers", "as text", "no control character", "no UTF-8", "empty"],
)
def test_protocol_buffers_are_no_json_and_the_reason_says_what_to_set(body, headers):
    out = process(body, FakeDevice(), headers=headers, query="event=up")
    assert (out.outcome, out.error.name) == ("not_json", "content")
    assert out.reason.startswith("not JSON")
    assert "set the payload encoding to JSON (ChirpStack)" in out.reason


@pytest.mark.parametrize("body", ["{", b'{"a":\r\n\t', "", {1: 2}], ids=repr)
def test_other_bodies_are_no_json_without_that_hint(body):
    out = process(body, FakeDevice(), headers=JSON, query="event=up")
    assert out.outcome == "not_json"
    assert "ChirpStack" not in out.reason


# ---- answers ----


@pytest.mark.parametrize("message", [UP, dict(ALL)["chirpstack4.join"]], ids=["up", "join"])
def test_an_event_does_not_say_where_answers_go(message):
    out = process(message, FakeDevice())
    with pytest.raises(ContentError, match=r"downlink_publication .* or downlink_request"):
        out.reply({"byte": 5})
    with pytest.raises(ContentError, match="does not say where answers go"):
        asyncio.run(out.areply({"byte": 5}))


def test_an_answer_from_the_identifiers_of_the_outcome():
    out = process(UP, FakeDevice())
    down = out.device.encode_downlink({"byte": 5})
    command = chirpstack4.DownlinkCommand(out.ids["dev_eui"], down.f_port, down.frm_payload)
    publication = chirpstack4.downlink_publication(out.ids["application_id"], command)
    assert recognise(json.loads(publication.payload), topic=publication.topic).kind == "chirpstack4.down"
    assert process(publication.payload, FakeDevice(), topic=publication.topic).outcome == "downlink"


# ---- scripts, many messages, whatever comes ----


def test_a_script_decodes_messages_of_chirpstack(tmp_path):
    (tmp_path / "x.js").write_text(SCRIPT, encoding="utf-8")
    with octavo.load(tmp_path / "x.js") as device:
        out = process(UP, device)
        assert out.message["object"] == {"first": 1, "port": 85, "year": 2026}


def test_many_messages_of_both_networks():
    arrivals = [
        Arrival(UP, query="event=up"),
        Arrival(MESSAGE),
        Arrival(json.dumps(UP), topic=topic("up")),
        Arrival(PROTOBUF, {"Content-Type": "application/octet-stream"}),
    ]
    outs = list(process_many(arrivals, FakeDevice()))
    assert [out.outcome for out in outs] == ["decoded", "decoded", "decoded", "not_json"]
    assert [out.network for out in outs] == ["chirpstack4", "v3", "chirpstack4", None]
    assert asyncio.run(aprocess(UP, FakeDevice(), query="event=up")).message == outs[0].message


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**4000) | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = sorted({name for _, message in ALL for name in message})


@given(
    st.sampled_from(ALL),
    st.dictionaries(st.sampled_from(MEMBERS), ANYTHING, max_size=4),
    st.sampled_from([None, *chirpstack4.EVENTS, "other"]),
)
def test_content_never_raises(pair, members, event):
    _, message = pair
    out = process({**message, **members}, FakeDevice(), query={"event": event})
    assert out.reason or out.outcome == "decoded"
    assert out.to_dict()["outcome"] == out.outcome


@given(st.sampled_from(ALL), st.sets(st.sampled_from(MEMBERS)))
def test_a_message_with_members_gone_is_its_kind_or_ambiguous_but_never_of_another_network(pair, gone):
    _, message = pair
    found = recognise({name: value for name, value in message.items() if name not in gone})
    kinds = {found.kind, *found.candidates} - {None}
    assert all(kind.startswith("chirpstack4.") for kind in kinds) or found.reason.startswith("an empty body")


@given(st.sampled_from(ALL), st.data())
def test_damaged_texts_never_raise(pair, data):
    text = json.dumps(pair[1])
    start = data.draw(st.integers(0, len(text)))
    damaged = text[:start] + data.draw(st.text(max_size=3)) + text[start + data.draw(st.integers(0, 5)) :]
    assert process(damaged, FakeDevice(), query="event=up").outcome


VARIABLES = """function decodeUplink(input) { return { data: { v: input.variables.v || null } }; }
function encodeDownlink(input) { return { bytes: [Number(input.variables.v)], fPort: 3 }; }
"""


@pytest.mark.usefixtures("warm_pool")
def test_variables_that_the_caller_knows_reach_the_script(tmp_path):
    (tmp_path / "x.js").write_text(VARIABLES, encoding="utf-8")
    with octavo.load(tmp_path / "x.js", dialect="chirpstack4") as device:
        for variables in ({"v": "5"}, lambda incoming: {"v": "5"} if incoming.ids["dev_eui"] == DEV_EUI else None):
            out = process(up(object=...), device, query="event=up", variables=variables)
            assert out.decoded.data == {"v": "5"}
            (many,) = process_many([Arrival(up(object=...), query="event=up")], device, variables=variables)
            assert many.decoded.data == {"v": "5"}
            assert asyncio.run(
                aprocess(up(object=...), device, query="event=up", variables=variables)
            ).decoded.data == {"v": "5"}
        assert process(up(object=...), device, query="event=up").decoded.data == {"v": None}


@pytest.mark.usefixtures("warm_pool")
def test_variables_are_text(tmp_path):
    (tmp_path / "x.js").write_text(VARIABLES, encoding="utf-8")
    with (
        octavo.load(tmp_path / "x.js", dialect="chirpstack4") as device,
        pytest.raises(octavo.Error, match="variables: text was expected for 'v', not int"),
    ):
        device.decode_uplink(b"", 1, variables={"v": 5})
