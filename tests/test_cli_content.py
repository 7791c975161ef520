"""``octavo list``, ``octavo show`` and ``octavo test``."""

import json

import pytest
from click.testing import CliRunner

from octavo.cli import main

SCRIPT = "function decodeUplink(input) { return { data: { n: input.bytes[0] } }; }\n"
CODEC = """
uplinkDecoder:
  fileName: x.js
  examples:
    - description: one
      input: {bytes: [1], fPort: 1}
      output: {data: {n: 1}}
    - description: two
      input: {bytes: [2], fPort: 1}
      output: {data: {n: 3}}
"""
UNITS = {"properties": {"n": {"unit": "°C"}}}


@pytest.fixture(autouse=True)
def vendor(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "formatters" / "acme"
    folder.mkdir(parents=True)
    (folder / "x.js").write_text(SCRIPT, encoding="utf-8")
    (folder / "x.yaml").write_text(CODEC, encoding="utf-8")
    (folder / "x.uplink.schema.json").write_text(json.dumps(UNITS), encoding="utf-8")
    return folder


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr("octavo.cli.output.is_terminal", lambda _stream: True)


def run(*args):
    result = CliRunner().invoke(main, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


# ---- list ----


def test_list_names_the_workspace_and_what_is_shipped(vendor):
    by_id = {(row["id"], row["kind"]): row for row in rows(run("list"))}
    assert by_id["acme/x", "formatter"] == {
        "id": "acme/x",
        "kind": "formatter",
        "dialect": "tts",
        "operations": ["decode_uplink"],
        "file": (vendor / "x.yaml").as_posix(),
    }
    assert by_id["cayennelpp", "codec"]["file"] is None
    assert by_id["dragino/lht65", "codec"]["operations"]


def test_list_passes_over_what_is_broken_and_says_so(vendor):
    (vendor / "y.yaml").write_text("uplinkDecoder: 5\n", encoding="utf-8")
    result = run("list", "--json")
    assert result.exit_code == 1
    assert "y.yaml:1:16" in result.stderr
    assert "acme/x" in {row["id"] for row in rows(result)}


@pytest.mark.usefixtures("terminal")
def test_list_is_a_table_on_a_terminal():
    result = run("list")
    assert any(line.split()[:3] == ["acme/x", "formatter", "tts"] for line in result.stdout.splitlines())


# ---- show ----


def test_show_gives_units_and_examples(vendor):
    (details,) = rows(run("show", "acme/x"))
    file = (vendor / "x.yaml").as_posix()
    assert details == {
        "id": "acme/x",
        "kind": "formatter",
        "dialect": "tts",
        "operations": ["decode_uplink"],
        "file": file,
        "units": {"uplink": {"/n": "°C"}, "downlink": None},
        "fields": {
            "uplink": [{"f_port": None, "path": "/n", "type": "", "unit": "°C", "values": "", "required": ""}],
            "downlink": None,
        },
        "examples": [
            {"id": f"{file}::decode_uplink-0", "description": "one"},
            {"id": f"{file}::decode_uplink-1", "description": "two"},
        ],
    }


def test_show_knows_cayennelpp():
    (details,) = rows(run("show", "cayennelpp"))
    assert (details["kind"], details["file"], details["examples"]) == ("codec", None, [])


@pytest.mark.usefixtures("terminal")
def test_show_is_tables_on_a_terminal():
    lines = [line.split() for line in run("show", "acme/x").stdout.splitlines()]
    assert ["operations", "decode_uplink"] in lines
    assert ["/n", "°C"] in lines
    assert ["::decode_uplink-0", "one"] in lines


SHAPES = {
    "$defs": {
        "port-2": {"properties": {"on": {"type": "boolean"}, "mode": {"enum": ["a", "b"]}}, "required": ["on"]},
        "level": {"type": "integer", "minimum": 0, "maximum": 9, "unit": "%"},
    },
    "anyOf": [
        {"properties": {"level": {"$ref": "#/$defs/level"}}, "required": ["level"]},
        {"$ref": "#/$defs/port-2"},
    ],
    "properties": {"list": {"items": {"properties": {"t": {"type": "number", "minimum": 1}}, "required": ["t"]}}},
}


def test_show_lists_all_fields_of_the_schema_by_port(vendor):
    (vendor / "x.downlink.schema.json").write_text(json.dumps(SHAPES), encoding="utf-8")
    (details,) = rows(run("show", "acme/x"))
    cells = [tuple(field.values()) for field in details["fields"]["downlink"]]
    assert sorted(cells, key=str) == sorted(
        [
            (None, "/level", "integer", "%", "0 to 9", "in some forms"),
            (None, "/list/*/t", "number", "", "at least 1", "yes"),
            (2, "/on", "boolean", "", "", "yes"),
            (2, "/mode", "string", "", '"a", "b"', ""),
        ],
        key=str,
    )


@pytest.mark.usefixtures("terminal")
def test_show_puts_the_port_over_its_fields(vendor):
    (vendor / "x.downlink.schema.json").write_text(json.dumps(SHAPES), encoding="utf-8")
    lines = [line.split() for line in run("show", "acme/x").stdout.splitlines()]
    assert ["downlink", "field,", "FPort", "2", "type", "unit", "values", "required"] in lines
    assert ["/on", "boolean", "yes"] in lines


def test_show_of_a_script_lists_the_functions_it_has(vendor):
    (details,) = rows(run("show", str(vendor / "x.js")))
    assert details["operations"] == ["decode_uplink"]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("asked", ["acme/x", "formatters"])
def test_a_terminal_gets_short_ids(tmp_path, asked):
    text = run("test", asked if asked == "acme/x" else str(tmp_path / asked)).stdout
    name = "acme/x" if asked == "acme/x" else "formatters/acme/x.yaml"
    assert f" {name}::decode_uplink-0  one" in text
    assert f"again: octavo test {name}::decode_uplink-1" in text
    assert str(tmp_path) not in text


def test_show_of_what_is_not_there_is_wrong_usage():
    result = run("show", "acme/y")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean acme/x?" in result.stderr


# ---- test ----


def test_test_runs_a_folder():
    result = run("test", "formatters")
    first, second = rows(result)
    assert list(first) == ["id", "file", "operation", "description", "outcome", "notes", "diff"]
    assert first["id"] == "formatters/acme/x.yaml::decode_uplink-0"
    assert [first["outcome"], second["outcome"]] == ["passed", "failed"]
    assert second["diff"] == [{"path": "/data/n", "expected": 3, "got": 2, "message": "/data/n: expected 3, got 2"}]
    assert (result.exit_code, result.stderr) == (1, "2 examples: 1 passed, 1 failed\n")


def test_test_runs_one_example_again():
    result = run("test", "formatters/acme/x.yaml::decode_uplink-0", "acme/x::decode_uplink-0")
    assert [row["outcome"] for row in rows(result)] == ["passed", "passed"]
    assert result.exit_code == 0


@pytest.mark.usefixtures("terminal")
def test_a_failure_is_readable_and_says_how_to_run_it_again():
    result = run("test", "formatters")
    assert result.stdout.splitlines() == [
        "ok     formatters/acme/x.yaml::decode_uplink-0  one",
        "FAILED formatters/acme/x.yaml::decode_uplink-1  two",
        "         /data/n: expected 3, got 2",
        "         again: octavo test formatters/acme/x.yaml::decode_uplink-1",
        "2 examples: 1 passed, 1 failed",
    ]


@pytest.mark.usefixtures("terminal")
def test_the_line_that_throws_is_shown(vendor):
    (vendor / "x.js").write_text("function decodeUplink(input) {\n  throw new Error('boom');\n}\n", encoding="utf-8")
    lines = run("test", "acme/x").stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if "throw new Error" in line)
    assert lines[at].endswith("2 |   throw new Error('boom');")
    assert lines[at + 1].rstrip().endswith("|         ^")


def test_no_examples_is_no_pass(vendor):
    (vendor / "x.yaml").write_text("uplinkDecoder:\n  fileName: x.js\n", encoding="utf-8")
    result = run("test", "formatters")
    assert ([row["outcome"] for row in rows(result)], result.exit_code) == (["untested"], 1)


def test_a_folder_without_codecs_is_wrong_usage(tmp_path):
    (tmp_path / "empty").mkdir()
    result = run("test", "empty")
    assert result.exit_code == 2
    assert "holds no codec YAML" in result.stderr


@pytest.mark.parametrize("path", ["no/such", "formatters/acme/x.yaml::decode_uplink-7"])
def test_what_is_not_there_is_wrong_usage(path):
    assert run("test", path).exit_code == 2
