"""Lists in the data: an object for each row, put together from the values of the items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.codecs.columns.parts import Given
from octavo.codecs.columns.result import NOTHING, column_of

if TYPE_CHECKING:
    from octavo.codecs.columns.arrays import Path
    from octavo.codecs.columns.parts import Step
    from octavo.codecs.columns.workers import Output


class Lists:
    """The lists of a part.

    Args:
        found: its steps by path.
        outputs: what they gave.
        count: number of rows.
    """

    def __init__(self, found: dict[Path, Step], outputs: dict[Step, Output], count: int) -> None:
        self.found = found
        self.outputs = outputs
        self.count = count
        self.inner: dict[Path, list[str | int]] = {}
        for path in found:
            self.inner.setdefault(path[:-1], []).append(path[-1])

    def items(self, path: Path) -> list[Any]:
        """What stands at a path in each row; NOTHING where there is nothing."""
        step = self.found[path]
        if isinstance(step, Given) and step.value in ({}, []):
            names = self.inner.get(path, [])
            rows = self._rows([self.items((*path, name)) for name in names])
            return [list(row) for row in rows] if step.value == [] else [_object(names, row) for row in rows]
        return column_of(self.outputs[step]).items()

    def _rows(self, columns: list[list[Any]]) -> Any:
        return zip(*columns, strict=True) if columns else [()] * self.count


def _object(names: list[str | int], values: Any) -> dict[Any, Any]:
    return {name: value for name, value in zip(names, values, strict=True) if value is not NOTHING}
