"""What The Things Stack's own engine and tests answer, case by case (``tests/cases``)."""

import json
import math
import re
from pathlib import Path

import pytest

from octavo._vocabulary import MeasurementError, parse_measurements
from octavo.errors import Error
from octavo.formatters import Formatter
from octavo.networks import ttn2

CASES = Path(__file__).parent / "cases"
pytestmark = pytest.mark.usefixtures("warm_pool")
# Deliberate differences are marked in the cases' data, each with its reason; never one about data or bytes.
MOST_DIFFERENCES = 10


def load(name):
    cases = json.loads((CASES / name).read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scripts")


def formatter(folder, texts, dialect):
    files = {}
    for name, text in texts.items():
        files[name] = folder / f"{name}.js"
        files[name].write_text(text, encoding="utf-8")
    return Formatter(files.get("script", files), name="case", dialect=dialect)


def same(actual, expected):
    """Equal, with -0 told from 0."""
    if isinstance(expected, float | int) and not isinstance(expected, bool):
        return actual == expected and math.copysign(1, actual) == math.copysign(1, expected)
    if isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(same(actual[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    return actual == expected


def check_error(error, expected):
    if expected["error"] is not True:
        assert error.name == expected["error"]
    if expected.get("code"):
        assert error.code == expected["code"]
    begins = expected.get("message", expected.get("message_starts", ""))
    assert error.message.startswith(begins.partition("\n    at ")[0])  # the place is in line and column
    if expected.get("cause") in {"no_script_output", "stack_depth_exceeded"}:
        assert error.cause == expected["cause"]
    if expected.get("cause") in {"unknown_field", "field_type"}:
        assert error.cause == expected["cause_message"]
    left = error.decoded.data if error.decoded else None
    assert same(left, expected["already_set"]["decoded_payload"]) if "already_set" in expected else left is None


def decoded_as_message(result):
    message = {"decoded_payload": result.data}
    if result.warnings:
        message["decoded_payload_warnings"] = result.warnings
    if result.normalized:
        message["normalized_payload"] = result.normalized
    if result.normalized_warnings:
        message["normalized_payload_warnings"] = result.normalized_warnings
    return message


def run_tts(device, case):
    given = case["input"]
    if case["op"] == "encodeDownlink":
        result = device.encode_downlink(given["decoded_payload"], given["f_port"])
        payload = result.frm_payload
        message = {
            "bytes": None if payload is None else list(payload),
            "hex": None if payload is None else payload.hex(),
            "f_port": result.f_port,
        }
        return message | ({"warnings": result.warnings} if result.warnings else {})
    decode = device.decode_uplink if case["op"] == "decodeUplink" else device.decode_downlink
    return decoded_as_message(decode(bytes(given["bytes"]), given["f_port"]))


@pytest.mark.parametrize("case", load("tts-javascript.json"))
def test_the_things_stack(case, folder):
    expected = case.get("deliberate", {}).get("expect", case["expect"])
    with formatter(folder, {"script": case["script"]}, "tts-3.32") as device:
        if "error" in expected:
            with pytest.raises(Error) as caught:
                run_tts(device, case)
            check_error(caught.value, expected)
        else:
            assert same(run_tts(device, case), expected["ok"])


def run_ttn2(device, case):
    given = case["input"]
    if case["op"] == "encodeDownlink":
        return {"bytes": list(device.encode_downlink(given["payload_fields"], given["port"]).frm_payload)}
    return device.decode_uplink(bytes(given["bytes"]), given["port"]).data


@pytest.mark.parametrize("case", load("ttn-v2-functions.json"))
def test_the_things_network_v2(case, folder):
    if "payload_raw" in case["input"]:  # a rule of the message, not of the function
        with pytest.raises(Error) as caught:
            ttn2.parse_downlink({"dev_id": "dev", **case["input"]})
        assert case["expect"]["message_contains"] in caught.value.message
        return
    functions = {"decoder": case["functions"]["code"]} if case["op"] == "run" else case["functions"]
    expected = case["expect"]
    with formatter(folder, functions, "ttn2") as device:
        if "error" in expected:
            with pytest.raises(Error) as caught:
                run_ttn2(device, case | {"input": case["input"] or {"bytes": [], "port": 1}})
            assert caught.value.message
        elif expected.get("ok", {}).get("valid", True) is False:
            with pytest.raises(Error) as caught:
                run_ttn2(device, case)
            assert caught.value.name == "rejected"
            assert caught.value.decoded.data == expected["ok"]["fields"]
        elif case["op"] == "handleUplink" and expected["payload_fields"] is None:
            with pytest.raises(Error):
                run_ttn2(device, case)
        else:
            wanted = expected["payload_fields"] if case["op"] == "handleUplink" else expected["ok"]
            assert same(run_ttn2(device, case), wanted.get("fields", wanted) if wanted else wanted)


@pytest.mark.parametrize("case", load("tts-normalizedpayload.json"))
def test_normalized_payload(case):
    expected = case["expect"]
    if "error" in expected:
        with pytest.raises(MeasurementError) as caught:
            parse_measurements(case["input"], "3.32")
        assert caught.value.name == expected["error"]
        assert caught.value.message == expected.get("message", caught.value.message)
    else:
        found = [
            {"valid": item.valid, "validation_errors": item.rejected}
            for item in parse_measurements(case["input"], "3.32")
        ]
        assert found == expected["measurements"]


def javascript(value):
    """A case's value as JavaScript: strings that start with ``$`` stand for the float of that name."""
    return re.sub(r'"\$(-?\w+)"', r"\1", json.dumps(value))


def goproto(op):
    cases = json.loads((CASES / "tts-goproto.json").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in cases if case["op"] == op]


@pytest.mark.parametrize("case", goproto("struct"))
def test_values_become_a_struct(case, folder):
    text = f"function decodeUplink() {{ return {{ data: {javascript(case['input'])} }}; }}"
    with formatter(folder, {"script": text}, "tts-3.32") as device:
        assert device.decode_uplink(b"").data == case["expect"]["ok"]


@pytest.mark.parametrize("case", goproto("map"))
def test_a_struct_becomes_values(case, folder):
    text = "function encodeDownlink(input) { return { bytes: [], warnings: [JSON.stringify(input.data)] }; }"
    with formatter(folder, {"script": text}, "tts-3.32") as device:
        shown = json.loads(device.encode_downlink(case["input"]).warnings[0])
    assert shown == case.get("as_the_engine_shows_it", case["expect"]["ok"])


@pytest.mark.parametrize("case", goproto("validate"))
def test_what_json_cannot_hold_is_found(case, folder):
    text = f"function decodeUplink() {{ return {{ data: {javascript(case['input'])} }}; }}"
    problems = case["expect"]["problems"]
    with formatter(folder, {"script": text}, "tts-3.32") as device:
        if problems:
            with pytest.raises(Error) as caught:
                device.decode_uplink(b"")
            assert (caught.value.name, caught.value.message) == ("output_encoding", ", ".join(problems))
        else:
            assert device.decode_uplink(b"").data == case["input"]


@pytest.mark.parametrize("case", goproto("depth"))
def test_depth(case, folder):
    if "go_only" in case:
        nested = "var v = 1; for (var i = 0; i < 300; i++) { v = { v: v }; }"
        wanted = ("limit_depth", None)
    else:
        nested, wanted = case["script"], ("output", "stack_depth_exceeded")
    text = nested if "decodeUplink" in nested else f"{nested} function decodeUplink() {{ return {{ data: v }}; }}"
    with formatter(folder, {"script": text}, "tts-3.32") as device, pytest.raises(Error) as caught:
        device.decode_uplink(b"")
    assert (caught.value.name, caught.value.cause) == wanted


def test_deliberate_differences_are_few_and_never_about_data_or_bytes():
    cases = [case for file in CASES.glob("tt*.json") for case in json.loads(file.read_text(encoding="utf-8"))]
    differing = [case for case in cases if "deliberate" in case]
    assert 0 < len(differing) <= MOST_DIFFERENCES
    assert all(case["deliberate"]["reason"] and "error" in case["expect"] for case in differing)


def run_chirpstack(device, case):
    given = case["input"]
    variables = given.get("variables")
    if case["op"] == "encodeDownlink":
        result = device.encode_downlink(given["object"], given["f_port"], variables=variables)
        return {"f_port": result.f_port, "bytes": list(result.frm_payload)}
    payload = bytes(given["bytes"])
    return device.decode_uplink(payload, given["f_port"], recv_time=given.get("recv_time"), variables=variables).data


CHIRPSTACK = [
    *((case, "chirpstack4") for case in load("chirpstack-v4-javascript.json")),
    *((case, "chirpstack3") for case in load("chirpstack-v3-javascript.json")),
]


@pytest.mark.parametrize(
    ("case", "dialect"), [pytest.param(*case.values, dialect, id=case.id) for case, dialect in CHIRPSTACK]
)
def test_chirpstack(case, dialect, folder):
    expected = case["expect"]
    with formatter(folder, {"script": case["script"]}, dialect) as device:
        if "ok" not in expected:
            with pytest.raises(Error) as caught:
                run_chirpstack(device, case)
            assert expected.get("message_contains", "") in caught.value.message
            check_error(caught.value, expected)
        else:
            result = run_chirpstack(device, case)
            wanted = expected["ok"]
            assert same(
                result, wanted if case["op"] == "decodeUplink" else {"f_port": case["input"]["f_port"]} | wanted
            )
