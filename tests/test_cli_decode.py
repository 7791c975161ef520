"""``octavo decode``: payload texts, messages, files, streams, and what goes wrong."""

import json

import pytest
from click.testing import CliRunner

from octavo.cli import inputs, main, output

from .decoding import rows, run

MEMBERS = ["data", "warnings", "normalized", "normalized_warnings", "log", "notes", "error"]
LPP = "03670110"
LPP_DATA = {"temperature_3": 27.2}

SCRIPT = """function decodeUplink(input) {
  console.log("port", input.fPort);
  if (input.bytes[0] === 0xff) { throw new Error("boom"); }
  var at = input.recvTime.toISOString();
  return { data: { n: input.bytes[0], port: input.fPort, now: Date.now(), at: at }, warnings: ["w"] };
}
function decodeDownlink(input) { return { data: { down: input.bytes[0] } }; }
"""

UPLINK = {
    "end_device_ids": {"device_id": "dev1", "application_ids": {"application_id": "app1"}},
    "uplink_message": {"f_port": 1, "frm_payload": "A2cBEA=="},
}

TOPIC = "v3/app1/devices/dev1/up"
WHOLE = f"{TOPIC} {json.dumps(UPLINK)}"


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.js").write_text(SCRIPT, encoding="utf-8")
    return "x.js"


# ---- payloads ----


@pytest.mark.parametrize("text", [LPP, "03 67 01 10", "0x03670110", "[3, 103, 1, 16]", "3,103,1,16", "A2cBEA=="])
def test_a_payload_is_read_and_decoded(text):
    result = run("cayennelpp", text, "-p", "1")
    (row,) = rows(result)
    assert (row["data"], row["error"], list(row)) == (LPP_DATA, None, MEMBERS)
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_port_that_is_taken_is_said_once():
    result = run("cayennelpp", LPP, LPP)
    assert result.stderr == "octavo: no -p: FPort 1 is taken\n"
    assert len(rows(result)) == 2


def test_a_failure_is_a_row_a_sentence_and_exit_code_1():
    result = run("cayennelpp", LPP, "0366", "-p", "1")
    first, second = rows(result)
    assert (first["data"], second["data"], second["error"]["name"]) == (LPP_DATA, None, "output")
    assert result.stderr.startswith("octavo: payload 2: invalid output")
    assert result.exit_code == 1


def test_a_bad_text_names_its_character():
    result = run("cayennelpp", "--input", "hex", "03670g")
    (row,) = rows(result)
    assert (row["error"]["name"], row["error"]["offset"], result.exit_code) == ("invalid_payload", 5, 1)
    assert result.stderr == "octavo: found 'g' at offset 5 of the payload, expected a hex digit\n"


def test_two_readings_are_exit_code_2_until_input_says():
    result = run("cayennelpp", "AAAA")
    assert result.exit_code == 2
    assert "hex aaaa or base64 000000: say --input hex or base64" in result.stderr
    assert rows(result)[0]["error"]["name"] == "invalid_payload"
    assert run("cayennelpp", "--input", "base64", "AAAA").exit_code == 0


def test_an_odd_number_of_hex_digits_is_doubted():
    assert "3 hex digits: one is missing or too many? It is taken for base64" in run("cayennelpp", "00E").stderr
    assert run("cayennelpp", "00E", "--input", "base64", "-p", "1").stderr.count("octavo:") == 1


def test_a_payload_that_begins_with_a_dash_goes_after_two():
    result = run("cayennelpp", "-_-_")
    assert result.exit_code == 2
    assert "goes after --" in result.stderr
    assert rows(run("cayennelpp", "-p1", "--", "-_-_"))[0]["error"]["name"] == "output"


def test_options_reach_the_script(script):
    pinned = ["--now", "2026-11-21T12:00:00Z", "--recv-time", "2026-01-02T03:04:05.6Z"]
    result = run(script, "07", "-p", "9", *pinned, "--variable", "a=b", "--variable", "c=")
    (row,) = rows(result)
    assert row["data"] == {
        "n": 7,
        "port": 9,
        "now": 1795262400000,
        "at": "2026-01-02T03:04:05.600Z",
    }
    assert (row["log"], row["warnings"]) == (["port 9"], ["w"])


