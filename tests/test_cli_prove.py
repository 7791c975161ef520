"""``octavo prove``: what it says, its exit codes, and what it refuses."""

import json

import pytest
from click.testing import CliRunner

from octavo.cli import main

pytest.importorskip("numpy", reason="the columns need numpy, the extra `columns`")

DECLARATION = """
from construct import Int16sb, Int8ub, Struct
from octavo.codecs import Codec, Scaled
codec = Codec(
    name="acme/ts1",
    uplink={1: Struct("temperature" / Scaled(Int16sb, per_unit=10, unit="°C", minimum=-40))},
    downlink={10: Struct("interval" / Scaled(Int8ub, unit="min"))},
)
"""
pytestmark = pytest.mark.usefixtures("warm_pool")


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "codecs" / "acme"
    folder.mkdir(parents=True)
    (folder / "ts1.py").write_text(DECLARATION, encoding="utf-8")
    return tmp_path


def run(*args):
    result = CliRunner().invoke(main, ["prove", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def script():
    return CliRunner().invoke(main, ["generate", "acme/ts1", "--to", "javascript"]).stdout


def edited(workspace, old, new):
    text = script()
    assert text.count(old) == 1
    file = workspace / "edited.js"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return str(file)


def test_all_equal(workspace):
    done = run("acme/ts1", "--frames", "200", "--seed", "3")
    assert done.exit_code == 0
    row = json.loads(done.stdout)
    assert (row["device"], row["seed"], row["difference"]) == ("acme/ts1", 3, None)
    assert row["inputs"] == {"decode_uplink": 100, "decode_downlink": 50, "encode_downlink": 50}
    assert {"quick", "columns", "tts"} <= row["compared"].keys()
    assert not list(workspace.glob("octavo-*"))


def test_a_seed_is_drawn_and_said():
    seeds = {json.loads(run("acme/ts1", "--frames", "8", "--dialect", "tts").stdout)["seed"] for _ in range(3)}
    assert len(seeds) > 1


def test_a_difference_is_shown_with_the_command_that_shows_it_again(workspace):
    file = edited(workspace, "/ 10", "/ 100")
    done = run("acme/ts1", "--frames", "400", "--seed", "1", "--javascript", file, "--dialect", "ttn2")
    assert done.exit_code == 1
    found = json.loads(done.stdout)["difference"]
    assert (found["operation"], found["side"], found["f_port"]) == ("decode_uplink", "ttn2", 1)
    assert found["data"] is None
    again = CliRunner().invoke(main, ["decode", "acme/ts1", found["hex"], "-p", "1", "--json"])
    assert json.loads(again.stdout)["data"] == json.loads(found["declared"])["data"]


def test_a_difference_in_encoding_shows_the_data(workspace):
    file = edited(workspace, "bytes.push(Math.floor(", "bytes.push(1 + Math.floor(")
    found = json.loads(run("acme/ts1", "--frames", "400", "--seed", "1", "--javascript", file).stdout)["difference"]
    assert (found["operation"], found["hex"]) == ("encode_downlink", None)
    assert set(found["data"]) == {"interval"}


@pytest.mark.parametrize(
    ("given", "status", "sentence"),
    [
        (["dragino/lht65", "acme/ts1", "--javascript", "codecs/acme/ts1.py"], 2, "--javascript is held against one"),
        (["formatters:dragino/lht65"], 1, "formatters:dragino/lht65 is a JavaScript formatter: only a declared codec"),
        (["cayennelpp"], 1, "cayennelpp is CayenneLPP of a network: only a declared codec"),
        (["acme/ts2"], 2, "ts2"),
        (["acme/ts1", "--frames", "0"], 2, "--frames"),
        (["acme/ts1", "--javascript", "none.js"], 2, "none.js"),
    ],
)
def test_what_is_refused(given, status, sentence):
    done = run(*given)
    assert done.exit_code == status
    assert sentence in done.stderr


def test_a_script_that_is_no_text_is_one_sentence(workspace):
    (workspace / "bad.js").write_bytes(b"\xff\xfe")
    done = run("acme/ts1", "--javascript", "bad.js")
    assert done.exit_code == 1
    assert "bad.js" in done.stderr
    assert "UTF-8" in done.stderr


def test_a_script_that_does_not_load_is_a_difference(workspace):
    (workspace / "broken.js").write_text("function decodeUplink( {", encoding="utf-8")
    found = json.loads(run("acme/ts1", "--javascript", "broken.js", "--frames", "40", "--dialect", "tts").stdout)
    assert "SyntaxError" in found["difference"]["got"]
