"""Errors: which field, byte and bit, and that nothing of a library reaches the caller raw."""

import json
import math
import pickle

import construct
import pytest
from construct import Bytes, Int8ub, Int16ub, Int16ul, Struct, this

from octavo.codecs import Bit, Bits, Choice, Codec, Flag, Many, Repeat, Scaled, Tlv
from octavo.errors import CodecError, ContentError, DecodeError, EncodeError, Error
from octavo.messages import Decoded, Encoded

PORT = 5

STATUS = Bits(
    Int16ub,
    "mode" / Choice(Bit(12, 4), {0: "idle", 1: "active"}),
    "level" / Scaled(Bit(0, 7), unit="%", maximum=100),
)
LITTLE = Bits(Int16ul, "mode" / Choice(Bit(12, 4), {0: "idle"}), "level" / Scaled(Bit(0, 7), maximum=100))
LAYOUT = Struct(
    "head" / Int8ub,
    STATUS,
    "rows" / Repeat(Struct("id" / Int16ub, "inner" / Struct("t" / Scaled(Int8ub, minimum=10))), minimum=1, maximum=2),
)
CODEC = Codec(
    name="test/errors",
    uplink={PORT: LAYOUT, 6: Struct(LITTLE), 7: Tlv(Int8ub, {1: "a" / Many(Struct("b" / Int16ub))})},
)


def refusal(hexadecimal, f_port=PORT, codec=CODEC):
    with pytest.raises(DecodeError) as caught:
        codec.decode_uplink(bytes.fromhex(hexadecimal), f_port)
    return caught.value


@pytest.mark.parametrize(
    ("hexadecimal", "f_port", "path", "offset", "start"),
    [
        ("", PORT, "head", 0, "head (byte 0): expected 1 byte, got 0"),
        ("0010", PORT, "mode", 1, "mode (byte 1): expected 2 bytes, got 1"),
        ("002000", PORT, "mode", 1, "mode (byte 1, bit 4): expected one of 0 (idle), 1 (active), got 2"),
        ("001065", PORT, "level", 2, "level (byte 2, bit 0): expected at most 100 %, got 101"),
        ("6500", 6, "level", 0, "level (byte 0, bit 0): expected at most 100, got 101"),
        ("0010", 6, "mode", 1, "mode (byte 1, bit 4): expected one of 0 (idle), got 1"),
        ("00000000", PORT, "rows[0].id", 3, "rows[0].id (byte 3): expected 2 bytes, got 1"),
        ("0000000000", PORT, "rows[0].inner.t", 5, "rows[0].inner.t (byte 5): expected 1 byte, got 0"),
        ("00000000000a000009", PORT, "rows[1].inner.t", 8, "rows[1].inner.t (byte 8): expected at least 10,"),
        ("01000101", 7, "a[1].b", 4, "a[1].b (byte 4): expected 2 bytes, got 0"),
        ("0100010100", 7, "a[1].b", 4, "a[1].b (byte 4): expected 2 bytes, got 1"),
    ],
)
def test_an_error_names_field_byte_and_bit(hexadecimal, f_port, path, offset, start):
    error = refusal(hexadecimal, f_port)
    assert error.message.startswith(start)
    assert (error.path, error.offset) == (path, offset)
    assert error.name == "decode"


def test_bytes_left_over_are_an_error():
    error = refusal("00000000000a00000abeef")
    assert error.message == "payload (byte 9): expected the end, got 2 more bytes ('beef')"
    assert (error.path, error.offset) == (None, 9)
    assert refusal("00" * 100, 6).message.startswith("payload (byte 2): expected the end, got 98 more bytes ('00")


@pytest.mark.parametrize("f_port", [0, 1, 224, 255])
def test_a_port_that_is_not_declared_is_an_error(f_port):
    assert refusal("00", f_port).message == f"expected port 5, 6 or 7, got {f_port}"
    with pytest.raises(EncodeError, match=f"expected port 5, 6 or 7, got {f_port}"):
        CODEC.encode_uplink({}, f_port)


def test_a_direction_that_is_not_declared_is_an_error():
    assert CODEC.operations == {"decode_uplink"}
    with pytest.raises(DecodeError, match="no port is declared in this direction"):
        CODEC.decode_downlink(b"", PORT)
    with pytest.raises(EncodeError, match="no port is declared in this direction"):
        CODEC.encode_downlink({})


def test_an_error_stands_in_its_messages_place():
    good = bytes.fromhex("00000000000a")
    outcomes = list(CODEC.decode_uplinks([(good, PORT), (b"", PORT), (good, 1), (good, PORT)]))
    assert [type(outcome) for outcome in outcomes] == [Decoded, DecodeError, DecodeError, Decoded]


GOOD = {"head": 1, "mode": "idle", "level": 3, "rows": [{"id": 1, "inner": {"t": 10}}]}


