"""``extractPoints`` of a driver: what it is called with, and what of its result is compared.

Source: actility/device-catalog, tests/driver-examples.spec.js (each expected point: ``unitId``, ``record`` or
``records``); actility/thingpark-iot-flow-driver-catalogue, templates/simple-driver/test/driver-examples.spec.js (each
point is what ``package.json`` declares of it, with the value that was extracted).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from octavo.examples.model import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo._yaml import Place
    from octavo.examples.drivers import Driver

OPERATION = "extract_points"
COMPARED = ("record", "records", "unitId")
NO_POINTS = "points are not compared: the driver has no extractPoints"
NUMBERED = re.compile(r":\d+\Z")


def check(driver: Driver, message: Any, given: Mapping[str, Any], expected: Any, place: Place) -> Check | None:
    """The check of a message's points; None where the driver has no ``extractPoints``.

    Args:
        driver: whose it is.
        message: the decoded payload, as the example expects it.
        given: the example's own members; ``time`` and ``thing`` go with the message.
        expected: the points, by name.
        place: where they stand in the file.
    """
    script = driver.points_script
    if script is None:
        return None
    whole = {"message": message} | {name: given[name] for name in ("time", "thing") if name in given}
    legacy = driver.dialect == "actility"
    view = partial(_declared, driver.points) if legacy else partial(_named, expected)
    other = None if script == driver.script else script
    return Check(OPERATION, whole, expected, place, label="points", view=view, script=other)


def _named(expected: Mapping[str, Any], result: Any) -> Any:
    """Of the points that are expected, the members that are expected and count."""
    if not isinstance(result, dict):
        return result
    return {name: _reduced(expected[name], result[name]) for name in expected if name in result}


def _reduced(expected: Any, point: Any) -> Any:
    if not isinstance(point, dict) or not isinstance(expected, dict):
        return point
    uncompared = {name: value for name, value in expected.items() if name not in COMPARED}
    return uncompared | {name: point[name] for name in COMPARED if name in point and name in expected}


def _declared(declared: Mapping[str, Any], result: Any) -> Any:
    """Each point with what ``package.json`` says of it."""
    if not isinstance(result, dict):
        return result
    return {name: _point(declared.get(NUMBERED.sub("", name), {}), value) for name, value in result.items()}


def _point(declared: Any, value: Any) -> Any:
    facts = {name: fact for name, fact in declared.items() if name not in ("record", "records")}
    is_list = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return facts | {"records" if is_list else "record": value}
