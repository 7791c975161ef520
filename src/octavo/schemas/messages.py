"""Messages against the schema of their kind."""

from __future__ import annotations

from typing import Any

from octavo.messages import Finding
from octavo.schemas.bundle import MEMBERS, uri
from octavo.schemas.json_values import not_json
from octavo.schemas.pointers import pointer


def validate_message(message: Any, kind: str, profile: str = "tolerant") -> list[Finding]:
    """Check a message of a known kind.

    Paths: of the value that is wrong; of the place where a missing member would stand; of an unknown
    member; of the object where one of several members is missing. What is not JSON at all (`NaN`, bytes,
    more than 200 levels of nesting) is reported alone, without applying the schema.

    Args:
        message: the message, as `json.loads` gives it.
        kind: one of `octavo.schemas.kinds`.
        profile: ``tolerant`` for traffic, ``masked`` for traffic with a field mask, ``strict`` for messages
            written by hand or by octavo.

    Returns:
        All findings, sorted by path; empty when the message is good.

    Raises:
        NotFoundError: no such kind; the sentence lists them.
        ContentError: no such profile.
    """
    from octavo.schemas.shipped import checker  # noqa: PLC0415 - jsonschema costs 0.1 s, paid at first use

    check = checker(kind, profile)
    if broken := not_json(message):
        return broken
    second = _second_members(message, kind)
    taken = {finding.path for finding in second}
    return second + [finding for finding in check.findings(message) if finding.path not in taken]


def _second_members(message: Any, kind: str) -> list[Finding]:
    """Members of other kinds: a message of The Things Stack holds exactly one of eleven.

    The schema of a kind does not say so, since ``oneOf`` with eleven branches has no readable error.
    """
    own = kind.removeprefix("v3.")
    if own not in MEMBERS or not isinstance(message, dict):
        return []
    return [
        Finding(
            pointer([name]),
            f'expected only "{own}" of the eleven kinds of message, got "{name}" too'
            if own in message
            else f'expected a message of kind "{own}", got one of kind "{name}"',
            message[name],
            uri(kind),
        )
        for name in MEMBERS
        if name in message and name != own
    ]
