"""Looking into a formatter: what it reads and leaves, what was before it, and where it runs."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo import devices
from octavo.errors import Error, LimitError
from octavo.formatters import DIALECTS
from octavo.formatters.watching import Lens
from octavo.limits import Limits

pytestmark = pytest.mark.usefixtures("warm_pool")

ENVELOPES = ("tts", "tts-3.32", "chirpstack4", "ts013")
DAY = "2026-01-02T23:30:00Z"


@pytest.fixture
def watch(tmp_path):
    """What a script does with messages, seen through a lens."""

    def seen(text, *messages, dialect="tts", operation="decode_uplink", lens=None, earlier=()):
        file = tmp_path / "watched.js"
        file.write_text(text, encoding="utf-8")
        with devices.load(file, dialect=dialect, lens=lens or Lens(), now=DAY) as device:
            found = list(device.watch(operation, messages, earlier=earlier))
        return found[0] if len(found) == 1 else found

    return seen


def decoder(body):
    return f"function decodeUplink(input) {{ {body} }}"


@pytest.mark.parametrize("dialect", ENVELOPES)
def test_the_bytes_that_are_read_are_seen(watch, dialect):
    found = watch(decoder("return {data: {a: input.bytes[0], b: input.bytes[2]}};"), (b"\1\2\3\4", 1), dialect=dialect)
    assert found.reads == (0, 2)
    assert found.past == ()
    assert json.loads(found.text) == {"data": {"a": 1, "b": 3}}


@pytest.mark.parametrize(
    ("reading", "reads"),
    [
        ("input.bytes.slice(1, 3)", (1, 2)),
        ("[...input.bytes]", (0, 1, 2, 3)),
        ("Uint8Array.from(input.bytes)[0]", (0, 1, 2, 3)),
        ("input.bytes.map(function (b) { return b; })", (0, 1, 2, 3)),
        ("input.bytes.length", ()),
        ("String.fromCharCode.apply(null, input.bytes)", (0, 1, 2, 3)),
    ],
)
def test_whole_lists_are_read_byte_by_byte(watch, reading, reads):
    assert watch(decoder(f"return {{data: {{a: {reading}}}}};"), (b"\1\2\3\4", 1)).reads == reads


def test_reading_behind_the_end_is_seen(watch):
    found = watch(decoder("return {data: {a: input.bytes[1] << 8 | input.bytes[2], b: input.bytes[-1]}};"), (b"\1", 1))
    assert found.past == (-1, 1, 2)


def test_positional_functions_are_watched_too(watch):
    found = watch("function Decoder(bytes, port) { return {a: bytes[1], port: port}; }", (b"\1\2", 7), dialect="ttn2")
    assert found.reads == (1,)
    assert json.loads(found.text) == {"a": 2, "port": 7}


def test_a_changed_input_is_seen(watch):
    shifting, reading = decoder("return {data: {a: input.bytes.shift()}};"), decoder("return {data: input.bytes};")
    assert watch(shifting, (b"\1\2", 1)).changed
    assert not watch(reading, (b"\1\2", 1)).changed
    encoder = "function encodeDownlink(input) { input.data.x = 1; return {bytes: [1]}; }"
    assert watch(encoder, ({"a": 1}, 1), operation="encode_downlink").changed


def test_values_that_json_lacks_are_named_with_their_paths(watch):
    body = "return {data: {a: {b: [1, 0 / 0]}, c: 1 / 0, d: -1 / 0, e: undefined, f: function () {}, g: null}};"
    assert watch(decoder(body), (b"\1", 1)).odd == (
        ("data.a.b[1]", "NaN"),
        ("data.c", "Infinity"),
        ("data.d", "-Infinity"),
        ("data.e", "undefined"),
        ("data.f", "function"),
    )


@pytest.mark.parametrize("dialect", ENVELOPES)
def test_what_is_thrown_is_told_with_what_was_read(watch, dialect):
    found = watch(decoder("var a = input.bytes[0]; return nowhere.b;"), (b"\1", 1), dialect=dialect)
    assert "nowhere is not defined" in found.error.message
    assert found.error.line == 1
    assert (found.text, found.reads) == (None, (0,))


def test_a_missing_function_is_an_error(watch):
    """It is named as the network names it: by the last one that it looks for."""
    assert watch("var a = 1;", (b"\1", 1)).error.message == "ReferenceError: Decoder is not defined"


def test_a_result_that_refers_to_itself_is_an_error(watch):
    assert "circular" in watch(decoder("var a = {}; a.a = a; return {data: a};"), (b"\1", 1)).error.message


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_function_that_is_missing_is_told_from_one_that_throws(watch, dialect):
    for text in ("var a = 1;", ""):
        assert watch(text, (b"\1", 1), dialect=dialect).missing
    throwing = "".join(f"function {name}() {{ nowhere(); }}" for name in ("decodeUplink", "Decoder", "Decode"))
    found = watch(throwing, (b"\1", 1), dialect=dialect)
    assert (found.missing, found.returned, found.taken) == (False, False, None)


@pytest.mark.parametrize("dialect", ENVELOPES)
@pytest.mark.parametrize(
    "returned",
    ["{data: {a: 1}}", "{data: 5}", "{data: {a: 1}, errors: 5}", "{errors: ['x']}", "7", "{data: {a: 0 / 0}}"],
)
def test_what_the_network_makes_of_a_result_is_what_it_makes_of_it_unwatched(tmp_path, dialect, returned):
    file = tmp_path / "taken.js"
    file.write_text(decoder(f"return {returned};"), encoding="utf-8")
    with devices.load(file, dialect=dialect) as plain, devices.load(file, dialect=dialect, lens=Lens()) as watched:
        (outcome,) = plain.decode_uplinks([(b"\1", 1)])
        (found,) = watched.watch("decode_uplink", [(b"\1", 1)])
    assert found.returned
    if isinstance(outcome, Error):
        assert (found.taken.name, found.taken.message, found.taken.cause) == (
            outcome.name,
            outcome.message,
            outcome.cause,
        )
    else:
        assert found.taken is None


@pytest.mark.parametrize("dialect", ENVELOPES)
@pytest.mark.parametrize(
    "returned", ["{bytes: [1, 400], fPort: 300}", "{bytes: 'ab', fPort: 3}", "{bytes: [2], fPort: 3}"]
)
def test_what_is_sent_is_what_is_sent_unwatched(tmp_path, dialect, returned):
    file = tmp_path / "sent.js"
    file.write_text(f"function encodeDownlink() {{ return {returned}; }}", encoding="utf-8")
    with devices.load(file, dialect=dialect) as plain, devices.load(file, dialect=dialect, lens=Lens()) as watched:
        (outcome,) = plain.encode_downlinks([({}, 1)])
        (found,) = watched.watch("encode_downlink", [({}, 1)])
    if isinstance(outcome, Error):
        assert (found.taken.name, found.taken.cause) == (outcome.name, outcome.cause)
    else:
        assert (found.taken.frm_payload, found.taken.f_port) == (outcome.frm_payload, outcome.f_port)


def test_what_is_inside_itself_is_named_with_its_path(watch):
    found = watch(decoder("var a = {b: [1]}, c = [2]; a.b.push(a); return {data: {a: a, c: c, d: c}};"), (b"\1", 1))
    assert found.odd == (("data.a.b[1]", "cycle"),)


def test_a_script_that_never_ends_is_ended(tmp_path):
    file = tmp_path / "endless.js"
    file.write_text(decoder("for (;;) {}"), encoding="utf-8")
    with devices.load(file, lens=Lens(), limits=Limits(time_s=0.2)) as device:
        (found,) = device.watch("decode_uplink", [(b"\1", 1)])
    assert isinstance(found, LimitError)


COUNTING = "var n = 0; " + decoder("n += input.bytes[0]; return {data: {n: n}};")


def test_earlier_messages_go_through_the_same_instance(watch):
    alone = watch(COUNTING, (b"\2", 1), (b"\2", 1))
    assert [json.loads(each.text) for each in alone] == [{"data": {"n": 2}}] * 2
    assert json.loads(watch(COUNTING, (b"\2", 1), earlier=[(b"\1", 1), (b"\5", 9)]).text) == {"data": {"n": 8}}


def test_an_earlier_message_may_throw(watch):
    body = "if (input.bytes[0] === 9) throw new Error('no'); return {data: {ok: true}};"
    assert json.loads(watch(decoder(body), (b"\1", 1), earlier=[(b"\t", 1)]).text) == {"data": {"ok": True}}


def test_the_sandbox_stays_clean_after_what_was_watched(watch):
    body = "Array.prototype.x = 1; gone = 2; return {data: {x: [].x, gone: typeof before}};"
    first, second = watch(decoder("var before = typeof [].x;" + body), (b"\1", 1), (b"\1", 1))
    assert first.text == second.text


MIDNIGHT = "(function (d) { d.setHours(0, 0, 0, 0); return d.toISOString(); })(new Date())"
MOMENTS = [
    ("2026-01-02T03:00", "2026-01-02T03:00:00.000Z", "2026-01-01T21:15:00.000Z"),
    ("2026-01-02 03:00:00", "2026-01-02T03:00:00.000Z", "2026-01-01T21:15:00.000Z"),
    ("Jan 2, 2026", "2026-01-02T00:00:00.000Z", "2026-01-01T18:15:00.000Z"),
    ("2026/01/02", "2026-01-02T00:00:00.000Z", "2026-01-01T18:15:00.000Z"),
    *(
        (text, same, same)
        for text, same in (
            ("2026-01-02", "2026-01-02T00:00:00.000Z"),
            ("2026", "2026-01-01T00:00:00.000Z"),
            ("2026-01-02T03:00Z", "2026-01-02T03:00:00.000Z"),
            ("2026-01-02T03:00-01:00", "2026-01-02T04:00:00.000Z"),
            ("2026-01-02T03:00+01:00", "2026-01-02T02:00:00.000Z"),
            ("Fri, 02 Jan 2026 03:00:00 GMT", "2026-01-02T03:00:00.000Z"),
            ("Jan 2, 2026 EST", "2026-01-02T05:00:00.000Z"),
        )
    ),
]
"""Texts of moments, and what they are in Greenwich and to its east."""
ELSEWHERE = Lens(zone_minutes=345, locale="de-DE", seed=7)


@pytest.mark.parametrize(
    ("expression", "here", "there"),
    [
        ("new Date().getHours()", 23, 5),
        ("new Date().getUTCHours()", 23, 23),
        ("new Date().getMinutes()", 30, 15),
        ("new Date().getDate()", 2, 3),
        ("new Date().getTimezoneOffset()", 0, -345),
        ("new Date(2026, 0, 2).toISOString()", "2026-01-02T00:00:00.000Z", "2026-01-01T18:15:00.000Z"),
        (MIDNIGHT, "2026-01-02T00:00:00.000Z", "2026-01-02T18:15:00.000Z"),
        ("new Date().toISOString()", "2026-01-02T23:30:00.000Z", "2026-01-02T23:30:00.000Z"),
        ("new Date().toLocaleTimeString('en-GB')", "23:30:00", "05:15:00"),
        ("new Date().toLocaleDateString('en-GB')", "02/01/2026", "03/01/2026"),
        ("new Date().toLocaleTimeString('en-GB', {timeZone: 'UTC'})", "23:30:00", "23:30:00"),
        *((f"new Date(Date.parse('{text}')).toISOString()", here, there) for text, here, there in MOMENTS),
        *((f"new Date('{text}').toISOString()", here, there) for text, here, there in MOMENTS),
        ("String(Date.parse('no moment'))", "NaN", "NaN"),
        ("(1234.5).toLocaleString()", "1,234.5", "1.234,5"),
        ("(1234.5).toLocaleString('en-US')", "1,234.5", "1,234.5"),
    ],
)
@pytest.mark.parametrize("dialect", ENVELOPES)
def test_a_script_may_run_elsewhere(watch, dialect, expression, here, there):
    text = decoder(f"return {{data: {{a: {expression}}}}};")
    found = [json.loads(watch(text, (b"\1", 1), dialect=dialect, lens=lens).text) for lens in (Lens(), ELSEWHERE)]
    assert found == [{"data": {"a": here}}, {"data": {"a": there}}]


def test_chance_begins_with_the_seed(watch):
    text = decoder("return {data: {a: Math.random()}};")
    assert watch(text, (b"\1", 1)).text == watch(text, (b"\1", 1)).text
    assert watch(text, (b"\1", 1)).text != watch(text, (b"\1", 1), lens=ELSEWHERE).text


def test_a_text_may_be_rewritten_and_count(watch):
    lens = Lens(rewrite=lambda text: f"var hits = [0, 0]; function octavoCounts() {{ return hits.join(); }} {text}")
    found = watch(decoder("hits[1] += 2; return {data: {}};"), (b"\1", 1), (b"\2", 1), lens=lens)
    assert [each.counts for each in found] == [(0, 2)] * 2


def test_inputs_of_examples_go_in_as_they_stand(tmp_path):
    file = tmp_path / "raw.js"
    file.write_text(decoder("return {data: {a: input.bytes[0], f: input.fPort, x: input.x}};"), encoding="utf-8")
    with devices.load(file, lens=Lens()) as device:
        (found,) = device.watch_raw("decode_uplink", [{"bytes": [5, 6], "fPort": "seven", "x": 8}])
    assert json.loads(found.text) == {"data": {"a": 5, "f": "seven", "x": 8}}
    assert found.reads == (0,)


TEXT = decoder("""
    var out = {}; for (var i = 0; i < input.bytes.length; i++) out['b' + i] = input.bytes[i] * 3;
    out.joined = input.bytes.slice().reverse().join('-'); return {data: out};
