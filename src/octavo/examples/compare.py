"""Comparing results: deep equality, bent by the rule of the examples' origin (`octavo.examples.model.Rule`).

Sources: lorawan-devices, bin/validate.js (lodash ``isEqual`` of the printed result and ``output``);
chirpstack-device-profiles, interface/src/js (equal texts of ``JSON.stringify``); actility/device-catalog,
tests/driver-examples.spec.js (``toStrictEqual``, and what stands for any number or date).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from octavo.examples.model import MISSING, Change, Difference, Rule, shown
from octavo.messages import unix_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo._yaml import Place

MAX_SAFE = 2**53
"""Whole numbers beyond this are rounded in JavaScript. Source: ECMA-262, ``Number.MAX_SAFE_INTEGER``."""

ANY_NUMBER = "SKIP_NUMBER"
ANY_DATE = "XXXX-XX-XXTXX:XX:XX.XXXZ"
TO_THE_SECOND = frozenset(["date", "time", "datetime", "timestamp"])
MAY_BE_EMPTY = ("warnings", "errors")
EXACT = Rule()

_INDEX = re.compile(r"0|[1-9]\d{0,9}")
_NUMERAL = re.compile(r"[-+]?\d+(?:[ .]\d+)?")
LARGEST_INDEX = 2**32 - 1


def differences(expected: Any, got: Any, rule: Rule = EXACT, path: str = "") -> Iterator[Difference]:
    """Every place where two JSON values are not equal, the innermost ones."""
    if isinstance(expected, dict) and isinstance(got, dict):
        yield from _members(expected, got, rule, path)
    elif isinstance(expected, list) and isinstance(got, list):
        for index in range(max(len(expected), len(got))):
            yield from differences(_item(expected, index), _item(got, index), rule, f"{path}/{index}")
    elif not _equal(expected, got, rule, path):
        place = path or "the result"
        yield Difference(path, expected, got, f"{place}: expected {shown(expected)}, got {shown(got)}")


def changes(expected: Any, got: Any, rule: Rule, place: Place) -> Iterator[Change]:
    """What would have to stand where for a result to be as expected: the innermost values; bytes as a whole."""
    if not any(differences(expected, got, rule)):
        return
    inside = replace(rule, ignore_empty=False)  # it is a rule about complete results
    if isinstance(expected, dict) and isinstance(got, dict) and _same_members(expected, got, rule):
        for key, value in expected.items():
            yield from changes(value, got.get(key, value), inside, (*place, key))
    elif (
        isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got) and place[-1:] != ("bytes",)
    ):
        for index, value in enumerate(expected):
            yield from changes(value, got[index], inside, (*place, index))
    else:
        yield Change(place, _merged(expected, got, rule))


def _same_members(expected: dict[str, Any], got: dict[str, Any], rule: Rule) -> bool:
    """Whether no member has to come, go or move."""
    kept, found = _counted(expected, rule), _counted(got, rule)
    return _ordered(kept) == _ordered(found) if rule.key_order else kept.keys() == found.keys()


def _merged(expected: Any, got: Any, rule: Rule) -> Any:
    """The result, with what was expected where that holds: its wildcards, its order of members."""
    if not any(differences(expected, got, rule)):
        return expected
    if not isinstance(expected, dict) or not isinstance(got, dict):
        return got
    order = got if rule.key_order else [*(key for key in expected if key in got), *got]
    inside = replace(rule, ignore_empty=False)
    return {key: _merged(expected[key], got[key], inside) if key in expected else got[key] for key in order}


def _members(expected: dict[str, Any], got: dict[str, Any], rule: Rule, path: str) -> Iterator[Difference]:
    if not path:
        expected, got = _counted(expected, rule), _counted(got, rule)
    for key in [*expected, *(key for key in got if key not in expected)]:
        inner = f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"
        yield from differences(expected.get(key, MISSING), got.get(key, MISSING), rule, inner)
    wanted, found = _ordered(expected), _ordered(got)
    if rule.key_order and wanted != found and expected.keys() == got.keys():
        order = f"expected the members in the order {shown(wanted)}, got {shown(found)}"
        yield Difference(path, wanted, found, f"{path or 'the result'}: {order}")


def _counted(members: dict[str, Any], rule: Rule) -> dict[str, Any]:
    """The members of a complete result that count."""
    if not rule.ignore_empty:
        return members
    return {key: value for key, value in members.items() if key not in MAY_BE_EMPTY or value not in ([], None)}


def _ordered(keys: Iterable[str]) -> list[str]:
    """Keys in the order in which JavaScript has them: indexes come first, and ascend.

    Source: ECMA-262, OrdinaryOwnPropertyKeys.
    """
    indexes = [key for key in keys if _INDEX.fullmatch(key) and int(key) < LARGEST_INDEX]
    return sorted(indexes, key=int) + [key for key in keys if key not in set(indexes)]


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else MISSING


def _equal(expected: Any, got: Any, rule: Rule, path: str) -> bool:
    if is_number(expected) and is_number(got):
        wanted, found = as_double(expected), as_double(got)
        return wanted == found or abs(wanted - found) <= rule.tolerance
    if type(expected) is type(got) and expected == got:
        return True
    return rule.wildcards and isinstance(expected, str) and _stands_for(expected, got, path)


def _stands_for(expected: str, got: Any, path: str) -> bool:
    if expected == ANY_NUMBER:
        return is_number(got) or (isinstance(got, str) and _NUMERAL.fullmatch(got) is not None)
    if expected == ANY_DATE:
        return _moment(got) is not None
    moment = _moment(expected) if path.rpartition("/")[2].lower() in TO_THE_SECOND else None
    return moment is not None and moment == _moment(got)


def _moment(value: Any) -> int | None:
    """The second that a date names, or None."""
    if not isinstance(value, str):
        return None
    try:
        return int(unix_s(value) // 1)
    except (ValueError, OverflowError):
        return None


def is_number(value: Any) -> bool:
    """Whether a value is a number of JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_double(number: float) -> float:
    """A number as JavaScript has it."""
    if isinstance(number, float) or abs(number) <= MAX_SAFE:
        return number
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
