"""The shipped formatters, run: their examples, and what an example of their dialect cannot say."""

from pathlib import Path
from random import Random

import pytest
import yaml

from octavo import devices, examples
from octavo.errors import Error
from octavo.examples import formats
from octavo.formatters import DIALECTS

pytestmark = pytest.mark.usefixtures("warm_pool")

ROOT = Path(__file__).parents[1]
FORMATTERS = sorted((ROOT / "formatters").glob("*/*.yaml"))
DIALECT_OF = {path: yaml.safe_load(path.read_text(encoding="utf-8")).get("dialect", "tts") for path in FORMATTERS}
BEYOND = {"mclimate/vicki"}  # decodes bytes that no device sends, and the note says that they do not fit
PAYLOADS = 200

every_formatter = pytest.mark.parametrize("path", FORMATTERS, ids=lambda path: f"{path.parent.name}/{path.stem}")


@pytest.fixture(scope="module")
def load():
    """Shipped formatters by id, without their schemas."""
    opened = {}

    def open_(name):
        if name not in opened:
            opened[name] = devices.load(f"formatters:{name}")
        return devices.unchecked(opened[name])

    yield open_
    for device in opened.values():
        device.close()


def failures(path, dialect=None):
    rows = list(examples.run(formats.read(path, dialect)))
    assert rows
    return [(row.id, row.outcome, row.diff, row.notes) for row in rows if row.outcome != "passed"]


@every_formatter
def test_the_examples_pass(path):
    assert failures(path) == []


def test_every_dialect_has_a_formatter():
    assert set(DIALECT_OF.values()) == set(DIALECTS) - {"tts-3.32"}


@pytest.mark.parametrize("path", [path for path in FORMATTERS if DIALECT_OF[path] == "tts"], ids=lambda path: path.stem)
def test_those_for_the_things_stack_run_on_3_32_as_well(path):
    assert failures(path, "tts-3.32") == []


def frames(path):
    """Payloads from a byte to whole examples with a few bytes changed, always the same ones."""
    random = Random(path.stem)  # noqa: S311 - a fixed sequence is what is wanted
    given = yaml.safe_load(path.read_text(encoding="utf-8"))["uplinkDecoder"]["examples"]
    for _ in range(PAYLOADS):
        example = random.choice(given)["input"]
        payload = bytearray(example["bytes"])
        for at in random.sample(range(len(payload)), k=min(2, len(payload))):
            payload[at] = random.randrange(256)
        yield bytes(payload[: random.randrange(len(payload) + 1) or None]), example["fPort"]


@every_formatter
def test_no_payload_breaks_a_decoder_and_what_it_decodes_fits_its_schema(path):
    name = f"{path.parent.name}/{path.stem}"
    refusal = "script" if DIALECT_OF[path] == "actility" else "output_errors"
    with devices.load(f"formatters:{name}") as device:
        outcomes = list(device.decode_uplinks(frames(path)))
    errors = [outcome for outcome in outcomes if isinstance(outcome, Error)]
    assert {error.name for error in errors} <= {refusal}
    assert [error for error in errors if "Error:" in error.message.removeprefix("Error: ")] == []
    notes = [note for outcome in outcomes for note in getattr(outcome, "notes", []) if "does not fit" in note]
    assert bool(notes) == (name in BEYOND)
    assert len(errors) < PAYLOADS


# ---- talkpool/oy1110: ThingPark X, which takes thrown errors and asks for points ----

OY1110_REFUSED = {
    "cut short": ("3e44", 2, "the payload has 2 bytes instead of 3"),
    "too long": ("3e441d00", 2, "the payload has 4 bytes instead of 3"),
    "group without measurements": (
        "0f",
        3,
        "a group of 1 bytes is cut short: 1 and 3 for each measurement are expected",
    ),
    "group cut short": (
        "0f2e3ccd3338",
        3,
        "a group of 6 bytes is cut short: 1 and 3 for each measurement are expected",
    ),
    "status cut short": ("0120", 1, "the payload has 2 bytes instead of 3"),
    "no status": ("010600", 1, "message 0x01 0x06 is unknown"),
    "refused command": ("0230", 1, "the device refused command 0x30"),
    "nothing": ("", 1, "the payload has 0 bytes instead of 3"),
    "wrong port": ("3e441d", 4, "port 4 is not used, uplinks come on ports 1, 2 and 3"),
}


@pytest.mark.parametrize(("payload", "port", "said"), OY1110_REFUSED.values(), ids=OY1110_REFUSED)
def test_oy1110_throws_what_is_wrong(load, payload, port, said):
    (error,) = load("talkpool/oy1110").decode_uplinks([(bytes.fromhex(payload), port)])
    assert (error.name, error.message) == ("script", f"Error: {said}")
    assert error.file.endswith("oy1110.js")


MESSAGE_TIME = "2026-11-22T05:00:00.000Z"


def points(device, payload, port, time=MESSAGE_TIME):
    (decoded,) = device.decode_uplinks([(bytes.fromhex(payload), port)])
    (found,) = device.extract_points([(decoded.data, time)])
    return found