""")


@pytest.fixture(scope="module")
def formatters(tmp_path_factory):
    file = tmp_path_factory.mktemp("watched") / "same.js"
    file.write_text(TEXT, encoding="utf-8")
    loaded = {
        name: (devices.load(file, dialect=name), devices.load(file, dialect=name, lens=Lens())) for name in ENVELOPES
    }
    yield loaded
    for plain, watched in loaded.values():
        plain.close()
        watched.close()


@settings(max_examples=100)
@given(payload=st.binary(max_size=60), f_port=st.integers(1, 223), dialect=st.sampled_from(ENVELOPES))
def test_watching_changes_nothing(formatters, payload, f_port, dialect):
    plain, watched = formatters[dialect]
    (found,) = watched.watch("decode_uplink", [(payload, f_port)])
    assert json.loads(found.text)["data"] == plain.decode_uplink(payload, f_port).data
    assert found.reads == tuple(range(len(payload)))


def test_every_dialect_can_be_watched(tmp_path):
    file = tmp_path / "all.js"
    names = ("Decoder(bytes)", "Decode(port, bytes)")
    file.write_text(
        decoder("return {data: {a: input.bytes[1]}};")
        + "".join(f"function {name} {{ return {{a: bytes[1]}}; }}" for name in names),
        encoding="utf-8",
    )
    for dialect in DIALECTS:
        with devices.load(file, dialect=dialect, lens=Lens()) as device:
            (found,) = device.watch("decode_uplink", [(b"\1\2", 1)])
        assert found.reads == (1,), dialect
