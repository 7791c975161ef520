"""``octavo encode``: data in, bytes or the request that sends them out."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from octavo.cli import encode, main
from octavo.cli.failures import Misuse

MEMBERS = ["frm_payload", "hex", "f_port", "warnings", "log", "notes", "error"]

SCRIPT = """function encodeDownlink(input) {
  if (input.data.bad) { return { errors: ["bad"] }; }
  var warnings = input.data.odd ? ["odd"] : [];
  return { bytes: [input.data.interval || 0], fPort: input.fPort || 3, warnings: warnings };
}
"""


@pytest.fixture(autouse=True)
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "data.json").write_text('{\n  "interval": 7\n}\n', encoding="utf-8")


def run(*args, stdin=None):
    result = CliRunner().invoke(main, ["encode", *args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("data", [['{"interval": 7}'], ["interval=7"], ["interval=7", "name=x=y"], ["@data.json"]])
def test_data_is_json_pairs_or_a_file(data):
    result = run("x.js", *data)
    assert rows(result) == [
        {
            "frm_payload": "Bw==",
            "hex": "07",
            "f_port": 3,
            "warnings": [],
            "log": [],
            "notes": [],
            "error": None,
        }
    ]
    assert list(rows(result)[0]) == MEMBERS
    assert (result.exit_code, result.stderr) == (0, "")


def test_members_that_are_passed_over_are_said():
    result = run("cayennelpp", "temperature_3=27.2", "value_1=1", "-p", "1")
    (row,) = rows(result)
    assert (row["hex"], len(row["notes"])) == ("010064", 1)
    assert "octavo: passed over: temperature_3; a downlink takes numbers named value_<channel> only" in result.stderr


def test_a_port_can_be_asked_for():
    assert rows(run("x.js", "interval=7", "-p", "9"))[0]["f_port"] == 9


def test_standard_input_gives_a_row_a_line():
    result = run("x.js", "-", stdin='{"interval":1}\n{"bad":true}\n{"interval":2}\nnonsense\n')
    assert [row["hex"] for row in rows(result)] == ["01", None, "02", None]
    assert (rows(result)[1]["error"]["name"], rows(result)[3]["error"]["line"]) == ("output_errors", 4)
    assert result.exit_code == 1
    assert result.stderr.startswith("octavo: line 2: ")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "no data"),
        (["{"], "not JSON, nor KEY=VALUE"),
        (["interval"], "not JSON, nor KEY=VALUE"),
        (["interval=1", "x"], "'x' is not KEY=VALUE"),
        (["=1"], "is not KEY=VALUE"),
        (["interval:1200"], "did you mean interval=1200? Use key=value or JSON"),
        (["a=1", "interval:1200"], "did you mean interval=1200? Use key=value or JSON"),
        (["a=1", "b=1", "a=2"], "'a' is given twice"),
        (["a=1", "--as", "clear"], "cleared without data"),
        (["@none"], "there is no file none"),
        (["-"], "standard input is empty"),
    ],
)
def test_what_is_no_data_is_wrong_usage(data, words):
    result = run("x.js", *data, stdin="")
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", 1),
        ("a=1.5", 1.5),
        ("a=true", True),
        ("a=null", None),
        ("a=[1,2]", [1, 2]),
        ("a=on", "on"),
        ('a="1"', "1"),
    ],
)
def test_values_of_pairs_are_json_or_text(text, value):
    ((item,),) = encode.read_data((text,))
    assert item.message == {"a": value}


# ---- requests ----


def test_push_and_replace_are_bodies():
    for form in ("push", "replace"):
        result = run("x.js", "interval=7", "--as", form)
        assert result.stdout == '{"downlinks":[{"f_port":3,"frm_payload":"Bw=="}]}\n'


def test_all_the_data_goes_into_one_request():
    result = run("x.js", "-", "--as", "push", stdin='{"interval":1}\n{"interval":2,"odd":true}\n')
    assert [item["frm_payload"] for item in json.loads(result.stdout)["downlinks"]] == ["AQ==", "Ag=="]
    assert result.stderr == "octavo: odd\n"


def test_a_request_is_printed_whole_or_not_at_all():
    result = run("x.js", "-", "--as", "push", stdin='{"interval":1}\n{"bad":true}\n')
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "octavo: line 2: x.js: bad\n")


def test_clear_takes_no_data():
    result = run("x.js", "--as", "clear")
    assert (result.exit_code, result.stdout) == (0, '{"downlinks":[]}\n')


def test_v2_and_mqtt_name_the_device():
    v2 = run("x.js", "interval=7", "--as", "v2", "--device-id", "my-dev")
    assert (v2.stdout, v2.stderr) == ('{"dev_id":"my-dev","port":3,"payload_raw":"Bw=="}\n', "")
    mqtt = run("x.js", "interval=7", "--as", "mqtt", "--device-id", "my-dev", "--application", "my-app@my-tenant")
    (publication,) = rows(mqtt)
    assert publication["topic"] == "v3/my-app@my-tenant/devices/my-dev/down/push"
    assert json.loads(publication["payload"])["downlinks"][0]["frm_payload"] == "Bw=="


def test_curl_keeps_the_key_in_the_environment():
    names = [
        "--server",
        "https://eu1.cloud.thethings.network",
        "--application",
        "app-b",
        "--device-id",
        "dev-d",
    ]
    result = run("x.js", "interval=7", "--as", "curl", *names, "--webhook", "hook1")
    assert "Bearer $OCTAVO_API_KEY" in result.stdout
    assert result.stdout.rstrip().endswith(
        "https://eu1.cloud.thethings.network/api/v3/as/applications/app-b/webhooks/hook1/devices/dev-d/down/push"
    )
    assert result.stderr == ""


def test_what_stands_for_the_users_own_is_said():
    result = run("x.js", "interval=7", "--as", "curl")
    assert "dev1 (--device-id)" in result.stderr
    assert "/applications/app1/devices/dev1/down/push" in result.stdout


def test_a_name_that_is_none_is_a_failure():
    result = run("x.js", "interval=7", "--as", "mqtt", "--device-id", "No Such", "--application", "app1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No Such" in result.stderr


@given(st.text())
def test_any_argument_is_data_or_wrong_usage(text):
    if text[:1] in {"@", "-"}:
        text = f"={text}"
    try:
        batches = list(encode.read_data((text,)))
    except Misuse:
        batches = []
    assert len(batches) < 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["a=1", "--server", "https://x.example"], "--server: only with --as curl"),
        (["a=1", "--as", "push", "--device-id", "dev1"], "--device-id: only with --as v2 or mqtt or curl"),
        (["a=1", "--as", "mqtt", "--webhook", "hook1"], "--webhook: only with --as curl"),
        (["--as", "clear", "-p", "2"], "-p: a queue is cleared on all ports"),
        (["a=1", "--as", "curl", "--json"], "--json: --as curl prints a command"),
    ],
)
def test_options_that_cannot_act_are_wrong_usage(options, words):
    result = run("x.js", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"octavo: {words}")


VARIABLES = "function encodeDownlink(input) { return { bytes: [Number(input.variables.a)], fPort: 3 }; }"


def test_variables_reach_the_encoder_of_chirpstack(tmp_path):
    (tmp_path / "v.js").write_text(VARIABLES, encoding="utf-8")
    result = run("v.js", "{}", "--dialect", "chirpstack4", "--variable", "a=5")
    assert rows(result)[0]["hex"] == "05"
    assert result.stderr == ""


def test_variables_that_nobody_hears_of_are_said():
    assert "--variable: x.js (dialect tts) takes no notice of it" in run("x.js", "{}", "--variable", "a=5").stderr
