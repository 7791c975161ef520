"""Running examples: all of a file in one batch, the raw result compared, the network's own beside it."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from octavo import devices
from octavo.devices import Checked, sentence
from octavo.errors import ContentError, Error, LimitError
from octavo.examples.compare import changes, differences
from octavo.examples.messages import downlink_of, is_byte, uplink_of
from octavo.examples.model import MISSING, Difference, Row, shown, unreadable
from octavo.formatters.rules import NORMALIZE_UPLINK
from octavo.messages import Decoded, Encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from octavo.device import Device
    from octavo.examples.model import Change, Check, Example, Rule, Suite

MAX_NOTES = 5
"""Remarks of one kind that a row carries."""

THROWN = "script"
"""Name of the error that JavaScript threw."""


class StoppedError(Exception):
    """Nobody waits for the rows any more."""


def run(suite: Suite, *, stopped: Callable[[], bool] = bool, moving: bool = False) -> Iterator[Row]:
    """Run the examples of a file; one row each, in their order.

    A file whose device cannot be loaded gives one row that says why.

    Args:
        suite: the examples.
        stopped: asked between calls whether to go on.
        moving: whether clock and ``Math.random`` of scripts go on where the suite does not pin them, so that two runs
            show what depends on them. Else they are pinned, for each example is called twice, by itself and as the
            network does, and the results are compared.

    Raises:
        StoppedError: it was not to go on.
    """
    began = time.monotonic()
    if not moving:
        suite = replace(suite, now=suite.now or datetime.now(UTC).isoformat())
    try:
        device = devices.load(suite.script or suite.path, dialect=suite.dialect, now=suite.now)
    except ContentError as error:
        yield unreadable(suite.path, error)
        return
    with device:
        rows = list(_run(device, suite, stopped))
    each_s = (time.monotonic() - began) / max(len(rows), 1)
    yield from (replace(row, elapsed_s=each_s) for row in rows)


@dataclass(slots=True)
class _Got:
    """What came of an example, before it is compared.

    Attributes:
        results: what each check's function returned, or its error.
        notes: octavo's remarks.
    """

    results: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def error(self) -> Error | None:
        """The first error."""
        return next((result for result in self.results if isinstance(result, Error)), None)


def _run(device: Device, suite: Suite, stopped: Callable[[], bool]) -> Iterator[Row]:
    inner = devices.unchecked(device)
    sound = [example for example in suite.examples if example.runs]
    converted = _converted(inner, sound, stopped)
    if suite.declared:
        pairs = zip(sound, converted, strict=True)
        got = [_Got([_declared(inner, each, check, outcome) for check in each.checks]) for each, outcome in pairs]
    else:
        got = _scripted(inner, suite, sound, stopped)
        _add_notes(inner, got, converted)
    outcomes = iter(got)
    for example in suite.examples:
        if not example.runs:
            yield _unrun(suite, example)
        else:
            yield _row(suite, device, example, next(outcomes))


def _declared(device: Any, example: Example, check: Check, outcome: Any) -> Any:
    """What a declaration gives for a check: what the function of a script would return."""
    if check.operation != NORMALIZE_UPLINK:
        return _envelope(outcome)
    try:
        return {"data": device.normalize(check.input.get("data"), example.input.get("fPort", 1))}
    except Error as error:
        return error


# ---- calling ----


def _scripted(device: Any, suite: Suite, examples: list[Example], stopped: Callable[[], bool]) -> list[_Got]:
    """What the functions return: the calls of one script and operation together."""
    outcomes = [_Got([None] * len(example.checks)) for example in examples]
    calls = [(check, outcomes[n], at) for n, example in enumerate(examples) for at, check in enumerate(example.checks)]
    with ExitStack() as opened:
        load = partial(_other, opened, suite)
        for script, group in _grouped(calls, lambda call: str(call[0].script or "")):
            inputs = [(check.operation, check.input) for check, _, _ in group]
            used = load(group[0][0].script) if script else device
            raw = used if isinstance(used, Error) else used.call_raw(inputs)
            _deliver(group, raw, stopped)
    return outcomes


def _grouped(calls: list[Any], key: Callable[[Any], str]) -> Iterator[tuple[str, list[Any]]]:
    """Calls by script, and of each script by operation, for those of one operation are run together."""
    in_order = sorted(calls, key=lambda call: (key(call), call[0].operation))
    return ((name, list(group)) for name, group in groupby(in_order, key))


def _other(opened: ExitStack, suite: Suite, script: Path) -> Any:
    try:
        return opened.enter_context(devices.load(script, dialect=suite.dialect, now=suite.now))
    except ContentError as error:
        return error


def _deliver(group: list[Any], raw: Any, stopped: Callable[[], bool]) -> None:
    """Put each outcome where it belongs."""
    answers = [raw] * len(group) if isinstance(raw, Error) else raw
    for (_, got, at), answer in zip(group, _unless(stopped, answers), strict=True):
        got.results[at] = answer if isinstance(answer, Error) else _loaded(answer.text)
        got.notes += [] if isinstance(answer, Error) else answer.notes


def _unless(stopped: Callable[[], bool], outcomes: Iterable[Any]) -> Iterator[Any]:
    """The outcomes, until nobody waits for them."""
    for outcome in outcomes:
        if stopped():
            raise StoppedError
        yield outcome


def _loaded(text: str | None) -> Any:
    return MISSING if text is None else json.loads(text)


# ---- comparing ----


def _row(suite: Suite, device: Device, example: Example, got: _Got) -> Row:
    diff: list[Difference] = []
    wanted: list[Change] = []
    error: Error | None = None
    misfits: list[Difference] = []
    for check, result in zip(example.checks, got.results, strict=True):
        if check.throws is None and isinstance(result, Error):
            error = result
            diff = [Difference("", None if check.expected is MISSING else check.expected or None, None, str(result))]
            break
        diff += _differences(check, result, suite.rule)
        # One check at a time: what others expect may depend on what this one's example says.
        wanted = wanted or list(_changes(check, result, suite.rule))
    else:
        misfits = list(_misfits(device, example, got.results[0]))
    diff += misfits
    outcome = "error" if error else "failed" if diff else "passed"
    notes = [*_input_notes(example), *example.notes, *got.notes]
    row = Row(example.id, suite.path.as_posix(), example.operation, example.description, outcome)
    return replace(
        row,
        notes=list(dict.fromkeys(notes)),
        diff=diff,
        error=error,
        changes=() if error or misfits else tuple(wanted),
    )


def _unrun(suite: Suite, example: Example) -> Row:
    row = Row(example.id, suite.path.as_posix(), example.operation, example.description, "skipped")
    if example.error is None:
        return replace(row, notes=[example.skipped])
    diff = [Difference("", None, None, str(example.error))]
    return replace(row, outcome="error", diff=diff, error=example.error)


def _differences(check: Check, result: Any, rule: Rule) -> Iterator[Difference]:
    if check.throws is not None:
        yield from _not_thrown(check.throws, result)
        return
    for found in differences(check.expected, _viewed(check, result), rule):
        if check.label:
            message = f"{check.label} {found.message}"
            yield replace(found, path=f"{check.label}{found.path}", message=message)
        else:
            yield found


def _viewed(check: Check, result: Any) -> Any:
    return result if check.view is None or result is MISSING else check.view(result)


def _changes(check: Check, result: Any, rule: Rule) -> Iterator[Change]:
    viewed = MISSING if isinstance(result, Error) else _viewed(check, result)
    if check.place is not None and check.throws is None and viewed is not MISSING:
        yield from changes(check.expected, viewed, rule, check.place)


def _not_thrown(words: str, result: Any) -> Iterator[Difference]:
    """What is wrong with a call that must throw an error with these words."""
    if isinstance(result, LimitError) or (isinstance(result, Error) and result.name != THROWN):
        yield Difference("", words, None, str(result))
    elif not isinstance(result, Error):
        yield Difference("", words, result, f"an error with {shown(words)} was expected, got {shown(result)}")
    elif words not in f"{result.message} {result.cause or ''}":
        yield Difference("", words, str(result), f"an error with {shown(words)} was expected, got {result}")


def _misfits(device: Device, example: Example, result: Any) -> Iterator[Difference]:
    """What the device's own schema finds in the data, where there is a schema and the result is no error."""
    if not isinstance(device, Checked) or not isinstance(result, dict) or result.get("errors"):
        return
    is_encoding = example.operation == "encode_downlink"
    schema = device.uplink if example.operation == "decode_uplink" else device.downlink
    data = example.input.get("data") if is_encoding else _decoded(device, result)
    f_port = example.input.get("fPort") or result.get("fPort")
    if schema is None or data is None:
        return
    for finding in schema.check(data, f_port):
        message = f"data does not fit {schema.name}: {sentence(finding)}"
        yield Difference(f"/data{finding.path}", None, finding.value, message)


