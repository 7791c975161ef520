"""What is sent again, and what is not: no downlink is ever queued twice. Nothing here waits."""

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.downlinks import (
    Client,
    Response,
    Retries,
    ServerError,
    TransportError,
    UnansweredError,
    UnreachableError,
)
from octavo.errors import Error
from octavo.networks import Request

from .network_server import ATTRIBUTES, KEY

pytestmark = pytest.mark.usefixtures("no_proxy")


class Caller:
    """A client that notes how long it would have waited."""

    def __init__(self, url, *, is_async, **settings):
        self.waits = []
        self.is_async = is_async
        self.client = Client(
            server=url, application_id="app1", api_key=KEY, sleep=self.waits.append, asleep=self.nap, **settings
        )

    async def nap(self, wait_s):
        self.waits.append(wait_s)

    def __call__(self, name, *args, **options):
        if self.is_async:
            return asyncio.run(getattr(self.client, f"a{name}")(*args, **options))
        return getattr(self.client, name)(*args, **options)

    def push(self):
        return self("push", "dev1", b"\1", f_port=1)

    def replace(self):
        return self("replace", "dev1", b"\1", f_port=1)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def caller(server, request):
    return Caller(server.url, is_async=request.param)


PASSING = [502, 503, 504, 429]


def test_a_replace_is_sent_until_it_is_taken(server, caller):
    server.fail(502, None, 503)
    caller.replace()
    assert (server.queue(), caller.waits, len(server.seen)) == ([b"\1"], [1.0, 2.0, 4.0], 4)


def test_a_replace_that_was_done_without_an_answer_is_done_once(server, caller):
    server.fail(None, does_it=True)
    caller.replace()
    assert (server.queue(), len(server.seen)) == ([b"\1"], 2)


@pytest.mark.parametrize("name", ["clear", "attributes"])
def test_so_are_clear_and_attributes(server, caller, name):
    server.fail(504)
    found = caller(name, "dev1")
    assert (len(server.seen), caller.waits) == (2, [1.0])
    assert found == ATTRIBUTES or name == "clear"


@pytest.mark.parametrize("status", [502, 503, 504, 500, None])
def test_a_push_that_may_have_been_done_is_not_sent_again(server, caller, status):
    server.fail(status, does_it=True)
    with pytest.raises((ServerError, UnansweredError)):
        caller.push()
    assert (server.queue(), caller.waits, len(server.seen)) == ([b"\1"], [], 1)


def test_a_push_that_was_refused_for_its_rate_is_sent_when_it_may(server, caller):
    server.fail(429, headers={"Retry-After": "7"})
    server.fail(429, headers={"X-Rate-Limit-Retry": "3"})
    server.fail(429)
    caller.push()
    assert (server.queue(), caller.waits) == ([b"\1"], [7.0, 3.0, 4.0])


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 406, 500, 501])
def test_other_answers_stand(server, caller, status):
    server.fail(status)
    if status == 200:
        caller.replace()
    else:
        with pytest.raises(ServerError, match=f"answered {status}"):
            caller.replace()
    assert (caller.waits, len(server.seen)) == ([], 1)


def test_a_server_that_wants_too_long_a_wait_is_not_waited_for(server, caller):
    server.fail(429, headers={"Retry-After": "3600"})
    with pytest.raises(ServerError, match="too many requests, to be tried again after 3600 s") as caught:
        caller.replace()
    assert (caught.value.retry_after_s, caught.value.status, caller.waits) == (3600.0, 429, [])


def test_it_ends(server, caller):
    server.fail(*[503] * 9)
    with pytest.raises(ServerError, match=r"answered 503: it has trouble of its own \(after 4 tries\)$"):
        caller.replace()
    assert len(server.seen) == 4


def test_how_often_it_was_tried_is_said_where_it_was_more_than_once(server, caller):
    server.fail(*[429] * 4)
    with pytest.raises(ServerError, match=r"answered 429: too many requests \(after 4 tries\)$"):
        caller.push()
    server.fail(400)
    with pytest.raises(ServerError, match=r"answered 400: it refuses the request$"):
        caller.push()


@pytest.mark.parametrize("is_async", [False, True])
def test_a_push_is_tried_again_where_no_connection_was_made(is_async):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        caller = Caller(f"http://127.0.0.1:{nobody.getsockname()[1]}", is_async=is_async)
        with pytest.raises(UnreachableError):
            caller.push()
        assert caller.waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("is_async", [False, True])
def test_how_often_is_the_callers_choice(server, is_async):
    caller = Caller(server.url, is_async=is_async, retries=Retries(most=1, wait_s=0.5))
    server.fail(503, 503)
    with pytest.raises(ServerError):
        caller.replace()
    assert (caller.waits, len(server.seen)) == ([0.5], 2)


def by_route(server, operation):
    url = f"{server.url}/api/v3/as/applications/app1/devices/dev1/down/{operation}"
    return Request("POST", url, {"Authorization": f"Bearer {KEY}"}, b"{}")


@pytest.mark.parametrize(("operation", "tries"), [("push", 1), ("replace", 2)])
def test_requests_of_others_are_known_by_their_route(server, operation, tries):
    client = Client.from_webhook({}, sleep=lambda _: None)
    server.fail(503)
    if tries == 1:
        with pytest.raises(ServerError):
            client.send(by_route(server, operation))
    else:
        client.send(by_route(server, operation))
    assert len(server.seen) == tries


def test_or_by_what_the_caller_says(server):
    client = Client.from_webhook({}, sleep=lambda _: None)
    server.fail(503)
    client.send(by_route(server, "push"), safe=True)
    assert len(server.seen) == 2


OUTCOMES = st.one_of(
    st.builds(Response, st.integers(100, 599), st.sampled_from([{}, {"retry-after": "5"}, {"retry-after": "99999"}])),
    st.builds(UnansweredError, st.just("")),
    st.builds(UnreachableError, st.just("")),
)


@given(OUTCOMES, st.integers(0, 9), st.booleans())
def test_only_what_is_safe_is_repeated(outcome, tried, safe):
    retries = Retries()
    wait_s = retries.wait_after(outcome, tried, safe=safe)
    if wait_s is None:
        return
    assert tried < retries.most
    assert 0 <= wait_s <= retries.longest_s
    assert safe or isinstance(outcome, UnreachableError) or outcome.status == 429
    assert isinstance(outcome, Error) or outcome.status in PASSING


def test_every_failure_of_transport_has_its_name():
    assert issubclass(UnansweredError, TransportError)
    assert [kind.default_name for kind in (UnansweredError, UnreachableError)] == ["unanswered", "unreachable"]
