"""Which members the data of a layout has: asked before anything is written.

construct itself takes no notice of a member it does not know, and reports a missing one without its path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import construct

from octavo.codecs._construct import AnyConstruct, AnySubconstruct, bare, is_merged, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Member(NamedTuple):
    """A member of the data of a layout.

    Attributes:
        name: its name.
        layout: what it is written by.
        required: whether the data must have it.
        said: how a message calls it; empty where that is its name. Where both are the same it is a pattern,
            which names no member itself.
    """

    name: str
    layout: AnyConstruct
    required: bool
    said: str = ""


class Problem(NamedTuple):
    """What is wrong with the members of some data.

    Attributes:
        path: dotted path of the member; empty for the data itself.
        message: what was expected, and what is there.
    """

    path: str
    message: str


class Merged(AnyConstruct):
    """A layout without a name of its own, whose members belong to the frame around it.

    `construct.Struct` keeps only what has a name. A name that begins with ``*`` therefore makes it
    keep the members of such a layout, and the codec lifts them one level up.
    """

    def __init__(self) -> None:
        super().__init__()
        self.name = f"*{id(self):x}"
        self.flagbuildnone = True

    def members(self, data: Mapping[str, Any]) -> Iterator[Member]:
        """The members that the layout has; ``data`` tells which case or variant it is."""
        raise NotImplementedError


class Listed(AnySubconstruct):
    """A layout whose data is a list of what its ``subcon`` reads."""

    def __init__(self, subcon: AnyConstruct) -> None:
        super().__init__(subcon)
        self.flagbuildnone = False


LISTS = (Listed, construct.Array, construct.GreedyRange)


def members_of(layout: AnyConstruct, data: Mapping[str, Any]) -> Iterator[Member]:
    """The members of the data of a layout, those of merged layouts among them."""
    layout = bare(layout)
    if isinstance(layout, Merged):
        yield from layout.members(data)
    elif isinstance(layout, construct.Struct):
        for field in layout.subcons:
            yield from members_of_field(field, data)


def members_of_field(field: AnyConstruct, data: Mapping[str, Any]) -> Iterator[Member]:
    """The member that a field of a frame is, or those that it hands to the frame."""
    if is_merged(field):
        yield from members_of(field, data)
    elif field.name and not field.name.startswith("_"):
        yield Member(field.name, field, required=not field.flagbuildnone or _needs_any(field, data.get(field.name)))


def _needs_any(field: AnyConstruct, data: Any) -> bool:
    """Whether a frame inside another has a member that its data must have."""
    frame = bare(field)
    if not isinstance(frame, construct.Struct):
        return isinstance(frame, Merged)  # an object, however little is in it
    return any(member.required for member in members_of(frame, data if isinstance(data, dict) else {}))


def shares_members(layout: AnyConstruct, data: Any) -> bool:
    """Whether some data has any member of a layout."""
    return isinstance(data, dict) and any(member.name in data for member in members_of(layout, data))


def find_problem(layout: AnyConstruct, data: Any, path: str = "") -> Problem | None:
    """The first member that is unknown, missing or no object where one must stand; None where all fit."""
    layout = bare(layout)
    if isinstance(layout, LISTS):
        return _in_list(layout.subcon, data, path)
    if not isinstance(layout, Merged | construct.Struct):
        return None
    if not isinstance(data, dict):
        return Problem(path, f"expected an object, got {shown(data)}")
    members = {member.name: member for member in members_of(layout, data)}
    return _by_name(members, data, path) or _inside(members, data, path)


def _by_name(members: Mapping[str, Member], data: Mapping[str, Any], path: str) -> Problem | None:
    for name in data:
        if name not in members or members[name].said == name:
            known = ", ".join(dict.fromkeys(member.said or member.name for member in members.values()))
            return Problem(_join(path, name), f"expected one of {known}, got an unknown member")
    for member in members.values():
        if member.required and member.name not in data:
            return Problem(_join(path, member.name), "expected a value, got no such member")
    return None


def _inside(members: Mapping[str, Member], data: Mapping[str, Any], path: str) -> Problem | None:
    problems = (find_problem(members[name].layout, data[name], _join(path, name)) for name in data)
    return next((problem for problem in problems if problem), None)


def _in_list(item: AnyConstruct, data: Any, path: str) -> Problem | None:
    if not isinstance(data, list):
        return Problem(path, f"expected a list, got {shown(data)}")
    problems = (find_problem(item, value, f"{path}[{index}]") for index, value in enumerate(data))
    return next((problem for problem in problems if problem), None)


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
