"""``--check`` of ``octavo serve`` and ``octavo listen``: one look that finds everything, each with file and key."""

import os
import re
from contextlib import closing

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.live import check
from octavo.live.stores import open_store

FAULTY = """
stor = "x"
store = "nowhere/octavo.db"
[devices]
"a-*" = "syntax.js"
"b-*" = "nothing.js"
"c-*" = "throws.js"
"d-*" = "syntax.py"
"e-*" = "gone.yaml"
"f-*" = "no/such-device"
"g-*" = "${NAME"
[listen]
server = "mqtts://broker"
topics = ["a/#/b", "good/#", "b+"]
tls = { ca = "gone.pem" }
[[sinks]]
type = "handler"
name = "good"
function = "good:answer"
[[sinks]]
type = "handler"
name = "nobody"
function = "good:nobody"
[[sinks]]
type = "handler"
name = "syntax"
function = "mistyped:answer"
[[sinks]]
type = "webhook"
url = "http://host:0/"
[[sinks]]
type = "mqtt"
server = "mqtt://broker"
topic = "{nothing}"
[downlinks]
enabled = true
keys = "nowhere/keys.db"
"""

FILES = {
    "syntax.js": "function decodeUplink(input) {\n  var x = ;\n}",
    "nothing.js": "var x = 1;",
    "throws.js": "\nthrow new Error('too early');\nfunction decodeUplink(input) { return { data: {} }; }",
    "picky.js": "function decodeUplink(input) { throw new Error('too short'); }",
    "syntax.py": "x = (",
    "good.py": "def answer(outcome): return None",
    "mistyped.py": "x = 1\ndef answer(outcome)\n    return None",
}