@pytest.mark.parametrize(
    ("change", "path", "end"),
    [
        ({"head": None}, "head", "expected a number, got None"),
        ({"head": -1}, "head", "expected a number from 0 to 255, got -1"),
        ({"level": 101}, "level", "expected at most 100 %, got 101"),
        ({"level": "3"}, "level", "expected a number, got '3'"),
        ({"mode": "off"}, "mode", "expected one of 'idle', 'active', got 'off'"),
        ({"speed": 1}, "speed", "expected one of head, mode, level, rows, got an unknown member"),
        ({"rows": []}, "rows", "expected items, 1 to 2 of them, got 0"),
        ({"rows": [{"id": 1}]}, "rows[0].inner", "expected a value, got no such member"),
        ({"rows": [GOOD["rows"][0], 5]}, "rows[1]", "expected an object, got 5"),
        ({"rows": [{"id": 1, "inner": {"t": 9}}]}, "rows[0].inner.t", "expected at least 10, got 9"),
        (
            {"rows": [{"id": 70000, "inner": {"t": 10}}]},
            "rows[0].id",
            "expected a number from 0 to 65535, got 70000",
        ),
        (
            {"rows": [{"id": 1, "inner": {"t": 10, "u": 1}}]},
            "rows[0].inner.u",
            "expected one of t, got an unknown member",
        ),
    ],
)
def test_data_that_does_not_fit_is_named(change, path, end):
    with pytest.raises(EncodeError) as caught:
        CODEC.encode_uplink(GOOD | change, PORT)
    assert caught.value.message == f"{path}: {end}"
    assert caught.value.path == path
    assert caught.value.name == "encode"


@pytest.mark.parametrize("name", list(GOOD))
def test_a_missing_member_is_named(name):
    data = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(EncodeError, match=f"^{name}: expected a value, got no such member"):
        CODEC.encode_uplink(data, PORT)


@pytest.mark.parametrize("data", [None, [], 5, "text", True])
def test_data_that_is_no_object_is_refused(data):
    with pytest.raises(EncodeError, match=r"^data: expected an object, got "):
        CODEC.encode_uplink(data, PORT)


def test_a_deep_or_long_value_is_cut_in_the_message():
    deep = []
    for _ in range(10_000):
        deep = [deep]
    for value in (deep, "x" * 10_000, 10**5000, list(range(10_000))):
        with pytest.raises(EncodeError) as caught:
            CODEC.encode_uplink(GOOD | {"level": value}, PORT)
        assert len(caught.value.message) < 120


