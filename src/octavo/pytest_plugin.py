"""The pytest plugin: every example of a codec YAML under the given paths is a test.

``pytest formatters/`` runs them. A YAML file is looked at only as far as to see whether it has
``uplinkDecoder``, ``downlinkEncoder`` or ``downlinkDecoder`` at its top. No other is collected, unless it is
spoilt and stands where a codec YAML belongs (`octavo.catalog.is_content_file`): that one is an error.
Octavo's engines are imported when the first example is collected or run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from octavo.examples import Example, Row, Suite

YAML_SUFFIXES = (".yaml", ".yml")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CodecFile | None:
    """Collect a codec YAML."""
    if file_path.suffix not in YAML_SUFFIXES:
        return None
    from octavo.catalog import is_content_file  # noqa: PLC0415 - imported where there is YAML only

    if not is_content_file(file_path):
        return None
    collected: CodecFile = CodecFile.from_parent(parent, path=file_path)
    return collected


class ExampleFailedError(Exception):
    """An example did not give what its file says; the text is the whole report."""


class CodecFile(pytest.File):
    """A codec YAML; its examples are its tests, run together when the first of them is."""

    suite: Suite
    rows: dict[str, Row] | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each example, or one that is skipped where there is none."""
        from octavo.errors import ContentError  # noqa: PLC0415 - imported for codec files only
        from octavo.examples import device_repository  # noqa: PLC0415 - as above

        try:
            self.suite = device_repository.read(self.path)
        except ContentError as error:
            raise self.CollectError(str(error)) from error
        if not self.suite.examples:
            yield Untested.from_parent(self, name="untested")
        for example in self.suite.examples:
            yield ExampleItem.from_parent(self, name=example.key, example=example)

    def row(self, key: str) -> Row:
        """The row of an example; the first asked for runs all that this session selected."""
        if self.rows is None:
            self.rows = {row.id.rpartition("::")[2]: row for row in self._run()}
        return self.rows.get(key) or next(iter(self.rows.values()))

    def _run(self) -> Iterator[Row]:
        from octavo import examples  # noqa: PLC0415 - V8 is started when an example is run, not before

        selected = frozenset(item.name for item in self.session.items if item.parent is self)
        return examples.run(self.suite.select(selected))


class ExampleItem(pytest.Item):
    """One example as a test."""

    parent: CodecFile

    def __init__(self, *, example: Example, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example = example

    def runtest(self) -> None:
        """Compare; a row that did not pass is the report."""
        row = self.parent.row(self.name)
        if row.notes:
            self.add_report_section("call", "octavo's notes", "\n".join(row.notes))
        if row.outcome != "passed":
            raise ExampleFailedError(self._report(row))

    def _report(self, row: Row) -> str:
        from octavo.cli import snippet  # noqa: PLC0415 - imported for what failed only

        lines = [f"{row.outcome}: {row.description or row.id}"]
        lines += [f"  {difference.message}" for difference in row.diff]
        lines += snippet.source_lines(row.error)
        return "\n".join([*lines, f"again: {row.command}"])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The differences, without a traceback."""
        if isinstance(excinfo.value, ExampleFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """What pytest prints in the failure's heading."""
        return self.path, None, f"{self.name} {self.example.description}".strip()


class Untested(pytest.Item):
    """A codec file without examples: skipped, so that it shows."""

    def runtest(self) -> None:
        """Skip."""
        pytest.skip(f"there are no examples in {self.path.name}")
