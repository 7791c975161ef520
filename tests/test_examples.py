"""Examples as tests: reading them, comparing by the device repository's rule, and running them."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo import examples
from octavo.errors import ContentError, NotFoundError
from octavo.examples import Row, Suite, collect, device_repository
from octavo.examples.compare import differences
from octavo.examples.model import MISSING, shown

SCRIPT = """
function decodeUplink(input) {
  var first = input.bytes[0];
  if (first === 0xff) { throw new Error("boom"); }
  if (first === 0xfe) { return { errors: ["bad frame"] }; }
  if (first === 0xfd) { return { data: { n: NaN } }; }
  if (first === 0xfc) { return { data: { when: typeof input.recvTime, port: input.fPort } }; }
  if (first === 0xfb) { return; }
  return { data: { n: first, list: [1, { a: 2 }] }, warnings: ["low"] };
}
function normalizeUplink(input) { return { data: { air: { temperature: input.data.n } } }; }
function encodeDownlink(input) { return { bytes: [input.data.n, 256 + 1], fPort: 3 }; }
"""

CODEC = """
uplinkDecoder:
  fileName: x.js
  examples:
{uplink}
downlinkEncoder:
  fileName: x.js
  examples:
{downlink}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def codec(tmp_path):
    """Writes a codec with the given examples (JSON is YAML) and runs it."""

    def run(uplink=(), downlink=(), **files):
        write(tmp_path, "x.js", SCRIPT)
        for name, text in files.items():
            write(tmp_path, name, text)
        text = json.dumps(
            {
                "uplinkDecoder": {"fileName": "x.js", "examples": list(uplink)},
                "downlinkEncoder": {"fileName": "x.js", "examples": list(downlink)},
            },
            indent=1,
        )
        suite = device_repository.read(write(tmp_path, "x.yaml", text))
        return list(examples.run(suite))

    return run


def uplink(first, output, **more):
    return {"description": f"byte {first}", "input": {"bytes": [first], "fPort": 1}, "output": output, **more}


GOOD = {"data": {"n": 5, "list": [1, {"a": 2}]}, "warnings": ["low"]}


# ---- comparing ----


@pytest.mark.parametrize(
    ("expected", "got", "paths"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1.0}, []),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": None}, {}, ["/a"]),
        ({}, {"warnings": []}, ["/warnings"]),
        ([1, 2], [2, 1], ["/0", "/1"]),
        ([1], [1, 2], ["/1"]),
        ({"a": [1]}, {"a": {"0": 1}}, ["/a"]),
        ({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, ["/a~1b/~0"]),
        ({"a": 0.1}, {"a": 0.1000000000000000055}, []),
        ({"a": 0.3}, {"a": 0.1 + 0.2}, ["/a"]),
        ({"a": 2**60 + 1}, {"a": float(2**60)}, []),
        ({"a": 10**400}, {"a": 1}, ["/a"]),
        ("1", 1, [""]),
        ({"a": 1}, MISSING, [""]),
    ],
)
def test_results_are_compared_deeply_and_exactly(expected, got, paths):
    assert [difference.path for difference in differences(expected, got)] == paths


def test_a_difference_says_both_sides():
    (difference,) = differences({"a": [1, 2]}, {"a": [1]})
    assert difference.message == "/a/1: expected 2, got nothing"
    assert difference.to_dict() == {"path": "/a/1", "expected": 2, "got": None, "message": difference.message}


def test_long_values_are_cut_in_the_sentence():
    assert len(shown("x" * 1000)) < 210


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_a_value_equals_itself(value):
    assert list(differences(value, value)) == []


# ---- reading ----


