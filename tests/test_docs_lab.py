"""docs/check.md and docs/lint.md list the kinds of findings that there are, each once, as grave as it is."""

import re
from pathlib import Path

import pytest

from octavo.lab import check, lint

DOCS = Path(__file__).parents[1] / "docs"
ROW = re.compile(r"^\| `([a-z-]+)` \| (error|warning|note) \| ", re.MULTILINE)


@pytest.mark.parametrize("tool", [check, lint], ids=["check", "lint"])
def test_the_document_lists_every_kind_with_its_severity(tool):
    name = tool.__name__.rpartition(".")[2]
    listed = ROW.findall((DOCS / f"{name}.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted((kind, known.severity) for kind, known in tool.KINDS.items())
