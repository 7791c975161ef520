"""`validate_message`: its sentences, its order, and what it does with what is no message at all."""

import copy
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urldefrag

import pytest

from octavo import schemas
from octavo.errors import ContentError, NotFoundError
from octavo.messages import Finding
from octavo.schemas import pointers
from octavo.schemas.bundle import BASE, documents

CASES = Path(__file__).parent / "cases"

KINDS = [f"v3.{member}" for member in schemas.MEMBERS]
KINDS += [
    "v3.downlinks",
    "v2.uplink",
    "v2.downlink",
    "v2.activation",
    "v2.event",
    "v2.error",
    "v2.ack",
    "v2.field",
]
KINDS += [f"chirpstack4.{name}" for name in ("up", "join", "ack", "txack", "log", "status", "location", "down")]

UPLINK = schemas.schema("v3.uplink_message")["examples"][0]


def uplink(**changes):
    """The example uplink, with members of its ``uplink_message`` set."""
    message = copy.deepcopy(UPLINK)
    message["uplink_message"].update(changes)
    return message


def told(message, kind="v3.uplink_message", profile="strict"):
    return [(finding.path, finding.message) for finding in schemas.validate_message(message, kind, profile)]


def test_kinds_are_those_of_the_networks():
    assert sorted(schemas.kinds()) == sorted(KINDS)
    assert len(schemas.MEMBERS) == 11


def test_an_unknown_kind_is_answered_with_the_kinds():
    with pytest.raises(NotFoundError, match=r"'v3\.uplink'; the kinds are v3\.uplink_message, .*v2\.field"):
        schemas.validate_message({}, "v3.uplink")
    with pytest.raises(NotFoundError, match="the kinds are"):
        schemas.schema("codec.nothing")


def test_masked_requires_nothing_and_checks_what_is_there():
    for kind in schemas.kinds():
        for message in ({}, {"$schema": "x"}, schemas.schema(kind)["examples"][0]):
            assert told(message, kind, "masked") == []
    part = {"uplink_message": {"f_port": "x", "rx_metadata": [{"gateway_ids": {}}]}}
    assert [path for path, _ in told(part, profile="masked")] == ["/uplink_message/f_port"]
    assert told({"downlinks": [{"f_port": 1}]}, "v3.downlinks", "masked") == []


def test_an_unknown_profile_is_answered_with_the_profiles():
    with pytest.raises(ContentError, match="'severe'; the profiles are tolerant, strict, masked"):
        schemas.validate_message(UPLINK, "v3.uplink_message", "severe")


SOURCES = documents("strict")[BASE + "tts/v3/metadata.json"]["$defs"]["location"]["properties"]["source"]["enum"]

SENTENCES = [
    ({"f_port": 300}, "/f_port", "expected an FPort: a whole number from 1 to 255 other than 224, got 300"),
    ({"f_cnt": "1"}, "/f_cnt", 'expected a whole number, got "1"'),
    ({"f_cnt": -1}, "/f_cnt", "expected at least 0, got -1"),
    ({"confirmed": "yes"}, "/confirmed", 'expected true or false, got "yes"'),
    (
        {"frm_payload": "CJ=="[:3]},
        "/frm_payload",
        'expected base64 text (standard alphabet, padded), got "CJ="',
    ),
    (
        {"frm_payload": "A" * 400},
        "/frm_payload",
        f'expected text of at most 340 characters, got "{"A" * 59}… (400 characters)',
    ),
    ({"rx_metadata": {}}, "/rx_metadata", "expected a list, got {}"),
    ({"rx_metadata": {"a": 1}}, "/rx_metadata", 'expected a list, got an object with "a"'),
    (
        {"rx_metadata": [{}]},
        "/rx_metadata/0/gateway_ids",
        'expected the member "gateway_ids", got an object without it',
    ),
    ({"decoded_payload": [1, 2]}, "/decoded_payload", "expected an object, got a list of length 2"),
    (
        {"decodedPayload": {}},
        "/decodedPayload",
        'unknown member "decodedPayload" (did you mean "decoded_payload"?), got {}',
    ),
    (
        {"network_ids": {"net_id": "13"}},
        "/network_ids/net_id",
        'expected a NetID: 6 upper-case hex digits, got "13"',
    ),
    (
        {"locations": {"user": {"source": "GPS"}}},
        "/locations/user/source",
        "expected one of " + ", ".join(f'"{name}"' for name in SOURCES) + ', got "GPS"',
    ),
    (
        {"settings": {"data_rate": {}, "frequency": "868300000"}},
        "/settings/data_rate",
        'expected exactly one of the members "lora", "fsk", "lrfhss", got {}',
    ),
    (
        {"normalized_payload": [{"air": {"temperature": -300}}]},
        "/normalized_payload/0/air/temperature",
        "expected at least -273.15 °C, got -300",
    ),
    (
        {"normalized_payload": [{"wind": {"direction": 360}}]},
        "/normalized_payload/0/wind/direction",
        "expected less than 360 °, got 360",
    ),
]


