"""What docs/codecs.md shows is what happens."""

import doctest
import re
from pathlib import Path

import pytest

from octavo import codecs, examples

TEXT = (Path(__file__).parents[1] / "docs" / "codecs.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder with the declaration and the examples of the text."""
    folder = tmp_path / "codecs" / "acme"
    folder.mkdir(parents=True)
    (folder / "probe.py").write_text(blocks("python")[0], encoding="utf-8")
    (folder / "probe.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_the_text_is_true():
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    shown = parser.get_doctest("\n".join(blocks("pycon")), {}, "codecs.md", None, None)
    failures = []
    runner.run(shown, out=failures.append)
    assert not failures
    assert runner.tries > 10


def test_the_examples_of_the_text_pass(workspace):
    (suite,) = examples.collect(str(workspace / "codecs"))
    rows = list(examples.run(suite))
    assert [row.outcome for row in rows] == ["passed"] * 3, rows


def test_the_text_names_the_whole_vocabulary():
    apart = {"FLAVOURS"}  # for those who add a flavour
    assert [name for name in codecs.__all__ if name not in TEXT and name not in apart] == []
