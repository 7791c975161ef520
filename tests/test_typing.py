"""The types that users see."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_mypy_accepts_how_octavo_is_used():
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "tests/typing/usage.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.partition(":")[0]) == (0, "Success"), done.stdout + done.stderr


def test_the_package_is_marked_as_typed():
    assert (ROOT / "src" / "octavo" / "py.typed").is_file()
