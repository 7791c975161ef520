"""Measurements of the normalized vocabulary, from the fields of a declaration that name a path of it.

The fields of a frame make one measurement, and so does each item of a list whose fields name one. What is null
or absent is left out; a measurement of nothing is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from octavo._vocabulary import VOCABULARY, Field
from octavo.codecs._construct import bare, is_merged
from octavo.codecs.members import LISTS
from octavo.codecs.tree import children

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from octavo.codecs._construct import AnyConstruct


@dataclass(frozen=True, slots=True)
class Rules:
    """Which members of a frame are measurements.

    Attributes:
        values: pairs of member (its names from the frame inwards) and path in the vocabulary.
        lists: pairs of list (likewise) and the rules of its items.
    """

    values: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    lists: tuple[tuple[tuple[str, ...], Rules], ...]

    def __bool__(self) -> bool:
        return bool(self.values or self.lists)

    def joined(self, other: Rules) -> Rules:
        """These rules and others, those of a list that both have likewise."""
        lists = dict(self.lists)
        for names, inner in other.lists:
            lists[names] = lists[names].joined(inner) if names in lists else inner
        return Rules(tuple(dict.fromkeys(self.values + other.values)), tuple(lists.items()))


def rules_of(layout: AnyConstruct) -> Rules:
    """The rules of a layout; those of alternatives together, for a member that is absent counts for nothing."""
    values: dict[Any, None] = {}
    lists: dict[tuple[str, ...], Rules] = {}
    for names, member in _members(layout, ()):
        path = getattr(member, "normalized", None)
        if path:
            values[(names, tuple(path.split(".")))] = None
        if isinstance(member, LISTS):
            inner = _item_rules(member.subcon)
            lists[names] = lists[names].joined(inner) if names in lists else inner
    return Rules(tuple(values), tuple((names, rules) for names, rules in lists.items() if rules))


def measurements(rules: Rules, data: Any) -> Iterator[dict[str, Any]]:
    """The measurements in the data of a layout."""
    measured: dict[str, Any] = {}
    for names, path in rules.values:
        value = _found(data, names)
        if value is not None:
            _put(measured, path, value)
    if measured:
        yield measured
    for names, inner in rules.lists:
        for item in _found(data, names) or []:
            yield from measurements(inner, item)


def known_field(path: str) -> Field | None:
    """The field of the vocabulary that a path means; None where there is none."""
    found: Any = VOCABULARY
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, Field) else None


def _item_rules(item: AnyConstruct) -> Rules:
    """Those of the items of a list; an item that is a value itself has no names."""
    path = getattr(bare(item), "normalized", None)
    return Rules((((), tuple(path.split("."))),), ()) if path else rules_of(item)


def _members(layout: AnyConstruct, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every member under a frame with its names, down to fields and lists."""
    inner = bare(layout)
    own = names if is_merged(layout) or not layout.name else (*names, layout.name)
    if isinstance(inner, LISTS) or not children(inner) or hasattr(inner, "normalized"):
        yield own, inner
        return
    for child in children(inner):
        yield from _members(child, own)


def _found(data: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _put(measured: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *groups, last = path
    for group in groups:
        measured = measured.setdefault(group, {})
    measured[last] = value


def problem_of(field: Any, found: Field | None) -> str | None:
    """Why the values of a field are none of the vocabulary's; None where they can be."""
    if found is None:
        return f"a path of the normalized vocabulary, got {field.normalized!r}"
    kinds = kinds_of(field)
    if not kinds <= set(found.kinds):
        return f"values of {field.normalized} that are {_named(found.kinds)}, got {_named(kinds)}"
    unknown = [value for value in getattr(field, "names", {}).values() if found.one_of and value not in found.one_of]
    return f"values of {field.normalized} from {', '.join(found.one_of)}, got {unknown[0]!r}" if unknown else None


def kinds_of(field: Any) -> set[type]:
    """The Python types of a field's values, ``float`` standing for every number."""
    values: Mapping[Any, Any] = getattr(field, "names", {})
    kinds = {type(value) for value in values.values()} if values else {field.kind}
    return {float if kind is int else kind for kind in kinds}


def _named(kinds: Any) -> str:
    names = {bool: "true or false", str: "text", int: "numbers", float: "numbers"}
    return " or ".join(dict.fromkeys(names[kind] for kind in kinds))