# ---- remarks ----


def _input_notes(example: Example) -> Iterator[str]:
    """What no uplink or downlink could bring, though the function takes it."""
    if example.operation not in ("decode_uplink", "decode_downlink"):
        return
    content, port = example.input.get("bytes", []), example.input.get("fPort", 1)
    if not isinstance(content, list) or not all(map(is_byte, content)):
        yield f"input.bytes: no frame holds this: a list of integers 0 to 255 was expected, got {shown(content)}"
    if not is_byte(port) or port == 0:
        yield f"input.fPort: no frame with data has this: a whole number from 1 to 255 was expected, got {shown(port)}"
    variables = example.input.get("variables", {})
    if not isinstance(variables, dict):
        yield f"input.variables: no network gives this: texts by name were expected, got {shown(variables)}"


def _add_notes(device: Device, got: list[_Got], converted: list[Any]) -> None:
    for each, sent in zip(got, converted, strict=True):
        each.notes += _network_notes(device, each.results[0], sent)


def _network_notes(device: Device, result: Any, converted: Any) -> list[str]:
    """Where the network would fail, or would send something else than what the script returned."""
    if converted is None or not isinstance(result, dict):
        return []
    network = device.dialect or "the network"
    if isinstance(converted, Error):
        return [] if result.get("errors") else [f"{network} would fail: {converted}"]
    changed = [f"{network} sends something else: {found.message}" for found in _sent(device, result, converted)]
    return [*_spared(converted.notes), *changed[:MAX_NOTES]]


