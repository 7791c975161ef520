"""Every kind of finding of `octavo check`: a formatter that has exactly that defect, and its twin that has none.

The examples beside the twin are tests of its own. They do not show the defect, unless they must.
"""

import json
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.examples import Options, run_all, sources
from octavo.lab.check import check
from octavo.lab.check.kinds import KINDS
from octavo.lab.subjects import NOON, Subject, subjects

CASES = Path(__file__).parent / "lab" / "check"
SHOWN = {"bytes-never-read", "depends-on-earlier-message", "depends-on-random", "nothing-to-run", "oversized-result"}
"""Kinds whose defect shows in what the examples expect."""

TOGETHER = {kind: {"slow", "not-examined"} for kind in ("slow", "not-examined")}
"""Kinds that come together: after what does not end, no more is examined."""

pytestmark = pytest.mark.usefixtures("warm_pool")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def laid(kind, which):
    """A kind's script and its examples, in this folder."""
    shutil.copyfile(CASES / kind / f"{which}.js", f"{which}.js")
    device = (CASES / kind / "clean.yaml").read_text(encoding="utf-8")
    Path("codec.yaml").write_text(device.replace("clean.js", f"{which}.js"), encoding="utf-8")
    (subject,) = (each for each in subjects("codec.yaml") if isinstance(each, Subject))
    return subject


def test_there_is_a_case_for_every_kind():
    assert {folder.name for folder in CASES.iterdir()} == set(KINDS)


def is_again(defect):
    """Whether the command that a finding names shows it: the finding, or what was got of the message."""
    done = CliRunner().invoke(main, [*shlex.split(defect.command)[1:], "--json"])
    shown = json.loads(done.stdout)
    if "kind" in shown:
        return (shown["kind"], shown["payload"]) == (defect.kind, defect.payload and defect.payload.hex())
    if shown["error"]:
        refused = {"output_encoding", "output"}  # such values print as null; such results are not taken
        return defect.got is None or shown["error"]["name"] in refused
    if defect.kind == "no-round-trip":
        return shown["data"] != defect.data
    if defect.operation == "encode_downlink":
        return bytes.fromhex(shown["hex"]) == bytes(each % 256 for each in defect.got["bytes"])
    return shown["data"].keys() >= defect.got["data"].keys()


@pytest.mark.parametrize("kind", KINDS)
def test_the_defect_is_found_and_nothing_else(kind):
    found = check(laid(kind, "defect"))
    assert {defect.kind for defect in found} == TOGETHER.get(kind, {kind}), [defect.to_dict() for defect in found]
    for defect in found:
        assert defect.severity == KINDS[defect.kind].severity
        assert defect.message
        assert defect.why
        if defect.kind == "not-examined":
            continue  # no message shows it
        assert defect.command.startswith("octavo ")
        assert is_again(defect), defect.command


@pytest.mark.parametrize("kind", KINDS)
def test_the_twin_is_clean(kind):
    assert [defect.to_dict() for defect in check(laid(kind, "clean"))] == []


def outcomes():
    told = Options(now=NOON)
    return {row.outcome for _, rows in run_all(sources("codec.yaml"), told) for row in rows}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - SHOWN))
def test_the_examples_do_not_show_the_defect(kind):
    laid(kind, "defect")
    assert outcomes() == {"passed"}
