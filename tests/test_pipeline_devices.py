"""Which device decodes a message, and as which network."""

import asyncio
from pathlib import Path

import pytest

import octavo
from octavo.errors import NotFoundError
from octavo.pipeline import aprocess, process, process_many

from .traffic import EXAMPLES, MESSAGE, FakeDevice


@pytest.mark.parametrize("devices", [{}, {"dev2": FakeDevice()}, lambda _: None], ids=["empty", "other", "function"])
def test_unknown_device(devices):
    out = process(MESSAGE, devices)
    assert (out.outcome, out.error.name) == ("unknown_device", "not_found")
    assert out.reason == "no device for dev1, 0004A30B001C0530, 0004a30b001c0530, acme/th-1"
    assert out.message is MESSAGE


def test_unknown_device_of_a_message_without_names():
    assert process({"uplink_message": {"f_port": 1}}, {}).reason == "no device for a message that names none"


def test_a_function_that_finds_nothing_may_raise():
    def load(incoming):
        raise NotFoundError(f"no formatter for {incoming.ids['brand_id']}, {incoming.dialect}")

    out = process(MESSAGE, load)
    assert (out.outcome, out.reason) == ("unknown_device", "no formatter for acme, tts")


def test_ids_come_from_the_topic_where_the_message_has_none():
    device = FakeDevice()
    out = process(EXAMPLES["v2-mqtt-uplink"]["message"], {"my-dev-id": device}, topic="my-app-id/devices/my-dev-id/up")
    assert (out.outcome, out.device, out.ids["application_id"]) == ("decoded", device, "my-app-id")


KEYS = [
    "dev1",
    "0004A30B001C0530",
    "0004a30b001c0530",
    "acme/th-1",
    "dev?",
    "0004A3*",
    "acme/*",
    "*",
    "[d]ev1",
]


@pytest.mark.parametrize("key", KEYS)
def test_devices_by_name(key):
    device = FakeDevice()
    assert process(MESSAGE, {"other": FakeDevice(), key: device}).device is device


def test_exact_names_come_before_patterns_and_patterns_in_order():
    first, second, exact = FakeDevice("first"), FakeDevice("second"), FakeDevice("exact")
    assert process(MESSAGE, {"dev*": first, "*": second, "acme/th-1": exact}).device is exact
    assert process(MESSAGE, {"dev*": first, "*": second}).device is first
    assert process(MESSAGE, {"x*": first, "*": second}).device is second


def test_devices_by_function():
    device = FakeDevice()
    out = process(MESSAGE, lambda incoming: device if incoming.ids["brand_id"] == "acme" else None)
    assert out.device is device


@pytest.mark.usefixtures("warm_pool")
def test_a_script_of_no_named_dialect_runs_as_the_messages_network_does(tmp_path):
    script = tmp_path / "legacy.js"
    script.write_text("function Decoder(bytes, port) { return { sets: typeof Set }; }", encoding="utf-8")
    v2 = {"port": 1, "payload_raw": "AQ==", "metadata": {"time": ""}}
    v3 = {
        "end_device_ids": {"device_id": "dev1", "application_ids": {"application_id": "app1"}},
        "uplink_message": {"f_port": 1, "frm_payload": "AQ=="},
    }
    with octavo.load(script) as open_dialect, octavo.load(script, dialect="tts") as named:
        assert octavo.process(v2, open_dialect).decoded.data == {"sets": "undefined"}
        assert octavo.process(v3, open_dialect).decoded.data == {"sets": "function"}
        assert octavo.process(v2, named).decoded.data == {"sets": "function"}


@pytest.mark.usefixtures("warm_pool")
def test_a_script_that_the_messages_network_cannot_call_stays_what_it_is(tmp_path):
    script = tmp_path / "modern.js"
    script.write_text("function decodeUplink(input) { return { data: { a: input.bytes[0] } }; }", encoding="utf-8")
    v2 = {"port": 1, "payload_raw": "AQ==", "metadata": {"time": ""}}
    with octavo.load(script) as device:
        assert octavo.process(v2, device).decoded.data == {"a": 1}


@pytest.mark.parametrize(
    "devices",
    ["acme/th-1", {"dev1": "acme/th-1"}, lambda _incoming: "acme/th-1", Path("acme/th-1")],
    ids=["id", "mapping", "function", "path"],
)
def test_an_id_that_nobody_loaded_is_a_type_error(devices):
    with pytest.raises(TypeError, match=r"pass octavo\.load\('acme/th-1'\)"):
        process(MESSAGE, devices)
    with pytest.raises(TypeError, match=r"pass octavo\.load"):
        asyncio.run(aprocess(MESSAGE, devices))
    with pytest.raises(TypeError, match=r"pass octavo\.load"):
        list(process_many([MESSAGE], devices))


def test_what_is_no_device_at_all_is_a_type_error():
    with pytest.raises(TypeError, match="NoneType is no device"):
        process("no JSON", None)
