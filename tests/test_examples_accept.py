"""``--accept``: what came out takes the place of what was expected, and nothing else changes."""

import json
import re
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo import _literal, _yaml
from octavo.errors import ContentError
from octavo.examples import Options, collect, run, run_all, sources
from octavo.examples import accept as accepting

ECHO = """
function decodeUplink(input) {
  if (input.bytes[0] === 0xff) { throw new Error("boom"); }
  if (input.bytes[0] === 0xfe) { return { data: { now: Math.random() } }; }
  return { data: { n: input.bytes[0], s: "it's", list: [1, { a: null }] }, warnings: ["low"] };
}
function encodeDownlink(input) { return { bytes: [input.data.n, 0xab], fPort: 3 }; }
function normalizeUplink(input) { return { data: { air: { temperature: input.data.n } } }; }
"""


@pytest.fixture(autouse=True)
def _warm(warm_pool):
    """Workers that are there already."""


@pytest.fixture
def write(tmp_path):
    def do(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
        return path

    do("x.js", ECHO)
    return do


def accepted(path, **options):
    rows = [row for _, found in run_all(sources(str(path)), Options(accept=True, **options)) for row in found]
    return rows, path.read_bytes().decode("utf-8")


CHIRPSTACK = """// by hand
[
    { name: 'one',  // the first
      input: { bytes: [0x01], fPort: 1 },
      expected: {
          data: {n: 7 /* was */, s: 'wrong', list: [1, {a: null}]}, // data
          warnings: [ "low" ],
      },
    },
    { "name": "two", "input": {"bytes": [2]}, "expected": {"data": {"n": 2}} },
    { name: 'throws', input: {bytes: [0xff]}, expected: {data: {}} },
]
"""


def test_a_literal_keeps_its_comments_and_layout(write):
    rows, text = accepted(write("test_decode_x.json", CHIRPSTACK))
    wanted = CHIRPSTACK.replace("n: 7", "n: 1").replace("'wrong'", r"'it\'s'")
    whole = '{"data": {"n": 2, "s": "it\'s", "list": [1, {"a": null}]}, "warnings": ["low"]}'
    assert text == wanted.replace('{"data": {"n": 2}}', whole)
    assert [row.outcome for row in rows] == ["passed", "passed", "error"]
    assert "accepted in line 6: /data/n: expected 7, got 1" in rows[0].notes
    assert rows[2].notes == ["not accepted: an error is no result"]


CODEC = """# top
uplinkDecoder:
  fileName: x.js
  examples:
    - description: one  # the first
      input: {bytes: [0x01], fPort: 1}
      output:
        data:
          n: 2   # number
          s: wrong   # text
          list: [1, {a: null}]
        warnings: [low]
      normalizedOutput: {data: {air: {temperature: 2}}}  # from the output
    - input: {bytes: '02', fPort: 1}
      output:
        data:
          n: 2
    # last
downlinkEncoder:
  fileName: x.js
  examples:
    - input: {data: {n: 1}}
      output: {bytes: '0A0B', fPort: 3}
    - input: {data: {n: 1}}
      output: {bytes: [0x0A, 0xAB], fPort: 3} # hex
"""


def test_yaml_keeps_its_comments_and_layout(write):
    rows, text = accepted(write("x.yaml", CODEC))
    wanted = CODEC.replace("n: 2   #", "n: 1   #").replace("s: wrong", 's: "it\'s"')
    wanted = wanted.replace("temperature: 2", "temperature: 1").replace("'0A0B'", "'01AB'").replace("0x0A,", "0x01,")
    block = '          s: "it\'s"\n          list:\n            - 1\n            - a: null\n        warnings: [low]\n'
    assert text == wanted.replace("        data:\n          n: 2\n", f'        data:\n          "n": 2\n{block}')
    assert [row.outcome for row in rows] == ["passed"] * 4


@pytest.mark.parametrize(("name", "text"), [("x.yaml", CODEC), ("test_decode_x.json", CHIRPSTACK)])
def test_what_was_accepted_passes_and_is_left_alone_the_next_time(write, name, text):
    path = write(name, text)
    _, first = accepted(path)
    rows, second = accepted(path)
    assert first == second
    assert {row.outcome for row in rows} <= {"passed", "error"}


def test_wildcards_and_hex_stay_where_they_hold(write):
    write("driver.yaml", "name: d\n")
    write(
        "index.js", "function decodeUplink(i) { return { data: { n: i.bytes[0], t: '2026-01-01T00:00:00Z', m: 1 } }; }"
    )
    example = '[{"type": "uplink", "input": {"bytes": "05"},\n "output": {"data": {"n": "SKIP_NUMBER", "t": "%s"}}}]'
    date = "XXXX-XX-XXTXX:XX:XX.XXXZ"
    rows, text = accepted(write("examples.json", example % date))
    assert text == (example % date).replace(f'"{date}"}}', f'"{date}", "m": 1}}')
    assert rows[0].outcome == "passed"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[{name: '', input: {bytes: [0xfe]}, expected: {data: {now: 0}}}]", "depends on time, chance"),
        ("[{name: '', input: {bytes: [0xff]}, expected: {data: {now: 0}}}]", "an error is no result"),
    ],
)
def test_what_is_not_accepted_says_why(write, text, reason):
    path = write("test_decode_x.json", text)
    (row,), _ = accepted(path)
    assert row.outcome in ("failed", "error")
    assert reason in row.notes[-1]


