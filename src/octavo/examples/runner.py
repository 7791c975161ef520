"""Running examples: all of a file in one batch, the raw result compared, the network's own beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from octavo import devices
from octavo.devices import Checked, sentence
from octavo.errors import ContentError, Error
from octavo.examples.collect import unreadable
from octavo.examples.compare import differences
from octavo.examples.model import MISSING, Difference, Row, shown
from octavo.messages import Decoded, Downlink, Encoded, Uplink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.device import Device
    from octavo.examples.model import Example, Suite

NORMALIZE = "normalize_uplink"

MAX_NOTES = 5
"""Remarks of one kind that a row carries."""


def run(suite: Suite) -> Iterator[Row]:
    """Run the examples of a file; one row each, in their order.

    A file whose device cannot be loaded gives one row that says why.
    """
    try:
        device = devices.load(suite.path)
    except ContentError as error:
        yield unreadable(suite.path, error)
        return
    with device:
        yield from _run(device, suite)


@dataclass(frozen=True, slots=True)
class _Got:
    """What came of an example, before it is compared."""

    result: Any
    normalization: Any = MISSING
    notes: list[str] = field(default_factory=list)
    error: Error | None = None


def _run(device: Device, suite: Suite) -> Iterator[Row]:
    inner = devices.unchecked(device)
    sound = tuple(example for example in suite.examples if example.error is None)
    converted = _converted(inner, sound)
    got = map(_declared, converted) if suite.declared else _scripted(inner, sound, converted)
    for example in suite.examples:
        outcome = _Got(MISSING, error=example.error) if example.error else next(got)
        yield _row(suite, example, outcome, _differences(device, example, outcome))


def _declared(outcome: Decoded | Encoded | Error | None) -> _Got:
    return _Got(_envelope(outcome))


def _scripted(device: Any, examples: tuple[Example, ...], converted: list[Any]) -> Iterator[_Got]:
    """Call the named function with every input, and the normalizer with every output, in one batch."""
    to_normalize = [example for example in examples if example.normalized is not MISSING]
    calls = [(example.operation, example.input) for example in examples]
    calls += [(NORMALIZE, example.expected) for example in to_normalize]
    raw = list(device.call_raw(calls))
    normalized = dict(zip((example.id for example in to_normalize), raw[len(examples) :], strict=True))
    for example, result, sent in zip(examples, raw[: len(examples)], converted, strict=True):
        yield _outcome(device, result, normalized.get(example.id), sent)


def _outcome(device: Device, raw: Any, normalization: Any, converted: Any) -> _Got:
    if error := next((result for result in (raw, normalization) if isinstance(result, Error)), None):
        return _Got(MISSING, error=error)
    result = _loaded(raw.text)
    notes = [*raw.notes, *_network_notes(device, result, converted)]
    return _Got(result, MISSING if normalization is None else _loaded(normalization.text), notes)


def _differences(device: Device, example: Example, got: _Got) -> list[Difference]:
    if got.error is not None:
        return [Difference("", example.expected or None, None, str(got.error))]
    found = [*differences(example.expected, got.result), *_misfits(device, example, got.result)]
    if example.normalized is not MISSING:
        found += _normalized_differences(example, got.normalization)
    return found


def _row(suite: Suite, example: Example, got: _Got, diff: list[Difference]) -> Row:
    outcome = "error" if got.error else "failed" if diff else "passed"
    notes = list(dict.fromkeys([*_input_notes(example), *got.notes]))
    file = suite.path.as_posix()
    return Row(example.id, file, example.operation, example.description, outcome, notes, diff, got.error)


def _input_notes(example: Example) -> Iterator[str]:
    """What no uplink or downlink could bring, though the function takes it."""
    if example.error or example.operation == "encode_downlink":
        return
    content, port = example.input.get("bytes", []), example.input.get("fPort", 1)
    if not isinstance(content, list) or not all(map(_is_byte, content)):
        yield f"input.bytes: no frame holds this: a list of integers 0 to 255 was expected, got {shown(content)}"
    if not _is_byte(port) or port == 0:
        yield f"input.fPort: no frame with data has this: a whole number from 1 to 255 was expected, got {shown(port)}"


def _loaded(text: str | None) -> Any:
    return MISSING if text is None else json.loads(text)


def _normalized_differences(example: Example, result: Any) -> Iterator[Difference]:
    """Compare what the normalizer returned; a single measurement counts as a list of one."""
    if isinstance(result, dict) and isinstance(result.get("data"), dict):
        result = result | {"data": [result["data"]]}
    for difference in differences(example.normalized, result):
        yield Difference(
            f"normalizedOutput{difference.path}",
            difference.expected,
            difference.got,
            f"normalizedOutput {difference.message}",
        )


def _misfits(device: Device, example: Example, result: Any) -> Iterator[Difference]:
    """What the device's own schema finds in the data, where there is a schema and the result is no error."""
    if not isinstance(device, Checked) or not isinstance(result, dict) or result.get("errors"):
        return
    is_encoding = example.operation == "encode_downlink"
    schema = device.uplink if example.operation == "decode_uplink" else device.downlink
    data = example.input.get("data") if is_encoding else result.get("data")
    f_port = example.input.get("fPort") or result.get("fPort")
    if schema is None or data is None:
        return
    for finding in schema.check(data, f_port):
        message = f"data does not fit {schema.name}: {sentence(finding)}"
        yield Difference(f"/data{finding.path}", None, finding.value, message)


