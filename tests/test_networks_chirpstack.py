"""ChirpStack v4: telling its messages apart, reading them, topics, downlinks, and results written back."""

import copy
import doctest
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import ContentError, DecodeError, OutputError
from octavo.messages import Decoded
from octavo.networks import KINDS, as_curl, chirpstack4, recognise
from octavo.networks.chirpstack4 import DownlinkCommand, topics

from .chirpstack import ALL, APPLICATION, DEV_EUI, ENCRYPTED, NO_PORT, UP, topic, up
from .traffic import EXAMPLES as OF_OTHERS

EVENTS = [f"chirpstack4.{name}" for name in chirpstack4.EVENTS]
ENVELOPE = {"deduplicationId": "x", "time": "2026-05-02T17:04:09Z", "deviceInfo": {}}


def read(message, kind="chirpstack4.up", topic=None):
    return KINDS[kind].read(message, kind, topic)


# ---- which kind it is ----


@pytest.mark.parametrize(("kind", "message"), ALL)
def test_examples_are_recognised_by_their_bodies(kind, message):
    assert recognise(message).kind == kind


@pytest.mark.parametrize(("kind", "message"), [pair for pair in ALL if pair[0] in EVENTS])
def test_examples_without_zero_values_are_recognised(kind, message):
    """As releases before 4.1 wrote them."""
    bare = {name: value for name, value in message.items() if value not in (0, False, "", [], {})}
    found = recognise(bare)
    lost_all = {name for name in bare if name not in {"deduplicationId", "time", "deviceInfo"}} == set()
    assert found.kind == kind or (lost_all and kind in found.candidates)


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({}, ["up", "join", "ack", "txack", "log", "status", "location"]),
        ({"deduplicationId": "x"}, ["up", "join", "ack", "status", "location"]),
        ({"txInfo": {}}, ["up", "txack"]),
        ({"fCntDown": 1}, ["ack", "txack"]),
        ({"regionConfigId": "eu868"}, ["up", "join"]),
        ({"data": "AQ==", "location": {}}, ["up", "location"]),
    ],
    ids=str,
)
def test_ambiguous_bodies_are_never_guessed(members, names):
    found = recognise({"deviceInfo": {}, **members})
    assert (found.kind, found.candidates) == (None, tuple(f"chirpstack4.{name}" for name in names))
    assert all(f"chirpstack4.{name}" in found.reason for name in names)


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"devAddr": "01ab34cd"}, "join"),
        ({"devAddr": "01ab34cd", "rxInfo": []}, "up"),
        ({"queueItemId": "x"}, "ack"),
        ({"queueItemId": "x", "fCntDown": 1, "gatewayId": "x"}, "txack"),
        ({"level": "INFO"}, "log"),
        ({"location": {}, "x_new_member": 1}, "location"),
    ],
    ids=str,
)
def test_bodies_of_one_kind(members, kind):
    assert recognise({"deviceInfo": {}, **members}).kind == f"chirpstack4.{kind}"


@pytest.mark.parametrize(
    "message",
    [
        {**ENVELOPE, "integrationName": "loracloud", "eventType": "x", "object": {}},
        {"applicationID": "1", "applicationName": "a", "devEUI": "AQIDBAUGBwg=", "fPort": 1, "data": "AQ=="},
        {"devEui": DEV_EUI},
        {"devEui": 5, "data": "AQ=="},
        {"queueItem": {"fPort": 1, "data": "AQ=="}},
    ],
    ids=["integration event", "ChirpStack v3", "DevEUI alone", "no DevEUI", "REST body"],
)
def test_other_bodies_stay_unknown(message):
    found = recognise(message)
    assert (found.kind, found.candidates) == (None, ())
    assert "expected" in found.reason


@pytest.mark.parametrize("entry", OF_OTHERS.values(), ids=OF_OTHERS)
def test_messages_of_other_networks_are_no_messages_of_chirpstack(entry):
    message = entry["message"]
    assert not isinstance(message, dict) or chirpstack4.messages.candidates(message) == ()


@pytest.mark.parametrize(("kind", "message"), ALL)
def test_messages_of_chirpstack_are_none_of_other_networks(kind, message):
    others = [network for name, network in KINDS.items() if name.partition(".")[0] != "chirpstack4"]
    assert [network.candidates(message) for network in others] == [()] * len(others), kind


@pytest.mark.parametrize("name", chirpstack4.EVENTS)
def test_the_query_names_the_event(name):
    assert recognise({"deviceInfo": {}}, query=f"?event={name}").kind == f"chirpstack4.{name}"


@pytest.mark.parametrize("message", [UP, {"deviceInfo": {}}], ids=["up", "ambiguous"])
def test_an_unknown_event_stays_unknown(message):
    found = recognise(message, query="event=integration")
    assert (found.kind, found.candidates) == (None, ())
    assert found.reason.startswith("no event 'integration': one of up, join,")


