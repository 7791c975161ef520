"""Alternatives: in place where they are short, else as functions of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import bare
from octavo.codecs.javascript.literals import camel, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.alternatives import Case
    from octavo.codecs.javascript.script import Body

    Members = Callable[[Any, Body], None]

FEW = 4
"""Most lines of an alternative that stands where it is chosen."""

MANY = 12
"""Least lines of a choice that is a function of its own."""


def alternative(layout: AnyConstruct, body: Body, name: str, members: Members) -> None:
    """One of several layouts of a part of a frame."""
    part = body.part()
    members(bare(layout), part)
    insert(part, body, name, FEW)


def insert(part: Body, body: Body, name: str, few: int) -> None:
    """Put the statements of a part where they are wanted, or call a function that has them."""
    if len(part.lines) <= few:
        body.variables |= part.variables
        body.levels = max(body.levels, part.levels)
        body.add(*(line[2:] for line in part.lines))
        return
    around = body.around_part(part)
    body.add(f"{body.script.function(name, part, f'frame, data{around}')}(frame, data{around});")


def write_case(layout: Case, body: Body, members: Members, verb: str) -> None:
    """The cases of a member, read or written by ``members``."""
    cases = [(each, case) for each, case in layout.cases.items() if bare(case) is not construct.Pass]
    if len(layout.cases) == 1:
        members(bare(next(iter(layout.cases.values()))), body)
        return
    part = body.part()
    on = part.look_up(layout.on)
    if len(layout.cases) == 2:  # noqa: PLR2004 - one or the other
        _either(cases, part, on, members, f"{verb}{camel(layout.on)}")
    else:
        _each_of(cases, part, on, members, verb, complete=len(cases) == len(layout.cases))
    insert(part, body, f"{verb}By{camel(layout.on)}", MANY)


def _each_of(cases: list[tuple[Any, Any]], part: Body, on: str, members: Members, verb: str, *, complete: bool) -> None:
    """A case for each value; where they are all that there are, the last needs none."""
    with part.block(f"switch ({on})"):
        for index, (each, case) in enumerate(cases, 1):
            with part.case(None if complete and index == len(cases) else value(each)):
                alternative(case, part, f"{verb}{camel(str(each))}", members)


def _either(cases: list[tuple[Any, Any]], part: Body, on: str, members: Members, name: str) -> None:
    for index, (each, case) in enumerate(cases):
        is_condition = on if each is True else f"!{on}" if each is False else f"{on} === {value(each)}"
        with part.block("else" if index else f"if ({is_condition})"):
            alternative(case, part, name, members)
