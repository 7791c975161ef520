"""The quick yes of jsonschema-rs: what it says is what jsonschema finds."""

import copy
import math
import random
from functools import cache
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from octavo.schemas import DataSchema
from octavo.schemas.json_values import DEPTH, not_json, plain_json

ROOT = Path(__file__).parents[1]
SHIPPED = sorted(path for top in ("formatters", "codecs") for path in (ROOT / top).glob("*/*.schema.json"))
MEMBERS = {"uplinkDecoder": "uplink", "downlinkDecoder": "downlink", "downlinkEncoder": "downlink"}
ODD = [None, True, False, 0, 1, -1, 0.5, 21.7, 1.0, 255, 256, 2**31, 1e300, "", "low", "00AF", [], {}, [{}], [0], ["x"]]

each_schema = pytest.mark.parametrize(
    "path", SHIPPED, ids=lambda path: f"{path.parts[-3]}/{path.parent.name}/{path.name}"
)


# --- shipped schemas ----------------------------------------------------------------------------------


def examples(path):
    """The data of a schema's examples, errors and all, with their ports."""
    stem, direction = path.name.removesuffix(".schema.json").rsplit(".", 1)
    document = yaml.safe_load(path.with_name(f"{stem}.yaml").read_text(encoding="utf-8"))
    found = [each for name in document if MEMBERS.get(name) == direction for each in document[name]["examples"]]
    is_bare = direction == "uplink" and document.get("dialect") == "actility"  # the output is the data itself
    rows = [
        (
            each["output"] if is_bare else each["output"].get("data", each["input"].get("data")),
            each["input"].get("fPort"),
        )
        for each in found
    ]
    return [row for row in rows if row[0] is not None]


def places(value):
    """Every container of a value, with one of its keys."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, child in children for place in [(value, key), *places(child)]]


def mutated(pick: random.Random, data: Any, names: list[str]) -> Any:
    """The data with one of its places set, deleted or added to."""
    result = copy.deepcopy(data)
    container, key = pick.choice(places(result) or [([0], 0)])
    change = pick.random()
    if change < 0.25:
        del container[key]
    elif change < 0.4 and isinstance(container, dict):
        container[pick.choice(names)] = pick.choice(ODD)
    else:
        container[key] = pick.choice(ODD)
    return result


@cache
def data_of(path):
    """The examples of a schema and their mutations, the same in every run."""
    pick = random.Random(path.name)  # noqa: S311 - test data
    rows = examples(path)
    names = sorted({str(key) for data, _ in rows for _, key in places(data)} | {"odd"})
    more = [(mutated(pick, data, names), pick.choice([f_port, f_port, None])) for data, f_port in rows * 12]
    return rows + more


@cache
def found_by_jsonschema(path):
    schema = DataSchema.load(path)
    return [
        bool((schema._checkers.get(f_port) or schema._checkers[None]).findings(data)) for data, f_port in data_of(path)
    ]


def is_good(schema, data, f_port):
    return (schema._checkers.get(f_port) or schema._checkers[None]).is_good(data)


def test_there_are_schemas_to_look_at():
    assert len(SHIPPED) >= 20


@pytest.mark.skipif(find_spec("jsonschema_rs") is None, reason="jsonschema-rs is optional and not installed")
@each_schema
def test_jsonschema_rs_says_the_same(path):
    schema = DataSchema.load(path).vet()
    assert [not is_good(schema, *row) for row in data_of(path)] == found_by_jsonschema(path)
    assert {True, False} == set(found_by_jsonschema(path))


# --- JSON at all --------------------------------------------------------------------------------------

HOLDS_ITSELF: list[Any] = []
HOLDS_ITSELF += [HOLDS_ITSELF, HOLDS_ITSELF]


def nested(levels):
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


NOT_PLAIN = [
    math.nan,
    math.inf,
    -math.inf,
    10**400,
    b"",
    (),
    {5: 5},
    {"a": [math.nan]},
    HTTPStatus.OK,
    nested(DEPTH + 1),
]


@pytest.mark.parametrize("value", [*NOT_PLAIN, HOLDS_ITSELF], ids=lambda value: repr(value)[:20])
def test_what_is_no_plain_json_gets_no_quick_yes(value):
    assert not plain_json(value)
    assert DataSchema.from_dict({}).check(value) == not_json(value)


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=9
)


@given(values)
def test_json_is_plain(value):
    assert plain_json(value)


def test_nesting_to_the_bound_is_plain():
    assert plain_json(nested(DEPTH))
