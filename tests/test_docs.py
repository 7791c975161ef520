"""What the documents show is what happens.

A document is played from top to bottom in an empty folder: a block whose first line is a comment with a path is
written to that file, a console block is typed at a terminal, Python is run. Three dots stand for any text.
"""

import asyncio
import doctest
import io
import re
import runpy
import shlex
import subprocess
import tomllib
from dataclasses import dataclass, field, fields
from importlib import metadata
from pathlib import Path
from wsgiref.util import setup_testing_defaults

import pytest

import octavo
from octavo import catalog, errors
from octavo.cli import COMMANDS
from octavo.codecs.layout import to_svg
from octavo.devices import declared
from octavo.pipeline import NOT_DECODED

from .terminal import environment, plain, shown

ROOT = Path(__file__).parents[1]
PLAYED = (
    "README.md",
    "docs/check.md",
    "docs/codecs.md",
    "docs/coverage.md",
    "docs/generate.md",
    "docs/layout.md",
    "docs/library.md",
    "docs/lint.md",
    "docs/listen.md",
    "docs/sandbox.md",
    "docs/sinks.md",
    "docs/testing.md",
    "docs/xray.md",
)
DOCUMENTS = sorted(ROOT.glob("docs/*.md"))
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE_NAME = re.compile(r"(?:#|//) ([\w./-]+\.\w+)\n")
DOTS = doctest.ELLIPSIS

