"""`octavo.formatters.Formatter` as the library offers it: messages in, results, errors with their places, dialects."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest

from octavo.errors import ContentError, Error, LimitError, NotFoundError, ScriptError
from octavo.formatters import Formatter
from octavo.limits import Limits
from octavo.messages import Decoded, Downlink, Encoded, Uplink

from .loaded import ECHO, NOW, failure, place

pytestmark = pytest.mark.usefixtures("warm_pool")
BOTH_WAYS = (
    ECHO
    + "function decodeDownlink(input){return {data:{interval:input.bytes[0]}}}\n"
    + "function encodeDownlink(input){return {bytes:[input.data.interval],fPort:input.fPort||7,warnings:['w']}}\n"
)


# ---- messages --------------------------------------------------------------------------------------------------------


def test_tuples_and_uplinks_are_the_same(formatter):
    device = formatter(ECHO)
    messages = [(b"\x05\x06", 3), Uplink(b"\x05\x06", 3), Uplink(bytearray(b"\x05\x06"), 3), (b"\x05\x06", 3, None)]
    assert [outcome.data for outcome in device.decode_uplinks(messages)] == [{"first": 5, "size": 2, "port": 3}] * 4
    assert device.decode_uplink(b"\x05\x06").data["port"] == 1
    assert [outcome.data["port"] for outcome in device.decode_uplinks([(b"",), Uplink(b""), (b"", 0), (b"", 255)])] == [
        1,
        1,
        0,
        255,
    ]


def test_tuples_and_downlinks_are_the_same(formatter):
    device = formatter(BOTH_WAYS)
    messages = [({"interval": 9},), Downlink({"interval": 9}), ({"interval": 9}, 5), Downlink({"interval": 9}, 5)]
    outcomes = list(device.encode_downlinks(messages))
    assert [(outcome.frm_payload, outcome.f_port) for outcome in outcomes] == [(b"\x09", 7)] * 2 + [(b"\x09", 5)] * 2
    assert outcomes[0].warnings == ["w"]
    assert [outcome.data for outcome in device.decode_downlinks([(b"\x09", 2), Uplink(b"\x0a")])] == [
        {"interval": 9},
        {"interval": 10},
    ]


def test_no_messages(formatter):
    device = formatter(BOTH_WAYS)
    assert list(device.decode_uplinks([])) == []
    assert list(device.decode_downlinks(iter(()))) == []
    assert list(device.encode_downlinks([])) == []
    assert list(device.call_raw([])) == []


def test_an_infinite_generator_is_consumed_lazily(formatter):
    device = formatter(ECHO)
    taken = itertools.count()
    outcomes = device.decode_uplinks((bytes([next(taken) % 256]), 1) for _ in itertools.repeat(None))
    assert [outcome.data["first"] for outcome in itertools.islice(outcomes, 700)] == [n % 256 for n in range(700)]
    assert next(taken) < 20_000  # a few batches ahead, and no more
    outcomes.close()
    assert device.decode_uplink(b"\x2a").data["first"] == 42


def test_nothing_is_consumed_before_the_first_result_is_asked_for(formatter):
    asked = []
    outcomes = formatter(ECHO).decode_uplinks((b"\x01", 1) for _ in range(3) if asked.append(1) is None)
    assert asked == []
    assert len(list(outcomes)) == len(asked) == 3


def test_an_exception_of_the_caller_s_generator_reaches_the_caller(formatter):
    device = formatter(ECHO)

    def messages():
        yield b"\x01", 1
        raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        list(device.decode_uplinks(messages()))
    assert device.decode_uplink(b"\x02").data["first"] == 2


NO_UPLINKS = {
    "payload is a text": ("0102", 1),
    "payload is a number": (5, 1),
    "payload is nothing": (None, 1),
    "port is nothing": (b"\x01", None),
    "port is a text": (b"\x01", "x"),
    "port is a fraction": (b"\x01", 1.5),
    "time is no time": (b"\x01", 1, "yesterday"),
    "time is a number": (b"\x01", 1, 5),
    "empty tuple": (),
    "too many members": (b"\x01", 1, None, None, None),
    "no tuple": 5,
    "uplink with a text": Uplink("0102"),
    "uplink without a port": Uplink(b"\x01", None),
}
NO_DOWNLINKS = {
    "not a number": ({"interval": float("nan")}, 1),
    "infinity": ({"interval": float("inf")}, 1),
    "set": ({1, 2}, 1),
    "bytes": ({"interval": b"\x01"}, 1),
    "tuple as a key": ({(1, 2): 3}, 1),
    "port is nothing": ({"interval": 1}, None),
    "empty tuple": (),
    "too many members": ({"interval": 1}, 1, None, None),
    "no tuple": 5,
    "downlink with NaN": Downlink(float("nan")),
}


def test_bad_uplinks_keep_their_places(formatter):
    bad = list(NO_UPLINKS.values())
    mixed = [message for n, wrong in enumerate(bad) for message in ((bytes([n]), 1), wrong)]
    outcomes = list(formatter(ECHO).decode_uplinks([*bad, *mixed, *bad]))
    assert len(outcomes) == 4 * len(bad)
    assert [outcome.data["first"] for outcome in outcomes[len(bad) : -len(bad) : 2]] == list(range(len(bad)))
    wrong = [*outcomes[: len(bad)], *outcomes[len(bad) + 1 : -len(bad) : 2], *outcomes[-len(bad) :]]
    assert all(isinstance(outcome, Error) for outcome in wrong), wrong


@pytest.mark.parametrize("message", [pytest.param(value, id=name) for name, value in NO_UPLINKS.items()])
def test_a_bad_uplink_alone_is_an_error(formatter, message):
    [outcome] = formatter(ECHO).decode_uplinks([message])
    assert isinstance(outcome, Error)
    assert outcome.name == "input"


@pytest.mark.parametrize("message", [pytest.param(value, id=name) for name, value in NO_DOWNLINKS.items()])
def test_a_bad_downlink_keeps_its_place(formatter, message):
    outcomes = list(formatter(BOTH_WAYS).encode_downlinks([({"interval": 1},), message, ({"interval": 2},), message]))
    assert [outcomes[0].frm_payload, outcomes[2].frm_payload] == [b"\x01", b"\x02"]
    assert all(isinstance(outcome, Error) and outcome.name == "input" for outcome in outcomes[1::2])


def test_script_failures_keep_their_places(formatter):
    device = formatter(
        "function decodeUplink(i){if(i.bytes[0]%3===0)throw new Error('n'+i.bytes[0]);return {data:{b:i.bytes}}}"
    )
    outcomes = list(device.decode_uplinks((bytes([n % 256]), 1) for n in range(900)))
    for n, outcome in enumerate(outcomes):
        value = n % 256
        if value % 3:
            assert outcome.data == {"b": [value]}
        else:
            assert outcome.message == f"Error: n{value}"


# ---- places in errors ------------------------------------------------------------------------------------------------

PLACES = {
    "thrown in the function": ("function decodeUplink(i){\n  throw new Error('in');\n}", "Error: in", (2, 9)),
    "thrown in a helper": (
        "function decodeUplink(i){\n  return help(i);\n}\nfunction help(i){\n\n  return i.b.c;\n}",
        "TypeError: Cannot read properties of undefined (reading 'c')",
        (6, 14),
    ),
    "thrown on line 1": ("function decodeUplink(i){throw new Error('one')}", "Error: one", (1, 32)),
    "thrown at top level": (f"var a=1;\nthrow new Error('top');\n{ECHO}", "Error: top", (2, 7)),
    "missing name": (f"{ECHO}\nmissing.name;", "ReferenceError: missing is not defined", (3, 1)),
    "syntax on line 1": (f"var a = ;\n{ECHO}", "SyntaxError: Unexpected token ';'", (1, 9)),
    "syntax on line 3": (f"{ECHO}\nvar a = ;\n", "SyntaxError: Unexpected token ';'", (3, 9)),
    "syntax in strict code": ("'use strict';\nvar a = 1;\nvar b = 010;\n", "SyntaxError: ", (3, 9)),
    "after a hashbang": (
        "#!/usr/bin/env node\nfunction decodeUplink(i){\n  throw new Error('in');\n}",
        "Error: in",
        (3, 9),
    ),
    "after a byte order mark": ("\ufefffunction decodeUplink(i){throw new Error('bom')}", "Error: bom", (1, 32)),
    "in strict code": ("'use strict';\nfunction decodeUplink(i){\n  undefined = 1;\n}", "TypeError: ", (3, 13)),
}


@pytest.mark.parametrize(("text", "message", "where"), [pytest.param(*row, id=name) for name, row in PLACES.items()])
def test_errors_carry_file_line_and_column(formatter, tmp_path, text, message, where):
    error = failure(formatter(text))
    assert isinstance(error, ScriptError)
    assert error.message.startswith(message)
    assert place(error) == where
    assert error.file == str(tmp_path / "script.js")
    assert str(error).startswith(f"{error.file}:{where[0]}:{where[1]}: ")
    assert (error.name, error.code) == ("script", "ABORTED")


CUT_OFF = {
    "in a function": "function decodeUplink(input){\n  return {data:{a:1}\n",
    "in a function, no newline": "function decodeUplink(input){\n  return {data:{a:1}",
    "in parentheses": "function decodeUplink(\n",
    "in a text": "function decodeUplink(input){\n  return {data:{s:'abc",
    "in a template": "function decodeUplink(input){\n  return `a\nb\n",
    "in a comment": "/* it never ends\n\n",
    "after an operator": f"{ECHO}var a = 1 +\n",
    "after a comma, line 1": "var a = [1,",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in CUT_OFF.items()])
@pytest.mark.parametrize("dialect", ["tts", "ttn2"])
def test_a_script_cut_off_has_its_place_inside_the_file(formatter, text, dialect):
    error = failure(formatter(text, dialect=dialect))
    assert error.message.startswith("SyntaxError: ")
    assert error.line is not None
    assert error.column is not None
    lines = text.split("\n")
    assert 1 <= error.line <= len(lines)
    assert 1 <= error.column <= len(lines[error.line - 1]) + 1


def test_a_missing_function_is_named(formatter):
    error = failure(formatter("var a = 1;"))
    assert (error.name, error.message) == ("script", "ReferenceError: Decoder is not defined")


# ---- log and notes ---------------------------------------------------------------------------------------------------

LOGGING = (
    "console.log('a',{b:[1]},2);console.info('i');console.warn(null,undefined);console.error('e');console.debug(true);"
)


def test_console_is_the_log(formatter):
    device = formatter(f"function decodeUplink(i){{{LOGGING}return {{data:{{}}}}}}")
    for outcome in device.decode_uplinks([(b"\x01", 1)] * 3):
        assert outcome.log == ['a {"b":[1]} 2', "i", "null undefined", "e", "true"]
        assert outcome.warnings == []


def test_the_log_of_a_failure_is_kept(formatter):
    error = failure(formatter("function decodeUplink(i){console.log('before');throw new Error('x')}"))
    assert error.decoded.log == ["before"]


def test_console_is_undefined_under_3_32(formatter):
    device = formatter("function decodeUplink(i){return {data:{c:typeof console}}}", dialect="tts-3.32")
    assert device.decode_uplink(b"\x01").data == {"c": "undefined"}
    error = failure(formatter("function decodeUplink(i){console.log(1)}", dialect="tts-3.32"))
    assert error.message == "ReferenceError: console is not defined"


def test_console_of_the_legacy_network_is_json_text(formatter):
    device = formatter("function Decoder(b,p){console.log('a',{b:[1]},2,null);return {}}", dialect="ttn2")
    assert device.decode_uplink(b"\x01").log == ['"a" {"b":[1]} 2 null']


@pytest.mark.parametrize(
    "text", ["async function decodeUplink(i){return {data:{a:1}}}", "var decodeUplink=()=>Promise.resolve()"]
)
def test_a_promise_is_noted(formatter, text):
    outcome = next(formatter(text).decode_uplinks([(b"\x01", 1)]))
    notes = outcome.decoded.notes if isinstance(outcome, Error) else outcome.notes
    assert any(note.startswith("a Promise was returned") for note in notes)


# ---- the clock -------------------------------------------------------------------------------------------------------

CLOCK = (
    "var loaded=Date.now();function decodeUplink(i){return {data:{text:Date(),iso:new Date().toISOString(),"
    "now:Date.now(),loaded:loaded,random:[Math.random(),Math.random()],time:new Date(2020,0,1).toISOString()}}}"
)


def test_a_pinned_clock_is_the_same_for_every_message(formatter):
    outcomes = [outcome.data for outcome in formatter(CLOCK, now=NOW).decode_uplinks([(b"\x01", 1)] * 100)]
    assert all(outcome == outcomes[0] for outcome in outcomes)
    first = outcomes[0]
    assert first["iso"] == "2026-03-04T05:06:07.891Z"
    assert first["now"] == first["loaded"] == 1772600767891
    assert first["text"].startswith("Wed Mar 04 2026 05:06:07")
    assert first["time"] == "2020-01-01T00:00:00.000Z"
    assert first["random"][0] != first["random"][1]
    assert all(0 <= number < 1 for number in first["random"])
    assert formatter(CLOCK, now=datetime(2026, 3, 4, 5, 6, 7, 891234, UTC)).decode_uplink(b"\x01").data == first


def test_a_running_clock_runs(formatter):
    before = datetime.now(UTC) - timedelta(minutes=1)
    data = formatter(CLOCK).decode_uplink(b"\x01").data
    assert before < datetime.fromisoformat(data["iso"]) < datetime.now(UTC) + timedelta(minutes=1)
    assert data["random"][0] != data["random"][1]


RECEIVED = "function decodeUplink(i){return {data:{date:i.recvTime instanceof Date,iso:i.recvTime.toISOString()}}}"


@pytest.mark.parametrize(
    ("recv_time", "iso"),
    [
        (datetime(2024, 1, 2, 3, 4, 5, 678901, UTC), "2024-01-02T03:04:05.678Z"),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2024-01-02T01:04:05.000Z"),
        ("2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123Z"),
        ("2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05.000Z"),
        ("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z"),
        (None, "2026-03-04T05:06:07.891Z"),
    ],
)
def test_recv_time_is_a_date(formatter, recv_time, iso):
    device = formatter(RECEIVED, now=NOW)
    assert device.decode_uplink(b"\x01", recv_time=recv_time).data == {"date": True, "iso": iso}
    batch = list(device.decode_uplinks([(b"\x01", 1, recv_time), Uplink(b"\x01", 1, recv_time)]))
    assert [outcome.data["iso"] for outcome in batch] == [iso, iso]


def test_there_is_no_recv_time_under_3_32(formatter):
    device = formatter("function decodeUplink(i){return {data:{t:typeof i.recvTime}}}", dialect="tts-3.32")
    assert device.decode_uplink(b"\x01", recv_time=NOW).data == {"t": "undefined"}


# ---- what cannot be loaded -------------------------------------------------------------------------------------------


def test_missing_operations_are_not_found_each_in_its_place(written):
    with Formatter({"decode_uplink": written(ECHO)}, name="mine") as device:
        assert device.operations == {"decode_uplink"}
        outcomes = [
            *device.decode_downlinks([(b"\x01", 1)] * 2),
            *device.encode_downlinks([({}, 1)] * 2),
            *device.call_raw([("encode_downlink", {}), ("no_such_operation", {})]),
        ]
        assert [outcome.name for outcome in outcomes] == ["not_found"] * 6
        assert all(isinstance(outcome, NotFoundError) for outcome in outcomes)
        with pytest.raises(NotFoundError, match="mine has no encode_downlink"):
            device.encode_downlink({})


def test_an_unknown_dialect(written):
    with pytest.raises(ContentError, match="unknown dialect 'goja'"):
        Formatter(written(ECHO), name="mine", dialect="goja")


def test_an_unknown_operation(written):
    with pytest.raises(ContentError, match="decode_sidelink"):
        Formatter({"decode_sidelink": written(ECHO)}, name="mine")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"var a='\xe9';", "not text: the byte at offset 7"), (b"/" * 5_000_000, "the file is larger than 4194304 bytes")],
    ids=["latin-1", "5 MB"],
)
def test_content_that_is_no_script(written, content, message):
    file = written(content)
    with pytest.raises(ContentError) as caught:
        Formatter(file, name="mine")
    assert (caught.value.name, caught.value.file) == ("content", str(file))
    assert caught.value.message.startswith(message)


def test_a_missing_file(tmp_path):
    file = tmp_path / "none.js"
    with pytest.raises(NotFoundError) as caught:
        Formatter(file, name="mine")
    assert (caught.value.name, caught.value.file) == ("not_found", str(file))


def test_a_folder(tmp_path):
    with pytest.raises(ContentError) as caught:
        Formatter(tmp_path, name="mine")
    assert (caught.value.name, caught.value.file) == ("content", str(tmp_path))


# ---- twins -----------------------------------------------------------------------------------------------------------


def test_async_twins_answer_as_their_brothers(formatter):
    device = formatter(BOTH_WAYS)

    async def plural(outcomes):
        return [outcome async for outcome in outcomes]

    async def main():
        up = await device.adecode_uplink(b"\x05", 2)
        down = await device.adecode_downlink(b"\x06", 2)
        sent = await device.aencode_downlink({"interval": 7}, 2)
        ups = await plural(device.adecode_uplinks((bytes([n % 256]), 1) for n in range(1200)))
        downs = await plural(device.adecode_downlinks([(b"\x06", 2)]))
        sents = await plural(device.aencode_downlinks([({"interval": 7}, 2), (float("nan"),)]))
        return up, down, sent, ups, downs, sents

    up, down, sent, ups, downs, sents = asyncio.run(main())
    assert isinstance(up, Decoded)
    assert up.data == device.decode_uplink(b"\x05", 2).data
    assert (down.data, downs[0].data) == ({"interval": 6}, {"interval": 6})
    assert isinstance(sent, Encoded)
    assert (sent.frm_payload, sents[0].frm_payload) == (b"\x07", b"\x07")
    assert isinstance(sents[1], Error)
    assert [outcome.data["first"] for outcome in ups] == [n % 256 for n in range(1200)]


def test_async_twins_raise_what_their_brothers_raise(written):
    async def main(device):
        for call in (
            device.adecode_uplink(b"\x01"),
            device.adecode_downlink(b"\x01"),
            device.aencode_downlink({}),
            device.adecode_uplink("text"),
        ):
            with pytest.raises(Error) as caught:
                await call
            yield caught.value

    async def names(device):
        return [error.name async for error in main(device)]

    file = written("function decodeUplink(i){throw new Error('x')}")
    with Formatter({"decode_uplink": file}, name="mine") as device:
        assert asyncio.run(names(device)) == ["script", "not_found", "not_found", "input"]


def test_a_closed_device_says_so(formatter):
    device = formatter(ECHO, limits=Limits(time_s=1.25), workers=1)
    device.close()
    device.close()
    with pytest.raises(LimitError, match="the device was closed"):
        device.decode_uplink(b"\x01")
    with pytest.raises(LimitError, match="the device was closed"):
        asyncio.run(asyncio.wait_for(device.adecode_uplink(b"\x01"), 10))