def _converted(device: Device, examples: tuple[Example, ...]) -> list[Any]:
    """What the network makes of each example, in their order: one batch per operation."""
    batches = {
        "decode_uplink": (device.decode_uplinks, _uplink),
        "decode_downlink": (device.decode_downlinks, _uplink),
        "encode_downlink": (device.encode_downlinks, _downlink),
    }
    outcomes: dict[str, Any] = {}
    for operation, (convert, message) in batches.items():
        chosen = [example for example in examples if example.operation == operation and _is_sendable(example)]
        results = convert(message(example) for example in chosen) if chosen else ()  # type: ignore[operator] # each method with the messages it takes
        outcomes |= dict(zip((example.id for example in chosen), results, strict=True))
    return [outcomes.get(example.id) for example in examples]


def _is_sendable(example: Example) -> bool:
    """Whether a network could carry the input: examples may hold anything."""
    content, port = example.input.get("bytes", []), example.input.get("fPort", 1)
    return isinstance(content, list) and all(_is_byte(item) for item in [*content, port])


def _is_byte(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255  # noqa: PLR2004 - a byte


def _uplink(example: Example) -> Uplink:
    given = example.input
    recv_time = given.get("recvTime")
    return Uplink(bytes(given.get("bytes", [])), given.get("fPort", 1), recv_time, given.get("variables"))


def _downlink(example: Example) -> Downlink:
    return Downlink(example.input.get("data"), example.input.get("fPort", 0), example.input.get("variables"))


def _envelope(outcome: Decoded | Encoded | Error | None) -> Any:
    """The outcome of a declared codec in the shape of the examples' ``output``."""
    if isinstance(outcome, Error):
        return {"errors": [outcome.message]}
    if isinstance(outcome, Encoded):
        result = {"bytes": list(outcome.frm_payload or b""), "fPort": outcome.f_port}
    elif isinstance(outcome, Decoded):
        result = {"data": outcome.data}
    else:
        return {"errors": ["bytes and fPort of the input are not bytes 0 to 255"]}
    return result | ({"warnings": outcome.warnings} if outcome.warnings else {})


def _network_notes(device: Device, result: Any, converted: Any) -> list[str]:
    """Where the network would fail, or would send something else than what the script returned."""
    if converted is None or not isinstance(result, dict):
        return []
    network = device.dialect or "the network"
    if isinstance(converted, Error):
        return [] if result.get("errors") else [f"{network} would fail: {converted}"]
    changed = [f"{network} sends {found.path}: {found.message}" for found in _changes(result, converted)]
    return [*converted.notes, *changed[:MAX_NOTES]]


def _changes(result: dict[str, Any], converted: Decoded | Encoded) -> Iterator[Difference]:
    if isinstance(converted, Decoded):
        return differences({"data": result.get("data", {})}, {"data": converted.data})
    sent = list(converted.frm_payload or b"")
    return differences({"bytes": result.get("bytes", [])}, {"bytes": sent})
