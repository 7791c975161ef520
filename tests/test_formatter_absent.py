"""What is said where a script lacks the function that its network calls: which, and what was expected."""

import pytest

from octavo.errors import ScriptError
from octavo.formatters import DIALECTS, Formatter

pytestmark = pytest.mark.usefixtures("warm_pool")

ENCODERS = {"chirpstack3": "Encode", "ttn2": "Encoder", "tts": "encodeDownlink or Encoder"}
DECODERS = {"chirpstack3": "Decode", "ttn2": "Decoder", "tts": "decodeUplink or Decoder"}


def expected(names, dialect, default):
    return names.get(dialect.partition("-")[0], default)


def cause(tmp_path, text, dialect, operation, *given):
    (tmp_path / "x.js").write_text(text)
    with Formatter(tmp_path / "x.js", name="x", dialect=dialect) as formatter, pytest.raises(ScriptError) as caught:
        getattr(formatter, operation)(*given)
    return caught.value.cause


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_script_without_an_encoder(tmp_path, dialect):
    named = expected(ENCODERS, dialect, "encodeDownlink")
    told = cause(tmp_path, "function other() {}", dialect, "encode_downlink", {"a": 1}, 2)
    assert told == f"the script has no encoder: {named} was expected"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_script_without_a_decoder(tmp_path, dialect):
    named = expected(DECODERS, dialect, "decodeUplink")
    told = cause(tmp_path, "function other() {}", dialect, "decode_uplink", b"\1", 2)
    assert told == f"the script has no decoder: {named} was expected"


def test_a_script_without_a_decoder_of_downlinks(tmp_path):
    told = cause(tmp_path, "function decodeUplink() {}", "tts", "decode_downlink", b"\1", 2)
    assert told == "the script has no decoder of downlinks: decodeDownlink was expected"


def test_a_name_that_is_nearly_right_is_told(tmp_path):
    told = cause(tmp_path, "function encodeDownLink() {}", "tts", "encode_downlink", {}, 2)
    assert told.endswith("encodeDownlink or Encoder was expected; the script has encodeDownLink")


@pytest.mark.parametrize(
    ("dialect", "name", "other"),
    [("ttn2", "decodeUplink", "tts"), ("chirpstack4", "Decode", "chirpstack3"), ("tts", "Decode", "chirpstack3")],
)
def test_what_another_network_calls_is_told(tmp_path, dialect, name, other):
    told = cause(tmp_path, f"function {name}() {{}}", dialect, "decode_uplink", b"\1", 2)
    assert told.endswith(f" was expected; it has {name}: --dialect {other}")
