"""Examples of TS013 packages and of Actility's device catalogue: ``examples.json`` and samples of regressions.

A file is a list of ``{type, description, input, output}``, with ``points`` and ``context`` where a driver has them.

Source: actility/device-catalog, template/ and tests/driver-examples.spec.js.
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

DIALECT = "ts013"

TYPES = {
    "uplink": "decode_uplink",
    "downlink-decode": "decode_downlink",
    "downlink-encode": "encode_downlink",
}
"""``type`` of an example, and octavo's name of the operation."""

SAMPLES = ("nonRegressionSamples.json", "non-regression.json")
"""Files whose results are envelopes in which empty and absent lists are the same."""


def read(path: Path, document: Document, dialect: str | None = None) -> Suite:
    """The suite of a file of examples.

    Raises:
        NotFoundError: its driver has no script.
        ContentError: it is no list, or the driver's own files do not hold what they should.
    """
    expect(document, (), document.value, list, "a list of {type, input, output}")
    driver = drivers.find(path, DIALECT, dialect)
    are_samples = path.name in SAMPLES
    return Suite(
        path,
        tuple(_all(document, path, driver, are_samples=are_samples)),
        "non-regression" if are_samples else "ts013",
        Rule(wildcards=True, ignore_empty=are_samples),
        driver.script,
        driver.dialect,
        text=document.text,
    )


def _all(document: Document, path: Path, driver: Driver, *, are_samples: bool) -> Iterator[Example]:
    for index, raw in enumerate(document.value):
        operation = TYPES.get(str(raw.get("type")), "") if isinstance(raw, dict) else ""
        key = f"{path.as_posix()}::{operation or 'decode_uplink'}-{index}"
        try:
            yield _example(document, index, driver, key, normalised=are_samples)
        except ContentError as error:
            yield Example(key, operation or "decode_uplink", text_of(raw, "description"), error=error)


def _example(document: Document, index: int, driver: Driver, key: str, *, normalised: bool) -> Example:
    raw = expect(document, (index,), document.value[index], dict, "an object with type, input and output")
    operation = TYPES.get(str(raw.get("type")))
    if operation is None:
        raise document.error((index, "type"), f"[{index}].type: one of {', '.join(TYPES)} was expected")
    given = with_bytes(document, (index, "input"), raw.get("input"))
    view = drivers.view(driver.dialect, operation, normalised=normalised)
    output = _output(document, index, raw)
    checks = [Check(operation, given, output, (index, "output"), view=view)]
    extracted = _points(document, index, raw, driver) if operation == "decode_uplink" else None
    notes = [points.NO_POINTS] if extracted is None and raw.get("points") is not None else []
    described = text_of(raw, "description")
    reason = drivers.CONTEXT_REASON if driver.uses_context and operation == "decode_uplink" else ""
    checks += [extracted] if extracted else []
    return Example(key, operation, described, tuple(checks), reason, tuple(notes))


def _output(document: Document, index: int, raw: dict[str, Any]) -> Any:
    """What is expected: an envelope, or bare what a legacy function returns."""
    output = raw.get("output", MISSING)
    if output is MISSING:
        raise document.error((index,), f"[{index}].output: what the function returns was expected")
    return with_bytes(document, (index, "output"), output) if isinstance(output, dict) else output


def _points(document: Document, index: int, raw: dict[str, Any], driver: Driver) -> Check | None:
    output, expected = raw["output"], raw.get("points")
    message = output.get("data") if isinstance(output, dict) else None
    if expected is None or message is None:
        return None
    expect(document, (index, "points"), expected, dict, "an object")
    return points.check(driver, message, raw["input"], expected, (index, "points"))