MESSAGE = {"uplink_message": {"f_port": 1, "frm_payload": "A2cBEA=="}}
MOMENT = "2026-01-02T03:04:05Z"


@pytest.mark.parametrize("options", [["--downlink"], ["--recv-time", MOMENT], ["--downlink", "--recv-time", MOMENT]])
def test_what_is_for_payloads_only_is_wrong_usage_with_a_message(options):
    result = run("cayennelpp", "-p1", *options, LPP, json.dumps(MESSAGE))
    named = ", ".join(option for option in options if option.startswith("--"))
    assert result.exit_code == 2
    assert result.stderr.endswith(f"octavo: payload 2: {named}: for payloads only, and this is a message\n")


@pytest.mark.parametrize("command", [["decode", "cayennelpp"], ["validate", "-"]])
def test_a_topic_that_no_network_has_is_wrong_usage(command):
    result = CliRunner().invoke(main, [*command, "--topic", "foo"], input=json.dumps(MESSAGE))
    assert result.exit_code == 2
    assert "no network has the topic 'foo'" in result.stderr


def test_a_topic_is_for_messages_only():
    result = run("cayennelpp", "-p1", "--topic", TOPIC, LPP)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "octavo: --topic: for messages only, and this is a payload\n"


def test_a_message_s_own_topic_counts_before_the_given_one():
    result = run("cayennelpp", "--topic", "my-app/devices/my-dev/events/create", "-", stdin=WHOLE)
    assert rows(result)[0]["uplink_message"]["decoded_payload"] == LPP_DATA


@pytest.mark.parametrize(
    ("arguments", "unheard"),
    [
        (["cayennelpp", LPP], ["--now", "--recv-time", "--variable"]),
        (["codecs:milesight/em300-th", "0367"], ["--now", "--recv-time", "--variable"]),
        (["x.js", "07"], ["--variable"]),
        (["x.js", "07", "--dialect", "tts-3.32"], ["--recv-time", "--variable"]),
        (["x.js", "07", "--downlink"], ["--recv-time", "--variable"]),
    ],
)
@pytest.mark.usefixtures("script")
def test_options_that_a_device_never_hears_of_are_said(arguments, unheard):
    result = run(*arguments, "-p1", "--now", MOMENT, "--recv-time", MOMENT, "--variable", "a=b")
    told = [line for line in result.stderr.splitlines() if line.endswith("takes no notice of it")]
    assert [line.split(": ")[1] for line in told] == unheard
    assert len(rows(result)) == 1


def test_downlinks_are_decoded_by_their_own_function(script):
    assert rows(run(script, "--downlink", "07", "-p", "1"))[0]["data"] == {"down": 7}


def test_a_script_that_throws_says_where(script):
    result = run(script, "ff", "-p", "1")
    (row,) = rows(result)
    assert (row["error"]["name"], row["error"]["file"], row["error"]["line"]) == ("script", "x.js", 3)
    assert row["log"] == ["port 1"]
    assert result.stderr.startswith("octavo: x.js:3:")


def test_an_odd_number_of_hex_digits_is_said():
    result = run("cayennelpp", "FE0C5", "-p", "1")
    assert result.stderr.startswith("octavo: 5 hex digits: one is missing or too many?")


def test_the_name_of_a_file_is_taken_for_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "up_ok.json").write_text(json.dumps(UPLINK), encoding="utf-8")
    result = run("cayennelpp", "up_ok.json")
    assert result.exit_code == 2
    assert "did you mean @up_ok.json?" in result.stderr


def test_the_option_is_named_where_the_library_asks_for_a_port():
    message = {**UPLINK, "uplink_message": {"frm_payload": "A2cBEA=="}}
    assert "give f_port (-p)" in run("cayennelpp", json.dumps(message)).stderr


