"""Large scripts in `lint`: time in proportion to their size, an end when it is asked for, and a limit."""

import json
import threading
import time

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.errors import ContentError
from octavo.lab.lint import lint, networks_of, side_by_side
from octavo.lab.lint.script import MOST_BYTES, read
from octavo.lab.subjects import Subject

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


def test_a_script_over_a_mebibyte_is_one_finding(subject, tmp_path):
    large = subject(HEAD + "/" * (MOST_BYTES + 1 - len(HEAD)))
    (found,) = lint(large)
    assert (found.kind, found.severity, found.line) == ("too-large", "error", None)
    assert f"{MOST_BYTES + 1} bytes, more than {MOST_BYTES}: nothing else of it was examined" in found.message
    assert found.file == str(tmp_path / "probe.js")
    for look in (networks_of, side_by_side):
        with pytest.raises(ContentError, match="a script of at most 1048576 bytes was expected, not 1048577"):
            look(large)
    result = CliRunner().invoke(main, ["lint", str(large.file), "--table", "--json"])
    assert result.exit_code == 1
    assert [json.loads(line)["kind"] for line in result.stdout.splitlines()] == ["too-large"]


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
