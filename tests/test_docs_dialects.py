"""The table of docs/dialects.md says what octavo does."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.usefixtures("warm_pool")
def test_the_table_is_what_the_probe_script_gives():
    names = runpy.run_path(str(DOCS / "dialects" / "table.py"))
    page = (DOCS / "dialects.md").read_text(encoding="utf-8")
    assert names["START"] + names["table"]() + names["END"] in page