class Raises(construct.Construct):
    """A field that raises."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def _parse(self, stream, context, path):  # noqa: ARG002 - construct's signature
        stream.read(1)
        raise self.error

    def _build(self, obj, stream, context, path):  # noqa: ARG002 - construct's signature
        raise self.error


LIBRARY = sorted(
    (
        kind
        for kind in vars(construct.core).values()
        if isinstance(kind, type) and issubclass(kind, construct.ConstructError)
    ),
    key=lambda kind: kind.__name__,
)
PYTHON = [
    ArithmeticError("x"),
    AssertionError(),
    AttributeError("x"),
    EOFError(),
    IndexError("x"),
    KeyError("x"),
    ImportError("x"),
    MemoryError(),
    NameError("x"),
    OSError("x"),
    OverflowError("x"),
    RecursionError("x"),
    NotImplementedError(),
    TypeError("x"),
    UnicodeDecodeError("ascii", b"\xff", 0, 1, "x"),
    ValueError("x"),
    ZeroDivisionError("x"),
]


@pytest.mark.parametrize("error", [*(kind("x") for kind in LIBRARY), *PYTHON], ids=lambda error: type(error).__name__)
def test_nothing_of_a_library_reaches_the_caller(error):
    codec = Codec(name="test/raises", uplink={1: Struct("a" / Int8ub, "b" / Raises(error))})
    if isinstance(error, construct.StopFieldError):  # construct's way to end a frame early, not an error
        assert codec.decode_uplink(b"\x01\x02").data == {"a": 1}
        return
    with pytest.raises(DecodeError) as decoding:
        codec.decode_uplink(b"\x01\x02")
    if not isinstance(error, construct.CancelParsing):  # construct's way to end a payload early: no data
        assert (decoding.value.path, decoding.value.offset) == ("b", 1)
        assert decoding.value.message.startswith("b (byte 1): ")
    with pytest.raises(EncodeError) as encoding:
        codec.encode_uplink({"a": 1, "b": 2}, 1)
    assert encoding.value.path == "b"


@pytest.mark.parametrize(
    ("layout", "hexadecimal"),
    [
        (Struct("n" / Int8ub, "a" / Bytes(this.m)), "0101"),
        (Struct("n" / Int8ub, "a" / construct.Computed(1 / (this.n - 1))), "01"),
        (Struct("a" / construct.PaddedString(2, "ascii")), "ffff"),
        (Struct("a" / construct.Check(this.b)), ""),
        (Struct("n" / Int8ub, "a" / construct.Int8ub[lambda ctx: [][ctx.n]]), "01"),
        (Struct("a" / construct.LazyBound(lambda: undefined)), "01"),  # noqa: F821 - a mistake in a declaration
    ],
)
def test_a_mistake_in_a_declaration_names_its_field(layout, hexadecimal):
    error = refusal(hexadecimal, 1, Codec(name="test/mistake", uplink={1: layout}))
    assert error.path == "a"


def test_a_layout_without_an_end_is_an_error():
    endless = construct.LazyBound(lambda: endless)
    assert refusal("01", 1, Codec(name="test/endless", uplink={1: Struct("a" / endless)})).message.startswith("a ")


def test_numbers_of_construct_become_pythons():
    layout = Struct("a" / construct.Enum(Int8ub, on=1), "b" / Flag(Int8ub))
    data = Codec(name="test/plain", uplink={1: layout}).decode_uplink(b"\x01\x01").data
    assert (type(data), type(data["a"]), type(data["b"])) == (dict, str, bool)
    other = Codec(name="test/plain", uplink={1: layout}).decode_uplink(b"\x07\x00").data
    assert type(other["a"]) is int
    assert json.loads(json.dumps(other)) == other == {"a": 7, "b": False}


def test_an_error_is_octavos_and_crosses_processes():
    error = refusal("001065")
    assert isinstance(error, CodecError)
    assert isinstance(error, Error)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert again.to_dict() == error.to_dict()


def down(**ports):
    return Codec(name="test/ports", downlink={int(port[1:]): layout for port, layout in ports.items()})


A, B = Struct("a" / Int8ub), Struct("b" / Int8ub)


def test_the_port_that_is_asked_for_is_taken():
    codec = down(p10=A, p20=A)
    assert codec.encode_downlink({"a": 1}, 20) == Encoded(b"\x01", 20, elapsed_s=pytest.approx(0, abs=9))
    with pytest.raises(EncodeError, match=r"^expected port 10 or 20, got 30$"):
        codec.encode_downlink({"a": 1}, 30)


def test_the_one_port_whose_fields_fit_is_taken():
    codec = down(p10=A, p20=B)
    assert [codec.encode_downlink(data).f_port for data in ({"a": 1}, {"b": 1})] == [10, 20]
    assert down(p10=A).encode_downlink({"a": 1}).f_port == 10


def test_the_port_whose_values_fit_is_taken():
    codec = down(p10=A, p20=Struct("a" / Scaled(Int16ub, minimum=1000)))
    assert [codec.encode_downlink({"a": value}).f_port for value in (1, 1000)] == [10, 20]


def test_several_ports_are_listed():
    with pytest.raises(EncodeError, match=r"^the data fits the ports 10 and 20: give f_port$"):
        down(p10=A, p20=A, p30=B).encode_downlink({"a": 1})


def test_no_port_is_an_error_that_says_why():
    with pytest.raises(EncodeError) as near:
        down(p10=A, p20=B).encode_downlink({"a": 256})
    assert near.value.message == (
        "the data fits none of the ports 10 and 20 (10: a: expected a number from 0 to 255, got 256)"
    )
    with pytest.raises(EncodeError) as far:
        down(p10=A, p20=B).encode_downlink({"c": 1})
    assert far.value.message == (
        "the data fits none of the ports 10 and 20 "
        "(10: c: expected one of a, got an unknown member; 20: c: expected one of b, got an unknown member)"
    )
    with pytest.raises(EncodeError, match="10: data: expected an object, got None; 20: "):
        down(p10=A, p20=B).encode_downlink(None)
    with pytest.raises(EncodeError, match=r"^a: expected a number"):
        down(p10=A).encode_downlink({"a": math.nan})


def test_downlinks_are_decoded_too():
    codec = down(p10=A)
    assert codec.operations == {"decode_downlink", "encode_downlink"}
    assert codec.decode_downlink(b"\x07", 10).data == {"a": 7}


def test_a_payload_may_be_any_bytes_like_object():
    for kind in (bytes, bytearray, memoryview):
        (outcome,) = CODEC.decode_uplinks([(kind(b"\x00\x10\x65"), PORT)])
        assert outcome.path == "level"
        (outcome,) = CODEC.decode_uplinks([(kind(b"\x10\x64\x01"), 6)])
        assert outcome.message == "mode (byte 1, bit 4): expected one of 0 (idle), got 6"


@pytest.mark.parametrize("layout", [Int8ub, construct.Array(1, Int8ub), construct.Pass])
def test_a_payload_has_named_fields(layout):
    with pytest.raises(ContentError, match=r"uplink\[1\]: expected a Struct or another layout of named members, got "):
        Codec(name="test/bare", uplink={1: layout})


def test_a_payload_that_turns_out_to_have_none_is_an_error():
    codec = Codec(name="test/lazy", uplink={1: construct.LazyBound(lambda: Int8ub)})
    assert refusal("01", 1, codec).message == "payload: expected a layout of named fields, got 1"