def test_examples_are_read_in_the_files_order(tmp_path):
    text = (
        "downlinkDecoder:\n  fileName: x.js\n  examples:\n"
        "    - {input: {bytes: '01 ff', fPort: 2}, output: {data: {}}}\n"
        "uplinkDecoder:\n  fileName: x.js\n  examples:\n"
        "    - description: two\n      input: {bytes: [0x01], fPort: 1}\n"
        "      output: {data: {on: on}}\n      normalizedOutput: {data: []}\n"
    )
    write(tmp_path, "x.js", SCRIPT)
    path = write(tmp_path, "x.yaml", text)
    first, second = device_repository.read(path).examples
    assert (first.key, first.description, first.input["bytes"]) == ("decode_downlink-0", "", [1, 255])
    assert (second.id, second.description) == (f"{path.as_posix()}::decode_uplink-0", "two")
    assert [check.expected for check in second.checks] == [{"data": {"on": "on"}}, {"data": []}]
    assert [check.operation for check in second.checks] == ["decode_uplink", "normalize_uplink"]
    assert len(first.checks) == 1


@pytest.mark.parametrize(
    ("example", "line", "words"),
    [
        ("5", 4, r"uplinkDecoder.examples\[0\]: a mapping with input and output"),
        ("{output: {}}", 4, "input: a mapping was expected"),
        ("{input: {}, output: 5}", 4, "output: a mapping was expected"),
        ("{input: {bytes: xyz}, output: {}}", 4, "bytes: found 'x'"),
        ("{input: {byts: [1], fPort: 1}, output: {}}", 4, r"examples\[0\].input.byts: .*did you mean bytes"),
        ("{input: {bytes: [1], fport: 1}, output: {}}", 4, r"input.fport: .*did you mean fPort"),
        ("{input: {}, outputs: {}}", 4, r"examples\[0\].outputs: .*did you mean output\?"),
    ],
)
def test_a_bad_example_is_an_error_at_its_line_and_the_others_run(tmp_path, example, line, words):
    write(tmp_path, "x.js", SCRIPT)
    good = json.dumps(uplink(5, GOOD))
    text = f"uplinkDecoder:\n  fileName: x.js\n  examples:\n    - {example}\n    - {good}\n"
    bad, sound = examples.run(device_repository.read(write(tmp_path, "x.yaml", text)))
    assert (bad.outcome, bad.id.rpartition("::")[2], sound.outcome) == ("error", "decode_uplink-0", "passed")
    assert isinstance(bad.error, ContentError)
    assert bad.error.line == line
    assert re.search(words, bad.diff[0].message)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("uplinkDecoder:\n  fileName: x.js\n  example: []\n", 3, r"uplinkDecoder\.example: .*mean examples\?"),
        ("uplinkDecoder:\n  filename: x.js\n", 2, r"uplinkDecoder\.filename: .*mean fileName\?"),
        ("uplinkdecoder:\n  fileName: x.js\n", 1, r"\buplinkdecoder: .*mean uplinkDecoder\?"),
        ("uplinkDecoder:\n  fileName: x.js\n  exmaples:\n    - input: {}\n", 3, r"uplinkDecoder\.exmaples: "),
        ("uplinkDecodr:\n  fileName: x.js\n", 1, r"\buplinkDecodr: .*mean uplinkDecoder\?"),
    ],
)
def test_misspelt_members_are_refused(tmp_path, text, line, words):
    write(tmp_path, "x.js", SCRIPT)
    with pytest.raises(ContentError, match=words) as caught:
        device_repository.read(write(tmp_path, "x.yaml", text))
    assert caught.value.line == line


def test_what_no_frame_brings_is_noted(codec):
    odd = {"input": {"bytes": [5, 256], "fPort": 0}, "output": GOOD}
    (row,) = codec([odd])
    assert row.outcome == "passed"
    assert [note.partition(":")[0] for note in row.notes] == ["input.bytes", "input.fPort"]


@pytest.mark.parametrize("examples", ["{}", "0", "''", "false"])
def test_examples_that_are_no_list_are_refused(tmp_path, examples):
    write(tmp_path, "x.js", SCRIPT)
    path = write(tmp_path, "x.yaml", f"uplinkDecoder:\n  fileName: x.js\n  examples: {examples}\n")
    with pytest.raises(ContentError, match=r"uplinkDecoder\.examples: a list was expected"):
        device_repository.read(path)


# ---- running ----


