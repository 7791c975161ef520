"""``octavo compare``: archives from files and pipes, what it says of them, and how it ends."""

import json
import re
import shlex
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from octavo.cli import main

from .archive import chirpstack4, lines, v2, v3
from .terminal import environment, plain, shown

WARM = bytes.fromhex("03670110")
GOOD = v3(WARM, {"temperature_3": 27.2})
SINGLE = v3(WARM, {"temperature_3": 27.200000762939453})
JOIN = {"end_device_ids": {"device_id": "probe-1"}, "join_accept": {"session_key_id": "AXBSH1Pk6Z0G166RlH16CQ=="}}
BROKEN = v3(bytes.fromhex("0366"), {"temperature_3": 1})
PLACE = "/uplink_message/decoded_payload/temperature_3"

ROW = ["outcome", "file", "line", "ids", "f_port", "frm_payload", "diff", "error"]
SUMMARY = [
    *("outcome", "messages", "compared", "agree", "differ", "failed", "not_compared"),
    *("paths", "paths_left_out", "dialects"),
]


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Writes an archive of messages, whose name it gives."""
    monkeypatch.chdir(tmp_path)

    def write(*messages, name="a.jsonl"):
        (tmp_path / name).write_text(lines(*messages), encoding="utf-8")
        return name

    return write


def run(*args, stdin=None):
    result = CliRunner().invoke(main, ["compare", *args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_all_agree(archive):
    result = run("cayennelpp", archive(GOOD, JOIN, v2(WARM, {"temperature_3": 27.2})))
    (summary,) = rows(result)
    assert list(summary) == SUMMARY
    assert (summary["compared"], summary["agree"], summary["not_compared"]) == (2, 2, {"join": 1})
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_difference_is_a_row_a_path_and_exit_code_1(archive):
    result = run("cayennelpp", archive(GOOD, SINGLE), "--json")
    row, summary = rows(result)
    assert list(row) == ROW
    assert (row["outcome"], row["file"], row["line"], row["f_port"]) == ("differs", "a.jsonl", 2, 1)
    assert (row["ids"]["device_id"], row["frm_payload"], row["error"]) == ("probe-1", "A2cBEA==", None)
    message = f"{PLACE}: expected 27.200000762939453, got 27.2"
    found = {"path": PLACE, "expected": 27.200000762939453, "got": 27.2, "message": message}
    assert row["diff"] == [found]
    (path,) = summary["paths"]
    told = {"name": "float32_there", "message": "the server's number is ours in single precision (float32)"}
    assert path == found | {"messages": 1, "file": "a.jsonl", "line": 2, "explanation": told}
    assert (summary["outcome"], summary["agree"], summary["differ"], result.exit_code) == ("summary", 1, 1, 1)


def test_the_tolerance_and_the_number_of_paths(archive):
    name = archive(SINGLE, v3(WARM, {"a": 1, "b": 2}))
    assert rows(run("cayennelpp", name))[-1]["differ"] == 2
    assert rows(run("cayennelpp", name, "--tolerance", "0.001"))[-1]["differ"] == 1
    assert len(rows(run("cayennelpp", name))[-1]["paths"]) == 3
    assert len(rows(run("cayennelpp", name, "--first", "1"))[-1]["paths"]) == 1


def test_every_form_of_archive_is_read(archive):
    with_topic = f"v3/app1/devices/probe-1/up {json.dumps(GOOD)}"
    spread = json.dumps(GOOD, indent=2)
    name = archive(GOOD, with_topic, spread)
    result = run("cayennelpp", name, "-", archive(spread, name="b.json"), stdin=lines(GOOD))
    assert rows(result)[-1]["agree"] == 5
    assert result.exit_code == 0


def test_what_cannot_be_read_or_decoded_is_a_row_and_a_sentence(archive):
    result = run("cayennelpp", archive(GOOD, '{"cut', BROKEN, {"hello": 1}, GOOD))
    *bad, summary = rows(result)
    assert [(row["outcome"], row["line"]) for row in bad] == [("not_json", 2), ("failed", 3), ("unknown_kind", 4)]
    assert [row["error"]["name"] for row in bad] == ["content", "output", "content"]
    assert (summary["compared"], summary["agree"], summary["failed"]) == (3, 2, 1)
    first, second, *_ = result.stderr.splitlines()
    assert first.startswith("octavo: a.jsonl:2: not JSON")
    assert second.startswith("octavo: a.jsonl:3: invalid output")
    assert result.exit_code == 1


@pytest.mark.parametrize("message", [JOIN, v3(WARM), {"hello": 1}], ids=["join", "undecoded", "unknown"])
def test_nothing_compared_is_exit_code_1(archive, message):
    result = run("cayennelpp", archive(message))
    assert (rows(result)[-1]["compared"], result.exit_code) == (0, 1)


@pytest.mark.parametrize("message", ["{", {}, {"hello": 1}], ids=["not JSON", "ambiguous", "unknown"])
def test_a_message_that_cannot_be_read_is_exit_code_1(archive, message):
    assert run("cayennelpp", archive(GOOD, message)).exit_code == 1


def test_a_port_and_a_topic_from_outside(archive):
    portless = archive(v3(WARM, {"temperature_3": 27.2}, f_port=0))
    result = run("cayennelpp", portless)
    assert (rows(result)[-1]["not_compared"], result.exit_code) == ({"no_port": 1}, 1)
    assert run("cayennelpp", portless, "-p", "1").exit_code == 0
    assert run("cayennelpp", archive(GOOD), "--topic", "v3/app1/devices/probe-1/join").exit_code == 1


def test_missing_and_empty_files_do_not_stop_the_others(archive):
    archive(name="empty.jsonl")
    result = run("cayennelpp", "none.jsonl", "empty.jsonl", archive(GOOD))
    assert (rows(result)[-1]["agree"], result.exit_code) == (1, 2)
    assert result.stderr == (
        "octavo: there is no file none.jsonl\noctavo: empty.jsonl is empty: messages as JSON were expected\n"
    )


@pytest.mark.parametrize("args", [["cayennelpp"], ["nobody/nothing", "a"], ["cayennelpp", "a", "--tolerance", "-1"]])
def test_wrong_usage(args):
    assert run(*args).exit_code == 2


def test_a_flavour_that_fits_better_is_named(archive):
    warm = chirpstack4(WARM, {"temperatureSensor": {"3": 27.2}})
    name = archive(warm, warm)
    summary = rows(run("cayennelpp:tts", name))[-1]
    assert summary["dialects"] == [{"dialect": "chirpstack4", "messages": 2, "agree": 2, "before": 0}]
    assert run("cayennelpp", name).exit_code == 0


def test_a_dialect_that_fits_better_is_named(archive, tmp_path):
    (tmp_path / "x.js").write_text(
        "function decodeUplink(input) { return { data: { n: input.bytes[0], at: typeof input.recvTime } }; }"
    )
    messages = [v3(bytes([number]), {"n": number, "at": "undefined"}) for number in range(3)]
    summary = rows(run("x.js", archive(*messages)))[-1]
    assert {"dialect": "tts-3.32", "messages": 3, "agree": 3, "before": 0} in summary["dialects"]
    assert run("x.js", "a.jsonl", "--dialect", "tts-3.32").exit_code == 0


def test_a_codec_of_its_own_has_no_other_dialect(archive):
    message = v3(bytes.fromhex("0367340104687b"), {"temperature": 1}, f_port=85)
    summary = rows(run("codecs:milesight/em300-th", archive(message)))[-1]
    assert (summary["differ"], summary["dialects"]) == (1, [])


TERMINAL = """\
octavo: a.jsonl:4: invalid output (EOF)
5 messages, 4 compared: 1 agree, 2 differ, 1 failed here
  not compared: join (1)
  in /uplink_message/decoded_payload:
  path            messages  first      server's                  ours
  /temperature_3  1         a.jsonl:3  27.200000762939453        27.2
  /x              1         a.jsonl:5  ["aaaaaaaaaaaaaaaaaaaaa…  nothing
  /temperature_3: the server's number is ours in single precision (float32)
  /x: only the server has it: the formatter is of another version, or octavo's dialect leaves it out
"""


def test_a_terminal_gets_totals_a_table_and_explanations(archive, tmp_path):
    archive(GOOD, JOIN, SINGLE, BROKEN, v3(WARM, {"temperature_3": 27.2, "x": ["a" * 99]}))
    status, text = shown("octavo compare cayennelpp a.jsonl", tmp_path, environment())
    assert (status, plain(text)) == (1, TERMINAL)


def test_a_terminal_is_told_of_paths_that_are_left_out(archive, tmp_path):
    archive(v3(WARM, {f"k{number}": number for number in range(30)}))
    _, text = shown("octavo compare cayennelpp a.jsonl --first 2", tmp_path, environment())
    assert re.findall(r"^  /\w+", plain(text), re.MULTILINE) == ["  /k0", "  /k1", "  /k0", "  /k1"]
    assert "  29 more paths (--first shows more)" in plain(text)


def test_the_words_of_a_message_do_not_steer_a_terminal(archive, tmp_path):
    archive(v3(WARM, {"\x1b[31mred": "\x1b]0;title\x07"}))
    _, text = shown("octavo compare cayennelpp a.jsonl", tmp_path, environment())
    assert "\x1b]0;" not in text
    assert "\x1b[31mred" not in text


def test_interrupted_is_one_sentence(archive, tmp_path):
    archive(GOOD)
    command = f"{shlex.quote(sys.executable)} -c 'from octavo.cli import main; main()' compare cayennelpp -"
    with subprocess.Popen(
        shlex.split(command), cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdin.write(f"{lines(SINGLE)}".encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["outcome"] == "differs"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said) == (130, b"octavo: interrupted\n")
