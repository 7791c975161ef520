"""Small scripts that several tests load, and what is told of a failure."""

from octavo.errors import Error

NOW = "2026-03-04T05:06:07.891234567Z"
ECHO = "function decodeUplink(input){return {data:{first:input.bytes[0],size:input.bytes.length,port:input.fPort}}}\n"


def failure(device, payload=b"\x01"):
    [outcome] = device.decode_uplinks([(payload, 1)])
    assert isinstance(outcome, Error), outcome
    return outcome


def place(error):
    return error.line, error.column
