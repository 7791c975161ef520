"""Messages of ChirpStack v4, composed from its documentation, and where they came."""

import copy
import json
from pathlib import Path

from octavo import schemas

APPLICATION = "d4c3b2a1-0f9e-4d8c-b7a6-958473625140"
DEV_EUI = "70b3d5e75e00b1a2"

CASES = json.loads((Path(__file__).parent / "cases" / "schema-examples.json").read_text(encoding="utf-8"))
EXAMPLES = {case["description"]: case for case in CASES if case["kind"].startswith("chirpstack4.")}
UP = EXAMPLES["chirpstack4 uplink by two gateways"]["input"]
ENCRYPTED = EXAMPLES["chirpstack4 encrypted uplink through a relay"]["input"]
NO_PORT = EXAMPLES["chirpstack4 uplink with zero values and no payload"]["input"]
ALL = [(case["kind"], case["input"]) for case in EXAMPLES.values()] + [
    (kind, message)
    for kind in schemas.kinds()
    if kind.startswith("chirpstack4.")
    for message in schemas.schema(kind)["examples"]
]


def topic(name):
    """The default topic of an event, or of a command."""
    return f"application/{APPLICATION}/device/{DEV_EUI}/{'command' if name == 'down' else 'event'}/{name}"


def up(**members):
    """The example uplink with members set, or deleted where they are ``...``."""
    message = copy.deepcopy(UP) | members
    return {name: value for name, value in message.items() if value is not ...}
