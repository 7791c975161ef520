"""`octavo.devices`: what a path or id becomes, and data against a device's own schema."""

import asyncio
import json
import os

import pytest

import octavo
from octavo import catalog, devices
from octavo.device import Device, as_downlink, as_uplink, misnamed
from octavo.errors import ContentError, DataError, DecodeError, EncodeError, Error, NotFoundError
from octavo.formatters import DIALECTS
from octavo.messages import Decoded, Downlink, Encoded, Uplink
from octavo.pipeline import process, validate
from octavo.schemas import DataSchema

SCRIPT = """
function decodeUplink(input) { return { data: { t: input.bytes[0] } }; }
function encodeDownlink(input) { return { bytes: [input.data.interval], fPort: 2 }; }
"""

UPLINK = {
    "type": "object",
    "properties": {"t": {"type": "integer", "maximum": 100, "unit": "°C"}},
    "$defs": {"port-7": {"type": "object", "required": ["seven"]}},
}
DOWNLINK = {
    "type": "object",
    "required": ["interval"],
    "properties": {"interval": {"type": "integer", "maximum": 60}},
}


class Plain(Device):
    """Decodes a byte to a number and back; byte 255 and data without ``interval`` fail."""

    name = "plain"
    operations = frozenset({"decode_uplink", "decode_downlink", "encode_downlink"})

    def __init__(self):
        self.seen = []
        self.closed = False

    def close(self):
        self.closed = True

    def decode_uplinks(self, messages):
        return (self.decoded(as_uplink(message).frm_payload) for message in messages)

    decode_downlinks = decode_uplinks

    def decoded(self, content):
        if content == b"\xff":
            return DecodeError("bad byte", decoded=Decoded({"t": 255}))
        return Decoded({"t": content[0]})

    def encode_downlinks(self, messages):
        for message in messages:
            downlink = as_downlink(message)
            self.seen.append(downlink.data)
            if downlink.data["interval"] == 13:
                yield EncodeError("thirteen")
            else:
                yield Encoded(bytes([downlink.data["interval"]]), downlink.f_port or 2)


@pytest.fixture
def checked():
    uplink = DataSchema.from_dict(UPLINK, "x.uplink.schema.json")
    downlink = DataSchema.from_dict(DOWNLINK, "x.downlink.schema.json")
    return devices.Checked(Plain(), uplink=uplink, downlink=downlink)


def summary(outcomes):
    return [(type(outcome).__name__, getattr(outcome, "frm_payload", None)) for outcome in outcomes]


# ---- loading ----