def test_a_port_that_is_none_is_wrong_usage():
    result = run("cayennelpp", LPP, "-p", "x")
    assert result.exit_code == 2
    assert "'x' is no FPort: a whole number from 0 to 255 was expected" in result.stderr


# ---- files and standard input ----


def test_lines_of_standard_input_are_answered_in_order():
    text = f"{LPP}\n\n  A2cBEA==  \r\nzz!\n[3,103,1,16]"
    result = run("cayennelpp", "-p", "1", stdin=text)
    assert [row["data"] for row in rows(result)] == [LPP_DATA, LPP_DATA, None, LPP_DATA]
    assert result.stderr.startswith("octavo: standard input:4: found '!'")
    (error,) = (row["error"] for row in rows(result) if row["error"])
    assert (error["file"], error["line"], error["offset"]) == ("standard input", 4, 2)


def test_a_file_holds_lines_too(tmp_path):
    path = tmp_path / "payloads.txt"
    path.write_bytes(b"\xef\xbb\xbf" + f"{LPP}\n{LPP}\n".encode())
    result = run("cayennelpp", "-p", "1", LPP, f"@{path}")
    assert [row["data"] for row in rows(result)] == [LPP_DATA] * 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\x7fELF\0\0", "is binary"),
        (b"\xff\xfe0\x003\x00", "UTF-16"),
    ],
)
def test_a_file_that_holds_no_text_is_wrong_usage(tmp_path, content, words):
    path = tmp_path / "x"
    path.write_bytes(content)
    result = run("cayennelpp", f"@{path}")
    assert result.exit_code == 2
    assert words in result.stderr


def test_what_is_no_file_is_wrong_usage(tmp_path):
    for name, words in [(f"@{tmp_path}", "is a folder"), ("@no/such", "there is no file no/such"), ("@", "")]:
        result = run("cayennelpp", name)
        assert result.exit_code == 2
        assert words in result.stderr


def test_a_line_that_is_not_utf_8_is_an_error_in_its_place(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"\xff\n" + LPP.encode())
    bad, good = rows(run("cayennelpp", "-p1", f"@{path}"))
    assert (bad["error"]["message"], bad["error"]["line"], good["data"]) == (
        "not UTF-8 at byte 0",
        1,
        LPP_DATA,
    )


def test_a_line_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(inputs, "LINE_BYTES", 100)
    result = run("cayennelpp", stdin="00" * 100)
    assert result.exit_code == 2
    assert "line 1 is longer than 100 bytes" in result.stderr


def test_empty_standard_input_is_wrong_usage():
    result = run("cayennelpp", stdin="")
    assert (result.exit_code, result.stderr) == (
        2,
        "octavo: standard input is empty: payloads or messages were expected\n",
    )


def test_nothing_at_all_on_a_terminal_is_wrong_usage(monkeypatch):
    monkeypatch.setattr("octavo.cli.inputs.is_terminal", lambda _stream: True)
    result = run("cayennelpp")
    assert result.exit_code == 2
    assert result.stderr.startswith("octavo: no payload: give hex")


def test_many_failures_are_counted_not_listed():
    result = run("cayennelpp", "-p", "1", stdin="03\n" * 20 + LPP)
    sentences = result.stderr.splitlines()
    assert (len(sentences), sentences[-1]) == (6, "octavo: 20 of 21 failed")


# ---- messages ----


def test_a_message_in_gives_the_same_message_out_decoded():
    (out,) = rows(run("cayennelpp", json.dumps(UPLINK)))
    assert out["uplink_message"].pop("decoded_payload") == LPP_DATA
    assert out == UPLINK


def test_a_message_over_several_lines_is_one(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(UPLINK, indent=2) + "\n", encoding="utf-8")
    (out,) = rows(run("cayennelpp", f"@{path}"))
    assert out["uplink_message"]["decoded_payload"] == LPP_DATA