@pytest.mark.parametrize(("changes", "path", "sentence"), SENTENCES, ids=lambda value: str(value)[:60])
def test_a_finding_is_one_sentence_with_expected_and_got(changes, path, sentence):
    assert told(uplink(**changes)) == [(f"/uplink_message{path}", sentence)]


def test_a_finding_carries_the_value_and_the_rule():
    (finding,) = schemas.validate_message(uplink(f_cnt=-1), "v3.uplink_message")
    assert finding == Finding(
        "/uplink_message/f_cnt", "expected at least 0, got -1", -1, f"{BASE}common.json#/$defs/uint32/minimum"
    )


def test_every_finding_names_a_rule_that_is_there():
    message = uplink(f_port=0, frm_payload="?", new=1, settings={}, received_at=5, rx_metadata=[{}, 1])
    findings = schemas.validate_message(message, "v3.uplink_message", "strict")
    assert len(findings) == 8
    for finding in findings:
        name, at = urldefrag(finding.schema)
        parent, _, rule = at.rpartition("/")
        assert rule in pointers.resolve(documents("strict")[name], f"#{parent}")


def test_all_findings_are_given_in_the_order_of_their_paths():
    metadata = [{"gateway_ids": {"gateway_id": "gtw1"}, "rssi": "x"}] * 11
    message = uplink(rx_metadata=metadata, f_port=0)
    paths = [path for path, _ in told(message)]
    assert paths == ["/uplink_message/f_port", *(f"/uplink_message/rx_metadata/{n}/rssi" for n in range(11))]


def test_a_wrong_type_is_all_there_is_to_say_about_a_value():
    assert [path for path, _ in told(uplink(settings={"data_rate": {"lora": {}}, "frequency": 868.3}))] == [
        "/uplink_message/settings/frequency"
    ]


def test_more_than_a_thousand_findings_are_cut_with_a_last_one_that_says_so():
    findings = schemas.validate_message({**UPLINK, "correlation_ids": [1] * 5000}, "v3.uplink_message")
    assert len(findings) == 1001
    assert findings[-1].message == "more than 1000 findings; the rest is left out"


def test_a_message_holds_exactly_one_kind():
    both = {**UPLINK, "join_accept": {}, "service_data": {}}
    for profile in schemas.PROFILES:
        assert told(both, profile=profile) == [
            (
                "/join_accept",
                'expected only "uplink_message" of the eleven kinds of message, got "join_accept" too',
            ),
            (
                "/service_data",
                'expected only "uplink_message" of the eleven kinds of message, got "service_data" too',
            ),
        ]


def test_a_message_of_another_kind_says_which():
    join = schemas.schema("v3.join_accept")["examples"][0]
    assert told(join, profile="tolerant") == [
        ("/join_accept", 'expected a message of kind "uplink_message", got one of kind "join_accept"'),
        ("/uplink_message", 'expected the member "uplink_message", got an object without it'),
    ]


@pytest.mark.parametrize("message", [None, 5, "text", [], True, 1.5])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"v2.field", "v2.event", "v2.ack"}])
def test_what_is_no_object_is_one_finding(kind, message):
    (finding,) = schemas.validate_message(message, kind)
    assert (finding.path, finding.message[:22]) == ("", "expected an object, go")


def test_null_and_nothing_are_events():
    for kind in ("v2.event", "v2.ack"):
        assert told(None, kind) == told({}, kind) == []
        assert told([], kind) == [("", "expected an object or null, got []")]


def test_a_v2_uplink_has_to_be_recognisable():
    expected = 'expected at least one of the members "payload_raw", "payload_fields", "metadata", got {}'
    assert told({}, "v2.uplink", "tolerant") == [("", expected)]
    assert told({"payload_raw": None}, "v2.uplink", "tolerant") == []