@pytest.fixture
def folder(tmp_path, monkeypatch):
    vendor = tmp_path / "formatters" / "acme"
    vendor.mkdir(parents=True)
    (vendor / "x.js").write_text(SCRIPT, encoding="utf-8")
    (vendor / "x.yaml").write_text("uplinkDecoder:\n  fileName: x.js\ndialect: tts-3.32\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return vendor


@pytest.mark.parametrize(
    ("what", "name", "dialect"),
    [
        ("formatters/acme/x.js", "formatters/acme/x.js", "tts"),
        ("formatters/acme/x.yaml", "formatters/acme/x.yaml", "tts-3.32"),
        ("acme/x", "acme/x", "tts-3.32"),
        ("formatters:acme/x", "acme/x", "tts-3.32"),
        ("cayennelpp", "cayennelpp", "tts"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_device_is_a_path_an_id_or_cayennelpp(what, name, dialect):
    with devices.load(what) as device:
        assert (device.name, device.dialect) == (name, dialect)


def test_a_path_works_as_well_as_its_text(folder):
    with devices.load(folder / "x.js", dialect="ttn2") as device:
        assert device.dialect == "ttn2"


def test_a_dialect_that_the_folder_tells_and_octavo_has_not_is_said(tmp_path):
    script = tmp_path / "acme" / "codecs" / "x.js"
    for folder in (script.parent, script.parents[1] / "devices"):
        folder.mkdir(parents=True)
    script.write_text(SCRIPT, encoding="utf-8")
    dialect = catalog.origin_dialect(script)
    if dialect in DIALECTS:
        assert devices.load(script).dialect == dialect
    else:
        with pytest.raises(ContentError, match=f"for {dialect}, which octavo has not"):
            devices.load(script)
    assert devices.load(script, dialect="tts").dialect == "tts"


@pytest.mark.usefixtures("folder")
def test_a_device_really_decodes():
    with devices.load("acme/x") as device:
        assert device.decode_uplink(b"\x07").data == {"t": 7}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("none.js", "no such script"),
        ("none.py", "no such declaration"),
        ("none.yaml", "no such file"),
        ("acme/y", "did you mean acme/x"),
        ("cayennelpp:nobody", "no CayenneLPP of 'nobody'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_not_there_is_not_found(what, words):
    with pytest.raises(NotFoundError, match=words):
        devices.load(what)


@pytest.mark.parametrize("what", ["formatters/acme", "formatters", "."])
@pytest.mark.parametrize("find", [devices.load, devices.locate])
@pytest.mark.usefixtures("folder")
def test_a_folder_is_no_device(what, find):
    expected = "a codec .yaml, a .js script or a .py declaration was expected; nor is it an id: there is no device"
    with pytest.raises(NotFoundError, match="is a folder: " + expected):
        find(what)


def test_a_file_of_another_kind_is_no_device(folder):
    (folder / "x.txt").write_text("", encoding="utf-8")
    with pytest.raises(NotFoundError, match=r"is not a device: .*; nor is it an id: "):
        devices.load(folder / "x.txt")


@pytest.mark.parametrize("what", ["acme/x", "dragino/lht65"])
@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_text("", encoding="utf-8")])
def test_what_happens_to_be_named_like_an_id_does_not_hide_it(folder, what, make):
    here = folder.parents[1] / what
    here.parent.mkdir(exist_ok=True)
    make(here)
    with devices.load(what) as device:
        assert device.name == what
    assert devices.locate(what) != here
    for path in (f"./{what}", str(here)):
        with pytest.raises(NotFoundError, match="nor is it an id"):
            devices.load(path)


@pytest.mark.parametrize("end", ["", ".js", ".py", ".yaml"])
def test_a_name_that_no_file_system_takes_is_an_error_of_octavo(end):
    with pytest.raises(ContentError, match=r"cannot be read|there is no"):
        devices.load("b" * 300 + end)


@pytest.mark.usefixtures("folder")
def test_a_dialect_is_for_javascript():
    with pytest.raises(ContentError, match="for JavaScript"):
        devices.load("cayennelpp", dialect="tts")


def test_a_yaml_beside_a_declaration_names_the_declaration(tmp_path):
    (tmp_path / "x.py").write_text("codec = 5\n", encoding="utf-8")
    (tmp_path / "x.yaml").write_text("uplinkDecoder: {}\n", encoding="utf-8")
    with pytest.raises(ContentError, match="expected codec to be a Codec"):
        devices.load(tmp_path / "x.yaml")


def test_schemas_beside_a_device_are_used(folder):
    (folder / "x.uplink.schema.json").write_text(json.dumps(UPLINK), encoding="utf-8")
    with devices.load("acme/x") as device:
        assert isinstance(device, devices.Checked)
        assert device.downlink is None
        (note,) = device.decode_uplink(b"\xfe").notes
    assert note.startswith("does not fit x.uplink.schema.json: /t: ")


def test_a_bad_schema_fails_when_the_device_is_loaded(folder):
    (folder / "x.downlink.schema.json").write_text('{"properties": {"a": {"type": "nope"}}}', encoding="utf-8")
    with pytest.raises(ContentError, match="not a JSON Schema") as caught:
        devices.load("acme/x")
    assert (caught.value.file, caught.value.path) == (str(folder / "x.downlink.schema.json"), "/properties/a/type")


def test_locate_gives_the_file(folder):
    assert devices.locate("cayennelpp") is None
    assert devices.locate("acme/x") == folder / "x.yaml"
    assert devices.locate("some.js").name == "some.js"


# ---- data against the device's schema ----


def test_what_decoding_gives_is_noted_when_it_does_not_fit(checked):
    fine, odd, failed = checked.decode_uplinks([Uplink(b"\x01"), (b"\xf0",), Uplink(b"\xff")])
    assert fine.notes == []
    assert odd.notes[0].startswith("does not fit x.uplink.schema.json: /t: ")
    assert failed.decoded.notes[0].startswith("does not fit x.uplink.schema.json: /t: ")


def test_each_message_is_checked_for_its_own_port(checked):
    outcomes = checked.decode_uplinks([Uplink(b"\x01", port) for port in (1, 7, 2)])
    assert [bool(outcome.notes) for outcome in outcomes] == [False, True, False]


def test_downlinks_are_checked_against_their_own_schema(checked):
    (decoded,) = checked.decode_downlinks([(b"\x01", 2)])
    assert "x.downlink.schema.json" in decoded.notes[0]


def test_data_is_checked_before_encoding(checked):
    data = [{"interval": 5}, {}, {"interval": "x"}, {"interval": 13}, {"interval": 61}]
    outcomes = list(checked.encode_downlinks([Downlink(item) for item in data]))
    assert summary(outcomes) == [
        ("Encoded", b"\x05"),
        ("DataError", None),
        ("DataError", None),
        ("EncodeError", None),
        ("DataError", None),
    ]
    assert checked.device.seen == [{"interval": 5}, {"interval": 13}]


def test_a_data_error_names_every_finding(checked):
    checked.downlink = DataSchema.from_dict(
        {"properties": {"a": {"type": "string"}, "b": {"maximum": 1}}}, "y.downlink.schema.json"
    )
    with pytest.raises(DataError, match=r"y\.downlink\.schema\.json: /a: .*; /b: ") as caught:
        checked.encode_downlink({"a": 1, "b": 2})
    assert (caught.value.name, caught.value.path) == ("data_invalid", "/a")


def test_only_bad_data_gives_only_errors(checked):
    assert summary(checked.encode_downlinks([({},), ({},)])) == [("DataError", None)] * 2
    assert list(checked.encode_downlinks([])) == []


# ---- ports of their own, and none given ----

BY_PORT = {
    "anyOf": [{"$ref": "#/$defs/port-2"}, {"$ref": "#/$defs/port-3"}],
    "$defs": {
        "port-2": DOWNLINK | {"additionalProperties": False},
        "port-3": {"type": "object", "required": ["other"], "additionalProperties": False},
    },
}
WITHOUT_PORT = [{"interval": 5}, {"interval": 13}, {"interval": 5, "more": 1}, {"interval": 61}]


@pytest.fixture
def by_port():
    return devices.Checked(Plain(), downlink=DataSchema.from_dict(BY_PORT, "z.downlink.schema.json"))


def test_the_encoder_chooses_the_port_before_the_schema_speaks(by_port):
    outcomes = list(by_port.encode_downlinks([Downlink(data) for data in WITHOUT_PORT]))
    assert [type(outcome) for outcome in outcomes] == [Encoded, EncodeError, DataError, DataError]
    assert outcomes[2].message.startswith('the data does not fit z.downlink.schema.json: /more: unknown member "more"')
    assert by_port.device.seen == WITHOUT_PORT


def test_with_a_port_the_schema_speaks_first(by_port):
    outcomes = by_port.encode_downlinks([Downlink({"interval": 5}, port) for port in (2, 3, 0, 3)])
    assert [type(outcome) for outcome in outcomes] == [Encoded, DataError, Encoded, DataError]
    assert len(by_port.device.seen) == 2


def test_the_async_calls_leave_the_port_to_the_encoder_too(by_port):
    async def all_of_them():
        return [outcome async for outcome in by_port.aencode_downlinks([(data,) for data in WITHOUT_PORT])]

    assert [type(each) for each in asyncio.run(all_of_them())] == [Encoded, EncodeError, DataError, DataError]
    assert asyncio.run(by_port.aencode_downlink({"interval": 5})).f_port == 2
    with pytest.raises(EncodeError):
        asyncio.run(by_port.aencode_downlink({"interval": 13}))
    with pytest.raises(DataError):
        asyncio.run(by_port.aencode_downlink({"interval": 61}))


def test_a_declared_codec_words_what_fits_none_of_its_ports():
    with devices.load("codecs:truvami/tag-l") as device, pytest.raises(EncodeError) as caught:
        device.encode_downlink({"time_to_buzz": 3200})
    assert "129: time_to_buzz: expected a number from 0 to 255, got 3200" in caught.value.message


def test_what_is_no_downlink_keeps_its_place(checked):
    outcomes = list(checked.encode_downlinks([5, ({"interval": 5}, 999), ({"interval": 5}, 3), ({},), 7]))
    assert [getattr(outcome, "name", None) for outcome in outcomes] == ["input", "input", None, "data_invalid", "input"]
    with pytest.raises(Error, match="f_port: expected a whole number from 0 to 255, got 999"):
        checked.encode_downlink({"interval": 5}, 999)


# ---- names that are no text ----

NAMELESS = [
    ({None: 1}, ""),
    ({0: 1, "a": 2}, ""),
    ({False: 1}, ""),
    ({(): 1}, ""),
    ({b"x": 1}, ""),
    ({"interval": 1, "a/b": [0, {None: 1}]}, "/a~1b/1"),
    ({"a": ({2: 3},)}, "/a/0"),
]


@pytest.fixture(params=["checked", "formatters/acme/x.js", "cayennelpp", "codecs:milesight/em300-th"])
def encoder(request, checked, folder):
    del folder
    if request.param == "checked":
        yield checked
        return
    with devices.load(request.param) as device:
        yield device


@pytest.mark.parametrize(("data", "path"), NAMELESS)
def test_data_whose_names_are_no_text_is_refused_by_every_device(encoder, data, path):
    for encode in (encoder.encode_downlink, lambda wrong: asyncio.run(encoder.aencode_downlink(wrong))):
        with pytest.raises(EncodeError, match="expected text as member names, got") as caught:
            encode(data)
        assert (caught.value.name, caught.value.path) == ("input", path)


@pytest.mark.parametrize(("value", "path"), NAMELESS)
def test_a_message_whose_names_are_no_text_is_no_json(value, path):
    message = {"uplink_message": {"f_port": 1, "frm_payload": "AA=="}, "more": value}
    out = process(message, Plain())
    assert (out.outcome, out.error.path) == ("not_json", f"/more{path}")
    assert [finding.path for finding in validate(message)] == [f"/more{path}"]
    assert [finding.path for finding in validate(value, kind="v3.downlinks", profile="strict")] == [path]


@pytest.mark.parametrize("data", [{"value_1": 2.5}, {"a": {"b": [1, None, "x", {}]}}, 5, None, [], "x"])
def test_data_with_names_of_text_passes(data):
    assert misnamed(data) is None


def test_data_that_holds_itself_comes_to_an_end():
    data = {"a": []}
    data["a"] += [data, data]
    assert misnamed(data) is None


def test_a_direction_without_a_schema_is_the_device_s_own():
    plain = devices.Checked(Plain())
    assert next(plain.decode_uplinks([(b"\xf0",)])).notes == []
    assert summary(plain.encode_downlinks([({"interval": 61},)])) == [("Encoded", b"=")]


def test_the_async_twins_do_the_same(checked):
    async def all_of_them():
        decoded = [outcome async for outcome in checked.adecode_uplinks([(b"\xf0",), (b"\x01",)])]
        downlinks = [outcome async for outcome in checked.adecode_downlinks([(b"\x01",)])]
        encoded = [outcome async for outcome in checked.aencode_downlinks([({},), ({"interval": 1},), ({},)])]
        return decoded, downlinks, encoded

    decoded, downlinks, encoded = asyncio.run(all_of_them())
    assert [len(outcome.notes) for outcome in decoded] == [1, 0]
    assert len(downlinks[0].notes) == 1
    assert summary(encoded) == [("DataError", None), ("Encoded", b"\x01"), ("DataError", None)]


def test_the_single_async_calls_do_the_same(checked):
    assert len(asyncio.run(checked.adecode_uplink(b"\xf0")).notes) == 1
    assert len(asyncio.run(checked.adecode_downlink(b"\x01")).notes) == 1
    assert asyncio.run(checked.aencode_downlink({"interval": 1})).frm_payload == b"\x01"
    with pytest.raises(DataError):
        asyncio.run(checked.aencode_downlink({}))
    with pytest.raises(Error) as caught:
        asyncio.run(checked.adecode_uplink(b"\xff"))
    assert len(caught.value.decoded.notes) == 1


def test_leaving_a_checked_device_ends_the_one_inside(checked):
    with checked as device:
        assert devices.unchecked(device) is checked.device
    assert checked.device.closed
    assert devices.unchecked(checked.device) is checked.device


@pytest.mark.parametrize("here", ["vendors/acme/codecs", "vendors/acme", "."])
def test_the_place_of_a_script_tells_its_dialect_from_wherever_it_is_named(tmp_path, monkeypatch, here):
    folder = tmp_path / "vendors" / "acme" / "codecs"
    folder.mkdir(parents=True)
    (folder / "x.js").write_text("export function decodeUplink() { return { data: {} }; }", encoding="utf-8")
    monkeypatch.chdir(tmp_path / here)
    with octavo.load(os.path.relpath(folder / "x.js")) as device:
        assert device.dialect == "chirpstack4"