def test_lines_of_mosquitto_sub_bring_their_topic():
    text = (
        f"v3/app1/devices/dev1/up {json.dumps(UPLINK)}\n"
        'my-app/devices/my-dev/up {"port":1,"counter":2,"payload_raw":"A2cBEA=="}\n'
        "my-app/devices/my-dev/events/create (null)\n"
        f"v3/app1/devices/dev1/up {json.dumps(UPLINK, indent=1)}\n"
        "my-app/devices/my-dev/up/temp 12.5\n"
    )
    result = run("cayennelpp", stdin=text)
    first, second, third, fourth, fifth = rows(result)
    assert first["uplink_message"]["decoded_payload"] == LPP_DATA
    assert second["payload_fields"] == LPP_DATA
    assert third["data"] is None
    assert fourth == first
    assert fifth == 12.5
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "broken",
    [
        f'{TOPIC} {{"end_device_ids":{{"dev',
        f'{TOPIC} {{"end_device_ids":{{"device_id":"dev1"',
        f'{TOPIC} {{"end_device_ids":tr',
        '{"end_device_ids":{"dev',
    ],
)
@pytest.mark.parametrize("after", [f"{WHOLE}\n{WHOLE}\n", f"\n{WHOLE}\n{LPP}\n"], ids=["topics", "blank, payload"])
def test_a_topic_line_ends_a_message_that_breaks_off(broken, after):
    result = run("cayennelpp", "-p", "1", stdin=f"{broken}\n{after}")
    error, first, second = rows(result)
    assert (error["error"]["file"], error["error"]["line"]) == ("standard input", 1)
    assert first["uplink_message"]["decoded_payload"] == LPP_DATA
    assert LPP_DATA in (second.get("data"), second.get("uplink_message", {}).get("decoded_payload"))


@pytest.mark.parametrize("payload", [LPP, "[3,103,1,16]", "A2cBEA=="])
def test_a_payload_line_ends_a_topic_message_that_breaks_off(payload):
    blocks = inputs._Blocks("x", inputs.read_message)
    assert list(blocks.feed(1, f'{TOPIC} {{"a":{{"b":1'.encode())) == []
    assert [item.line for item in blocks.feed(2, payload.encode())] == [1, 2]
    assert blocks.open == []


def test_a_topic_message_over_several_lines_is_one_message():
    result = run("cayennelpp", stdin=f"{TOPIC} {json.dumps(UPLINK, indent=1)}\n{WHOLE}\n")
    assert [row["uplink_message"]["decoded_payload"] for row in rows(result)] == [LPP_DATA] * 2


def test_rows_keep_the_order_of_lines_that_are_not_text():
    text = b'{"end_device_ids":\n\xff\xfe\n' + f"{LPP}\n".encode()
    found = rows(run("cayennelpp", "-p", "1", stdin=text))
    assert [row["error"] and row["error"]["line"] for row in found] == [1, 2, None]


def test_a_topic_can_be_given_for_all_messages():
    result = run("cayennelpp", "--topic", "my-app/devices/my-dev/down", '{"payload_raw":"AA==","port":1}')
    assert result.exit_code == 0
    assert "a downlink" in result.stderr


def test_what_is_not_decoded_is_said_and_is_no_failure():
    message = {"uplink_message": {"frm_payload": "A2cBEA=="}}
    result = run("cayennelpp", json.dumps(message))
    assert (rows(result), result.exit_code) == ([message], 0)
    assert "the server would not decode this" in result.stderr


def test_what_a_message_has_no_place_for_goes_to_standard_error(script):
    result = run(script, json.dumps(UPLINK))
    assert result.stderr == "octavo: log: port 1\n"


def test_remarks_are_not_endless():
    lines = (
        json.dumps({**UPLINK, "uplink_message": {"frm_payload": "AQ==", "f_port": port}}) for port in range(224, 256)
    )
    result = run("cayennelpp", stdin="\n".join(lines))
    assert len(result.stderr.splitlines()) <= output.Remarks.MOST + 7