def test_oy1110_points_of_a_group_have_the_time_of_each_measurement(load):
    found = points(load("talkpool/oy1110"), "0f2e3ccd3338d23931f5", 3)
    times = [MESSAGE_TIME, "2026-11-22T04:45:00.000Z", "2026-11-22T04:30:00.000Z"]
    assert found.data == {
        name: [{"eventTime": time, "value": value} for time, value in zip(times, values, strict=True)]
        for name, values in {"temperature": [-5.2, 2.9, 12.7], "humidity": [72.3, 64.8, 53.9]}.items()
    }


def test_oy1110_points_of_one_measurement_and_of_a_status(load):
    device = load("talkpool/oy1110")
    assert points(device, "3e441d", 2).data == {"temperature": 19.3, "humidity": 85.1}
    assert points(device, "012000", 1).data == {}


def test_oy1110_points_of_a_group_need_a_time(load):
    error = points(load("talkpool/oy1110"), "0f2e3ccd", 3, time=None)
    assert error.message == "Error: time is missing: a group of measurements needs the time of its message"


# ---- milesight/vs350: ChirpStack v3, whose encoder can only throw ----

VS350_REFUSED = {
    "wrong port": ({"reboot": True}, 1, "port 1 takes no downlinks, port 85 does"),
    "nothing": ({}, 85, "nothing to send"),
    "null": (None, 85, "nothing to send"),
    "unknown setting": ({"reprot_interval": 1}, 85, "reprot_interval can not be set"),
    "below the least": ({"report_interval": 0}, 85, "report_interval must be a whole number from 1 to 65535"),
    "above the most": ({"reset_interval": 65536}, 85, "reset_interval must be a whole number from 1 to 65535"),
    "between": (
        {"retransmission_interval": 30.5},
        85,
        "retransmission_interval must be a whole number from 30 to 1200",
    ),
    "no flag": ({"data_storage": 1}, 85, "data_storage must be true or false"),
    "no side": ({"reset_total": "both"}, 85, "reset_total must be in or out"),
    "no action": ({"reboot": False}, 85, "reboot must be true, or be left out"),
    "no calibration": ({"temperature_calibration": None}, 85, "temperature_calibration must be an object"),
    "calibration too large": (
        {"temperature_calibration": {"enabled": True, "offset": 3276.8}},
        85,
        "temperature_calibration.offset must be a number from -3276.8 to 3276.7",
    ),
}


@pytest.mark.parametrize(("data", "port", "said"), VS350_REFUSED.values(), ids=VS350_REFUSED)
def test_vs350_throws_what_cannot_be_sent(load, data, port, said):
    (error,) = load("milesight/vs350").encode_downlinks([(data, port)])
    assert (error.name, error.message) == ("script", f"execute js error: js vm error: Error: {said}")


# ---- netvox/r720c: ChirpStack v4, with a variable of the device ----

REPORT = bytes.fromhex("01700124000181f009c400")


@pytest.mark.parametrize(
    ("text", "temperature"), [("0", 25), ("10", 35), ("-10", 15), ("0.004", 25), ("1e0", 26), (" -30.5e-1 ", 21.95)]
)
def test_r720c_adds_the_offset_in_hundredths(load, text, temperature):
    decoded = load("netvox/r720c").decode_uplink(REPORT, 6, variables={"temperature_offset": text, "room": "12"})
    assert decoded.data["temperature"] == temperature


@pytest.mark.parametrize("text", ["", " ", "1,5", "10.01", "-11", "NaN", "Infinity"])
def test_r720c_refuses_an_offset_that_is_none(load, text):
    (error,) = load("netvox/r720c").decode_uplinks([(REPORT, 6, None, {"temperature_offset": text})])
    said = f'variable temperature_offset must be a number from -10 to 10, not "{text}"'
    assert (error.name, error.message.partition("errors: ")[2]) == ("output_errors", said)


# ---- mclimate/ht-sensor: TS013, both ways ----


def test_ht_sensor_reads_back_what_it_writes(load):
    device = load("mclimate/ht-sensor")
    data = [
        {"keep_alive_period": minutes, "join_retry_period": 5 * minutes, "watchdog": watchdog, "uplink_type": kind}
        for minutes in (1, 10, 255)
        for watchdog in ({"confirmed_uplinks": 0, "unconfirmed_hours": 255},)
        for kind in ("confirmed", "unconfirmed")
    ]
    sent = device.encode_downlinks((each, 0) for each in data)
    assert [back.data for back in device.decode_downlinks((down.frm_payload, down.f_port) for down in sent)] == data


def test_ht_sensor_warns_only_of_a_missing_thermistor(load):
    frames = [bytes.fromhex("01028880ab029c"), bytes.fromhex("01028880ab069c"), bytes.fromhex("1209")]
    decoded = load("mclimate/ht-sensor").decode_uplinks((frame, 2) for frame in frames)
    assert [each.warnings for each in decoded] == [[], ["the external thermistor is not connected"], []]