def test_a_misspelt_member_is_named():
    assert "did you mean 'deviceInfo'?" in recognise({"device_info": {}, "fPort": 1}).reason


# ---- topics ----


@pytest.mark.parametrize("name", chirpstack4.MESSAGES)
@pytest.mark.parametrize("prefix", ["", "my/prefix/"])
def test_topics_name_kind_and_device(name, prefix):
    text = chirpstack4.topic(name, APPLICATION, DEV_EUI.upper())
    assert text == topic(name)
    found = recognise({}, topic=prefix + text)
    assert found.kind == f"chirpstack4.{name}"
    assert (found.topic.ids["application_id"], found.topic.ids["dev_eui"]) == (APPLICATION, DEV_EUI)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"application/1/device/{DEV_EUI}/event/up",
        f"application/{APPLICATION}/device/dev1/event/up",
        f"application/{APPLICATION}/device/{DEV_EUI}/event/integration",
        f"application/{APPLICATION}/device/{DEV_EUI}/command/up",
        f"application/{APPLICATION}/device/{DEV_EUI}/event/up\n",
        f"applications/{APPLICATION}/device/{DEV_EUI}/event/up",
    ],
)
def test_other_topics_are_refused(text):
    with pytest.raises(ContentError, match=r"is no topic of ChirpStack|no event .* in the topic"):
        chirpstack4.parse_topic(text)


def test_an_unknown_event_in_a_topic_is_not_taken_for_what_the_body_looks_like():
    found = recognise(
        {"deduplicationId": "x", "fPort": 1}, topic=f"application/{APPLICATION}/device/{DEV_EUI}/event/bogus"
    )
    assert (found.kind, found.candidates) == (None, ())
    assert "no event 'event/bogus' in the topic: one of event/up" in found.reason


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("integration", APPLICATION, DEV_EUI), "has no topic"),
        (("up", "1", DEV_EUI), "no application id of ChirpStack: a UUID"),
        (("up", APPLICATION, "dev1"), "no DevEUI: 16 hex digits"),
    ],
)
def test_topics_that_cannot_be_made(arguments, words):
    with pytest.raises(ContentError, match=words):
        chirpstack4.topic(*arguments)


@given(st.text())
def test_any_topic_is_read_or_refused(text):
    with suppress(ContentError):
        assert chirpstack4.parse_topic(text).kind in KINDS


def test_examples_in_docstrings_hold():
    result = doctest.testmod(topics)
    assert (result.attempted, result.failed) == (2, 0)


# ---- reading ----


def test_an_uplink_as_octavo_reads_it():
    found = read(UP)
    assert (found.network, found.role, found.dialect) == ("chirpstack4", "uplink", "chirpstack4")
    assert (found.frm_payload, found.f_port) == (bytes.fromhex("01755c03673401"), 85)
    assert found.recv_time == "2026-05-02T17:04:09.000417+00:00"
    assert found.decoded_payload == {"battery": 92.0, "soil": {"moisture": 31.5}, "flags": []}
    assert (found.encrypted, found.simulated, found.reply_url, found.error, found.findings) == (
        False,
        False,
        None,
        None,
        (),
    )
    assert found.ids == {
        "application_id": APPLICATION,
        "tenant_id": "6a1d2c3b-4e5f-4061-9273-8495a6b7c8d9",
        "device_id": "row 7, tree 12",
        "dev_eui": DEV_EUI,
        "join_eui": None,
        "dev_addr": "01ab34cd",
        "brand_id": None,
        "model_id": "soil-probe EU868",
    }


def test_members_that_are_left_out_are_zero():
    found = read({"deviceInfo": {"devEui": DEV_EUI}})
    assert (found.frm_payload, found.f_port, found.recv_time, found.decoded_payload) == (b"", 0, None, None)
    assert read(NO_PORT).f_port == 0


def test_a_join_server_context_means_still_encrypted():
    assert read(ENCRYPTED).encrypted
    assert read(up(joinServerContext={})).encrypted
    assert not read(up(joinServerContext=None)).encrypted


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (up(fPort=256), "/fPort"),
        (up(fPort="x"), "/fPort"),
        (up(data="*"), "/data"),
        (up(data=[1]), "/data"),
        ({}, ""),
        ([], ""),
        ({"join_accept": {}}, ""),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_read_is_an_error_with_its_place(message, path):
    assert read(message).error.path == path


def test_what_looks_wrong_is_a_finding():
    message = up(fPort=224, data="AAAA" * 86)
    assert [finding.path for finding in read(message).findings] == ["/fPort", "/data"]
    command = {"devEui": DEV_EUI, "fPort": 224, "data": "AQ=="}
    assert [finding.path for finding in read(command, "chirpstack4.down").findings] == ["/fPort"]