def test_a_port_that_is_given_decodes_it_all_the_same():
    message = {"uplink_message": {"frm_payload": "A2cBEA=="}}
    (out,) = rows(run("cayennelpp", json.dumps(message), "-p", "1"))
    assert out["uplink_message"]["decoded_payload"] == LPP_DATA


def test_a_message_that_cannot_be_told_is_a_failure_and_comes_out_as_it_is():
    result = run("cayennelpp", '{"a":1}')
    assert (rows(result), result.exit_code) == ([{"a": 1}], 1)


def test_a_broken_object_does_not_swallow_what_follows():
    text = f'{{"open": \n{json.dumps(UPLINK)}\n{{"never":\n{LPP}\n{LPP}\n'
    result = run("cayennelpp", "-p", "1", stdin=text)
    first, second, third, fourth, fifth = rows(result)
    assert [row["error"]["line"] for row in (first, third)] == [1, 3]
    assert second["uplink_message"]["decoded_payload"] == LPP_DATA
    assert (fourth["data"], fifth["data"]) == (LPP_DATA, LPP_DATA)
    assert result.exit_code == 1


def test_an_object_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(inputs, "BLOCK_LINES", 3)
    result = run("cayennelpp", "-p", "1", stdin='{"a":\n' + f"{LPP}\n" * 5)
    assert [row["data"] for row in rows(result)] == [None, *[LPP_DATA] * 5]


def test_a_line_inside_a_message_is_named_by_its_place_in_the_file():
    text = f'{LPP}\n\n{{"uplink_message": {{\n"f_port": 1,\n}}}}\n{LPP}\n'
    result = run("cayennelpp", "-p", "1", stdin=text)
    first, second, third = rows(result)
    assert (first["data"], third["data"]) == (LPP_DATA, LPP_DATA)
    assert (second["error"]["line"], second["error"]["message"][-18:]) == (5, "(line 5, column 1)")


@pytest.mark.parametrize(
    "line",
    [
        "a/" * 100_000 + " {",
        "a/" * 100_000,
        '{"' + '\\"' * 100_000,
        "{" + '"' * 100_000,
        "[" * 100_000,
        "ff" * 100_000 + "f",
        "1" * 100_001,
        "A" * 100_000,
    ],
    ids=["topic", "levels", "escapes", "quotes", "brackets", "odd hex", "digits", "two readings"],
)
def test_no_line_takes_long_or_is_told_at_length(line):
    """Each took seconds to minutes, or was repeated whole in the sentence, before the readers were linear."""
    result = run("cayennelpp", "-p", "1", stdin=line)
    assert result.exit_code in {1, 2}
    assert len(result.stderr) < 500


def test_payloads_and_messages_keep_their_order():
    text = f"{LPP}\n{json.dumps(UPLINK)}\nzz!\n{LPP}\n{json.dumps(UPLINK)}\n"
    result = run("cayennelpp", "-p", "1", stdin=text)
    kinds = ["message" if "uplink_message" in row else "error" if row["error"] else "data" for row in rows(result)]
    assert kinds == ["data", "message", "error", "data", "message"]


# ---- the device ----


@pytest.mark.parametrize(
    ("device", "words", "status"),
    [
        ("no/such", "there is no device 'no/such'", 2),
        ("none.js", "no such script", 2),
        ("none.yaml", "no such file", 2),
        (".", "is a folder", 2),
        ("cayennelp", "did you mean cayennelpp or mydevices/cayennelpp?", 2),
    ],
)
def test_a_device_that_is_not_there_is_one_sentence(device, words, status):
    result = run(device, "00")
    assert (result.exit_code, result.stdout) == (status, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--dialect", "nobody"],
        ["--now", "yesterday"],
        ["--recv-time", "2026-01-01T00:00:00"],
        ["--variable", "novalue"],
        ["-p", "256"],
        ["--input", "octal"],
    ],
)
def test_options_are_checked(script, options):
    assert run(script, "00", *options).exit_code == 2
