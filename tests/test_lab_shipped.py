"""What is shipped has no defect: every formatter, and the script that is generated from every declaration."""

from pathlib import Path

import pytest

from octavo.lab.check import check
from octavo.lab.lint import lint
from octavo.lab.subjects import Subject, subjects

ROOT = Path(__file__).parents[1]
DEVICES = sorted(
    [*ROOT.glob("formatters/*/*.yaml"), *ROOT.glob("codecs/*/*.py")], key=lambda file: (file.suffix, file.as_posix())
)
IDS = [f"{file.parts[-3]}:{file.parent.name}/{file.stem}" for file in DEVICES]

RUNS = 100
"""Fewer than usual: a shipped device is examined with each change of this repository."""

pytestmark = pytest.mark.usefixtures("warm_pool")


def subject_of(file):
    (subject,) = (each for each in subjects(str(file)) if isinstance(each, Subject))
    return subject


def told(defects):
    return [f"{each.severity} {each.kind} at {each.where}: {each.message} ({each.command})" for each in defects]


@pytest.mark.parametrize("file", DEVICES, ids=IDS)
def test_check_finds_nothing(file):
    subject = subject_of(file)
    assert subject.examples
    assert told(check(subject, runs=RUNS)) == []


@pytest.mark.parametrize("file", DEVICES, ids=IDS)
def test_lint_finds_nothing_where_it_is_written_for(file):
    assert told(lint(subject_of(file))) == []