def test_a_v2_downlink_has_bytes_or_fields():
    expected = 'expected exactly one of the members "payload_raw", "payload_fields", got an object with '
    both = {"port": 1, "payload_raw": "AQ==", "payload_fields": {}}
    assert told(both, "v2.downlink") == [("", f'{expected}"port", "payload_raw", "payload_fields"')]
    assert told({"port": 1}, "v2.downlink") == [("", f'{expected}"port"')]
    assert told(both, "v2.downlink", "tolerant") == []


EITHER = [
    ("v3.uplink_message", ("end_device_ids", "dev_eui"), "0004a30b001c0530"),
    ("v3.uplink_message", ("received_at",), "2020-02-12T16:15:46.014773143+01:00"),
    ("v3.uplink_message", ("uplink_message", "frm_payload"), "-_8"),
    ("v3.uplink_message", ("uplink_message", "f_port"), 0),
    ("v3.uplink_message", ("uplink_message", "settings", "frequency"), 868300000),
    ("v3.uplink_message", ("uplink_message", "rx_metadata", 0, "frequency_offset"), -1044),
    ("v3.uplink_message", ("uplink_message", "normalized_payload"), [{"air": {"relativeHumidity": 101}}]),
    ("v3.downlinks", ("downlinks", 0, "f_port"), 224),
    ("v2.uplink", ("metadata", "data_rate"), "DR5"),
    ("v2.uplink", ("metadata", "frequency"), 868100000),
]


@pytest.mark.parametrize(("kind", "path", "value"), EITHER, ids=lambda value: str(value)[:50])
def test_tolerant_takes_what_strict_does_not(kind, path, value):
    message = copy.deepcopy(schemas.schema(kind)["examples"][0])
    *above, last = path
    node = message
    for part in above:
        node = node[part]
    node[last] = value
    assert told(message, kind, "tolerant") == []
    assert told(message, kind, "strict") != []


BOTH = [
    (
        "uplink_message",
        "settings",
        {
            "data_rate": {"lora": {}},
            "frequency": "868300000",
            "coding_rate": "4/6",
            "data_rate_index": 5,
            "gateway_channel_index": 3,
            "device_channel_index": 1,
        },
    ),
    ("uplink_message", "packet_error_rate", "NaN"),
    (
        "uplink_message",
        "rx_metadata",
        [
            {
                "gateway_ids": {"gateway_id": "packetbroker"},
                "packet_broker": {"forwarder_gateway_id": ""},
                "signal_rssi": 0,
            }
        ],
    ),
    ("uplink_message", "version_ids", {"serial_number": "1", "vendor_id": 42, "vendor_profile_id": 7}),
    ("uplink_message", "locations", {"frm-payload": {}}),
    ("uplink_message", "attributes", {"floor": "3"}),
    ("uplink_message", "decoded_payload", {}),
    (
        "uplink_message",
        "normalized_payload",
        [{"water": {"leak": "true", "level": 3}, "metering": {"gas": {}}}],
    ),
    (
        "downlink_failed",
        "error",
        {"cause": {"cause": {"name": "x"}}, "details": [{"@type": "t", "any": 1}], "attributes": {"n": 1}},
    ),
    ("service_data", "data", {}),
]


@pytest.mark.parametrize(("kind", "member", "value"), BOTH, ids=lambda value: str(value)[:50])
def test_both_profiles_take_what_networks_write_or_wrote(kind, member, value):
    message = copy.deepcopy(schemas.schema(f"v3.{kind}")["examples"][0])
    message[kind][member] = value
    for profile in schemas.PROFILES:
        assert told(message, f"v3.{kind}", profile) == []


def test_attributes_of_a_solved_location_are_few_and_well_named():
    message = copy.deepcopy(schemas.schema("v3.location_solved")["examples"][0])
    message["location_solved"]["attributes"] = {"Bad Name": "x", "good": "y" * 201}
    assert [path for path, _ in told(message, "v3.location_solved")] == [
        "/location_solved/attributes/Bad Name",
        "/location_solved/attributes/good",
    ]


def normalized_cases():
    cases = json.loads((CASES / "tts-normalizedpayload.json").read_text(encoding="utf-8"))
    return [pytest.param(case["input"], case["expect"], id=case["name"]) for case in cases]


