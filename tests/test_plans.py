"""Plans: the same course of action whether its driver blocks or not."""

import asyncio

import pytest

from octavo._plans import arun, do, run
from octavo.errors import ContentError, Error


class Both:
    """Notes which of its forms are called."""

    def __init__(self):
        self.called = []

    def ask(self, what, *, wrong=None):
        self.called.append(("now", what))
        if wrong:
            raise wrong
        return what * 2

    async def aask(self, what, *, wrong=None):
        await asyncio.sleep(0)
        self.called.append(("later", what))
        if wrong:
            raise wrong
        return what * 2


def plan(both, wrong=None):
    """Asks twice; an octavo error of the first question is half an answer."""
    try:
        first = yield from do(both.ask, both.aask, 1, wrong=wrong)
    except ContentError as error:
        first = str(error)
    second = yield from do(both.ask, both.aask, 5)
    return first, second


def arun_(plan):
    return asyncio.run(arun(plan))


drivers = pytest.mark.parametrize(("drive", "form"), [(run, "now"), (arun_, "later")], ids=["sync", "async"])


@drivers
def test_what_comes_of_a_step_goes_on(drive, form):
    both = Both()
    assert drive(plan(both)) == (2, 10)
    assert both.called == [(form, 1), (form, 5)]


@drivers
def test_an_error_is_raised_where_the_plan_stands(drive, form):
    both = Both()
    assert drive(plan(both, ContentError("no"))) == ("no", 10)
    assert both.called == [(form, 1), (form, 5)]


@drivers
@pytest.mark.parametrize("wrong", [Error("not caught"), KeyError("another's")])
def test_what_a_plan_does_not_catch_ends_it(drive, form, wrong):
    both = Both()
    with pytest.raises(type(wrong)) as caught:
        drive(plan(both, wrong))
    assert caught.value is wrong
    assert both.called == [(form, 1)]


@drivers
def test_a_plan_without_steps(drive, form):
    def nothing():
        return form
        yield

    assert drive(nothing()) == form