def test_identifiers_that_the_message_lacks_come_from_the_topic():
    found = chirpstack4.parse_topic(topic("up"))
    ids = read({"data": "AQ=="}, topic=found).ids
    assert (ids["application_id"], ids["dev_eui"], ids["device_id"]) == (APPLICATION, DEV_EUI, None)
    assert chirpstack4.message_ids({"devEui": "0011223344556677"}, found)["dev_eui"] == "0011223344556677"
    assert chirpstack4.message_ids(None)["dev_eui"] is None


ROLES = {"up": "uplink", "join": "join", "down": "downlink"}


@pytest.mark.parametrize(("kind", "message"), ALL)
def test_each_kind_has_its_role(kind, message):
    found = read(message, kind)
    assert (found.role, found.error) == (ROLES.get(kind.partition(".")[2], "event"), None)


# ---- writing ----


def test_decoded_data_replaces_the_object():
    before = copy.deepcopy(UP)
    written = chirpstack4.write_decoded(UP, Decoded({"t": 1}, warnings=["odd"], normalized=[{}]))
    assert written == {**UP, "object": {"t": 1}}
    assert list(written) == list(UP)
    assert before == UP


def test_decoded_data_stands_behind_the_payload():
    written = chirpstack4.write_decoded(up(object=...), Decoded({}))
    assert list(written)[list(written).index("data") + 1] == "object"
    assert written["object"] == {}


@pytest.mark.parametrize("outcome", [DecodeError("no"), Decoded(None)], ids=["error", "nothing"])
def test_without_data_the_message_stays_as_it_is(outcome):
    assert chirpstack4.write_decoded(UP, outcome) is UP


def test_what_a_failing_normalizer_left_is_written():
    error = OutputError("no", name="output", decoded=Decoded({"t": 1}))
    assert chirpstack4.write_decoded(UP, error)["object"] == {"t": 1}


# ---- downlinks ----

COMMAND = DownlinkCommand(DEV_EUI, 15, b"\xbe\xef")
EVERYTHING = DownlinkCommand(
    dev_eui=DEV_EUI,
    f_port=15,
    decoded_payload={"open": True},
    confirmed=True,
    queue_item_id="fedcba98-7654-4321-8fed-cba987654321",
    expires_at="2026-05-03T00:00:00.123456789Z",
)


def test_a_publication():
    found = chirpstack4.downlink_publication(APPLICATION, COMMAND)
    assert found.topic == topic("down")
    assert found.payload == b'{"devEui":"70b3d5e75e00b1a2","confirmed":false,"fPort":15,"data":"vu8="}'


def test_a_publication_with_everything():
    assert chirpstack4.downlink_body(EVERYTHING) == {
        "id": "fedcba98-7654-4321-8fed-cba987654321",
        "devEui": DEV_EUI,
        "confirmed": True,
        "fPort": 15,
        "object": {"open": True},
        "expiresAt": "2026-05-03T00:00:00.123456789Z",
    }


def test_a_request():
    found = chirpstack4.downlink_request(COMMAND, server="http://localhost:8090/", api_key="KEY", flush_queue=True)
    assert (found.method, found.url) == ("POST", "http://localhost:8090/api/devices/70b3d5e75e00b1a2/queue")
    assert found.headers == {
        "Authorization": "Bearer KEY",
        "User-Agent": "octavo",
        "Content-Type": "application/json",
    }
    item = {"confirmed": False, "fPort": 15, "data": "vu8="}
    assert json.loads(found.body) == {"queueItem": item, "flushQueue": True}
    plain = chirpstack4.downlink_request(COMMAND, server="http://localhost:8090/api", api_key="KEY", user_agent="me")
    assert (json.loads(plain.body), plain.url) == ({"queueItem": item}, found.url)
    assert plain.headers["User-Agent"] == "me"


def test_a_request_that_empties_the_queue():
    found = chirpstack4.flush_request(DEV_EUI.upper(), server="https://a.example", api_key="KEY")
    assert (found.method, found.url) == ("DELETE", f"https://a.example/api/devices/{DEV_EUI}/queue")
    assert (found.body, found.headers["Authorization"]) == (b"", "Bearer KEY")
    assert 'Bearer $OCTAVO_API_KEY"' in as_curl(found)
    assert "--request DELETE" in as_curl(found)