UPLINK = (
    '{"end_device_ids":{"device_id":"probe-1","application_ids":{"application_id":"app1"}},'
    '"uplink_message":{"f_port":85,"frm_payload":"%s"}}'
)
# Stands for the program that would listen to a broker: prints a message as `mosquitto_sub -v` does.
MOSQUITTO_SUB = f"#!/bin/sh\necho 'v3/app1@ttn/devices/probe-1/up {UPLINK % 'AXVcA2c0AQRoZQ=='}'\n"


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def typed(block):
    """The commands of a console block, each with the output that is shown after it."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


@dataclass
class Player:
    """Plays the blocks of one document in a folder."""

    folder: Path
    names: dict = field(default_factory=lambda: {"__name__": "document"})
    played: int = 0

    def play(self, text):
        for language, block in BLOCK.findall(text):
            if named := FILE_NAME.match(block):
                self.write(named[1], block)
            elif language in PLAYS:
                PLAYS[language](self, block)
                self.played += 1

    def write(self, name, text):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def type(self, block):
        status, commands = 0, typed(block)
        for index, (command, expected) in enumerate(commands):
            asked_next = index + 1 < len(commands) and commands[index + 1][0] == "echo $?"
            status, output = shown(f"(exit {status}); {command}", self.folder, environment(self.folder / ".stand-ins"))
            same = doctest.OutputChecker().check_output(expected, plain(output), DOTS)
            assert same, f"$ {command}\n--- expected\n{expected}--- got\n{plain(output)}"
            assert status == 0 or asked_next, f"$ {command}: exit status {status}"

    def run(self, block):
        exec(compile(block, "document", "exec"), self.names)  # noqa: S102 - our own documents

    def converse(self, block):
        test = doctest.DocTestParser().get_doctest(block, self.names, "document", None, None)
        report = []
        result = doctest.DocTestRunner(optionflags=DOTS).run(test, out=report.append, clear_globs=False)
        assert result.attempted
        assert not result.failed, "".join(report)
        self.names |= test.globs


PLAYS = {"console": Player.type, "python": Player.run, "pycon": Player.converse}


@pytest.fixture
def player(tmp_path, monkeypatch):
    stand_in = tmp_path / ".stand-ins" / "mosquitto_sub"
    stand_in.parent.mkdir()
    stand_in.write_text(MOSQUITTO_SUB, encoding="utf-8")
    stand_in.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return Player(tmp_path)


@pytest.mark.parametrize("name", PLAYED)
def test_the_document_is_true(player, name):
    player.play(read(name))
    assert player.played


def test_a_document_that_is_not_true_is_found(player):
    with pytest.raises(AssertionError, match="exit status 1"):
        player.play("```console\n$ false\n```\n")
    with pytest.raises(AssertionError, match=r"(?s)--- expected\s+yes\s+--- got\s+no\s"):
        player.play("```console\n$ echo no\nyes\n```\n")
    with pytest.raises(AssertionError, match="Expected:"):
        player.play("```pycon\n>>> 1 + 1\n3\n```\n")


# ---- the webhook handlers of docs/library.md ----

HEADERS = {
    "X-Downlink-Apikey": "NNSXS.KEY",
    "X-Downlink-Push": "https://thethings.example.com/api/v3/as/applications/app1/webhooks/wh1/devices/probe-1/down/push",
}
COLD = (UPLINK % "A2f//w==").encode()  # -0.1 °C
WARM = (UPLINK % "AXVcA2c0AQRoZQ==").encode()


def called(application, body, headers):
    """A request to a WSGI application: its status and the JSON it answers."""
    variables = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environ = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), **variables}
    setup_testing_defaults(environ)
    statuses = []
    answer = b"".join(application(environ, lambda status, _headers: statuses.append(status)))
    return statuses, octavo.networks.wire.parse_json(answer)


def test_the_webhook_of_the_guide_decodes_and_answers(player):
    (source,) = (block for _, block in BLOCK.findall(read("docs/library.md")) if block.startswith("# webhook.py"))
    player.write("webhook.py", source)
    webhook = runpy.run_path(str(player.folder / "webhook.py"), run_name="webhook")
    sent = []
    webhook["answer"].__globals__["send"] = sent.append
    assert [called(webhook["application"], body, HEADERS)[0] for body in (WARM, COLD, b"Hello?")] == [["200 OK"]] * 3
    assert [data["temperature"] for _, data in webhook["kept"]] == [30.8, -0.1]
    (request,) = sent
    assert (request.method, request.url) == ("POST", HEADERS["X-Downlink-Push"])
    assert request.body == b'{"downlinks":[{"f_port":85,"frm_payload":"/wMsAQ=="}]}'
    assert called(webhook["application"], COLD, {})[0] == ["200 OK"], "without the headers there is no answer"
    assert len(sent) == 1


def test_the_asynchronous_handler_of_the_guide_answers(player):
    player.play(read("docs/library.md"))
    asyncio.run(player.names["received"](COLD, HEADERS))


# ---- what the documents name is there ----


def test_every_document_is_in_the_readme():
    text = read("README.md")
    assert [file.name for file in DOCUMENTS if f"(docs/{file.name})" not in text] == []


def anchors(text):
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", *(f"docs/{file.name}" for file in DOCUMENTS)])
def test_links_lead_somewhere(name):
    text = BLOCK.sub("", read(name))
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    broken = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    assert broken == []


def test_the_readme_lists_the_commands():
    text = read("README.md")
    assert [name for name in COMMANDS if f"| `octavo {name}" not in text] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/sandbox.md"])
def test_named_make_targets_exist(name):
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([\w-]+)", read(name), re.MULTILINE))
    assert named
    assert named <= targets


# Of docs/cli.md the tests of the command line run decode, encode and show.
SHELL_LINE = re.compile(r"^octavo (?:test|list|show|decode|encode)\b[^\n#]*", re.MULTILINE)
SHELL_LINES = [
    pytest.param(line, id=f"{file.stem}: {line.strip()}")
    for file in DOCUMENTS
    for line in SHELL_LINE.findall(file.read_text(encoding="utf-8"))
    if not (file.stem == "cli" and re.match(r"octavo (?:decode|encode|show)", line))
]
IDS = {entry.id for entry in catalog.entries(ROOT)} | {"cayennelpp"}


def is_about_shipped_content(line):
    words = shlex.split(line)[2:]
    return not any(word.startswith(("[", "@")) or word.isupper() for word in words) and (
        not words or words[0].rpartition(":")[2] in IDS or (ROOT / words[0].partition("::")[0]).exists()
    )


@pytest.mark.parametrize("line", [row for row in SHELL_LINES if is_about_shipped_content(row.values[0])])
def test_commands_about_shipped_content_run(line):
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout != "") == (0, True), done.stderr


def rows(text, *, heads):
    """The rows of the table whose head begins with these cells."""
    start = text.index("| " + " | ".join(heads))
    lines = text[start:].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


UNITS = {"s": 1, "MiB": 1024**2, "KiB": 1024, "levels": 1}


def test_the_table_of_limits_is_right():
    table = rows(read("docs/sandbox.md"), heads=["limit", "default"])
    values = {}
    for name, default, *_ in table:
        number, unit = default.split()[:2]
        values[name.strip("`")] = float(number) * UNITS[unit]
    assert values == {item.name: getattr(octavo.Limits(), item.name) for item in fields(octavo.Limits)}


def test_every_deliberate_difference_is_in_the_document():
    cases = octavo.networks.wire.parse_json(read("tests/cases/tts-javascript.json"))
    deliberate = {case["name"] for case in cases if "deliberate" in case}
    table = rows(read("docs/sandbox.md"), heads=["case in `tests/cases/tts-javascript.json`"])
    assert {row[0].strip("`") for row in table} == deliberate


def test_the_guide_names_everything_public():
    text = read("docs/library.md")
    assert [name for name in octavo.__all__ if not re.search(rf"`(?:octavo\.)?{name}\b", text)] == []


def test_the_guide_names_every_outcome_and_family():
    text = read("docs/library.md")
    families = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.Error)]
    named = {family.default_name for family in families} - {"error", "codec"}
    assert [name for name in (*NOT_DECODED, *named) if f"`{name}`" not in text] == []


def test_the_changelog_has_what_is_not_released_yet():
    text = read("CHANGELOG.md")
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert unreleased
    assert re.search(r"^### (Added|Changed|Deprecated|Removed|Fixed|Security)\n\n- ", unreleased[1], re.MULTILINE)


def test_the_version_is_that_of_the_project():
    assert tomllib.loads(read("pyproject.toml"))["project"]["version"] == metadata.version("octavo")


def test_the_picture_in_the_readme_is_that_of_its_declaration(tmp_path, monkeypatch):
    Player(tmp_path).play(read("README.md").partition("## Declare once")[2].partition("```console")[0])
    monkeypatch.chdir(tmp_path)
    told = re.search(r"!\[[^]]*\]\((docs/[^)]*\.svg)\)", read("README.md"))[1]
    assert to_svg(declared("acme/ts1")) == read(told)