def test_a_result_that_is_equal_passes(codec):
    (row,) = codec([uplink(5, GOOD)])
    assert (row.outcome, row.diff, row.description) == ("passed", [], "byte 5")


def test_the_complete_result_is_compared(codec):
    (row,) = codec([uplink(5, {"data": {"n": 6, "list": [1, {"a": 2}]}})])
    assert row.outcome == "failed"
    assert [difference.message for difference in row.diff] == [
        "/data/n: expected 6, got 5",
        '/warnings: expected nothing, got ["low"]',
    ]
    assert row.command.startswith("octavo test ")
    assert row.command.endswith("x.yaml::decode_uplink-0")


def test_expected_errors_pass(codec):
    (row,) = codec([uplink(0xFE, {"errors": ["bad frame"]})])
    assert (row.outcome, row.notes) == ("passed", [])


def test_what_throws_is_an_error_with_its_place(codec):
    (row,) = codec([uplink(0xFF, {"errors": ["boom"]})])
    assert row.outcome == "error"
    assert "x.js:4:" in row.diff[0].message
    assert "boom" in row.diff[0].message


def test_a_function_that_returns_nothing_fails(codec):
    (row,) = codec([uplink(0xFB, {"data": {}})])
    assert row.diff[0].message == 'the result: expected {"data": {}}, got nothing'


def test_the_input_arrives_as_it_stands(codec):
    example = uplink(0xFC, {"data": {"when": "string"}})
    example["input"] = {"bytes": [0xFC], "recvTime": "2026-01-01T00:00:00Z"}
    (row,) = codec([example])
    assert row.outcome == "passed"


def test_where_the_network_would_fail_the_row_says_so(codec):
    (row,) = codec([uplink(0xFD, {"data": {"n": None}})])
    assert row.outcome == "passed"
    assert any("tts would fail" in note and "NaN" in note for note in row.notes)


def test_where_the_network_sends_something_else_the_row_says_so(codec):
    example = {"input": {"data": {"n": 1}}, "output": {"bytes": [1, 257], "fPort": 3}}
    (row,) = codec(downlink=[example])
    assert row.outcome == "passed"
    assert "tts sends something else: /bytes/1: expected 257, got 1" in row.notes


def test_the_normalizer_gets_the_examples_output(codec):
    output = {"data": {"n": 7}}
    passed = uplink(5, GOOD, normalizedOutput={"data": [{"air": {"temperature": 5}}]})
    failed = uplink(5, output, normalizedOutput={"data": [{"air": {"temperature": 8}}]})
    rows = codec([passed, failed, uplink(5, GOOD)])
    assert [row.outcome for row in rows] == ["passed", "failed", "passed"]
    assert rows[1].diff[-1].message == "normalizedOutput /data/0/air/temperature: expected 8, got 7"


def test_the_devices_schema_is_part_of_the_test(codec):
    schema = json.dumps({"properties": {"n": {"maximum": 4}}})
    rows = codec(
        [uplink(5, GOOD), uplink(0xFE, {"errors": ["bad frame"]})],
        [{"input": {"data": {"n": 5}}, "output": {"bytes": [5, 257], "fPort": 3}}],
        **{"x.uplink.schema.json": schema, "x.downlink.schema.json": schema},
    )
    assert [row.outcome for row in rows] == ["failed", "passed", "failed"]
    assert rows[0].diff[0].path == "/data/n"
    assert "data does not fit x.uplink.schema.json: /n" in rows[0].diff[0].message


def test_rows_have_all_members(codec):
    (row,) = codec([uplink(5, GOOD)])
    members = ["id", "file", "operation", "description", "outcome", "notes", "diff"]
    assert list(row.to_dict()) == members


