"""Examples of legacy drivers of ThingPark X: ``*.examples.json`` and ``*.errors.json``.

An example is ``{description, type, bytes, fPort, time?, data, points?, thing?, model?}``: of an ``uplink`` the bytes
must decode to the data; of a ``downlink`` they must decode to it where the driver can, and the data encode to them.
An error is ``{description, type, bytes?, fPort?, time?, data?, error}``: the call must throw what is said there.

Source: actility/thingpark-iot-flow-driver-catalogue, README.md, templates/simple-driver/test/driver-examples.spec.js.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError
from octavo.examples import drivers, points
from octavo.examples.members import expect, text_of, with_bytes
from octavo.examples.model import MISSING, Check, Example, Rule, Suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from octavo._literal import Document
    from octavo.examples.drivers import Driver

DIALECT = "actility"
TYPES = ("uplink", "downlink")


def read(path: Path, document: Document, dialect: str | None = None) -> Suite:
    """The suite of a file of examples or errors.

    Raises:
        NotFoundError: its driver has no script.
        ContentError: it is no list, or the driver's own files do not hold what they should.
    """
    expect(document, (), document.value, list, "a list of {type, bytes, data} or {type, error}")
    driver = drivers.find(path, DIALECT, dialect)
    are_errors = any(isinstance(raw, dict) and "error" in raw for raw in document.value)
    examples = tuple(_all(document, path, driver, are_errors=are_errors))
    kind = "errors" if are_errors else "actility"
    rule = Rule(wildcards=True)
    return Suite(path, examples, kind, rule, driver.script, driver.dialect, text=document.text)


def _all(document: Document, path: Path, driver: Driver, *, are_errors: bool) -> Iterator[Example]:
    reader = _error_example if are_errors else _examples
    for index, raw in enumerate(document.value):
        try:
            expect(document, (index,), raw, dict, "an object with type")
            if raw.get("type") not in TYPES:
                raise document.error((index, "type"), f"[{index}].type: {' or '.join(TYPES)} was expected")
            yield from reader(document, index, driver, path.as_posix())
        except ContentError as error:
            key = f"{path.as_posix()}::decode_uplink-{index}"
            yield Example(key, "decode_uplink", text_of(raw, "description"), error=error)


def _examples(document: Document, index: int, driver: Driver, file: str) -> Iterator[Example]:
    raw = document.value[index]
    if raw["type"] == "uplink":
        yield _uplink(document, index, driver, file)
        return
    given, data = _input(document, index, raw), raw.get("data", MISSING)
    if data is MISSING:
        raise document.error((index,), f"[{index}].data: what the bytes stand for was expected")
    if driver.defines("decodeDownlink"):
        yield _plain(index, raw, file, Check("decode_downlink", given, data, (index, "data")))
    sent = {name: given[name] for name in ("bytes", "fPort") if name in given}
    view = drivers.view(driver.dialect, "encode_downlink")
    to_encode = {"data": data} | {name: raw[name] for name in ("fPort",) if name in raw}
    yield _plain(index, raw, file, Check("encode_downlink", to_encode, sent, view=view))


def _uplink(document: Document, index: int, driver: Driver, file: str) -> Example:
    raw = document.value[index]
    given = _input(document, index, raw)
    if "data" not in raw:
        raise document.error((index,), f"[{index}].data: what the bytes stand for was expected")
    view = drivers.view(driver.dialect, "decode_uplink")
    checks = [Check("decode_uplink", given, raw["data"], (index, "data"), view=view)]
    notes: tuple[str, ...] = ()
    if raw.get("points") is not None:
        expect(document, (index, "points"), raw["points"], dict, "an object")
        extracted = points.check(driver, raw["data"], raw, raw["points"], (index, "points"))
        checks += [extracted] if extracted else []
        notes = () if extracted else (points.NO_POINTS,)
    return _plain(index, raw, file, *checks, driver=driver, notes=notes)


def _plain(
    index: int, raw: Any, file: str, *checks: Check, driver: Driver | None = None, notes: tuple[str, ...] = ()
) -> Example:
    operation = checks[0].operation
    reason = drivers.CONTEXT_REASON if driver and driver.uses_context else ""
    described = text_of(raw, "description")
    return Example(f"{file}::{operation}-{index}", operation, described, checks, reason, notes)


def _error_example(document: Document, index: int, driver: Driver, file: str) -> Iterator[Example]:
    raw = document.value[index]
    words = expect(document, (index, "error"), raw.get("error"), str, "what the error says")
    operation, given = _failing_call(document, index, raw)
    script = driver.points_script if operation == points.OPERATION else None
    other = None if script in (None, driver.script) else script
    yield _plain(index, raw, file, Check(operation, given, MISSING, throws=words, script=other), driver=driver)


def _failing_call(document: Document, index: int, raw: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if "data" not in raw:
        operation = "decode_uplink" if raw["type"] == "uplink" else "decode_downlink"
        return operation, _input(document, index, raw)
    if raw["type"] == "downlink":
        return "encode_downlink", {"data": raw["data"]}
    return points.OPERATION, {"message": raw["data"]} | ({"time": raw["time"]} if "time" in raw else {})


def _input(document: Document, index: int, raw: dict[str, Any]) -> dict[str, Any]:
    """The argument of a decoder; members that the example lacks are absent."""
    members = with_bytes(document, (index,), raw)
    return {name: members[name] for name in ("bytes", "fPort", "time", "thing", "model") if name in members}