def _spared(notes: list[str]) -> list[str]:
    """The notes without the one on the port, which whoever sends a downlink names."""
    from octavo.formatters.results import PORT_NOTE  # noqa: PLC0415 - a declared codec has no such notes

    return [note for note in notes if PORT_NOTE.removeprefix("{}") not in note]


def _sent(device: Device, result: dict[str, Any], converted: Decoded | Encoded) -> Iterator[Difference]:
    if isinstance(converted, Encoded):
        sent = list(converted.frm_payload or b"")
        return differences({"bytes": result.get("bytes", [])}, {"bytes": sent})
    return differences({"data": _decoded(device, result)}, {"data": converted.data})


def _decoded(device: Device, result: dict[str, Any]) -> Any:
    """The decoded data in what a function returned: all of it, or the member of an envelope."""
    from octavo.formatters.dialects import dialect_table  # noqa: PLC0415 - a declared codec needs no dialect

    is_bare = device.dialect is not None and dialect_table(device.dialect).decodes_bare
    return result if is_bare else result.get("data", {})


# ---- the network's own conversion ----


def _converted(device: Device, examples: list[Example], stopped: Callable[[], bool]) -> list[Any]:
    """What the network makes of each example, in their order: one batch per operation."""
    batches: dict[str, tuple[Any, Callable[[Example], Any]]] = {
        "decode_uplink": (device.decode_uplinks, uplink_of),
        "decode_downlink": (device.decode_downlinks, uplink_of),
        "encode_downlink": (device.encode_downlinks, downlink_of),
    }
    outcomes: dict[str, Any] = {}
    for operation, (convert, message_of) in batches.items():
        found = {example.id: message_of(example) for example in examples if example.operation == operation}
        sent = {name: message for name, message in found.items() if message is not None}
        results = convert(sent.values()) if sent else ()
        outcomes |= dict(zip(sent, _unless(stopped, results), strict=True))
    return [outcomes.get(example.id) for example in examples]


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