@pytest.mark.parametrize(
    ("head", "decoder", "encoder"),
    [
        ("dialect: ttn2\nfunctions: {decoder: d.js, encoder: e.js}\n", "", ""),
        ("dialect: ttn2\n", "  fileName: d.js\n", "  fileName: e.js\n"),
        ("", "  fileName: d.js\n", "  fileName: e.js\n"),
        ("dialect: tts-3.32\n", "  fileName: d.js\n", "  fileName: e.js\n"),
    ],
    ids=["functions", "ttn2", "tts", "tts-3.32"],
)
def test_legacy_functions_return_inside_data_and_bytes(tmp_path, head, decoder, encoder):
    write(tmp_path, "d.js", "function Decoder(bytes, port) { return { n: bytes[0], port: port }; }")
    write(tmp_path, "e.js", "function Encoder(object, port) { return [object.n]; }")
    text = (
        f"{head}uplinkDecoder:\n{decoder}  examples:\n"
        "    - {input: {bytes: [4], fPort: 2}, output: {data: {n: 4, port: 2}}}\n"
        f"downlinkEncoder:\n{encoder}  examples:\n"
        "    - {input: {data: {n: 4}, fPort: 2}, output: {bytes: [4]}}\n"
    )
    suite = device_repository.read(write(tmp_path, "x.yaml", text))
    assert [(row.outcome, row.diff) for row in examples.run(suite)] == [("passed", [])] * 2


def test_a_network_without_normalizer_says_so(tmp_path):
    write(tmp_path, "d.js", "function Decoder(bytes, port) { return { n: bytes[0] }; }")
    example = "{input: {bytes: [4], fPort: 2}, output: {data: {n: 4}}, normalizedOutput: {data: [{}]}}"
    text = f"dialect: ttn2\nuplinkDecoder:\n  fileName: d.js\n  examples:\n    - {example}\n"
    (row,) = examples.run(device_repository.read(write(tmp_path, "x.yaml", text)))
    assert (row.outcome, row.diff[0].message) == ("error", "the dialect ttn2 has no normalize_uplink")


DECLARATION = """
import construct
from octavo.codecs import Codec
layout = construct.Struct("n" / construct.Int8ub)
codec = Codec(name="x", uplink={1: layout}, downlink={2: layout})
"""


def test_examples_of_a_declared_codec(tmp_path):
    write(tmp_path, "x.py", DECLARATION)
    text = (
        "uplinkDecoder:\n  examples:\n"
        "    - {input: {bytes: [4], fPort: 1}, output: {data: {n: 4}}}\n"
        "    - {input: {bytes: [4], fPort: 1}, output: {data: {n: 5}}}\n"
        "    - {input: {bytes: [], fPort: 1}, output: {errors: [x]}}\n"
        "downlinkEncoder:\n  examples:\n    - {input: {data: {n: 4}}, output: {bytes: [4], fPort: 2}}\n"
    )
    suite = device_repository.read(write(tmp_path, "x.yaml", text))
    rows = list(examples.run(suite))
    assert [row.outcome for row in rows] == ["passed", "failed", "failed", "passed"]
    assert rows[2].diff[0].path == "/errors/0"


def test_a_device_that_cannot_be_loaded_is_one_row(tmp_path):
    write(tmp_path, "x.js", SCRIPT)
    write(tmp_path, "driver.yaml", "signature: nobody\n")
    text = "uplinkDecoder:\n  fileName: x.js\n  examples: [{input: {}, output: {}}]\n"
    suite = device_repository.read(write(tmp_path, "x.yaml", text))
    (row,) = examples.run(suite)
    assert (row.outcome, row.operation) == ("error", None)
    assert "nobody" in row.diff[0].message


# ---- collecting ----


@pytest.fixture
def tree(tmp_path):
    example = "uplinkDecoder:\n  fileName: x.js\n  examples:\n    - {input: {bytes: [5]}, output: {}}\n"
    write(tmp_path, "a/x.js", SCRIPT)
    write(tmp_path, "a/x.yaml", example)
    write(tmp_path, "a/none.yaml", "uplinkDecoder:\n  fileName: x.js\n")
    write(tmp_path, "a/broken.yml", "uplinkDecoder:\n  fileName: [\n")
    write(tmp_path, "a/index.yaml", "endDevices: []\n")
    write(tmp_path, ".hidden/x.yaml", example)
    write(tmp_path, "node_modules/x/x.yaml", example)
    write(tmp_path, "codecs/acme/bare.py", "raise AssertionError('never loaded to be listed')\n")
    write(tmp_path, "codecs/acme/_shared.py", "")
    return tmp_path


