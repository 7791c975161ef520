"""Whatever comes in, findings come out: never another exception than octavo's own."""

import copy
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from octavo import schemas
from octavo.errors import ContentError
from octavo.messages import Finding
from octavo.schemas import DataSchema

CASES = json.loads((Path(__file__).parent / "cases" / "schema-examples.json").read_text(encoding="utf-8"))
MESSAGES = [(case["kind"], case["input"]) for case in CASES]
MESSAGES += [(kind, message) for kind in schemas.kinds() for message in schemas.schema(kind)["examples"]]

NAMES = sorted({name for _, message in MESSAGES if isinstance(message, dict) for name in message})
NAMES += ["", "/", "~", "$ref", "$schema", "__proto__", "x\ud800", "\x00", "1", "type", "é"]

SCALARS = [None, True, False, 0, -1, 1.5, 255, 2**32, 2**64, 10**300, 1e308, 5e-324, -0.0, "", "a", "AQ=="]
SCALARS += [
    "A" * 5000,
    "\ud800",
    "\udfff\x00\n",
    "٣",
    "0004A30B001C0530",
    "1e5",
    "NaN",
    "868300000",
    "LOWEST",
]
BROKEN = [math.nan, math.inf, 10**400, -(10**5000), b"", 1j, object(), (), range(3), {5: 5}]

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "temperature": {"type": "number", "minimum": -40, "multipleOf": 0.1, "unit": "°C"},
        "text": {"type": "string", "pattern": "^[0-9]+$", "maxLength": 9},
        "list": {"type": "array", "items": {"$ref": "#/definitions/any"}, "uniqueItems": True},
        "choice": {"oneOf": [{"type": "integer"}, {"type": "object", "required": ["a"]}, {"const": None}]},
    },
    "required": ["temperature"],
    "additionalProperties": False,
    "definitions": {"any": {"type": ["object", "number"], "properties": {"again": {"$ref": "#"}}}},
    "$defs": {"port-2": {"propertyNames": {"enum": ["a", "b"]}, "minProperties": 1}},
}


def junk(pick: random.Random, depth: int = 0) -> Any:
    """A value of any sort, JSON or not."""
    sort = pick.random()
    if sort < 0.02:
        return pick.choice(BROKEN)
    if depth > 3 or sort < 0.7:
        return pick.choice(SCALARS)
    if sort < 0.85:
        return [junk(pick, depth + 1) for _ in range(pick.randrange(4))]
    return {pick.choice(NAMES): junk(pick, depth + 1) for _ in range(pick.randrange(4))}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a value, with one of its keys."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, child in children for place in [(value, key), *places(child)]]


def spoiled(pick: random.Random, value: Any) -> Any:
    """A value with up to three of its places set, deleted or added to at random."""
    result = copy.deepcopy(value)
    for _ in range(pick.randrange(1, 4)):
        found = places(result)
        if not found:
            return junk(pick)
        container, key = pick.choice(found)
        change = pick.random()
        if change < 0.2:
            del container[key]
        elif change < 0.4 and isinstance(container, dict):
            container[pick.choice(NAMES)] = junk(pick)
        else:
            container[key] = junk(pick)
    return result


def check_findings(findings: list[Finding]) -> None:
    for finding in findings:
        assert f"{finding.path} {finding.message} {finding.schema}".encode()
        assert len(finding.message) < 1500
    assert len({(finding.path, finding.message) for finding in findings}) == len(findings)


@pytest.mark.parametrize("part", range(10))
def test_any_message_gives_findings(part):
    """10 000 messages in ten parts, a few of them no JSON at all."""
    pick = random.Random(part)  # noqa: S311 - test data
    for _ in range(1000):
        kind, message = pick.choice(MESSAGES)
        spoilt = spoiled(pick, message) if pick.random() < 0.9 else junk(pick)
        tolerant = schemas.validate_message(spoilt, kind)
        check_findings(tolerant)
        if pick.random() < 0.5:
            strict = schemas.validate_message(spoilt, kind, "strict")
            check_findings(strict)
            assert bool(strict) >= bool(tolerant)


def test_any_data_gives_findings():
    pick = random.Random(1)  # noqa: S311 - test data
    schema = DataSchema.from_dict(SCHEMA)
    good = {
        "temperature": 21.5,
        "text": "123",
        "list": [1, {"again": {"temperature": 1}}],
        "choice": {"a": 1},
    }
    assert schema.check(good) == []
    for _ in range(2000):
        data = spoiled(pick, good) if pick.random() < 0.8 else junk(pick)
        check_findings(schema.check(data, pick.choice([None, 1, 2])))


def test_any_schema_is_taken_or_refused():
    pick = random.Random(1)  # noqa: S311 - test data
    refused = []
    for _ in range(600):
        contents = spoiled(pick, SCHEMA)
        try:
            schema = DataSchema.from_dict(contents).vet()
        except ContentError as error:
            refused.append(str(error).encode())
            continue
        schema.units()
        for _ in range(5):
            check_findings(schema.check(junk(pick), pick.choice([None, 2])))
    assert 50 < len(refused) < 550
