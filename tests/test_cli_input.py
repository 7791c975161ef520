"""Input of `octavo decode`: drawn as it comes, counted on a terminal, and anything at all."""

import random
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from octavo.cli import inputs, output

from .decoding import rows, run

# ---- input and progress ----


def test_input_is_drawn_as_it_is_worked_on():
    """Batches are made of what is there: nothing waits for the end of the input."""

    class Slow:
        def __init__(self):
            self.pieces = [b"0367", b"0110\n00\n", b"01\n02"]

        def read1(self, _size):
            return self.pieces.pop(0) if self.pieces else b""

    stream = Slow()
    batches = inputs._batches(stream, "x", lambda text, place: inputs.Item(f"{place.line} {text}"))
    assert [item.where for item in next(batches)] == []
    assert [item.where for item in next(batches)] == ["1 03670110", "2 00"]
    assert len(stream.pieces) == 1
    assert [[item.where for item in batch] for batch in batches] == [["3 01"], ["4 02"], []]


def counted(monkeypatch, capsys, *, terminal="xterm", live=True):
    """What is drawn for five counts, the second and fourth of them too early."""
    clock = iter([7.0, 7.1, 8.0, 8.05, 9.0])
    monkeypatch.setattr(output, "time", SimpleNamespace(monotonic=lambda: next(clock)))  # not the pool's clock too
    monkeypatch.setattr(output, "is_terminal", lambda _stream: live)
    monkeypatch.setenv("TERM", terminal)
    progress = output.Progress("messages")
    for count in (10, 20, 110, 115, 210):
        progress.show(count)
    progress.clear()
    return capsys.readouterr().err


def test_progress_is_drawn_on_a_terminal_only(monkeypatch, capsys):
    drawn = "\r\x1b[K110 messages, 100 a second\r\x1b[K210 messages, 100 a second\r\x1b[K"
    assert counted(monkeypatch, capsys) == drawn
    assert counted(monkeypatch, capsys, live=False) == ""
    assert counted(monkeypatch, capsys, terminal="dumb") == ""


# ---- anything at all ----

PIECES = [
    "00",
    "A2cBEA==",
    "28",
    "{",
    "}",
    '{"a":1}',
    "[",
    "1,2",
    "-",
    "=",
    "0x",
    "\\x01",
    "é",
    "\ud800",
    " ",
    "v3/a/b ",
]


def fuzzed(source):
    text = "".join(source.choice(PIECES) for _ in range(source.randrange(6)))
    return text.encode("utf-8", "replace").replace(b"\n", b"") or b"00"


def test_ten_thousand_odd_lines_give_rows_and_no_traceback():
    source = random.Random(20261121)  # noqa: S311 - odd lines, no secrets
    text = b"\n".join(fuzzed(source) for _ in range(10_000))
    result = run("cayennelpp", stdin=text)
    assert result.exit_code in {1, 2}
    assert len(rows(result)) > 5000


@given(st.text(), st.sampled_from(["auto", "hex", "base64", "ints"]))
def test_any_argument_gives_an_exit_code(text, how):
    result = run("cayennelpp", "--input", how, "--", text if text[:1] != "@" else text[1:])
    assert result.exit_code in {0, 1, 2}


@given(st.binary(max_size=200))
def test_any_standard_input_gives_an_exit_code(content):
    assert run("cayennelpp", "-", stdin=content).exit_code in {0, 1, 2}
