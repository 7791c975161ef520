"""One member of a good message deleted or changed: what each profile finds, and where."""

import copy
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from octavo import schemas

CASES = Path(__file__).parent / "cases"
REQUIRED = json.loads((CASES / "schema-required.json").read_text(encoding="utf-8"))

FREE = {"decoded_payload", "payload_fields", "data", "object"}
"""Members that hold a free object: what is inside is nobody's business."""

MAPS = {"attributes", "locations", "tags"}
"""Members whose own members have free names."""

CHIRPSTACK_MAPS = {"metadata", "context"}
"""Names of such members at ChirpStack, which elsewhere name others."""

OPEN_OBJECTS = {"immediately"}
"""Objects without members of their own, so far."""


class Case(NamedTuple):
    kind: str
    name: str
    message: Any


class Mutation(NamedTuple):
    case: Case
    what: str
    path: tuple[str | int, ...]
    value: Any

    def __str__(self) -> str:
        value = json.dumps(self.value)[:30]
        return f"{self.case.kind} {self.case.name}: {self.what} {pointer(self.path)} {value}"


def pointer(path: tuple[str | int, ...]) -> str:
    return "".join(f"/{part}" for part in path)


def read_good_messages() -> Iterator[Case]:
    """The networks' own examples, and those of the schemas."""
    for case in json.loads((CASES / "schema-examples.json").read_text(encoding="utf-8")):
        yield Case(case["kind"], case["description"], case["input"])
    for kind in schemas.kinds():
        for number, message in enumerate(schemas.schema(kind)["examples"], 1):
            yield Case(kind, f"example {number}", message)


GOOD = list(read_good_messages())


