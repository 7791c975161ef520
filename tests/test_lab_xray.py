"""X-rays of scripts written for it: what they read is known, and must be what is found."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import ContentError, LimitError
from octavo.formatters import Formatter
from octavo.lab.subjects import Subject
from octavo.lab.xray import fitting, wording, xray
from octavo.lab.xray.bits import ranges
from octavo.lab.xray.probing import ROOT, WARNINGS, answer
from octavo.messages import Decoded

HEAD = "function decodeUplink(input) { var b = input.bytes; "
INT16 = "var n = b[0] << 8 | b[1]; if (n > 32767) n -= 65536; "

pytestmark = pytest.mark.usefixtures("warm_pool")


@pytest.fixture
def look(tmp_path):
    """The only frame of a script's x-ray, by the body of its decoder."""

    def look_at(body, payload, f_port=1):
        file = tmp_path / "script.js"
        file.write_text(f"{HEAD}{body} }}\n", encoding="utf-8")
        (frame,) = xray(Subject("script.js", file), bytes.fromhex(payload), f_port).frames
        assert not frame.error
        return frame

    return look_at


def bits(frame, mask):
    return [(each.byte, each.high, each.low) for each in ranges(mask, frame.size)]


# ---- numbers ----

NUMBERS = {
    "unsigned": ("return {data: {t: b[0] << 8 | b[1]}}", '"t" / Scaled(Int16ub)'),
    "little-endian": ("return {data: {t: (b[1] << 8 | b[0]) / 10}}", '"t" / Scaled(Int16ul, per_unit=10)'),
    "two's complement": (f"{INT16}return {{data: {{t: n / 100}}}}", '"t" / Scaled(Int16sb, per_unit=100)'),
    "sign and magnitude": (
        "var n = (b[0] & 127) << 8 | b[1]; return {data: {t: b[0] > 127 ? -n : n}}",
        '"t" / Scaled(Magnitude(2))',
    ),
    "offset": ("return {data: {t: b[0] / 2 - 40}}", '"t" / Scaled(Int8ub, per_unit=2, offset=-40)'),
    "factor": ("return {data: {t: b[0] * 5}}", '"t" / Scaled(Int8ub, step=5)'),
    "two numbers": (
        "return {data: {t: (b[0] << 8 | b[1]) * 175.72 / 65536 - 46.85}}",
        '"t" / Scaled(Int16ub, per_unit=16384, step=43.93, offset=-46.85)',
    ),
    "rounded": (
        "return {data: {t: Number(((b[0] << 8 | b[1]) / 16).toFixed(1))}}",
        '"t" / Scaled(Int16ub, per_unit=16, decimals=1)',
    ),
    "bits": (
        "return {data: {t: (b[0] & 15) << 8 | b[1]}}",
        'Bits(Int16ub, "t" / Scaled(Bit(0, 12)))',
    ),
    "signed bits": (
        "var n = b[0] << 4 | b[1] >> 4; return {data: {t: n > 2047 ? n - 4096 : n}}",
        'Bits(Int16ub, "t" / Scaled(Bit(4, 12, signed=True)))',
    ),
    "no reading": (
        "var n = b[0] << 8 | b[1]; return {data: {t: n === 65535 ? null : n}}",
        '"t" / Missing(Scaled(Int16ub), 0xffff)',
    ),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_told_as_it_is_declared(look, name):
    body, declaration = NUMBERS[name]
    field = look(body, "0123").by_path["t"]
    assert (field.kind, field.declaration) == ("number", declaration)


def test_decimal_digits_are_a_number_where_others_are_refused(look):
    body = (
        "for (var i = 0; i < 2; i++) if ((b[i] >> 4) > 9 || (b[i] & 15) > 9) return {errors: ['digits']}; "
        "return {data: {t: Number((b[0] + 256).toString(16).slice(1) + (b[1] + 256).toString(16).slice(1))}}"
    )
    field = look(body, "0123").by_path["t"]
    assert (field.linear.form, field.declaration) == ("decimal digits", '"t" / Scaled(Bcd(2))')


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return {data: {t: Math.min(100, (b[0] << 8 | b[1]) / 10)}}", "clamped"),
        ("return {data: {t: Math.max(-10, b[0] - 40)}}", "clamped"),
        ("return {data: {t: Math.pow(b[0], 2)}}", "squared"),
        ("return {data: {t: 1 / (b[0] + 1)}}", "divided"),
        ("return {data: {t: b[0] * b[1]}}", "multiplied"),
        ("return {data: {t: b[0] > 127 ? 255 - b[0] : b[0]}}", "sign of its own"),
        ("return {data: {t: (b[0] >> 4) * 10 + (b[0] & 15)}}", "decimal digits that may be more than 9"),
    ],
)
def test_what_is_not_linear_is_told_as_such(look, body, kind):
    field = look(body, "2a41").by_path["t"]
    assert field.kind == "other", kind
    assert field.linear is None
    assert field.mask