def test_the_key_is_not_shown():
    found = chirpstack4.downlink_request(COMMAND, server="https://a.example", api_key="SECRET")
    assert "SECRET" not in repr(found)


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"f_port": 0}, "/fPort", "no FPort: .* 1 to 255 was expected; give f_port"),
        ({"f_port": 256}, "/fPort", "found 256, expected an FPort from 1 to 255"),
        ({"f_port": -1}, "/fPort", "found -1"),
        ({"frm_payload": None}, "/data", "no payload"),
        ({"decoded_payload": {}}, "/data", "both data and object"),
        ({"frm_payload": bytes(256)}, "/data", "256 bytes"),
        ({"dev_eui": "dev1"}, "/devEui", "no DevEUI"),
        ({"queue_item_id": "1"}, "/id", "a UUID"),
        ({"expires_at": "tomorrow"}, "/expiresAt", "RFC 3339"),
        ({"expires_at": datetime(2026, 5, 3)}, "/expiresAt", "with its time zone"),  # noqa: DTZ001 - that is the case
    ],
    ids=str,
)
def test_what_chirpstack_refuses_is_refused(changes, path, words):
    members = {"dev_eui": DEV_EUI, "f_port": 15, "frm_payload": b"\x01", **changes}
    with pytest.raises(ContentError, match=words) as caught:
        chirpstack4.downlink_body(DownlinkCommand(**members))
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"server": "localhost", "api_key": "KEY"}, "no http or https URL"),
        ({"server": "https://a.example", "api_key": ""}, "API key is empty"),
        ({"server": "https://a.example", "api_key": "a\nb"}, "no header may hold"),
    ],
)
def test_requests_that_cannot_be(target, words):
    with pytest.raises(ContentError, match=words):
        chirpstack4.downlink_request(COMMAND, **target)
    with pytest.raises(ContentError, match=words):
        chirpstack4.flush_request(DEV_EUI, **target)


def test_no_id_can_be_given_over_rest():
    with pytest.raises(ContentError, match="ChirpStack makes one"):
        chirpstack4.downlink_request(EVERYTHING, server="https://a.example", api_key="KEY")


def test_an_empty_payload_and_the_codecs_own_port_are_allowed():
    assert chirpstack4.downlink_body(DownlinkCommand(DEV_EUI, 1, b""))["data"] == ""
    assert "fPort" not in chirpstack4.downlink_body(DownlinkCommand(DEV_EUI, decoded_payload={"a": 1}))


def test_commands_are_read_as_chirpstack_reads_them():
    snake = {"dev_eui": DEV_EUI.upper(), "f_port": "15", "data": "vu8", "new": 1, "id": None}
    assert chirpstack4.parse_downlink(snake) == COMMAND
    both = {"devEui": DEV_EUI, "fPort": 15, "data": "vu8=", "object": {"open": True}}
    assert chirpstack4.parse_downlink(both) == DownlinkCommand(DEV_EUI, 15, decoded_payload={"open": True})
    assert chirpstack4.parse_downlink({"devEui": DEV_EUI, "fPort": 15}) == DownlinkCommand(DEV_EUI, 15, b"")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], ""),
        ({}, "/devEui"),
        ({"devEui": DEV_EUI, "data": "AQ=="}, "/fPort"),
        ({"devEui": DEV_EUI, "fPort": 256, "data": "AQ=="}, "/fPort"),
        ({"devEui": DEV_EUI, "fPort": 1, "object": []}, "/object"),
        ({"devEui": DEV_EUI, "fPort": 1, "data": "AQ==", "confirmed": 1}, "/confirmed"),
        ({"devEui": DEV_EUI, "fPort": 1, "data": "AQ==", "expiresAt": 5}, "/expiresAt"),
        ({"devEui": DEV_EUI, "fPort": 1, "data": "AQ==", "id": "x"}, "/id"),
    ],
    ids=str,
)
def test_commands_that_chirpstack_refuses(body, path):
    with pytest.raises(ContentError) as caught:
        chirpstack4.parse_downlink(body)
    assert caught.value.path == path


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
COMMANDS = st.builds(
    DownlinkCommand,
    dev_eui=st.binary(min_size=8, max_size=8).map(bytes.hex),
    f_port=st.integers(1, 255),
    frm_payload=st.binary(max_size=255),
    confirmed=st.booleans(),
    queue_item_id=st.just("") | st.uuids().map(str),
    expires_at=st.none() | st.datetimes(timezones=st.just(UTC) | OFFSETS).map(datetime.isoformat),
)


@given(COMMANDS)
def test_commands_round_trip(command):
    body = chirpstack4.downlink_body(command)
    assert chirpstack4.parse_downlink(json.dumps(body)) == command
    assert recognise(body).kind == "chirpstack4.down"


def test_a_command_in_snake_case_may_be_the_other_network_s():
    found = recognise({"dev_eui": DEV_EUI, "f_port": 5, "data": "AQ=="})
    assert (found.kind, found.candidates) == (None, ("chirpstack4.down", "v2.activation"))
