"""The pytest plugin: every example of every format under the given paths is a test.

``pytest formatters/`` runs them. A file is first judged by its name. A YAML file is then looked at only as far as to
see whether it has ``uplinkDecoder``, ``downlinkEncoder`` or ``downlinkDecoder`` at its top; a JSON file is collected
if it holds examples of a known format. No other is, unless it is spoilt and stands where examples belong
(`octavo.catalog.is_content_file`, `octavo.examples.formats.is_claimed`): that one is an error.
Octavo's engines are imported when the first example is collected or run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from octavo.errors import Error
    from octavo.examples import Example, Row, Suite
    from octavo.sandbox.shared import Loan

YAML_SUFFIXES = (".yaml", ".yml")

BEGINNINGS = ("test_decode_", "test_encode_")
ENDINGS = ("examples.json", ".errors.json", "nonRegressionSamples.json", "non-regression.json")
"""What names of other files of examples begin or end with; `octavo.examples.formats` knows them exactly."""

RULES = {
    "octavo_ignore_empty": "absent and empty warnings and errors are the same",
    "octavo_strict_order": "the order of members counts",
}
"""Settings that change how results are compared, as the options of ``octavo test`` do."""


LOAN: pytest.StashKey[Loan] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings."""
    for name, text in RULES.items():
        parser.addini(name, f"octavo: {text}", type="bool", default=False)
    parser.addini("octavo_tolerance", "octavo: numbers may differ by this", default="0")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ExampleFile | None:
    """Collect a file of examples."""
    if file_path.suffix in YAML_SUFFIXES:
        from octavo.catalog import is_content_file  # noqa: PLC0415 - imported where there is YAML only

        if not is_content_file(file_path):
            return None
    elif not _is_named(file_path.name):
        return None
    collected: ExampleFile = ExampleFile.from_parent(parent, path=file_path)
    return collected


def _is_named(name: str) -> bool:
    if not name.endswith(".json") or not (name.startswith(BEGINNINGS) or name.endswith(ENDINGS)):
        return False
    from octavo.examples.formats import may_be_examples  # noqa: PLC0415 - imported for names that look like it

    return may_be_examples(name)


class ExampleFailedError(Exception):
    """An example did not give what its file says; the text is the whole report."""


class ExampleFile(pytest.File):
    """A file of examples; they are its tests, run together when the first of them is."""

    suite: Suite
    rows: dict[str, Row] | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each example, or one that is skipped where there is none; none of somebody else's file."""
        from octavo.examples import Row, Source  # noqa: PLC0415 - imported for files of examples only

        found = Source(self.path).read()
        if isinstance(found, Row) and found.error is not None:
            yield Unreadable.from_parent(self, name="unreadable", error=found.error)
        elif isinstance(found, Row):
            yield Untested.from_parent(self, name="untested")
        elif found is not None:
            self.suite = self._ruled(found)
            for example in self.suite.examples:
                yield ExampleItem.from_parent(self, name=example.key, example=example)

    def _ruled(self, suite: Suite) -> Suite:
        """The suite under the session's settings."""
        from octavo.examples import Options  # noqa: PLC0415 - as above

        ignore_empty, strict_order = (bool(self.config.getini(name)) for name in RULES)
        text = self.config.getini("octavo_tolerance")
        try:
            options = Options(key_order=strict_order, ignore_empty=ignore_empty, tolerance=float(text))
        except ValueError:
            raise pytest.UsageError(f"octavo_tolerance: {text!r} is no number") from None
        return replace(suite, rule=options.rule(suite.rule))

    def row(self, key: str) -> Row:
        """The row of an example; the first asked for runs all that this session selected."""
        if self.rows is None:
            self.rows = {row.id.rpartition("::")[2]: row for row in self._run()}
        return self.rows.get(key) or next(iter(self.rows.values()))

    def _run(self) -> Iterator[Row]:
        from octavo import examples  # noqa: PLC0415 - V8 is started when an example is run, not before

        selected = frozenset(item.name for item in self.session.items if item.parent is self)
        _keep_workers(self.config)
        return examples.run(self.suite.select(selected))


class ExampleItem(pytest.Item):
    """One example as a test."""

    parent: ExampleFile

    def __init__(self, *, example: Example, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example = example

    def runtest(self) -> None:
        """Compare; a row that did not pass is the report."""
        row = self.parent.row(self.name)
        if row.notes:
            self.add_report_section("call", "octavo's notes", "\n".join(row.notes))
        if row.outcome == "skipped":
            pytest.skip("; ".join(row.notes))  # its reason, as `octavo test` gives it
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


def _keep_workers(config: pytest.Config) -> None:
    """Keep the workers from one file to the next, until the session ends."""
    from octavo.limits import Limits  # noqa: PLC0415 - when the first example is run
    from octavo.sandbox.shared import borrow  # noqa: PLC0415 - as above

    if LOAN not in config.stash:
        config.stash[LOAN] = loan = borrow(Limits())
        config.add_cleanup(loan.release)


class Unreadable(pytest.Item):
    """A file that cannot be read, or whose script is missing: it fails, and the others run."""

    def __init__(self, *, error: Error, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error = error

    def runtest(self) -> None:
        """Fail."""
        raise ExampleFailedError(str(self.error))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The error, without a traceback."""
        return (
            str(excinfo.value)
            if isinstance(excinfo.value, ExampleFailedError)
            else super().repr_failure(excinfo, style)
        )

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """What pytest prints in the failure's heading."""
        return self.path, None, self.path.name


class Untested(pytest.Item):
    """A file without examples: skipped, so that it shows."""

    def runtest(self) -> None:
        """Skip."""
        pytest.skip(f"there are no examples in {self.path.name}")  # not a pass, and no failure of the file's
