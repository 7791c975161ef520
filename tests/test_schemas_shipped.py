"""Where the shipped content lies: in a checkout, and in an installed wheel."""

import shutil
import subprocess
import sys
from pathlib import Path

from octavo import _shipped

ASK = "from octavo import _shipped; print(_shipped.root())"


def root_seen_by(packages: Path) -> Path:
    """`root` as a fresh interpreter answers that finds octavo under ``packages`` first."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(packages)!r}); {ASK}"]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


def package(folder: Path) -> Path:
    inside = folder / "octavo"
    inside.mkdir(parents=True)
    shutil.copy(_shipped.__file__, inside / "_shipped.py")
    (inside / "__init__.py").touch()
    return inside


def test_the_checkout_holds_the_content_at_its_top():
    assert (_shipped.root() / "schemas" / "common.json").is_file()


def test_a_wheel_holds_the_content_inside_the_package(tmp_path):
    inside = package(tmp_path / "site-packages")
    (inside / "_shipped" / "schemas").mkdir(parents=True)
    assert root_seen_by(tmp_path / "site-packages") == inside / "_shipped"


def test_without_it_the_content_is_two_folders_up(tmp_path):
    package(tmp_path / "repository" / "src")
    assert root_seen_by(tmp_path / "repository" / "src") == tmp_path / "repository"
