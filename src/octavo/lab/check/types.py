"""Fields whose JSON type is not the same in every message of a port."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from octavo.lab.bench import json_type
from octavo.lab.check.sightings import Sighting
from octavo.lab.check.single import is_words_of_engine
from octavo.lab.leaves import general

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.lab.bench import Seen

Field = tuple[int, str]

WEIGHT = 10_000
"""What one example counts in random messages: more than are ever tried, so that examples decide which type is usual."""

_ANYTHING = re.compile(r"\[\].*(?:value|val|data|payload|content|raw)$", re.IGNORECASE)
"""Members of lists that hold measurements of any kind, and so values of any type."""


def changing(operation: str, seen: Iterable[Seen], examples: frozenset[tuple[bytes, int]]) -> Iterator[Sighting]:
    """Fields of which the type changes.

    A field of a list whose items differ among each other in one and the same message is meant to, and so is one that
    holds measurements of any kind.

    Args:
        operation: what was called.
        seen: its results.
        examples: payloads and ports of the examples: what they give is the usual type.
    """
    first: dict[Field, dict[str, Seen]] = {}
    usual: dict[Field, Counter[str]] = {}
    meant: set[Field] = set()
    for each in seen:
        if not each.accepted:
            continue
        for path, kinds in types_of(each).items():
            field = (each.f_port, path)
            if len(kinds) > 1:
                meant.add(field)
            weight = WEIGHT if (each.payload, each.f_port) in examples else 1
            for kind in kinds:
                first.setdefault(field, {}).setdefault(kind, each)
                usual.setdefault(field, Counter())[kind] += weight
    for field, shown in first.items():
        if len(shown) > 1 and field not in meant and not _ANYTHING.search(field[1]):
            yield _sighting(operation, field, shown, usual[field])


def types_of(seen: Seen) -> dict[str, set[str]]:
    """The types in a result by path, items of lists together.

    Null is none, and so are the words of a caught exception: they are another finding's.
    """
    found: dict[str, set[str]] = {}
    for path, value in seen.leaves.items():
        parts = general(path).split(".")
        for size in range(1, len(parts)):
            found.setdefault(".".join(parts[:size]), set()).add("object")
        if value is not None and path and not (isinstance(value, str) and is_words_of_engine(value)):
            found.setdefault(general(path), set()).add(json_type(value))
    for path in [path for path in found if path.endswith("[]")]:
        found.setdefault(path.removesuffix("[]"), set()).add("array")
    return found


def _sighting(operation: str, field: Field, kinds: dict[str, Seen], usual: Counter[str]) -> Sighting:
    port, path = field
    (common, _), *_ = usual.most_common()
    other = next(kind for kind in kinds if kind != common)
    before = kinds[common]

    def holds(seen: Seen) -> bool:
        return seen.accepted and seen.f_port == port and types_of(seen).get(path) == {other}

    def told(seen: Seen) -> str:
        value = next((value for name, value in seen.leaves.items() if general(name) == path), None)
        what = f" ({value!r})" if isinstance(value, str | int | float) else ""
        return f"{path} is a {other} here{what}, and a {common} for {before.payload_words}"

    return Sighting("type-change", operation, path, kinds[other], told, holds)
