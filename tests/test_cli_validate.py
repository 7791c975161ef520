"""``octavo validate``: findings with file, line and path."""

import json

import pytest
from click.testing import CliRunner

from octavo.cli import main

GOOD = {
    "end_device_ids": {"device_id": "dev1", "application_ids": {"application_id": "app1"}},
    "received_at": "2026-11-21T12:00:00Z",
    "uplink_message": {
        "f_port": 1,
        "frm_payload": "AQ==",
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}},
            "frequency": "868100000",
        },
        "received_at": "2026-11-21T12:00:00Z",
    },
}
BAD = {**GOOD, "uplink_message": {**GOOD["uplink_message"], "f_port": "x"}}

SCRIPT = "function decodeUplink(input) { return { data: { n: input.bytes[0] } }; }\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.json").write_text(json.dumps(GOOD, indent=1), encoding="utf-8")
    (tmp_path / "lines.jsonl").write_text(f"{json.dumps(GOOD)}\n\n{json.dumps(BAD)}\nnonsense\n", encoding="utf-8")
    (tmp_path / "x.js").write_text(SCRIPT, encoding="utf-8")
    schema = {"properties": {"n": {"maximum": 9}}}
    (tmp_path / "y.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "y.uplink.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    return tmp_path


def run(*args, stdin=None):
    result = CliRunner().invoke(main, ["validate", *args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_good_message_has_no_findings():
    result = run("good.json", "--strict")
    assert (rows(result), result.stderr, result.exit_code) == ([], "", 0)


def test_findings_name_file_line_and_path():
    result = run("good.json", "lines.jsonl")
    first, second = rows(result)
    assert list(first) == ["file", "line", "path", "message", "value", "schema"]
    assert (first["file"], first["line"], first["path"]) == ("lines.jsonl", 3, "/uplink_message/f_port")
    assert (first["value"], second["line"], second["path"]) == ("x", 4, "")
    assert "not JSON" in second["message"]
    assert result.exit_code == 1


def test_standard_input_may_bring_topics():
    result = run("-", stdin="my-app/devices/my-dev/events/create (null)\n")
    assert (rows(result), result.exit_code) == ([], 0)


def test_a_body_that_several_kinds_share_names_them_until_kind_or_topic_says():
    ambiguous = run("-", stdin="{}")
    assert ambiguous.exit_code == 1
    assert "an empty body may be v2.ack" in rows(ambiguous)[0]["message"]
    assert run("-", "--topic", "my-app/devices/my-dev/events/down/acks", stdin="{}").exit_code == 0
    assert run("-", "--kind", "v3.downlinks", stdin='{"downlinks": []}').exit_code == 0


def test_an_unknown_kind_is_wrong_usage():
    result = run("good.json", "--kind", "v3.uplink_mesage")
    assert (result.exit_code, result.stderr) == (
        2,
        "octavo: there is no kind 'v3.uplink_mesage': did you mean v3.uplink_message?\n",
    )


def test_strict_finds_what_tolerant_passes_over():
    odd = json.dumps({**GOOD, "unheard_of": 1})
    assert run("-", stdin=odd).exit_code == 0
    assert rows(run("-", "--strict", stdin=odd))[0]["path"] == "/unheard_of"


def test_a_device_checks_the_decoded_data_too():
    own = {**GOOD, "uplink_message": {**GOOD["uplink_message"], "decoded_payload": {"n": 10}}}
    first, second = rows(run("-", "--device", "y.js", stdin=json.dumps(own)))
    assert first["path"] == "/uplink_message/decoded_payload/n"
    assert first["schema"].startswith("y.uplink.schema.json")
    assert "differs" in second["message"] or "not what the device decodes" in second["message"]
    decoded = {**GOOD, "uplink_message": {**GOOD["uplink_message"], "frm_payload": "Cg=="}}
    (only,) = rows(run("-", "--device", "y.js", stdin=json.dumps(decoded)))
    assert (only["path"], only["value"]) == ("/uplink_message/decoded_payload/n", 10)
    assert run("good.json", "--device", "y.js").exit_code == 0


def test_a_device_without_a_schema_is_wrong_usage():
    result = run("good.json", "--device", "x.js")
    assert result.exit_code == 2
    assert "brings no schema" in result.stderr


@pytest.mark.parametrize(
    ("name", "words"), [("none.json", "there is no file"), (".", "is a folder"), ("-", "is empty")]
)
def test_what_cannot_be_read_is_wrong_usage(name, words):
    result = run(name, stdin="")
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_terminal_gets_lines_and_a_sum(monkeypatch):
    monkeypatch.setattr("octavo.cli.output.is_terminal", lambda _stream: True)
    result = run("lines.jsonl")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("lines.jsonl:3: /uplink_message/f_port: expected ")
    assert lines[-1] == "3 messages, 2 findings"


@pytest.mark.parametrize(("files", "status"), [(["none.json"], 2), (["empty.json", "lines.jsonl"], 2)])
def test_a_file_that_cannot_be_checked_does_not_stop_the_others(folder, monkeypatch, files, status):
    monkeypatch.setattr("octavo.cli.output.is_terminal", lambda _stream: True)
    (folder / "empty.json").write_text("", encoding="utf-8")
    result = run("good.json", *files, "good.json")
    assert result.exit_code == status
    assert "there is no file none.json" in result.stderr or "empty.json is empty" in result.stderr
    last = result.stdout.splitlines()[-1]
    assert last == ("2 messages, 0 findings" if files == ["none.json"] else "5 messages, 2 findings")


@pytest.mark.parametrize(
    ("member", "meant"),
    [("uplink", "uplink_message"), ("uplink_messages", "uplink_message"), ("downlink", "downlinks")],
)
def test_misspelt_members_of_messages_are_named(member, meant):
    (row,) = rows(run("-", stdin=json.dumps({member: {}})))
    assert f"did you mean {meant!r}?" in row["message"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--kind", "v3.uplink"], "did you mean v3.uplink_message?"),
        (["--topic", "foo"], "no network has the topic 'foo'"),
    ],
)
def test_what_no_network_has_is_wrong_usage(options, words):
    result = run(*options, "good.json")
    assert result.exit_code == 2
    assert words in result.stderr


def test_masked_requires_nothing():
    part = '{"uplink_message": {"f_port": 1}}'
    assert run("-", stdin=part).exit_code == 1
    assert run("-", "--masked", stdin=part).exit_code == 0
    both = run("-", "--masked", "--strict", stdin=part)
    assert (both.exit_code, both.stdout) == (2, "")
    assert both.stderr.startswith("octavo: --strict and --masked: one of the two")
