"""A second opinion for ChirpStack: QuickJS, its engine, parses the script as the module that it is there.

QuickJS is the extra ``lab``. It parses in a process of its own, which has limits; nothing of the script runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.formatters.modules import as_script
from octavo.lab.lint.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octavo.formatters.rules import Dialect
    from octavo.lab.lint.script import Script

MOST_SECONDS = 20.0
"""How long an answer is waited for: twice what the child gives itself."""

_CHILD = Path(__file__).with_name("quickjs_child.py")


def missing_extra() -> str | None:
    """What to say where QuickJS is not installed; None where it is."""
    if find_spec("quickjs") is not None:
        return None
    return 'ChirpStack\'s engine gives no second opinion, it is not installed: pip install "octavo[lab]"'


def opinions(script: Script, dialects: Sequence[Dialect]) -> list[Mark] | None:
    """What QuickJS does not parse; None where it was not asked, or did not answer."""
    modules = [dialect for dialect in dialects if dialect.module]
    if not modules or missing_extra():
        return None
    answer = _ask(as_script(script.text, modules[0].imported).text)
    if answer is None:
        return None
    return [
        Mark("quickjs-syntax", words, words, tuple(dialect.name for dialect in modules), place=(line, column))
        for words, line, column in answer
    ]


def _ask(text: str) -> list[Any] | None:
    """What it answers: its error with the place, or nothing; None where it does not answer."""
    try:
        done = subprocess.run(  # noqa: S603 - our own file, by our own Python
            [sys.executable, "-I", str(_CHILD)],
            input=json.dumps(text).encode(),
            capture_output=True,
            timeout=MOST_SECONDS,
            check=True,
        )
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return None
    return [] if answer is None else [answer]
