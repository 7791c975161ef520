"""Files that the workbench's commands write, where they cannot be written: one sentence, and the old file stays."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from octavo.cli import main

from .terminal import environment

SCRIPT = """function decodeUplink(input) {
  return { data: { n: input.bytes[0], lost: input.bytes[9] } };
}
"""
EXAMPLE = {"name": "x", "input": {"bytes": [1, 2], "fPort": 1}, "expected": {"data": {"n": 1}}}
FULL = Path("/dev/full")
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
from octavo.cli import main
main(sys.argv[1:])
"""
COMMANDS = {
    "--lcov": ["test", "a.js", "--lcov"],
    "--html": ["test", "a.js", "--html"],
    "--baseline": ["check", "a.js", "--runs", "2", "--accept", "--baseline"],
    "--svg": ["xray", "a.js", "0102", "--svg"],
}
NAMES = {"--lcov": "out.info", "--html": "out.html", "--baseline": "out.json", "--svg": "out.svg"}
OLD = '{"accepted": []}\n'
needs_full = pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no /dev/full")
needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
needs_proc = pytest.mark.skipif(
    not Path("/proc/self").is_dir(), reason="this system has no /proc, where none may write"
)
each_option = pytest.mark.parametrize("option", COMMANDS)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, warm_pool):  # noqa: ARG001 - workers that are there already
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "test_decode_a.json").write_text(json.dumps([EXAMPLE]), encoding="utf-8")
    return tmp_path


def last_line(option, target):
    """Exit code, and the last line on standard error."""
    result = CliRunner().invoke(main, [*COMMANDS[option], str(target)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stderr.splitlines()[-1]


@needs_limits
@each_option
def test_what_is_there_stays_where_the_disk_is_full_halfway(folder, option):
    target = folder / NAMES[option]
    target.write_text(OLD, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, *COMMANDS[option], target.name],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=environment(),
        cwd=folder,
    )
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith(f"octavo: {target.name}: ")
    assert line.endswith("cannot be written: File too large")
    assert target.read_text(encoding="utf-8") == OLD
    assert sorted(path.name for path in folder.iterdir()) == sorted(["a.js", target.name, "test_decode_a.json"])


@needs_full
@pytest.mark.parametrize("option", ["--lcov", "--svg"])
def test_a_full_disk_is_one_sentence(option):
    assert last_line(option, FULL) == (1, "octavo: /dev/full: it cannot be written: No space left on device")


@needs_proc
@each_option
def test_a_folder_in_which_nobody_may_write_is_one_sentence(option):
    code, line = last_line(option, f"/proc/{NAMES[option]}")
    assert code == 1
    assert line.startswith(f"octavo: /proc/{NAMES[option]}: ")
    assert "cannot be written" in line


@pytest.mark.parametrize("option", ["--lcov", "--baseline", "--svg"])
def test_a_folder_in_place_of_a_file_is_refused_before_anything_is_done(folder, option):
    (folder / "out").mkdir()
    code, line = last_line(option, "out")
    assert code == 2
    assert "'out' is a directory" in line
    assert list((folder / "out").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the names of files are UTF-8")
def test_a_name_that_is_no_text_stays_as_it_is(folder):
    (folder / "a.js").rename(os.fsdecode(os.fsencode(folder / "a") + b"\xff.js"))
    (folder / "test_decode_a.json").rename(os.fsdecode(os.fsencode(folder / "test_decode_a") + b"\xff.json"))
    result = CliRunner().invoke(main, ["test", ".", "--lcov", "out.info", "--html", "out", "--junit", "out.xml"])
    assert result.exit_code == 0, result.exception
    assert b"\nSF:a\xff.js\n" in (folder / "out.info").read_bytes()
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a-.js.html", "index.html"]


def test_a_path_that_is_longer_than_a_name_may_be_has_a_page(folder):
    where = folder.joinpath(*(f"{letter * 60}" for letter in "abcde"))
    where.mkdir(parents=True)
    for name in ("a.js", "test_decode_a.json"):
        (folder / name).rename(where / name)
    result = CliRunner().invoke(main, ["test", ".", "--html", "out"])
    assert result.exit_code == 0, result.stderr
    (page,) = (path.name for path in (folder / "out").iterdir() if path.name != "index.html")
    assert re.fullmatch(r"c+-d+-e+-a\.js-[0-9a-f]{12}\.html", page)
    assert page in (folder / "out" / "index.html").read_text(encoding="utf-8")


def test_pages_go_into_a_folder_whatever_its_name(folder):
    (folder / "out.html").mkdir()
    assert last_line("--html", "out.html") == (0, "octavo: coverage of 1 script written to out.html/index.html")
    assert (folder / "out.html" / "a.js.html").is_file()


def test_a_file_in_place_of_a_folder_is_one_sentence(folder):
    (folder / "out").write_text("", encoding="utf-8")
    assert last_line("--html", "out") == (1, "octavo: out: the folder cannot be made: File exists")
    assert last_line("--html", "a.js/page.html") == (1, "octavo: a.js/page.html: it cannot be written: Not a directory")


@needs_limits
def test_no_half_of_a_page_stays_in_a_folder(folder):
    where = folder / "out"
    where.mkdir()
    (where / "index.html").write_text("old", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, *COMMANDS["--html"], "out"],
        capture_output=True,
        check=False,
        env=environment(),
        cwd=folder,
    )
    assert done.returncode == 1
    assert [(path.name, path.read_text(encoding="utf-8")) for path in where.iterdir()] == [("index.html", "old")]
