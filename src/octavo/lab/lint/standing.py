"""A formatter that is ready for many looks: its generated script is written once, its workers stay."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from octavo.lab.lint.script import read
from octavo.limits import Limits
from octavo.sandbox.shared import borrow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.lab.lint.script import Script
    from octavo.lab.subjects import Subject


@dataclass(frozen=True, slots=True)
class Standing:
    """A formatter with its scripts.

    Attributes:
        subject: what is opened; for a declaration the generated script.
        scripts: parsed, under the names that people know.
    """

    subject: Subject
    scripts: tuple[Script, ...]


@contextmanager
def standing(subject: Subject) -> Iterator[Standing]:
    """Keep what every look at a formatter needs.

    Raises:
        ContentError: a script cannot be read.
    """
    loan = borrow(Limits())
    try:
        with tempfile.TemporaryDirectory(prefix="octavo-") as folder:
            texts = subject.scripts()
            opened = _written(subject, texts, Path(folder)) if subject.declared else subject
            yield Standing(opened, tuple(read(file, text) for file, text in texts.items()))
    finally:
        loan.release()


def _written(subject: Subject, texts: dict[str, str], folder: Path) -> Subject:
    file = folder / f"{subject.file.stem}.js"
    file.write_text("".join(texts.values()), encoding="utf-8")
    return replace(subject, file=file, declared=False)