def members(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value outside the free objects, with its path; the message itself first."""
    yield path, node
    if path and path[-1] in FREE:
        return
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from members(child, (*path, key))


def at(message: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        message = message[part]
    return message


def changed(message: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    result = copy.deepcopy(message)
    at(result, path[:-1])[path[-1]] = value
    return result


def without(message: Any, path: tuple[str | int, ...]) -> Any:
    result = copy.deepcopy(message)
    del at(result, path[:-1])[path[-1]]
    return result


def found(message: Any, kind: str, profile: str) -> set[str]:
    return {finding.path for finding in schemas.validate_message(message, kind, profile)}


# --- deleted members ---------------------------------------------------------------------------------


def required(kind: str, profile: str) -> list[str]:
    keys = (kind, re.sub(r"^v3\.(?!downlinks$).*", "v3.*", kind))
    rules = [REQUIRED["members"][key] for key in dict.fromkeys(keys)]
    profiles = {"masked": [], "tolerant": ["tolerant"], "strict": ["tolerant", "strict"]}[profile]
    return [path for rule in rules for name in profiles for path in rule[name]]


def has(message: Any, path: str) -> bool:
    return path in {pointer(member) for member, _ in members(message)}


def expected_after_deletion(case: Case, path: tuple[str | int, ...], profile: str) -> set[str]:
    """Where a finding has to stand once the member is gone; empty where it may be left out."""
    text = pointer(path)
    for rule in REQUIRED["one of several"] if profile == "strict" else ():
        spared = "unless" in rule and has(case.message, rule["unless"])
        if (rule["kind"], rule["delete"]) == (case.kind, text) and not spared:
            return {rule["found"]}
    pattern = re.sub(r"/\d+", "/*", text)
    needed = pattern in required(case.kind, profile)
    return {text} if needed else set()


DELETIONS = [
    pytest.param(case, path, profile, id=f"{profile} {case.kind} {case.name} without {pointer(path)}")
    for case in GOOD
    for path, _ in members(case.message)
    if path and isinstance(path[-1], str) and case.kind != "v2.field"
    for profile in schemas.PROFILES
]


@pytest.mark.parametrize(("case", "path", "profile"), DELETIONS)
def test_a_deleted_member_is_found_only_where_it_is_required(case, path, profile):
    message = without(case.message, path)
    assert found(message, case.kind, profile) == expected_after_deletion(case, path, profile)


# --- changed members ---------------------------------------------------------------------------------

WRONG_TYPES = {
    dict: [[]],
    list: [{}],
    str: [[], 12.5],
    bool: ["true"],
    int: ["12"],
    float: ["12.5"],
    type(None): [5],
}

HEX = {"dev_eui", "join_eui", "app_eui", "eui", "hardware_serial", "dev_addr", "net_id", "ns_id"}
HEX |= {"devEui", "devAddr", "gatewayId"}
UUIDS = {"deduplicationId", "tenantId", "applicationId", "deviceProfileId", "queueItemId", "id"}
BASE64 = {"frm_payload", "payload_raw", "session_key_id", "uplink_token", "payload", "data", "context", "aesKey"}
ENUMS = {"priority", "modulation", "schedule", "source", "location_source"}
ENUMS |= {"codeRate", "crcStatus", "deviceClassEnabled", "level", "code"}
TIMES = {"received_at", "time", "gwTime", "nsTime", "expiresAt"}
OTHERS = {
    "device_id": ["Dev1", "d", "dev--1", "d" * 37],
    "application_id": ["App 1", "-app", ""],
    "f_port": [-1, 0, 224, 256, 1.5],
    "f_cnt": [-1, 2**32, 0.5],
    "port": [-1, 256],
    "counter": [-1, 2**32],
    "consumed_airtime": ["0.056576", "5m", "s"],
    "delay": ["0.056576", "5m", "s"],
    "timeSinceGpsEpoch": ["0.056576", "5m", "s"],
    "fPort": [-1, 224, 256, 1.5],
    "fCnt": [-1, 2**32, 0.5],
    "fCntDown": [-1, 2**32, 0.5],
    "downlinkId": [-1, 2**32],
    "spreadingFactor": [4, 13],
    "margin": [-33, 32],
    "batteryLevel": [-1, 100.5],
    "sessionKeyId": ["0", "0g"],
    "frequency": ["868.3", "-868300000", "868300000 ", "0"],
    "frequency_offset": ["1e3", "--5", "0x10"],
    "data_rate": ["SF13BW125", "SF7", "125kHz"],
    "coding_rate": ["4-5", "45", "9/9"],
    "spreading_factor": [4, 13],
    "channel_index": [256, -1],
    "latitude": [90.5, -91],
    "longitude": [180.5, -181],
    "correlation_id": ["2e7f", "2e7f786912e946e597894e381d0ad7bg"],
    "normalized_payload": [[], "x"],
    "temperature": [-300],
    "relativeHumidity": [101, -1],
}


def upsets(name: Any, value: Any) -> Iterator[tuple[str, Any]]:
    """Values that no longer fit a member of that name."""
    yield from (("wrong type", other) for other in WRONG_TYPES[type(value)])
    if name in HEX:
        yield from (("bad hex", text) for text in (value[:-1] + "G", value[:-1], value + "0", value + "\n"))
    if name in UUIDS and len(value) == len(str(uuid.UUID(int=0))):
        yield from (("bad UUID", text) for text in (value.upper(), value[:-1], value.replace("-", ""), f"{{{value}}}"))
    if name in BASE64 and value and isinstance(value, str):
        yield from (("bad base64", text) for text in (value[:-1] + "!", f"*{value[1:]}", value + "\n", "A"))
    if name in ENUMS and isinstance(value, str):
        yield from (("bad enum", text) for text in (value.lower() + "x", "", f" {value}"))
    if name in TIMES:
        yield from (("bad time", text) for text in ("yesterday", "2020-13-01T00:00:00Z", "2020-02-12 15:15"))
    if (name, type(value)) not in {("frequency", float), ("data_rate", dict)}:
        yield from (("bad value", other) for other in OTHERS.get(name, []))


def has_free_names(kind: str, name: Any) -> bool:
    here = CHIRPSTACK_MAPS if kind.startswith("chirpstack4.") else set()
    return name in FREE | MAPS | OPEN_OBJECTS | here


def every_mutation() -> Iterator[Mutation]:
    for case in GOOD:
        if case.kind == "v2.field":
            continue
        for path, value in members(case.message):
            name = path[-1] if path else None
            for what, other in upsets(name, value):
                yield Mutation(case, what, path, other)
            if isinstance(value, dict) and not has_free_names(case.kind, name):
                yield Mutation(case, "unknown member", (*path, "x_unknown"), 1)


MUTATIONS = list({(m.case.kind, m.path, json.dumps(m.value)): m for m in every_mutation()}.values())
OPEN = [m for m in MUTATIONS if m.what in {"unknown member", "bad enum"}]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_strict_finds_a_changed_member_at_its_path_and_nowhere_else(mutation):
    message = changed(mutation.case.message, mutation.path, mutation.value)
    assert found(message, mutation.case.kind, "strict") == {pointer(mutation.path)}


def test_there_are_enough_mutations_of_every_sort():
    sorts = Counter(mutation.what for mutation in MUTATIONS)
    assert min(sorts.values()) >= 30
    assert len(sorts) == 8
    assert sum(sorts.values()) >= 300
    missing = [p for p in DELETIONS if p.values[2] == "strict" and expected_after_deletion(*p.values)]
    assert len(missing) >= 50


@pytest.mark.parametrize("case", GOOD, ids=lambda case: f"{case.kind} {case.name}")
@pytest.mark.parametrize("profile", schemas.PROFILES)
def test_good_messages_are_good(case, profile):
    assert schemas.validate_message(case.message, case.kind, profile) == []


@pytest.mark.parametrize("mutation", OPEN, ids=str)
def test_tolerant_lets_new_members_and_new_names_pass(mutation):
    message = changed(mutation.case.message, mutation.path, mutation.value)
    assert found(message, mutation.case.kind, "tolerant") == set()
