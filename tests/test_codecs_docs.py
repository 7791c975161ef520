"""docs/codecs.md names all that there is; that it is true is seen where all documents are played."""

from pathlib import Path

from octavo import codecs

TEXT = (Path(__file__).parents[1] / "docs" / "codecs.md").read_text(encoding="utf-8")


def test_the_text_names_the_whole_vocabulary():
    apart = {"FLAVOURS"}  # for those who add a flavour
    assert [name for name in codecs.__all__ if name not in TEXT and name not in apart] == []
