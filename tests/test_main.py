"""``python -m octavo``, which is the command by another name."""

import subprocess
import sys


def run(*args):
    return subprocess.run([sys.executable, "-m", "octavo", *args], capture_output=True, text=True, check=False)


def test_it_is_the_command():
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: octavo [OPTIONS] COMMAND [ARGS]...")
    done = run("decode", "--nonsense")
    assert done.returncode == 2
    assert "Try 'octavo decode --help' for help." in done.stderr
