"""The formats of examples other than the codec YAML: told by content, read, run and compared by their own rules."""

import json

import pytest

from octavo import examples
from octavo.errors import ContentError
from octavo.examples import Options, Row, Suite, collect, formats, run_all, sources
from octavo.examples.compare import differences
from octavo.examples.model import Rule

DECODER = """
function decodeUplink(input) {
  var first = input.bytes[0];
  if (first === 0xff) { throw new Error("bad frame"); }
  return { data: { n: first, port: input.fPort, time: "2026-01-02T03:04:05.678Z", nan: NaN }, gone: undefined };
}
function encodeDownlink(input) { return { bytes: [input.data.n], fPort: 3 }; }
"""

DRIVER = """
function decodeUplink(input) {
  if (input.bytes[0] === 0xff) { throw new Error("bad frame"); }
  return { data: { n: input.bytes[0], when: new Date(0) }, warnings: [] };
}
function encodeDownlink(input) { return { bytes: [input.data.n], fPort: 3 }; }
function extractPoints(input) { return { level: { unitId: "%", record: input.message.n, more: 1 }, other: 1 }; }
exports.driver = { decodeUplink, encodeDownlink, extractPoints };
"""

LEGACY = """
function decodeUplink(input) {
  if (input.bytes[0] === 0xff) { throw new Error("bad frame of " + input.bytes.length); }
  return { n: input.bytes[0], port: input.fPort, time: input.time };
}
function decodeDownlink(input) { return { n: input.bytes[0] }; }
function encodeDownlink(data) { if (!data) { throw new Error("no data"); } return { bytes: [data.n], fPort: 4 }; }
function extractPoints(input) {
  if (input.message.n < 0) { throw new Error("no level"); }
  return { "level:1": input.message.n, track: [{ eventTime: input.time, value: 1 }] };
}
exports.decodeUplink = decodeUplink; exports.decodeDownlink = decodeDownlink;
exports.encodeDownlink = encodeDownlink; exports.extractPoints = extractPoints;
"""


@pytest.fixture(autouse=True)
def _warm(warm_pool):
    """Workers that are there already."""