@pytest.mark.parametrize(("measurements", "expect"), normalized_cases())
def test_the_normalized_vocabulary_is_that_of_the_server(measurements, expect):
    """What the server refuses or drops is found by strict; tolerant leaves bounds and new names alone."""
    message = uplink(normalized_payload=measurements)
    refused = "error" in expect or any(one["validation_errors"] for one in expect["measurements"])
    assert bool(told(message)) is refused
    assert bool(told(message, profile="tolerant")) is (expect.get("error") in {"field_type", "time_parse"})


# --- what is no JSON ----------------------------------------------------------------------------------


class Holder(list):
    """A list that holds itself."""

    def __init__(self):
        super().__init__([self, self])


def nested(levels):
    value = {}
    for _ in range(levels):
        value = {"cause": value}
    return value


NO_JSON = [
    (float("nan"), "", "expected a number, got nan: JSON has no such number"),
    (float("-inf"), "", "expected a number, got -inf: JSON has no such number"),
    (b"\x01", "", "expected a JSON value, got bytes of Python"),
    ((1, 2), "", "expected a JSON value, got tuple of Python"),
    (datetime(2020, 1, 1, tzinfo=UTC), "", "expected a JSON value, got datetime of Python"),
    ({1: 2}, "", "expected text as member names, got int"),
    (10**5000, "", "expected a number that fits a double, got a larger one"),
    (-(10**400), "", "expected a number that fits a double, got a larger one"),
    ([0, {"a/b": [b""]}], "/1/a~1b/0", "expected a JSON value, got bytes of Python"),
]


@pytest.mark.parametrize(("value", "at", "sentence"), NO_JSON, ids=lambda value: type(value).__name__)
def test_what_json_cannot_hold_is_found_alone(value, at, sentence):
    message = uplink(decoded_payload={"x": value}, f_port="bad")
    assert told(message) == [(f"/uplink_message/decoded_payload/x{at}", sentence)]


@pytest.mark.parametrize("levels", [201, 5000, 200_000])
def test_deep_nesting_is_one_finding(levels):
    ((path, sentence),) = told(nested(levels), "v2.event")
    assert sentence == "expected at most 200 levels of nesting, got more"
    assert path == "/cause" * 201


def test_data_that_holds_itself_is_one_finding():
    ((_, sentence),) = told(uplink(decoded_payload={"x": Holder()}))
    assert sentence == "expected at most 200 levels of nesting, got more"


def test_the_cause_of_an_error_is_checked_at_every_level():
    message = copy.deepcopy(schemas.schema("v3.downlink_failed")["examples"][0])
    message["downlink_failed"]["error"] = nested(20)
    assert told(message, "v3.downlink_failed") == []
    deepest = "/downlink_failed/error" + "/cause" * 20
    pointers.resolve(message, f"#{deepest}")["code"] = "x"
    assert [path for path, _ in told(message, "v3.downlink_failed")] == [f"{deepest}/code"]


def test_a_deep_chain_of_errors_is_checked_or_one_finding():
    message = {**UPLINK, "downlink_failed": {"downlink": {}, "error": nested(190)}}
    del message["uplink_message"]
    assert told(message, "v3.downlink_failed") in (
        [],
        [("", "expected data and a schema that do not nest without end")],
    )


def test_half_surrogates_and_control_characters_can_be_printed():
    message = uplink(**{"x\ud800\n": "\udfff", "frm_payload": "\ud800\x00"})
    findings = schemas.validate_message(message, "v3.uplink_message", "strict")
    assert [finding.path for finding in findings] == [
        "/uplink_message/frm_payload",
        "/uplink_message/x\\ud800\n",
    ]
    for finding in findings:
        assert f"{finding.path} {finding.message}".encode()
    assert findings[0].message.endswith('got "\\ud800\\u0000"')
    assert "\n" not in findings[1].message


# --- how it is loaded ---------------------------------------------------------------------------------


def test_importing_the_schemas_does_not_load_jsonschema():
    code = (
        "import sys, octavo.schemas as s; s.schema('v2.uplink', 'strict'); s.kinds();"
        "s.DataSchema.from_dict({'properties': {'a': {'unit': 'V'}}}).units();"
        "print(sorted({'jsonschema', 'referencing', 'construct', 'click'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