STEPS = {
    "sign off by one": (
        "var v = b[0] << 8 | b[1]; return {data: {t: v > 0x7fff ? v - 0xffff : v}}",
        ("int16, big-endian", "below 0: + 1"),
    ),
    "the same of hundredths": (
        "var v = b[0] << 8 | b[1]; return {data: {t: (v > 0x7fff ? v - 0xffff : v) / 100}}",
        ("int16, big-endian", "/ 100, below 0: / 100 + 0.01"),
    ),
    "the same of 32 bits": (
        "var v = b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3]; return {data: {t: (v < 0 ? v + 1 : v) / 1000}}",
        ("int32, big-endian", "/ 1000, below 0: / 1000 + 0.001"),
    ),
    "step": (
        "return {data: {t: b[0] < 200 ? 2 * b[0] : 2 * b[0] + 1}}",
        ("uint8", "× 2 + 1, below 200: × 2"),  # noqa: RUF001 - times
    ),
    "step above the count itself": (
        "return {data: {t: b[0] < 200 ? b[0] : b[0] + 1}}",
        ("uint8", "+ 1, below 200: the count itself"),
    ),
    "one value": ("return {data: {t: b[0] === 200 ? 5 : b[0] / 10}}", ("uint8", "/ 10, 200 gives 5")),
    "two of no number": (
        "return {data: {t: b[0] === 255 ? null : b[0] === 254 ? -1 : b[0] / 2}}",
        ("uint8", "/ 2, 254 gives -1, 255 gives null"),
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_in_a_line_is_told(look, name):
    body, told = STEPS[name]
    frame = look(body, "00190000")
    field = frame.by_path["t"]
    words = wording.words(field, frame.size)
    assert (words.type, words.value) == told
    assert (field.declaration, field.is_explained) == ("", True)


def test_a_step_is_in_json(look):
    body, _ = STEPS["the same of hundredths"]
    assert look(body, "0019").by_path["t"].linear.to_dict()["below"] == {"count": 0, "offset": 0.01}
    assert look("return {data: {t: b[0]}}", "19").by_path["t"].linear.to_dict()["below"] is None


@pytest.mark.parametrize(
    "points",
    [
        [(count, float(count + (count >= 40))) for count in range(0, 64, 3)],  # nobody saw where the step is
        [(count, (count + (count < 0)) / 10) for count in range(-60, 60)],
        [(count, count / 2 + (count > 9)) for count in range(20)],
    ],
)
def test_no_rounding_is_invented(points):
    assert fitting.through(points) is None


@given(
    st.sampled_from([0.01, 0.05, 0.1, 0.3, 1 / 3, 1, 7]),
    st.sampled_from([-40, 0, 0.4, 3]),
    st.sampled_from([0, 1, 2]),
    st.sets(st.integers(-1000, 1000), min_size=6, max_size=60),
    st.sampled_from([0, 0.01, 1]),
)
def test_a_line_gives_every_value_that_was_seen(scale, offset, decimals, counts, more):
    points = [(n, math.floor((n * scale + offset + (n > 0) * more) * 10**decimals) / 10**decimals) for n in counts]
    line = fitting.through(points)
    for count, value in points if line else ():
        exact = line.scale * count + line.offset
        step = 10.0 ** -(line.decimals or 0)
        if line.rounding == "down":
            assert value - step * 1e-5 <= exact < value + step
        else:
            assert abs(exact - value) <= (step / 2 + step * 1e-5 if line.rounding else 1e-9 * max(1, abs(value)))


def test_all_values_of_a_byte_are_tried(look):
    frame = look("return {data: {t: b[0] === 200 && b[1] === 7 ? 5 : b[0], u: b[1]}}", "2507")
    assert frame.by_path["t"].linear.markers == ((200, 5),)
    assert frame.by_path["t"].tried == 256


def test_what_is_cut_is_no_rounding(look):
    field = look("return {data: {t: Math.floor((b[0] << 8 | b[1]) * 0.3)}}", "0123").by_path["t"]
    assert (field.linear.rounding, field.linear.decimals, field.linear.scale) == ("down", 0, 0.3)
    assert field.declaration == ""


def test_a_limit_does_not_hide_the_bits_above_it(look):
    body = f"{INT16}if (n < -4000 || n > 8500) return {{errors: ['range']}}; return {{data: {{t: n / 100}}}}"
    for payload in ("0b0d", "fe0c"):
        field = look(body, payload).by_path["t"]
        assert field.declaration == '"t" / Scaled(Int16sb, per_unit=100)'


def test_bits_that_are_always_refused_are_of_the_word(look):
    body = "var n = b[0] << 8 | b[1]; if (n > 1000) return {errors: ['range']}; return {data: {h: n / 10}}"
    frame = look(body, "0376")
    field = frame.by_path["h"]
    assert bits(frame, field.mask) == [(0, 1, 0), (1, 7, 0)]
    assert bits(frame, field.refused) == [(0, 7, 2)]
    assert field.declaration == '"h" / Scaled(Int16ub, per_unit=10)'


def test_bytes_in_an_order_of_their_own(look):
    field = look("return {data: {c: (b[2] << 24 | b[3] << 16 | b[0] << 8 | b[1]) >>> 0}}", "00010203").by_path["c"]
    assert (field.linear.order, field.linear.width, field.declaration) == ("mixed", 32, "")


FLOATS = {"big-endian": "false", "little-endian": "true"}


@pytest.mark.parametrize("order", FLOATS)
def test_floats(look, order):
    body = (
        "var view = new DataView(new Uint8Array(b).buffer); "
        f"var x = view.getFloat32(0, {FLOATS[order]}); return {{data: {{x: isFinite(x) ? x : null}}}}"
    )
    field = look(body, "41c80000").by_path["x"]
    assert (field.kind, field.detail) == ("float", f"float32, {order}")
    assert field.declaration == f'"x" / Scaled(Float32{order[0]})'


def test_what_is_always_nearly_nothing_is_no_float(look):
    field = look("return {data: {x: (b[0] & 0x55) === 0x55 ? b[1] / 1000000 : 0}}", "0400").by_path["x"]
    assert field.kind != "float"


# ---- what is no number ----

KINDS = {
    "flag": ("on: (b[0] & 4) !== 0", "flag", 'Bits(Int8ub, "on" / Flag(Bit(2)))'),
    "byte as flag": ("on: b[0] === 0", "flag", '"on" / Flag(Int8ub, inverted=True)'),
    "choice": (
        "on: ['off', 'low', 'mid', 'high'][b[0] >> 6]",
        "choice",
        "Bits(Int8ub, \"on\" / Choice(Bit(6, 2), {0: 'off', 1: 'low', 2: 'mid', 3: 'high'}))",
    ),
    "hex": ("on: (b[0] + 256).toString(16).slice(1) + (b[1] + 256).toString(16).slice(1)", "hex", '"on" / HexText(2)'),
    "text": ("on: String.fromCharCode(b[0], b[1])", "text", '"on" / Ascii(2)'),
    "version": ("on: b[0] + '.' + b[1]", "version", '"on" / Version(Int16ub, (8, 8), (0, 8))'),
    "time": (
        "on: new Date((b[0] * 16777216 + (b[1] << 16 | b[2] << 8 | b[3])) * 1000).toISOString()",
        "time",
        '"on" / UnixTime(Int32ub)',
    ),
    "flags": (
        "on: ['a', 'b', 'c'].filter(function (_, i) { return b[0] >> i & 1; })",
        "flags",
        "Bits(Int8ub, \"on\" / FlagSet(Bit(0, 3), {0: 'a', 1: 'b', 2: 'c'}))",
    ),
    "constant": ("on: 'probe'", "constant", ""),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds(look, name):
    member, kind, declaration = KINDS[name]
    field = look(f"return {{data: {{{member}}}}}", "41424344").by_path["on"]
    assert (field.kind, field.declaration) == (kind, declaration)


# ---- bits that are no field's ----


def test_discriminators_say_what_they_do(look):
    body = (
        "if (b[0] & 0xf0) return {errors: ['unknown type ' + b[0]]}; "
        "var d = {type: b[0] & 7}; if (b[0] & 1) d.t = b[1]; else d.h = b[1]; return {data: d}"
    )
    frame = look(body, "0122")
    told = [(bits(frame, each.mask), each.error, each.adds, each.removes) for each in frame.discriminators]
    assert told == [([(0, 7, 4)], "unknown type 129", (), ()), ([(0, 0, 0)], "", ("h",), ("t",))]
    assert bits(frame, frame.by_path["type"].switches) == [(0, 0, 0)]
    assert bits(frame, frame.dead) == [(0, 3, 3)]


def test_overlaps_and_dead_bits(look):
    frame = look("return {data: {volt: b[0] / 10, level: (b[0] - 20) * 10, sum: b[0] + b[1]}}", "1c2200")
    assert [(bits(frame, each.mask), each.paths) for each in frame.overlaps] == [
        ([(0, 7, 0)], ("volt", "level", "sum")),
    ]
    assert bits(frame, frame.by_path["sum"].mask) == [(0, 7, 0), (1, 7, 0)]
    assert bits(frame, frame.dead) == [(2, 7, 0)]


def test_a_bit_that_chooses_the_scale_is_held(look):
    frame = look("var fine = b[0] > 127; return {data: {fine: fine, v: b[1] / (fine ? 100 : 10)}}", "0022")
    field = frame.by_path["v"]
    assert (field.declaration, bits(frame, field.switches)) == ('"v" / Scaled(Int8ub, per_unit=10)', [(0, 7, 7)])


def test_a_bit_that_has_an_effect_elsewhere_only_is_not_dead(look):
    frame = look("return {data: {v: b[0] > 127 ? null : b[0] & 64 ? (b[0] & 15) : 0}}", "00")
    assert bits(frame, frame.by_path["v"].mask) == [(0, 7, 6), (0, 3, 0)]
    assert bits(frame, frame.dead) == [(0, 5, 4)]


def test_warnings_are_told_as_a_field(look):
    frame = look("return {data: {a: b[0]}, warnings: b[1] & 1 ? ['low'] : []}", "0100")
    assert bits(frame, frame.by_path["(warnings)"].mask) == [(1, 0, 0)]


def test_names_inside_objects_and_lists(look):
    frame = look("return {data: {air: {t: b[0]}, list: [{h: b[1]}, 5, b[2]], names: ['a', 'b'], none: {}}}", "010203")
    assert list(frame.by_path) == ["air.t", "list[0].h", "list[1]", "list[2]", "names", "none"]
    assert frame.by_path["list[0].h"].declaration == '"h" / Scaled(Int8ub)'


# ---- payloads ----


def script(tmp_path, body):
    file = tmp_path / "script.js"
    file.write_text(f"{HEAD}{body} }}\n", encoding="utf-8")
    return Subject("script.js", file)


def test_what_cannot_be_decoded_has_its_error(tmp_path):
    (frame,) = xray(script(tmp_path, "return {errors: ['no']}"), b"\x01", 1).frames
    assert "no" in frame.error
    assert frame.fields == ()


def test_a_script_that_goes_on_for_ever_is_given_up(tmp_path):
    subject = script(tmp_path, "while (b[0] !== 1) {} return {data: {a: b[1]}}")
    (frame,) = xray(subject, b"\x01\x00", 1).frames
    assert "run into a limit" in frame.error


@pytest.fixture
def busy_at(monkeypatch):
    """Lets one outcome of decoding be a limit, as on a machine that does something else."""

    def let(which):
        real, seen = Formatter.decode_uplinks, []

        def decode_uplinks(self, messages):
            for outcome in real(self, messages):
                seen.append(outcome)
                yield LimitError("script timeout", name="script_timeout") if len(seen) == which else outcome

        monkeypatch.setattr(Formatter, "decode_uplinks", decode_uplinks)
        return seen

    return let


@pytest.mark.parametrize("which", [1, 2, 9])
def test_one_busy_moment_is_no_discriminator(tmp_path, busy_at, which):
    subject = script(tmp_path, "return {data: {a: b[0], c: b[1]}}")
    expected = xray(subject, b"\x01\x00", 1)
    seen = busy_at(which)
    assert xray(subject, b"\x01\x00", 1) == expected
    assert expected.frames[0].discriminators == ()
    assert len(seen) == expected.frames[0].asked + 1


def test_one_busy_moment_loses_no_payload_that_is_found(tmp_path, busy_at):
    subject = script(tmp_path, "return {data: {a: b[0]}}")
    expected = xray(subject)
    busy_at(1)
    assert xray(subject) == expected
    assert expected.frames


def test_what_is_found_is_decoded(tmp_path):
    body = "return {data: b.length > 4 ? {a: b[0]} : {a: 0, nan: NaN}}"  # The Things Stack drops what has a NaN
    found = xray(script(tmp_path, body), dialect="tts")
    assert found.is_whole
    assert {frame.size > 4 for frame in found.frames} == {True}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("function encodeDownlink() { return {bytes: [1], fPort: 1}; }", "no function that decodes uplinks"),
        ("nowhere.x = 1; function decodeUplink() {}", "the script does not load"),
    ],
)
def test_why_there_is_no_payload_to_look_for(tmp_path, text, words):
    (tmp_path / "script.js").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=words):
        xray(Subject("script.js", tmp_path / "script.js"))


