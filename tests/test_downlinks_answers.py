"""Each status that a network server may answer, in words; causes under an error; and what a key needs."""

import json
import re

import pytest

from octavo.downlinks import Client, Retries, ServerError

from .network_server import KEY

pytestmark = pytest.mark.usefixtures("no_proxy")

EUI = "0004a30b001c0530"
NEVER = Retries(most=0)


def client(server):
    return Client(server=server.url, application_id="app1", api_key=KEY, retries=NEVER)


def answered(server, call, status, **fault):
    server.fail(status, **fault)
    with pytest.raises(ServerError) as caught:
        call()
    assert caught.value.status == status
    return caught.value


STATUSES = {
    400: "it refuses the request",
    401: "the API key is missing or wrong",
    403: "the API key has no right to do this: downlinks need the right to write downlink application traffic",
    404: "it knows no such application, webhook or end device",
    406: "the webhook is paused, and takes no downlinks meanwhile",
    409: "it collides with something that is there, or happens at the same time",
    413: "the request is too large",
    418: "it does not do that",
    429: "too many requests",
    500: "it has trouble of its own",
    503: "it has trouble of its own",
}


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_its_words(server, status):
    error = answered(server, lambda: client(server).push("dev1", b"\1", f_port=1), status)
    assert str(error).endswith(f"answered {status}: {STATUSES[status]}")


@pytest.mark.parametrize("status", [429, 503])
def test_when_to_come_back_is_told(server, status):
    error = answered(server, lambda: client(server).clear("dev1"), status, headers={"Retry-After": "7"})
    assert str(error).endswith(f"{STATUSES[status]}, to be tried again after 7 s")
    assert error.retry_after_s == 7


def test_attributes_need_another_right(server):
    error = answered(server, lambda: client(server).attributes("dev1"), 403)
    assert str(error).endswith("no right to do this: attributes need the right to view devices")


def test_chirpstack_has_other_rights(server):
    there = Client.chirpstack(server=server.url, api_key=KEY, retries=NEVER)
    assert str(answered(server, lambda: there.clear(EUI), 403)).endswith("no right to do this")


def refused(cause, **members):
    """An error of The Things Stack. Source: lorawan-stack, api/ttn/lorawan/v3/error.proto, ErrorDetails."""
    detail = {"@type": "type.googleapis.com/ttn.lorawan.v3.ErrorDetails", "name": "decode_body", "cause": cause}
    body = {"code": 3, "message": "error:pkg/x:decode_body (decode body)", "details": [5, {"a": 1}, detail]}
    return json.dumps(body | members).encode()


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (
            {
                "message_format": "invalid value of field `{field}`",
                "attributes": {"field": "f_port"},
                "cause": {"message_format": "value must be at most {most}", "attributes": {"most": 255}},
            },
            "(decode body); invalid value of field `f_port`; value must be at most 255",
        ),
        ({"cause": {"message_format": "unknown {this}"}}, "(decode body); unknown {this}"),
        ({"message_format": ["x"], "attributes": 5}, "(decode body)"),
        ({"message_format": f"key {KEY}"}, "(decode body); key …"),
        ("deep", "(decode body)"),
        (None, "(decode body)"),
    ],
)
def test_what_lies_under_an_error_is_told(server, cause, told):
    error = answered(server, lambda: client(server).push("dev1", b"\1", f_port=1), 400, body=refused(cause))
    assert str(error).endswith(f"it refuses the request: error:pkg/x:decode_body {told}")
    assert (error.name, error.code) == ("decode_body", "INVALID_ARGUMENT")


def test_causes_without_an_end_are_cut(server):
    cause = {"message_format": "again"}
    for _ in range(50):
        cause = {"message_format": "again", "cause": cause}
    error = answered(server, lambda: client(server).clear("dev1"), 400, body=refused(cause))
    assert len(re.findall("again", str(error))) == 4
