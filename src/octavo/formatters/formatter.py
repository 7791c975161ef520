"""JavaScript formatters as devices."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from octavo._files import read_text
from octavo.device import HIGHEST_PORT, Device, as_downlink, as_uplink
from octavo.errors import ContentError, EncodeError, Error, LimitError, NotFoundError
from octavo.formatters.dialects import DEFAULT_DIALECT, TABLES, dialect_table
from octavo.formatters.gather import Gatherer
from octavo.formatters.modules import as_script
from octavo.formatters.results import MISSING, RawResult, Reader, input_json, records
from octavo.formatters.rules import EXTRACT_POINTS, NORMALIZE_UPLINK, Dialect, raw_operation, watched_operation
from octavo.limits import Limits
from octavo.messages import Decoded, Downlink, Encoded, Uplink, unix_ms
from octavo.sandbox.program import AT_HOME, Program
from octavo.sandbox.shared import borrow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from octavo.device import DownlinkLike, UplinkLike
    from octavo.formatters.watching import Lens, Watched
    from octavo.messages import Moment

T = TypeVar("T")
MOST_SCRIPT_BYTES = 4 * 1024 * 1024
SEPARATE = ("decoder", "converter", "validator", "encoder")


@dataclass(frozen=True, slots=True)
class _Loaded:
    program: Program
    reader: Reader
    texts: tuple[str, ...]


class Formatter(Device):
    """A formatter: script files run as their network runs them.

    Args:
        scripts: one file for everything, or a file by operation (``decode_uplink`` …); for v2 also by function
            (``decoder``, ``converter``, ``validator``, ``encoder``), each evaluated alone.
        name: what it was loaded as.
        dialect: see `octavo.formatters.DIALECTS`; None is ``tts``, and lets `in_network` choose another.
        limits: what one message may cost.
        now: pins the clock of the script (and seeds its ``Math.random``); None leaves both running.
        jitless: run V8 without its compiler.
        workers: how many worker processes may be at work at once; by default as many as there are processors.
        lens: how a tool looks into the script; None does not.

    Raises:
        NotFoundError: a file is missing.
        ContentError: a file cannot be read as UTF-8 text, or the dialect is unknown.
    """

    def __init__(
        self,
        scripts: Path | Mapping[str, Path],
        *,
        name: str,
        dialect: str | None = None,
        limits: Limits | None = None,
        now: Moment | None = None,
        jitless: bool = False,
        workers: int | None = None,
        lens: Lens | None = None,
    ) -> None:
        self.name = name
        self._lens = lens
        self.dialect = dialect or DEFAULT_DIALECT
        self._table = dialect_table(self.dialect)
        self._named = dialect is not None
        self._another = partial(
            Formatter, scripts, name=name, limits=limits, now=now, jitless=jitless, workers=workers, lens=lens
        )
        self._siblings: dict[str, Formatter] = {}
        self._limits = limits or Limits()
        self._now_ms = None if now is None else milliseconds(now)
        self._programs = self._load(scripts)
        self._loan = borrow(self._limits, jitless=jitless, workers=workers)
        self._gatherers: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Gatherer]] = WeakKeyDictionary()

    @property
    def operations(self) -> frozenset[str]:
        """The operations that its files cover."""
        return frozenset(self._programs)

    def close(self) -> None:
        """Give the workers back; the last device that uses them ends them."""
        for sibling in self._siblings.values():
            sibling.close()
        self._loan.release()

    def in_network(self, dialect: str) -> Formatter:
        """The same files as another network runs them.

        Itself, where its dialect was named, or where no file has a function that the other network looks for.
        """
        if self._named or dialect == self.dialect or dialect not in TABLES or not self._speaks(dialect_table(dialect)):
            return self
        if dialect not in self._siblings:
            self._siblings[dialect] = self._another(dialect=dialect)
        return self._siblings[dialect]

    def _speaks(self, table: Dialect) -> bool:
        wanted = re.compile(rf"\b(?:{'|'.join(table.function_names())})\b")
        return any(wanted.search(text) for loaded in self._programs.values() for text in loaded.texts)

    # ---- the protocol ----

    def decode_uplinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode uplinks in order, lazily; see `octavo.device.Device`."""
        if self._missing("decode_uplink"):
            return (self._no_operation("decode_uplink") for _ in messages)
        loaded = self._programs["decode_uplink"]
        return self._run(loaded, "decode_uplink", map(_uplink_json, messages), loaded.reader.decoded)

    def decode_downlinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode downlink payloads in order, lazily."""
        if self._missing("decode_downlink"):
            return (self._no_operation("decode_downlink") for _ in messages)
        loaded = self._programs["decode_downlink"]
        read = partial(loaded.reader.decoded, uplink=False)
        return self._run(loaded, "decode_downlink", map(_uplink_json, messages), read)

    def encode_downlinks(self, messages: Iterable[DownlinkLike]) -> Iterator[Encoded | Error]:
        """Encode downlinks in order, lazily."""
        if self._missing("encode_downlink"):
            return (self._no_operation("encode_downlink") for _ in messages)
        loaded = self._programs["encode_downlink"]
        return self._run(loaded, "encode_downlink", map(_downlink_json, messages), loaded.reader.encoded)

    async def adecode_uplink(
        self,
        frm_payload: bytes,
        f_port: int = 1,
        *,
        recv_time: Moment | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Decoded:
        """Decode one uplink; calls in flight at the same moment go to the worker together."""
        decoded: Decoded = await self._gathered("decode_uplinks", Uplink(frm_payload, f_port, recv_time, variables))
        return decoded

    async def adecode_downlink(
        self, frm_payload: bytes, f_port: int = 1, *, variables: Mapping[str, str] | None = None
    ) -> Decoded:
        """Decode one downlink payload, gathered like `adecode_uplink`."""
        decoded: Decoded = await self._gathered("decode_downlinks", Uplink(frm_payload, f_port, None, variables))
        return decoded

    async def aencode_downlink(
        self, data: Any, f_port: int = 0, *, variables: Mapping[str, str] | None = None
    ) -> Encoded:
        """Encode one downlink, gathered like `adecode_uplink`."""
        encoded: Encoded = await self._gathered("encode_downlinks", Downlink(data, f_port, variables))
        return encoded

    async def adecode_uplinks(self, messages: Iterable[UplinkLike]) -> AsyncIterator[Decoded | Error]:
        """Decode uplinks without blocking the loop."""
        async for outcome in _in_thread(self.decode_uplinks(messages)):
            yield outcome

    async def adecode_downlinks(self, messages: Iterable[UplinkLike]) -> AsyncIterator[Decoded | Error]:
        """Decode downlink payloads without blocking the loop."""
        async for outcome in _in_thread(self.decode_downlinks(messages)):
            yield outcome

    async def aencode_downlinks(self, messages: Iterable[DownlinkLike]) -> AsyncIterator[Encoded | Error]:
        """Encode downlinks without blocking the loop."""
        async for outcome in _in_thread(self.encode_downlinks(messages)):
            yield outcome

    # ---- points ----

    def extract_points(self, messages: Iterable[tuple[Any, Moment | None]]) -> Iterator[Decoded | Error]:
        """Make points of decoded data, as ThingPark does; only for the dialects ``actility`` and ``ts013``.

        Args:
            messages: pairs of decoded data and the time of the uplink.

        Yields:
            For each, a result whose ``data`` is ``{point: value, or [{"eventTime": …, "value": …}]}``, or an error.
        """
        points = self._table.operations["decode_uplink"].points
        if points is None or self._missing("decode_uplink"):
            return (NotFoundError(f"the dialect {self.dialect} has no {EXTRACT_POINTS}") for _ in messages)
        loaded = self._programs["decode_uplink"]
        read = partial(loaded.reader.decoded, uplink=False)
        return self._run(loaded, EXTRACT_POINTS, map(_points_json, messages), read)

    # ---- watching ----

    def watch(
        self, operation: str, messages: Iterable[UplinkLike] | Iterable[DownlinkLike], *, earlier: Sequence[Any] = ()
    ) -> Iterator[Watched | Error]:
        """What the network's function does with each message; only through a lens.

        Args:
            operation: one of `octavo.device.OPERATIONS`.
            messages: as its plural method takes them.
            earlier: messages that the same instance of the script gets before each of them.

        Yields:
            What was seen; an `Error` for a message that is none, or that went on until a limit ended it.
        """
        if self._missing(operation):
            return (self._no_operation(operation) for _ in messages)
        put: Callable[[Any], str | Error] = _downlink_json if operation == "encode_downlink" else _uplink_json
        before = [put(message) for message in earlier]
        loaded = self._programs[operation]
        sent = (_after(before, put(message)) for message in messages)
        return self._run(loaded, watched_operation(operation), sent, loaded.reader.watched)

    def watch_raw(self, operation: str, inputs: Iterable[Any]) -> Iterator[Watched | Error]:
        """What the function of an example does with inputs as they stand, see `call_raw`; only through a lens."""
        return self._raw_run(operation, list(inputs), watched=True)

    # ---- examples ----

    def call_raw(self, calls: Iterable[tuple[str, Any]]) -> Iterator[RawResult | Error]:
        """Call functions with example inputs as they stand, and give what they return unconverted.

        Args:
            calls: pairs of operation (also ``normalize_uplink`` and ``extract_points``) and input; runs of one
                operation are batched.
        """
        for operation, inputs in _runs(calls):
            yield from self._raw_run(operation, inputs)

    def _raw_run(self, operation: str, inputs: list[Any], *, watched: bool = False) -> Iterator[Any]:
        owner = "decode_uplink" if operation in (NORMALIZE_UPLINK, EXTRACT_POINTS) else operation
        if self._missing(owner):
            return (self._no_operation(operation) for _ in inputs)
        loaded = self._programs[owner]
        function = self._table.raw_function(operation, loaded.texts)
        if function is None:
            return (NotFoundError(f"the dialect {self.dialect} has no {operation}") for _ in inputs)
        name, read = raw_operation(function), loaded.reader.raw
        if watched:
            return self._run(loaded, watched_operation(name), map(_raw_json, inputs), loaded.reader.watched)
        return self._run(loaded, name, map(_raw_json, inputs), read)

    # ---- inside ----

    def _load(self, scripts: Path | Mapping[str, Path]) -> dict[str, _Loaded]:
        files = dict(scripts) if isinstance(scripts, Mapping) else dict.fromkeys(self._table.operations, scripts)
        if self._table.separate:
            return self._load_separate(files)
        loaded: dict[Path, _Loaded] = {}
        for file in files.values():
            if file not in loaded:
                loaded[file] = self._loaded({"script": read_script(file)}, file)
        unknown = set(files) - set(self._table.operations)
        if unknown:
            known = ", ".join(self._table.operations)
            raise ContentError(f"dialect {self.dialect} has no {', '.join(sorted(unknown))}; it has {known}")
        return {operation: loaded[file] for operation, file in files.items()}

    def _load_separate(self, files: dict[str, Path]) -> dict[str, _Loaded]:
        by_function = {name: file for name, file in files.items() if name in SEPARATE}
        scripts = {name: read_script(file) for name, file in by_function.items()}
        for operation, function in (("decode_uplink", "decoder"), ("encode_downlink", "encoder")):
            if operation in files:
                by_function[function] = files[operation]
                scripts |= _functions_of(function, read_script(files[operation]))
        offered = {"decode_uplink": "decoder", "encode_downlink": "encoder"}
        texts = {name: text for name, text in scripts.items() if text.strip()}
        return {
            operation: self._loaded(texts, by_function[function])
            for operation, function in offered.items()
            if function in scripts
        }

    def _loaded(self, scripts: dict[str, str], file: Path) -> _Loaded:
        rewrite = None if self._lens is None else self._lens.rewrite
        if rewrite is not None:
            scripts = {name: rewrite(text) for name, text in scripts.items()}
        texts = tuple(scripts.values())
        reader = Reader(self._table, self._limits, str(file), texts)
        table = self._table.table(watched=self._lens is not None, counted=rewrite is not None)
        modules = {name: as_script(text, self._table.imported) for name, text in scripts.items() if self._table.module}
        program = Program(
            {name: modules[name].text if name in modules else text for name, text in scripts.items()},
            table,
            self._limits,
            self._now_ms,
            around=AT_HOME if self._lens is None else self._lens.around(),
            slow_ms=reader.slow_ms,
            missing=MISSING,
            imports={name: module.imports for name, module in modules.items()},
            replaced={name: module.replaced for name, module in modules.items() if module.replaced},
            failures={name: module.failure for name, module in modules.items() if module.failure},
        )
        return _Loaded(program, reader, texts)

    def _missing(self, operation: str) -> bool:
        return operation not in self._programs

    def _no_operation(self, operation: str) -> Error:
        return NotFoundError(
            f"{self.name} has no {operation}; it has {', '.join(sorted(self.operations)) or 'nothing'}"
        )

    def _run(
        self,
        loaded: _Loaded,
        operation: str,
        messages: Iterable[str | Error],
        read: Callable[[dict[str, Any]], T | Error],
    ) -> Iterator[T | Error]:
        """Run messages in order; one that could not be put into JSON keeps its place with its error."""
        refused: deque[tuple[int, Error]] = deque()
        position = 0
        for piece in self._loan.pool.run(loaded.program, operation, _sendable(messages, refused)):
            outcomes = [loaded.reader.placed(piece)] if isinstance(piece, LimitError) else map(read, records(piece))
            for outcome in outcomes:
                while refused and refused[0][0] == position:
                    yield refused.popleft()[1]
                    position += 1
                yield outcome
                position += 1
        for _, error in refused:
            yield error

    async def _gathered(self, method: str, message: Uplink | Downlink) -> Any:
        gatherers = self._gatherers.setdefault(asyncio.get_running_loop(), {})
        if method not in gatherers:
            gatherers[method] = Gatherer(getattr(self, method))
        outcome = await gatherers[method].submit(message)
        if isinstance(outcome, Error):
            raise outcome
        return outcome


def read_script(file: Path) -> str:
    """The text of a script file.

    Raises:
        NotFoundError: there is no such file.
        ContentError: it is no UTF-8 text, or larger than `MOST_SCRIPT_BYTES`.
    """
    return read_text(file, most_bytes=MOST_SCRIPT_BYTES)


def milliseconds(moment: Moment) -> float:
    """A time as milliseconds since 1970, as JavaScript counts it.

    Raises:
        ValueError: the text is no RFC 3339 time.
    """
    return unix_ms(moment)


def iso(moment_ms: float) -> str:
    """Milliseconds since 1970 as JavaScript's ``toISOString`` writes them."""
    moment = datetime.fromtimestamp(moment_ms / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{int(moment_ms % 1000):03}Z"


def _uplink_json(message: UplinkLike) -> str | Error:
    if type(message) is tuple and len(message) == 2:  # noqa: PLR2004 - payload and port, the most frequent form
        frm_payload, f_port = message
        if type(frm_payload) is bytes and type(f_port) is int and 0 <= f_port <= HIGHEST_PORT:
            return f'["{frm_payload.hex()}",{f_port}]'
    try:
        uplink = as_uplink(message)
        recv_ms = None if uplink.recv_time is None else milliseconds(uplink.recv_time)
        variables = _texts(uplink.variables)
        return input_json([bytes(uplink.frm_payload).hex(), uplink.f_port, recv_ms, variables])
    except Error as error:
        return error
    except (TypeError, ValueError, OverflowError) as error:
        return Error(f"not an uplink: {error}", name="input")


def _after(earlier: list[str | Error], message: str | Error) -> str | Error:
    """A message that brings others, which go before it; the first that is none is what became of it."""
    wrong = next((each for each in (message, *earlier) if isinstance(each, Error)), None)
    if wrong is not None or not earlier:
        return wrong or message
    members = [*json.loads(str(message)), None, None][:4]
    return json.dumps([*members, [json.loads(str(each)) for each in earlier]])


def _texts(variables: Mapping[str, str] | None) -> dict[str, str] | None:
    """Variables as a network keeps them: text by text.

    Raises:
        TypeError: one is something else, or they have no names.
    """
    if variables is not None and not isinstance(variables, Mapping):
        raise TypeError(f"variables: texts by name were expected, not {type(variables).__name__}")
    for name, value in (variables or {}).items():
        if not isinstance(value, str):
            raise TypeError(f"variables: text was expected for {name!r}, not {type(value).__name__}")
    return None if variables is None else dict(variables)


def _downlink_json(message: DownlinkLike) -> str | Error:
    try:
        downlink = as_downlink(message)
        variables = _texts(downlink.variables)
        return input_json([downlink.data, downlink.f_port, None, variables])
    except Error as error:
        return error
    except (TypeError, ValueError, RecursionError) as error:
        return EncodeError(f"data is not JSON: {error}", name="input")


def _points_json(message: tuple[Any, Moment | None]) -> str | Error:
    try:
        data, moment = message
        time = None if moment is None else iso(milliseconds(moment))
        return input_json([data, time])
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return Error(f"not decoded data and a time: {error}", name="input")


def _raw_json(example: Any) -> str | Error:
    try:
        return input_json([example])
    except ValueError:
        return EncodeError("input is not JSON: it holds NaN or an infinity", name="input")
    except (TypeError, RecursionError) as error:
        return EncodeError(f"input is not JSON: {error}", name="input")


def _sendable(messages: Iterable[str | Error], refused: deque[tuple[int, Error]]) -> Iterator[str]:
    for position, message in enumerate(messages):
        if isinstance(message, Error):
            refused.append((position, message))
        else:
            yield message


def _functions_of(function: str, text: str) -> dict[str, str]:
    """v2 in one file: the text stands for each function that it names."""
    if function == "encoder":
        return {"encoder": text}
    found = {"decoder": text}
    for name in ("Converter", "Validator"):
        if re.search(rf"\b{name}\b", text):
            found[name.lower()] = text
    return found


def _runs(calls: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    current: str | None = None
    inputs: list[Any] = []
    for operation, example in calls:
        if operation != current and inputs and current is not None:
            yield current, inputs
            inputs = []
        current = operation
        inputs.append(example)
    if inputs and current is not None:
        yield current, inputs


async def _in_thread(outcomes: Iterator[T]) -> AsyncIterator[T]:
    """An iterator that blocks, consumed in pieces by a thread."""
    while piece := await asyncio.to_thread(_piece, outcomes):
        for outcome in piece:
            yield outcome


def _piece(outcomes: Iterator[T]) -> list[T]:
    piece: list[T] = []
    for outcome in outcomes:
        piece.append(outcome)
        if len(piece) == 512:  # noqa: PLR2004 - a batch of the pool
            break
    return piece
