"""Rows as JUnit XML, which continuous integration shows.

Source: the schema of Apache Ant's JUnit report, as Jenkins and GitLab read it: ``testsuite`` and ``testcase`` with
``failure``, ``error`` and ``skipped``.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octavo.examples.model import Row

ELEMENTS = {"failed": "failure", "error": "error", "skipped": "skipped", "untested": "skipped"}
"""The element of each outcome that is no pass."""

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold. Source: XML 1.0, section 2.2."""


def report(rows: Iterable[Row]) -> bytes:
    """The XML of rows, one ``testsuite`` for each file."""
    root = ET.Element("testsuites", name="octavo")
    everything: list[Row] = []
    for file, group in groupby(rows, lambda row: row.file):
        of_file = list(group)
        everything += of_file
        suite = ET.SubElement(root, "testsuite", {"name": _clean(file)} | _numbers(of_file))
        for row in of_file:
            _add(suite, row)
    root.attrib.update(_numbers(everything))
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _numbers(rows: list[Row]) -> dict[str, str]:
    outcomes = [ELEMENTS.get(row.outcome, "") for row in rows]
    return {
        "tests": str(len(rows)),
        "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("skipped")),
        "time": f"{sum(row.elapsed_s for row in rows):.3f}",
    }


def _add(suite: ET.Element, row: Row) -> None:
    name = row.id.rpartition("::")[2] if row.operation else row.outcome
    title = _clean(f"{name} {row.description}".strip())
    case = ET.SubElement(suite, "testcase", classname=_clean(row.file), name=title, time=f"{row.elapsed_s:.3f}")
    element = ELEMENTS.get(row.outcome)
    if element is not None:
        said = [difference.message for difference in row.diff] or row.notes
        outcome = ET.SubElement(case, element, message=_clean(said[0] if said else row.outcome))
        outcome.text = _clean("\n".join(said))
    if row.notes:
        ET.SubElement(case, "system-out").text = _clean("\n".join(row.notes))


def _clean(text: str) -> str:
    return NOT_XML.sub("", text)