def test_data_that_does_not_fit_the_schema_is_not_accepted(write):
    write("x.uplink.schema.json", json.dumps({"properties": {"n": {"maximum": 0}}}))
    path = write("test_decode_x.json", "[{name: '', input: {bytes: [1]}, expected: {}}]")
    (row,), text = accepted(path)
    assert (row.outcome, text) == ("failed", "[{name: '', input: {bytes: [1]}, expected: {}}]")
    assert "not accepted" in row.notes[-1]


def test_a_value_behind_an_alias_is_refused(write):
    text = (
        "uplinkDecoder:\n  fileName: x.js\n  examples:\n"
        "    - {input: {bytes: [1], fPort: 1}, output: &o {data: {n: 3}}}\n"
        "    - {input: {bytes: [2], fPort: 1}, output: *o}\n"
    )
    rows, after = accepted(write("x.yaml", text))
    assert after == text
    assert all(row.outcome == "failed" and "alias" in row.notes[-1] for row in rows)


def test_a_file_that_was_changed_meanwhile_is_refused(write):
    path = write("test_decode_x.json", CHIRPSTACK)
    (suite,) = collect(str(path))
    rows = [row for row in run(suite) if row.changes]
    path.write_text(f"{CHIRPSTACK}\n", encoding="utf-8")
    with pytest.raises(ContentError, match="was changed while its examples ran"):
        accepting.write(suite, rows)
    assert path.read_text(encoding="utf-8") == f"{CHIRPSTACK}\n"


def test_byte_order_mark_line_ends_mode_and_links_stay(write, tmp_path):
    text = f"\ufeff{CHIRPSTACK}".replace("\n", "\r\n")
    path = write("test_decode_x.json", text)
    path.chmod(0o640)
    link = tmp_path / "linked" / "test_decode_x.json"
    link.parent.mkdir()
    link.symlink_to(path)
    (tmp_path / "linked" / "x.js").write_text(ECHO, encoding="utf-8")
    _, after = accepted(link)
    assert link.is_symlink()
    assert after.startswith("\ufeff// by hand\r\n")
    assert not re.search(r"[^\r]\n", after)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(file.name for file in tmp_path.iterdir()) == ["linked", "test_decode_x.json", "x.js"]


# ---- any values in any surroundings ----

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
plain = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | names
)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)
objects = st.dictionaries(names, values, max_size=3)


@given(objects, objects, st.sampled_from([None, 1, 4, "\t"]))
def test_any_value_can_take_the_place_of_any_other_in_a_literal(old, new, indent):
    text = f"// head\n{json.dumps([{'a': old, 'b': 1}], indent=indent, ensure_ascii=False)} // tail"
    start, end = _literal.parse(text, "x").span((0, "a"))
    written = accepting.writing.literal(new, text, start, end)
    after = _literal.parse(f"{text[:start]}{written}{text[end:]}", "x")
    assert after.value == [{"a": new, "b": 1}]


@given(objects, objects, st.booleans())
def test_any_value_can_take_the_place_of_any_other_in_yaml(old, new, block):
    style = accepting.writing.yaml(old, "x: {}", _yaml.Span(3, 5, 2, block=block))
    text = (
        f"# head\nx:\n  a:\n    {style} # c\n  b: 1\n"
        if not block or not old
        else f"# head\nx:\n  a:\n  # c\n    {_in(old)}\n  b: 1\n"
    )
    span = _yaml.spans(text)["x", "a"]
    written = accepting.writing.yaml(new, text, span)
    after = _yaml.parse(f"{text[: span.start]}{written}{text[span.end :]}", "x")
    assert after.value == {"x": {"a": new, "b": 1}}
    assert "# c\n" in after.text


def _in(value):
    return accepting.writing.yaml(value, "x", _yaml.Span(0, 1, 4, block=True))


@settings(max_examples=25)
@given(objects, objects)
def test_an_example_of_any_result_passes_after_it_was_accepted(warm_folder, expected, got):
    folder, first = warm_folder
    (folder / "x.js").write_text(
        f"function decodeUplink() {{ return JSON.parse({json.dumps(json.dumps(got))}); }}", encoding="utf-8"
    )
    text = f"// head\n[{{ name: 'a', input: {{bytes: []}}, expected: {json.dumps(expected)} /* here */ }}] // tail\n"
    first.write_text(text, encoding="utf-8", newline="")
    rows, after = accepted(first)
    assert [row.outcome for row in rows] == ["passed"]
    assert after.startswith("// head\n[{ name: 'a', input: {bytes: []}, expected: ")
    assert after.endswith(" /* here */ }] // tail\n")


@pytest.fixture(scope="module")
def warm_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    return folder, folder / "test_decode_x.json"


def test_numbers_beyond_a_double_are_no_obstacle(write):
    huge = "9" * 400
    text = f'[{{"name": "huge", "input": {{"bytes": [1], "fPort": {huge}}}, "expected": {{"data": {{"n": 7}}}}}}]'
    rows, text = accepted(write("test_decode_x.json", text))
    assert [row.outcome for row in rows] == ["passed"]
    assert '"n": 1' in text
