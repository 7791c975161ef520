"""One course of action for blocking and for asynchronous callers: a plan decides, a driver does.

A plan is a generator. It yields each thing to be done in both its forms, and gets back what came of it; an octavo error
is raised where the plan stands. So a method and its asynchronous twin are one plan, run by `run` and by `arun`.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeAlias, TypeVar

from octavo.errors import Error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

P = ParamSpec("P")
T = TypeVar("T")


class Step(NamedTuple):
    """One thing to be done, in both its forms."""

    now: Callable[[], Any]
    later: Callable[[], Awaitable[Any]]


Plan: TypeAlias = Generator[Step, Any, T]


def do(now: Callable[P, T], later: Callable[P, Awaitable[T]], /, *args: P.args, **names: P.kwargs) -> Plan[T]:
    """Part of a plan: one thing to be done, in the form that its driver needs.

    A plan has it as ``found = yield from do(device.ask, device.aask, what)``.
    """
    found: T = yield Step(partial(now, *args, **names), partial(later, *args, **names))
    return found


def run(plan: Plan[T]) -> T:
    """What comes of a plan whose steps are done one after the other, blocking."""
    resume: Callable[[], Step] = partial(next, plan)
    while True:
        try:
            step = resume()
        except StopIteration as end:
            outcome: T = end.value
            return outcome
        try:
            resume = partial(plan.send, step.now())
        except Error as error:
            resume = partial(plan.throw, error)


async def arun(plan: Plan[T]) -> T:
    """`run` that does not block the event loop."""
    resume: Callable[[], Step] = partial(next, plan)
    while True:
        try:
            step = resume()
        except StopIteration as end:
            outcome: T = end.value
            return outcome
        try:
            resume = partial(plan.send, await step.later())
        except Error as error:
            resume = partial(plan.throw, error)
