"""``python -m octavo``, which is the command by another name."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from octavo import __main__ as program


def run(*args):
    return subprocess.run([sys.executable, "-m", "octavo", *args], capture_output=True, text=True, check=False)


def test_it_is_the_command():
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: octavo [OPTIONS] COMMAND [ARGS]...")
    done = run("decode", "--nonsense")
    assert done.returncode == 2
    assert "Try 'octavo decode --help' for help." in done.stderr


def test_an_interruption_before_the_command_is_tidy(monkeypatch, capsys):
    def main(**_):
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "octavo.cli", SimpleNamespace(main=main))
    with pytest.raises(SystemExit, match="130"):
        program.run()
    assert capsys.readouterr().err == "octavo: interrupted\n"