def kinds(found):
    return [found.outcome if isinstance(found, Row) else len(found.examples) for found in found]


def test_a_folder_gives_its_codec_files_in_order(tree):
    found = list(collect(tree.as_posix()))
    assert kinds(found) == ["error", "untested", 1, "untested"]
    assert found[0].diff[0].message.startswith((tree / "a/broken.yml").as_posix())
    assert found[3].file.endswith("codecs/acme/bare.py")


def test_a_file_or_one_example_can_be_named(tree):
    name = (tree / "a/x.yaml").as_posix()
    for target in (name, f"{name}::decode_uplink-0", f"{name}::decode_uplink"):
        assert kinds(collect(target)) == [1]
    with pytest.raises(NotFoundError, match=r"no example .*decode_uplink-0"):
        list(collect(f"{name}::decode_uplink-9"))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("formatters/acme/y.yaml", "uplinkDecodr: {}\n", ["error", 1]),
        ("formatters/acme/y.yaml", "", ["error", 1]),
        ("formatters/acme/y.yml", "- 1\n", [1, "error"]),
        ("formatters/acme/index.yaml", "endDevices: []\n", [1]),
        ("formatters/other/y.yaml", "", [1]),
        ("elsewhere/y.yaml", "uplinkDecodr: {}\n", [1]),
        ("codecs/acme/bare.yaml", "uplinkDecodr: {}\n", ["error", 1]),
    ],
)
def test_a_spoilt_codec_yaml_in_its_place_is_an_error(tmp_path, name, text, expected):
    write(tmp_path, "formatters/acme/x.js", SCRIPT)
    good = "uplinkDecoder:\n  fileName: x.js\n  examples:\n    - {input: {bytes: [5]}, output: {}}\n"
    write(tmp_path, "formatters/acme/xx.yaml", good)
    if name.startswith("codecs"):
        write(tmp_path, "codecs/acme/bare.py", "")
    write(tmp_path, name, text)
    assert sorted(kinds(collect(tmp_path.as_posix())), key=str) == sorted(expected, key=str)


def test_a_script_is_told_to_be_named_by_its_codec_yaml(tree):
    (row,) = collect(write(tree, "a/lone.js", SCRIPT).as_posix())
    assert row.outcome == "error"
    assert "codec YAML" in row.diff[0].message


@pytest.mark.parametrize("name", ["nodir/", "nofile.yaml"])
def test_a_path_that_is_not_there_is_no_id(name):
    with pytest.raises(NotFoundError, match="no such file or folder"):
        list(collect(name))


def test_an_id_can_be_named(tree, monkeypatch):
    write(tree, "formatters/acme/x.js", SCRIPT)
    write(tree, "formatters/acme/x.yaml", (tree / "a/x.yaml").read_text(encoding="utf-8"))
    monkeypatch.chdir(tree)
    (suite,) = collect("acme/x")
    assert isinstance(suite, Suite)


def test_a_folder_without_examples_does_not_hide_an_id(tree, monkeypatch):
    write(tree, "formatters/acme/x.js", SCRIPT)
    write(tree, "formatters/acme/x.yaml", (tree / "a/x.yaml").read_text(encoding="utf-8"))
    (tree / "acme" / "x").mkdir(parents=True)
    monkeypatch.chdir(tree)
    (suite,) = collect("acme/x")
    assert isinstance(suite, Suite)
    assert list(collect("acme")) == []
    write(tree, "acme/x/own.yaml", "uplinkDecoder: {}\n")
    assert [found.file for found in collect("acme/x")] == ["acme/x/own.yaml"]


def test_what_is_not_there_is_not_found():
    with pytest.raises(NotFoundError):
        list(collect("no/such"))


def test_a_yaml_without_members_is_a_row_that_says_so(tree):
    (row,) = collect((tree / "a/index.yaml").as_posix())
    assert row.outcome == "error"
    assert "not a codec YAML" in row.diff[0].message
