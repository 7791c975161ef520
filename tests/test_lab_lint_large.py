"""Large scripts in `lint`: time in proportion to their size, an end when it is asked for, and a limit."""

import json
import re
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.errors import ContentError
from octavo.formatters.dialects import DIALECTS, dialect_table
from octavo.lab import lint as package
from octavo.lab.check import check
from octavo.lab.coverage import measure
from octavo.lab.lint import examine, lint, networks_of, side_by_side
from octavo.lab.lint.script import read
from octavo.lab.subjects import MOST_BYTES, Subject
from octavo.lab.xray import xray

HEAD = "function decodeUplink(input) { return { data: { n: input.bytes[0] } }; }\n"
LINE = 'function f{0}(b) {{ y{1} = b[{0}] << 8; return {{ a: this.b, c: new TextDecoder("{0}".padStart(4)) }}; }}\n'
ENDLESS = f"{HEAD}for (;;) {{}}\n"
pytestmark = pytest.mark.usefixtures("warm_pool")


def text_of_size(size):
    """A script of many functions, with something to find in each."""
    lines, length = [HEAD], len(HEAD)
    while length < size:
        lines.append(LINE.format(len(lines), len(lines) % 50))
        length += len(lines[-1])
    return "".join(lines)


@pytest.fixture
def subject(tmp_path):
    def make(text):
        file = tmp_path / "probe.js"
        file.write_text(text, encoding="utf-8")
        return Subject("probe.js", file)

    return make


TOO_LARGE = "a script of at most 1048576 bytes was expected, not 1048577"


@pytest.mark.parametrize("look", [lint, networks_of, side_by_side, check, xray, measure], ids=lambda f: f.__name__)
def test_a_script_over_a_mebibyte_is_refused(subject, tmp_path, look):
    with pytest.raises(ContentError, match=TOO_LARGE) as caught:
        look(subject(HEAD + "/" * (MOST_BYTES + 1 - len(HEAD))))
    assert caught.value.file == str(tmp_path / "probe.js")


@pytest.mark.parametrize("command", [["lint", "--table"], ["check"]], ids=" ".join)
def test_a_command_says_so_in_one_finding(subject, command):
    large = subject(HEAD + "/" * (MOST_BYTES + 1 - len(HEAD)))
    result = CliRunner().invoke(main, [*command, str(large.file), "--json"])
    assert result.exit_code == 1
    assert [[row["kind"], row["message"]] for row in map(json.loads, result.stdout.splitlines())] == [
        ["unreadable", TOO_LARGE]
    ]


NESTED = {
    "operands": ("return {data: ", "input.bytes[0] && ", "1", "", "}"),
    "else": ("", "if (input.bytes[0] === 1) { b = input.x.y; } else ", "{}", "", ""),
    "conditions": ("return {data: ", "input.bytes[0] ? 1 : ", "2", "", "}"),
    "blocks": ("", "{ a; let b = this.c;", "", "}", ""),
    "functions": ("", "try { require; (function () { arguments; var d = [].at(1);", "", "}) } catch (e) {}", ""),
    "members": ("return input", ".at(1).b", "", "", ""),
    "comparisons": ("return {data: ", "input.fPort === ", "1", "", "}"),
}


def steps(text):
    """How many calls all rules take."""
    count = 0

    def counted(_frame, event, _what):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        script = read("x.js", text)
        tables = [dialect_table(name) for name in DIALECTS]
        for rule in (*examine._OF_SYNTAX, *examine._OF_NAMES):
            list(rule(script, tables))
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", NESTED)
def test_what_is_nested_twice_as_deep_takes_twice_as_long(shape):
    before, repeated, inside, after, end = NESTED[shape]
    texts = [
        f"function decodeUplink(input) {{ {before}{repeated * deep}{inside}{after * deep}{end} }}"
        for deep in (200, 400)
    ]
    small, large = map(steps, texts)
    assert large < 2.3 * small


def test_no_node_is_asked_what_it_stands_in():
    """Tree-sitter looks for that from the root on, past all that stands before it."""
    files = [*Path(package.__file__).parent.glob("*.py")]
    assert len(files) > 10
    assert not [file.name for file in files if re.search(r"\.parent\b", file.read_text(encoding="utf-8"))]


def test_places_are_found_in_lines_that_end_in_any_way():
    script = read("x.js", "a;\r\nb;\rc;\u2028d;\u2029\u00e9; e;\n\n f")
    places = {use.name: script.place(use.node) for use in script.names.uses}
    assert places == {"a": (1, 1), "b": (2, 1), "c": (3, 1), "d": (4, 1), "\u00e9": (5, 1), "e": (5, 4), "f": (7, 2)}


@pytest.mark.parametrize("after", [1, 100, 20_000, 60_000])
def test_it_ends_when_nobody_waits(subject, after):
    count = iter(range(after))
    made = subject(text_of_size(100_000))
    assert lint(made, dialects=("tts", "chirpstack4"), stopped=lambda: next(count, None) is None) == []


def test_a_script_that_never_ends_is_not_waited_for(subject):
    stop = threading.Event()
    seen = []
    made = subject(ENDLESS)
    thread = threading.Thread(target=lambda: seen.append(lint(made, dialects=("tts",), stopped=stop.is_set)))
    thread.start()
    time.sleep(0.2)
    stop.set()
    thread.join(5)  # its patience with such a script is twice as long
    assert seen == [[]]
