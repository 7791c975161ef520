"""A formatter under the rules of its network: the four functions of v2, open dialects, raw calls."""

import pytest

from octavo.errors import Error, NotFoundError, ScriptError
from octavo.formatters import Formatter

from .loaded import ECHO, NOW, failure, place

pytestmark = pytest.mark.usefixtures("warm_pool")
V2_DECODER = "function Decoder(bytes,port){console.log('bytes',{n:bytes.length});return {n:bytes[0],port:port}}"
V2_CONVERTER = "function Converter(decoded,port){decoded.double=decoded.n*2;return decoded}"
V2_VALIDATOR = "function Validator(converted,port){return converted.n!==9}"
V2_ENCODER = "function Encoder(object,port){return [object.n,port]}"


@pytest.fixture
def separate(written):
    """A v2 formatter from a text by function."""
    made = []

    def make(**texts):
        files = {name: written(text, f"{name}.js") for name, text in texts.items()}
        made.append(Formatter(files, name="mine", dialect="ttn2"))
        return made[-1]

    yield make
    for device in made:
        device.close()


# ---- The Things Network v2 -------------------------------------------------------------------------------------------


def test_v2_from_one_file(formatter):
    text = f"{V2_DECODER}\n{V2_CONVERTER}\n{V2_VALIDATOR}\n{V2_ENCODER}"
    device = formatter(text, dialect="ttn2")
    assert device.operations == {"decode_uplink", "encode_downlink"}
    assert device.decode_uplink(b"\x04", 2).data == {"n": 4, "port": 2, "double": 8}
    assert failure(device, b"\x09").name == "rejected"
    assert device.encode_downlink({"n": 6}, 3).frm_payload == b"\x06\x03"


def test_v2_from_one_file_with_a_decoder_alone(formatter):
    device = formatter(V2_DECODER, dialect="ttn2")
    outcome = device.decode_uplink(b"\x04", 2)
    assert (outcome.data, outcome.log) == ({"n": 4, "port": 2}, ['"bytes" {"n":1}'])
    with pytest.raises(ScriptError):
        device.encode_downlink({"n": 6}, 3)


def test_v2_from_four_files(separate):
    device = separate(decoder=V2_DECODER, converter=V2_CONVERTER, validator=V2_VALIDATOR, encoder=V2_ENCODER)
    assert device.decode_uplink(b"\x04", 2).data == {"n": 4, "port": 2, "double": 8}
    assert failure(device, b"\x09").name == "rejected"
    assert device.encode_downlink({"n": 6}, 3).frm_payload == b"\x06\x03"


def test_v2_files_are_evaluated_apart(separate):
    device = separate(
        decoder=f"var shared=1;{V2_DECODER}",
        converter="function Converter(d,p){d.shared=typeof shared;return d}",
    )
    assert device.decode_uplink(b"\x04").data == {"n": 4, "port": 1, "shared": "undefined"}


def test_v2_empty_texts_are_left_out(separate):
    device = separate(decoder=V2_DECODER, converter="", validator=" \n\t", encoder=V2_ENCODER)
    assert device.decode_uplink(b"\x04").data == {"n": 4, "port": 1}


def test_v2_without_an_encoder(separate):
    device = separate(decoder=V2_DECODER)
    assert device.operations == {"decode_uplink"}
    with pytest.raises(NotFoundError, match="mine has no encode_downlink; it has decode_uplink"):
        device.encode_downlink({"n": 1})
    assert device.decode_uplink(b"\x04").data == {"n": 4, "port": 1}


# ---- networks --------------------------------------------------------------------------------------------------------


def test_a_named_dialect_stays(formatter):
    device = formatter(V2_DECODER, dialect="tts")
    assert device.in_network("ttn2") is device


def test_an_open_dialect_follows_the_network(formatter):
    device = formatter(V2_DECODER)
    v2 = device.in_network("ttn2")
    assert (device.dialect, v2.dialect, v2.name) == ("tts", "ttn2", "mine")
    assert device.in_network("ttn2") is v2
    assert device.in_network("tts") is device
    assert (device.decode_uplink(b"\x04").log, v2.decode_uplink(b"\x04").log) == (
        ['bytes {"n":1}'],
        ['"bytes" {"n":1}'],
    )


def test_a_network_that_looks_for_other_functions_changes_nothing(formatter):
    device = formatter(ECHO)
    assert device.in_network("ttn2") is device
    assert device.in_network("chirpstack3") is device


# ---- raw calls -------------------------------------------------------------------------------------------------------


def test_call_raw_gives_what_each_function_returns(formatter):
    text = (
        "function decodeUplink(i){console.log('raw');"
        "return {data:{n:i.bytes[0],t:typeof i.recvTime,p:typeof i.fPort}}}\n"
        "function normalizeUplink(i){return {data:{air:{temperature:i.data.n}}}}\n"
        "function decodeDownlink(i){return {data:i}}\n"
        "function encodeDownlink(i){return {bytes:[i.data.n,300],fPort:3}}\n"
    )
    calls = [
        ("decode_uplink", {"bytes": [7], "fPort": 1, "recvTime": NOW}),
        ("decode_uplink", {"bytes": [8]}),
        ("normalize_uplink", {"data": {"n": 4}}),
        ("decode_downlink", {"bytes": [1], "fPort": 2}),
        ("encode_downlink", {"data": {"n": 9}}),
        ("decode_uplink", {"bytes": [7]}),
    ]
    outcomes = list(formatter(text).call_raw(calls))
    assert [outcome.text for outcome in outcomes] == [
        '{"data":{"n":7,"t":"string","p":"number"}}',
        '{"data":{"n":8,"t":"undefined","p":"undefined"}}',
        '{"data":{"air":{"temperature":4}}}',
        '{"data":{"bytes":[1],"fPort":2}}',
        '{"bytes":[9,300],"fPort":3}',
        '{"data":{"n":7,"t":"undefined","p":"undefined"}}',
    ]
    assert outcomes[0].log == ["raw"]


def test_call_raw_of_the_legacy_network_is_positional(formatter):
    device = formatter(f"{V2_DECODER}\n{V2_ENCODER}", dialect="ttn2")
    calls = [("decode_uplink", {"bytes": [4], "fPort": 2}), ("encode_downlink", {"data": {"n": 300}, "fPort": 2})]
    assert [outcome.text for outcome in device.call_raw(calls)] == [
        '{"data":{"n":4,"port":2}}',
        '{"bytes":[300,2]}',
    ]


def test_call_raw_keeps_failures_in_their_places(formatter):
    device = formatter("function decodeUplink(i){\n  if(i.bad)throw new Error('bad');return i.none}")
    calls = [("decode_uplink", {"bad": value}) for value in (0, 1, float("nan"), 0)]
    nothing, bad, refused, again = device.call_raw(calls)
    assert (nothing.text, again.text) == (None, None)
    assert (bad.message, place(bad)) == ("Error: bad", (2, 18))
    assert isinstance(refused, Error)
    assert refused.name == "input"