TOLD = [
    "devices.g-*: ${ without a name and }: ${NAME} was expected",
    'stor: unknown member "stor" (did you mean "store"?)',
    "devices.a-*: HERE/syntax.js:2:11: the script does not load: SyntaxError: Unexpected token ';'",
    "devices.b-*: HERE/nothing.js: it has no function that its network calls",
    "devices.c-*: HERE/throws.js:2:7: the script does not load: Error: too early",
    "devices.d-*: HERE/syntax.py:1:5: ",
    "devices.e-*: HERE/gone.yaml: ",
    "devices.f-*: there is no device 'no/such-device'",
    "sink nobody: function: good:nobody cannot be loaded: the module good has no function nobody",
    "sink syntax: function: mistyped:answer cannot be loaded: HERE/mistyped.py:2: SyntaxError: ",
    "sink webhook: the URL, or a header, holds what HTTP does not allow",
    "sink mqtt: topic: no {nothing}: one of ",
    "listen.topics: 'a/#/b' is no topic filter: # stands at the end only, behind a / or alone; 'b+' is no topic",
    "listen: HERE/gone.pem: certificates and a key in PEM were expected: No such file or directory",
    "store: HERE/nowhere/octavo.db: it cannot be made: there is no such folder",
    "downlinks.keys: HERE/nowhere/keys.db: it cannot be made: there is no such folder",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def checked(command, *words, text=None, **variables):
    if text is not None:
        with open("octavo.toml", "w", encoding="utf-8") as file:  # noqa: PTH123 - in the current folder
            file.write(text)
        words = ("octavo.toml", *words)
    result = CliRunner().invoke(main, [command, *words, "--check"], env=variables)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize("command", ["serve", "listen"])
def test_everything_is_told_in_one_run(folder, command):
    result = checked(command, text=FAULTY)
    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.replace(str(folder), "HERE").splitlines()
    wanted = [f"octavo: octavo.toml: {each}" for each in TOLD]
    assert [line[: len(each)] for line, each in zip(lines, wanted, strict=True)] == wanted
    assert not (folder / "nowhere").exists()


@pytest.mark.parametrize("command", ["serve", "listen"])
def test_what_is_good_is_told(folder, command):
    good = '[devices]\n"a-*" = "picky.js"\n"b-*" = "cayennelpp"\n[listen]\nserver = "mqtts://broker"\n'
    handler = '[[sinks]]\ntype = "handler"\nfunction = "good:answer"\n'
    result = checked(command, text=good + handler)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"octavo.toml is good: it stores in sqlite:{folder / 'octavo.db'}\n"
    assert not (folder / "octavo.db").exists()


def test_a_circle_is_told_to_who_listens(folder):
    assert folder
    text = (
        '[listen]\nserver = "mqtt://broker"\ntopics = ["octavo/#"]\n[[sinks]]\ntype = "mqtt"\nserver = "mqtt://broker"'
    )
    result = checked("listen", text=text)
    assert result.exit_code == 1
    assert re.fullmatch(r"octavo: octavo.toml: sink mqtt: what it publishes would come in again .*\n", result.stderr)
    assert checked("serve", text=text).exit_code == 0


def test_options_are_checked_too(folder):
    result = checked("listen", "--server", "http://x", "--topic", "#/a", "--device", "syntax.js")
    assert result.exit_code == 1
    assert result.stderr.replace(str(folder), "HERE").splitlines() == [
        "octavo: device: HERE/syntax.js:2:11: the script does not load: SyntaxError: Unexpected token ';'",
        "octavo: listen.topics: '#/a' is no topic filter: # stands at the end only, behind a / or alone",
        "octavo: listen: no URL of an MQTT server: mqtt://host:port or mqtts://host:port was expected",
    ]


def test_a_server_is_needed_unless_the_table_that_names_it_is_wrong(folder):
    assert folder
    assert checked("listen", text="").exit_code == 2
    result = checked("listen", text="[listen]\nserver = 5")
    assert (result.exit_code, result.stderr.count("octavo: ")) == (1, 1)


@pytest.mark.parametrize("name", ["octavo.db", "keys.db"])
def test_a_folder_that_cannot_be_written_is_told(folder, monkeypatch, name):
    """Root may write everywhere: what the system answers is made up."""
    assert folder
    monkeypatch.setattr(check.os, "access", lambda path, _mode: not str(path).endswith("full"))
    (folder / "full").mkdir()
    where = {"octavo.db": 'store = "full/octavo.db"', "keys.db": '[downlinks]\nenabled = true\nkeys = "full/keys.db"'}
    result = checked("serve", text=where[name])
    assert result.exit_code == 1
    assert f"full/{name}: it cannot be made: the folder cannot be written" in result.stderr


@pytest.mark.parametrize("store", [".", "sqlite:", "full", "sqlite:full", "sqlite://octavo.db"])
def test_a_store_that_is_no_file_is_told_by_the_check_and_at_the_start(folder, store):
    (folder / "full").mkdir()
    (folder / "octavo.toml").write_text(f'store = "{store}"', encoding="utf-8")
    for option in ("--check", "--port=0"):
        result = CliRunner().invoke(main, ["serve", "octavo.toml", option])
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert result.stderr.startswith("octavo: octavo.toml: store: ")
        assert ("is a folder: a file was expected" in result.stderr) == ("//" not in store)


def test_a_store_that_is_given_beside_a_file_is_checked_too(folder):
    result = checked("serve", "--store", "", text="")
    assert result.stderr == f"octavo: octavo.toml: store: {folder} is a folder: a file was expected\n"


@pytest.mark.parametrize(
    ("denied", "words"), [("octavo.db", "it cannot be written"), ("", "the folder cannot be written")]
)
def test_a_store_that_may_not_be_written_is_told(folder, monkeypatch, denied, words):
    """Root may write everywhere: what the system answers is made up."""
    with closing(open_store("sqlite:octavo.db")):
        pass
    monkeypatch.setattr(check.os, "access", lambda path, mode: not mode & os.W_OK or path != folder / denied)
    result = checked("serve", text="")
    assert result.exit_code == 1
    assert words in result.stderr