@pytest.fixture
def write(tmp_path):
    """Writes a file: text as it stands, anything else as JSON; gives its path."""

    def do(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")
        return path

    return do


def rows(path, **options):
    return [row for _, found in run_all(sources(str(path)), Options(**options)) for row in found]


def told(path, **options):
    """Key and outcome of each row."""
    return [(row.id.rpartition("::")[2] if row.operation else "", row.outcome) for row in rows(path, **options)]


def kept(found):
    return [each.outcome if isinstance(each, Row) else each.format for each in found]


# ---- ChirpStack ----

RESULT = {"data": {"n": 1, "port": 2, "time": "2026-01-02T03:04:05.678Z", "nan": None}}


@pytest.fixture
def profile(write):
    write("v/codecs/x.js", DECODER)

    def do(decode, encode=None):
        write("v/codecs/test_decode_x.json", decode)
        write("v/codecs/test_encode_x.json", [] if encode is None else encode)
        return write("v/vendor.toml", "").parent

    return do


def test_chirpstack_tests_are_javascript_literals(profile):
    decode = (
        "// by hand\n[{name: 'one', input: {bytes: [0x01], fPort: 0x2,}, expected: {data: {n: 1, port: 2, nan: NaN,"
        " time: '2026-01-02T03:04:05.678Z', gone: undefined}}}, /* no more */]"
    )
    folder = profile(decode, [{"name": "two", "input": {"data": {"n": 5}}, "expected": {"bytes": [5], "fPort": 3}}])
    one, two = rows(folder)
    assert [(row.outcome, row.description, row.diff) for row in (one, two)] == [
        ("passed", "one", []),
        ("passed", "two", []),
    ]
    assert one.id == f"{(folder / 'codecs' / 'test_decode_x.json').as_posix()}::decode_uplink-0"
    assert two.id.endswith("test_encode_x.json::encode_downlink-0")


def test_chirpstack_tests_run_under_its_dialect(profile):
    (suite, _) = collect(str(profile([{"name": "", "input": {"bytes": [1]}, "expected": {}}], [])))
    assert (suite.format, suite.dialect, suite.script.name) == ("chirpstack", "chirpstack4", "x.js")
    assert rows(suite.path, dialect="tts")[0].outcome == "failed"


def test_the_order_of_members_counts_when_it_is_asked_for(profile):
    turned = {"data": dict(reversed(RESULT["data"].items()))}
    folder = profile(
        [
            {"name": name, "input": {"bytes": [1], "fPort": 2}, "expected": expected}
            for name, expected in (("a", RESULT), ("b", turned))
        ]
    )
    assert [outcome for _, outcome in told(folder)][:2] == ["passed", "passed"]
    same, other = rows(folder, key_order=True)[:2]
    assert (same.outcome, other.outcome) == ("passed", "failed")
    assert 'order ["nan", "time", "port", "n"], got ["n", "port", "time", "nan"]' in other.diff[0].message


def test_what_is_empty_or_near_may_be_let_pass(profile):
    near = {"data": RESULT["data"] | {"n": 1.25}, "warnings": [], "errors": []}
    folder = profile([{"name": "", "input": {"bytes": [1], "fPort": 2}, "expected": near}])
    assert len(rows(folder)[0].diff) == 3
    assert len(rows(folder, ignore_empty=True)[0].diff) == 1
    assert rows(folder, ignore_empty=True, tolerance=0.25)[0].outcome == "passed"
    assert rows(folder, ignore_empty=True, tolerance=0.2)[0].outcome == "failed"


def test_a_bad_chirpstack_test_is_an_error_at_its_line(profile):
    folder = profile(
        '[\n {"name": "a", "input": {"bytes": [1]}},\n 5,\n {"name": "c", "input": {"bytes": [1]}, "expected": {}}]'
    )
    bad, five, sound = rows(folder)[:3]
    assert [row.outcome for row in (bad, five, sound)] == ["error", "error", "failed"]
    assert ":2:2: [0].expected: an object was expected" in bad.diff[0].message
    assert ":3:2: [1]: an object with name" in five.diff[0].message


def test_codecs_without_tests_are_named(write, profile):
    folder = profile([], [])
    write("v/codecs/only-decodes.js", "function decodeUplink(input) { return { data: {} }; }")
    write("v/codecs/test_decode_only-decodes.json", [{"name": "", "input": {"bytes": []}, "expected": {"data": {}}}])
    write("v/codecs/test_encode_only-decodes.json", [])
    bare = write("v/codecs/bare.js", DECODER)
    found = {row.file.rpartition("/")[2]: row.outcome for row in rows(folder)}
    assert found == {
        bare.name: "untested",
        "test_decode_only-decodes.json": "passed",
        "test_decode_x.json": "untested",
        "test_encode_x.json": "untested",
    }


def test_a_test_without_its_script_says_which_was_looked_for(write, profile):
    folder = profile([{"name": "", "input": {"bytes": [1]}, "expected": {}}])
    lost = write("v/codecs/test_decode_y.json", [{"name": "", "input": {"bytes": [1]}, "expected": {}}])
    write("v/codecs/y-2.js", DECODER)
    (row,) = rows(lost)
    assert (row.outcome, row.operation) == ("error", None)
    assert "there is no script y.js beside it; y-2.js begins like it" in row.diff[0].message
    assert row.diff[0].message in {each.diff[0].message for each in rows(folder) if each.diff}


def test_a_script_stands_for_its_tests(profile):
    encode = [{"name": "", "input": {"data": {"n": 5}}, "expected": {"bytes": [5], "fPort": 3}}]
    folder = profile([{"name": "", "input": {"bytes": [1], "fPort": 2}, "expected": RESULT}], encode)
    script = folder / "codecs" / "x.js"
    assert told(script) == [("decode_uplink-0", "passed"), ("encode_downlink-0", "passed")]
    assert told(f"{script}::encode_downlink-0") == [("encode_downlink-0", "passed")]


def test_a_file_of_another_name_is_read_if_it_is_named(write, profile):
    folder = profile([{"name": "", "input": {"bytes": [1]}, "expected": {}}])
    write("v/codecs/more.js", DECODER)
    more = [
        {"name": "up", "input": {"bytes": [1], "fPort": 2}, "expected": RESULT},
        {"name": "down", "input": {"data": {"n": 1}}, "expected": {"bytes": [1], "fPort": 3}},
    ]
    named = write("v/codecs/more.json", more)
    assert told(named) == [("decode_uplink-0", "passed"), ("encode_downlink-1", "passed")]
    assert "more.json" not in {source.path.name for source in sources(str(folder))}


# ---- TS013 and Actility's device catalogue ----

ANY = {"n": 1, "when": "1970-01-01T00:00:00.000Z"}


def uplink(output, **more):
    return {"type": "uplink", "description": "up", "input": {"bytes": "01", "fPort": 1}, "output": output} | more


@pytest.fixture
def driver(write):
    def do(samples, *, signature="", name="examples.json", script=DRIVER, **manifest):
        write("d/index.js", script)
        write("d/driver.yaml", json.dumps({"name": "d", "signature": signature} | manifest))
        write("d/package.json", {"main": "index.js"})
        return write(f"d/{name}", samples).parent if "/" not in name else write(f"d/{name}", samples).parent.parent

    return do


def test_examples_of_a_package(driver):
    encoding = {"type": "downlink-encode", "description": "down", "input": {"data": {"n": 7}}}
    folder = driver([uplink({"data": ANY, "warnings": []}), encoding | {"output": {"bytes": "07", "fPort": 3}}])
    assert told(folder) == [("decode_uplink-0", "passed"), ("encode_downlink-1", "passed")]
    assert kept(collect(str(folder))) == ["ts013"]


@pytest.mark.parametrize(
    ("data", "passes"),
    [
        ({"n": "SKIP_NUMBER", "when": "XXXX-XX-XXTXX:XX:XX.XXXZ"}, True),
        ({"n": "XXXX-XX-XXTXX:XX:XX.XXXZ", "when": ANY["when"]}, False),
        ({"n": 1, "when": "SKIP_NUMBER"}, False),
        ({"n": "SKIP_NUMBER"}, False),
        ({"n": "SKIP_NUMBER", "when": ANY["when"], "more": "SKIP_NUMBER"}, False),
    ],
)
def test_wildcards_stand_for_values_that_are_there(driver, data, passes):
    (row,) = rows(driver([uplink({"data": data, "warnings": []})]))
    assert (row.outcome == "passed") is passes


@pytest.mark.parametrize(
    ("expected", "passes"),
    [
        ({"timestamp": "2026-01-01T00:00:00.999Z"}, True),
        ({"timestamp": "2026-01-01T01:00:00+01:00"}, True),
        ({"timestamp": "2026-01-01T00:00:01Z"}, False),
        ({"moment": "2026-01-01T00:00:00.999Z"}, False),
    ],
)
def test_members_that_are_times_are_compared_to_the_second(driver, expected, passes):
    (name,) = expected
    script = f"function decodeUplink() {{ return {{ data: {{ {name}: '2026-01-01T00:00:00.000Z' }} }}; }}"
    (row,) = rows(driver([uplink({"data": expected})], script=script))
    assert (row.outcome == "passed") is passes


def test_points_are_compared_by_unit_and_record(driver):
    points = {"level": {"unitId": "%", "record": 1, "type": "double"}}
    right, wrong, missing, none = (
        uplink({"data": ANY, "warnings": []}, points=given)
        for given in (points, {"level": {"unitId": "m", "record": 1}}, {"height": {"unitId": "m"}}, None)
    )
    found = rows(driver([right, wrong, missing, none]))
    assert [row.outcome for row in found] == ["passed", "failed", "failed", "passed"]
    assert found[1].diff[0].message == 'points /level/unitId: expected "m", got "%"'
    assert found[2].diff[0].message == 'points /height: expected {"unitId": "m"}, got nothing'


def test_points_may_have_a_script_of_their_own_or_none(driver, write):
    bare = "function decodeUplink(input) { return { data: { n: input.bytes[0] } }; }"
    folder = driver([uplink({"data": {"n": 1}}, points={"level": {"record": 2}})], script=bare)
    (row,) = rows(folder)
    assert (row.outcome, row.notes) == ("passed", ["points are not compared: the driver has no extractPoints"])
    write("d/extractPoints.js", "function extractPoints(input) { return { level: { record: input.message.n + 1 } }; }")
    (row,) = rows(folder)
    assert (row.outcome, row.notes) == ("passed", [])


def test_what_needs_a_context_is_skipped_with_the_reason(driver):
    ours = uplink({"data": ANY, "warnings": []})
    (row,) = rows(driver([ours], useContext=True))
    assert (row.outcome, row.notes) == ("skipped", [drivers_reason()])


@pytest.mark.parametrize("more", [{"useContext": True}, {"input": {"bytes": [1], "context": [{"a": 1}]}}])
def test_a_context_that_an_example_brings_is_given_to_it(driver, more):
    ours = uplink({"data": ANY, "warnings": []})
    assert told(driver([ours | more])) == [("decode_uplink-0", "passed")]


def drivers_reason():
    return "its driver keeps a global context from message to message, which octavo does not"


@pytest.mark.parametrize("name", ["nonRegressionSamples.json", "non-regression.json"])
def test_samples_of_regressions_are_envelopes(driver, name):
    folder = driver([uplink({"data": ANY, "errors": []}, points=None)], name=name)
    assert kept(collect(str(folder))) == ["non-regression"]
    assert told(folder) == [("decode_uplink-0", "passed")]


def test_samples_of_a_legacy_driver_are_envelopes_too(driver):
    sample = uplink({"data": {"n": 1, "port": 1}, "errors": [], "warnings": []})
    folder = driver([sample], name="non-regression.json", script=LEGACY, signature="actility")
    assert told(folder) == [("decode_uplink-0", "passed")]


@pytest.mark.parametrize(
    ("signature", "script", "dialect"),
    [
        ("ttn", "function Decoder(bytes, port) { return { n: bytes[0], port: port }; }", "ttn2"),
        ("chirpstack", "function Decode(port, bytes) { return { n: bytes[0], port: port }; }", "chirpstack3"),
        ("actility", LEGACY, "actility"),
    ],
)
def test_the_signature_says_how_functions_are_called_and_results_are_bare(driver, signature, script, dialect):
    folder = driver([uplink({"n": 1, "port": 1})], signature=signature, script=script)
    (suite,) = collect(str(folder))
    assert suite.dialect == dialect
    assert told(folder) == [("decode_uplink-0", "passed")]


def test_a_driver_without_a_script_says_which_were_looked_for(driver):
    folder = driver([uplink({"data": ANY})])
    (folder / "index.js").unlink()
    (row,) = rows(folder)
    assert "index.js, index.js, main.js" in row.diff[0].message or "index.js, main.js" in row.diff[0].message


def test_a_driver_without_examples_is_named(driver):
    folder = driver([])
    assert [(row.file.rpartition("/")[2], row.outcome) for row in rows(folder)] == [("examples.json", "untested")]
    (folder / "examples.json").unlink()
    assert [(row.file.rpartition("/")[2], row.outcome) for row in rows(folder)] == [("driver.yaml", "untested")]


def test_a_bad_example_of_a_package_is_an_error_at_its_line(driver):
    good = uplink({"data": ANY, "warnings": []})
    bad = [good | {"type": "sideways"}, good | {"input": {"bytes": "0x0"}}, {"type": "uplink", "input": {}}]
    found = rows(driver([good, *bad]))
    assert [row.outcome for row in found] == ["passed", "error", "error", "error"]
    words = ["type: one of uplink", "bytes: ", "output: what the function returns"]
    assert all(word in row.diff[0].message for word, row in zip(words, found[1:], strict=True))


# ---- ThingPark X ----


@pytest.fixture
def legacy(write):
    write("t/index.js", LEGACY)
    points = {"level": {"unitId": "%", "type": "double"}, "track": {"unitId": "m", "type": "double"}}
    write("t/package.json", {"driver": {"producerId": "p", "points": points}})
    return lambda name, samples: write(f"t/{name}", samples)


def test_legacy_examples_are_bare_and_downlinks_go_both_ways(legacy):
    up = {"type": "uplink", "description": "u", "bytes": "01", "fPort": 2, "time": "2026-01-01T00:00:00Z"}
    data = {"n": 1, "port": 2, "time": "2026-01-01T00:00:00Z"}
    down = {"type": "downlink", "description": "d", "bytes": "05", "fPort": 4, "data": {"n": 5}}
    file = legacy("examples/a.examples.json", [up | {"data": data}, down, down | {"bytes": "06"}])
    assert told(file) == [
        ("decode_uplink-0", "passed"),
        ("decode_downlink-1", "passed"),
        ("encode_downlink-1", "passed"),
        ("decode_downlink-2", "failed"),
        ("encode_downlink-2", "failed"),
    ]


def test_legacy_points_have_the_units_of_the_package(legacy):
    up = {"type": "uplink", "bytes": "01", "fPort": 2, "data": {"n": 1, "port": 2}}
    track = {"unitId": "m", "type": "double", "records": [{"value": 1}]}
    right = {"level:1": {"unitId": "%", "type": "double", "record": 1}, "track": track}
    wrong = {"level:1": {"unitId": "%", "type": "double", "record": 2}}
    found = rows(legacy("examples/a.examples.json", [up | {"points": right}, up | {"points": wrong}]))
    assert [row.outcome for row in found] == ["passed", "failed"]
    assert [difference.path for difference in found[1].diff] == ["points/level:1/record", "points/track"]


def test_errors_must_be_thrown_with_their_words(legacy):
    short = {"type": "uplink", "bytes": "ff00", "fPort": 1}
    cases = [
        short | {"error": "frame of 2"},
        short | {"error": "something else"},
        short | {"bytes": "01", "error": "bad"},
        {"type": "downlink", "data": None, "error": "no data"},
        {"type": "uplink", "data": {"n": -1}, "error": "no level"},
    ]
    file = legacy("errors/a.errors.json", cases)
    assert kept(collect(str(file))) == ["errors"]
    found = rows(file)
    assert [row.outcome for row in found] == ["passed", "failed", "failed", "passed", "passed"]
    assert 'an error with "something else" was expected' in found[1].diff[0].message
    assert 'an error with "bad" was expected, got {' in found[2].diff[0].message


# ---- by content ----


@pytest.mark.parametrize(
    "content",
    [
        {"examples": []},
        [],
        [1, 2],
        [{"type": "object", "input": {}}],
        [{"input": {"bytes": [1]}, "output": {}}],
        [{"type": "uplink"}],
        [{"type": ["uplink"], "input": 1}],
        "not a literal",
    ],
)
@pytest.mark.parametrize("name", ["examples.json", "some.examples.json", "non-regression.json", "test_decode_x.json"])
def test_foreign_files_are_left_alone(write, tmp_path, name, content):
    write(name, content)
    assert list(collect(str(tmp_path))) == []


def test_a_foreign_file_that_is_named_says_what_was_expected(write):
    (row,) = collect(str(write("examples.json", {"a": 1})))
    assert row.outcome == "error"
    assert formats.EXPECTED in row.diff[0].message


def test_a_spoilt_file_in_its_place_is_an_error(write):
    write("d/driver.yaml", "name: d\n")
    write("d/index.js", DRIVER)
    write("d/examples.json", [{"typ": "uplink"}])
    (row,) = collect(str(write("d/package.json", {}).parent))
    assert (row.outcome, row.file.rpartition("/")[2]) == ("error", "examples.json")


def test_the_suite_of_a_file_can_be_run_alone(profile):
    folder = profile([{"name": "", "input": {"bytes": [1], "fPort": 2}, "expected": RESULT}])
    suite = formats.read(folder / "codecs" / "test_decode_x.json")
    assert isinstance(suite, Suite)
    assert [row.outcome for row in examples.run(suite)] == ["passed"]
    with pytest.raises(ContentError):
        formats.read(folder / "codecs" / "none.json")


THROWS = """exports.decodeUplink = function (input) {
  if (input.bytes.length !== 1) throw new Error("expected 1 byte");
  return { n: 1 };
};"""


@pytest.mark.parametrize(("expected", "outcome"), [("expected 1 byte", "passed"), ("expected 2 bytes", "failed")])
def test_what_is_thrown_is_expected_in_a_codec_yaml(tmp_path, expected, outcome):
    (tmp_path / "x.js").write_text(THROWS, encoding="utf-8")
    example = f"{{input: {{bytes: [], fPort: 1}}, output: {{errors: [{expected}]}}}}"
    text = f"dialect: actility\nuplinkDecoder:\n  fileName: x.js\n  examples:\n    - {example}\n"
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    (suite,) = collect(str(tmp_path / "x.yaml"))
    assert [row.outcome for row in examples.run(suite)] == [outcome]


def test_only_empty_lists_of_the_complete_result_are_forgiven():
    rule = Rule(ignore_empty=True)
    assert not list(differences({"data": {}}, {"data": {}, "warnings": []}, rule))
    assert [each.path for each in differences({"data": {"alarm": {}}}, {"data": {"alarm": {"errors": []}}}, rule)] == [
        "/data/alarm/errors"
    ]


def test_the_time_of_a_legacy_example_is_the_network_s_too(tmp_path):
    (tmp_path / "index.js").write_text(
        "exports.decodeUplink = function (i) { return { at: i.time }; };", encoding="utf-8"
    )
    case = {
        "type": "uplink",
        "bytes": "01",
        "fPort": 1,
        "time": "2020-08-02T01:02:03.000Z",
        "data": {"at": "2020-08-02T01:02:03.000Z"},
    }
    (tmp_path / "x.examples.json").write_text(json.dumps([case]), encoding="utf-8")
    (tmp_path / "driver.yaml").write_text("name: x\n", encoding="utf-8")
    (suite,) = collect(str(tmp_path / "x.examples.json"))
    assert suite.dialect == "actility"
    (row,) = examples.run(suite)
    assert (row.outcome, row.notes) == ("passed", [])


def test_a_port_that_the_sender_names_is_not_missed(tmp_path):
    (tmp_path / "x.js").write_text("function encodeDownlink() { return { bytes: [1] }; }", encoding="utf-8")
    case = {"name": "one", "input": {"data": {}}, "expected": {"bytes": [1]}}
    (tmp_path / "test_encode_x.json").write_text(json.dumps([case]), encoding="utf-8")
    (suite,) = collect(str(tmp_path / "test_encode_x.json"))
    (row,) = examples.run(suite)
    assert (row.outcome, row.notes) == ("passed", [])
