"""Coverage as LCOV: what ``genhtml``, Codecov, Coveralls and most editors read.

Source: ``geninfo(1)`` of LCOV 1.16, "FILES": the records of a tracefile.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.lab.coverage.model import Place, ScriptCoverage


def lcov(scripts: Iterable[ScriptCoverage]) -> str:
    """The tracefile of scripts, a record for each."""
    return "".join(f"{line}\n" for script in scripts for line in _record(script))


def _record(script: ScriptCoverage) -> Iterator[str]:
    yield "TN:"
    yield f"SF:{_flat(script.file)}"
    yield from _functions(script)
    yield from _branches(script)
    yield from (f"DA:{number},{hits}" for number, hits in enumerate(script.lines, 1))
    lines = script.share("lines")
    yield f"LF:{lines.found}"
    yield f"LH:{lines.hit}"
    yield "end_of_record"


def _functions(script: ScriptCoverage) -> Iterator[str]:
    named = list(zip(_names(script.functions), script.functions, strict=True))
    yield from (f"FN:{place.line},{name}" for name, place in named)
    yield from (f"FNDA:{place.hits},{name}" for name, place in named)
    functions = script.share("functions")
    yield f"FNF:{functions.found}"
    yield f"FNH:{functions.hit}"


def _branches(script: ScriptCoverage) -> Iterator[str]:
    for block, branch in enumerate(script.branches):
        yield from (f"BRDA:{branch.line},{block},{number},{arm.hits}" for number, arm in enumerate(branch.arms))
    branches = script.share("branches")
    yield f"BRF:{branches.found}"
    yield f"BRH:{branches.hit}"


def _names(functions: tuple[Place, ...]) -> Iterator[str]:
    """A name for each function, unlike all others of the script: a record of LCOV knows functions by their names."""
    plain = [_flat(place.name) or f"(anonymous:{place.line})" for place in functions]
    count = Counter(plain)
    seen: Counter[str] = Counter()
    for name in plain:
        seen[name] += 1
        yield name if count[name] == 1 else f"{name}#{seen[name]}"


def _flat(text: str) -> str:
    return " ".join(text.split())