def test_what_nobody_waits_for_ends(tmp_path):
    subject = script(tmp_path, "return {data: {a: b[0]}}")
    asked = []
    (frame,) = xray(subject, b"\x01", 1, stopped=lambda: bool(asked.append(1)) or len(asked) > 3).frames
    assert (frame.error, frame.asked) == ("it was interrupted", 3)
    assert xray(subject, stopped=lambda: True).frames == ()


def test_payloads_are_found_where_there_are_no_examples(tmp_path):
    body = (
        "var d = {}; for (var i = 0; i < b.length;) { "
        "if (b[i] === 0x01 && b[i + 1] === 0x75) { d.battery = b[i + 2]; i += 3; } "
        "else if (b[i] === 0x03 && b[i + 1] === 0x67) { d.temperature = (b[i + 2] | b[i + 3] << 8) / 10; i += 4; } "
        "else break; } return {data: d}"
    )
    found = xray(script(tmp_path, body))
    told = {field.path: field.declaration for frame in found.frames for field in frame.fields}
    assert found.origin == "found"
    assert told["battery"] == '"battery" / Scaled(Int8ub)'
    assert told["temperature"] == '"temperature" / Scaled(Int16ul, per_unit=10)'


def test_the_same_seed_gives_the_same(tmp_path):
    subject = script(tmp_path, f"{INT16}return {{data: {{t: n / 100, h: b[2] / 2}}}}")
    payload = bytes.fromhex("0b0d76")
    assert xray(subject, payload, seed=3) == xray(subject, payload, seed=3)


def test_the_port_is_the_one_of_the_examples(tmp_path):
    subject = script(tmp_path, "if (input.fPort !== 7) return {errors: ['port']}; return {data: {a: b[0]}}")
    (frame,) = xray(subject, b"\x01", 7).frames
    assert frame.f_port == 7
    (frame,) = xray(replace(subject, name="again"), b"\x01").frames
    assert frame.f_port == 1


def test_leaves_of_data_that_is_no_object():
    assert answer(Decoded(5)).values == {ROOT: 5, WARNINGS: []}
    assert answer(Decoded([1, 2])).values == {"[0]": 1, "[1]": 2, WARNINGS: []}
