"""A function of one's own: called with each outcome, and what it answers goes to the device."""

from __future__ import annotations

import importlib
import json
import logging
import sys
import threading
import time
import traceback
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from octavo._http import TransportError, UnansweredError
from octavo.downlinks import ServerError
from octavo.errors import ContentError, Error
from octavo.live.devices import Devices
from octavo.live.errors import StoreError
from octavo.live.keys import KeyRing, client_of
from octavo.live.logs import facts
from octavo.live.pace import Repeats
from octavo.live.redaction import without_secrets
from octavo.live.sinks.sink import DEAD, DOWN, REFUSED, SENT, Receipt
from octavo.networks.message import Incoming
from octavo.networks.recognition import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from octavo.live.config import Config, SinkConfig
    from octavo.live.store import Letter

log = logging.getLogger(__name__)

TIMEOUT_S = 10.0
"""How long a function may take; then what follows waits for it."""

WORDS_MAX = 200
"""Characters of an exception that are kept as the reason."""

OPERATIONS = ("push", "replace")
ANSWER = frozenset(["data", "f_port", "operation", "confirmed", "priority"])
"""What an answer may say; see `HandlerSink`."""

TOO_MANY, TROUBLE = 429, 500
PERHAPS = "; the downlink may be queued all the same"


class HandlerSink:
    """See `Sink`. The function is called with one dict, the outcome, in a thread of its own, one at a time.

    It answers None, or a dict: ``data`` for the device's encoder (bytes go as they are), and, where it likes,
    ``f_port``, ``operation`` (``push`` or ``replace``), ``confirmed`` and ``priority``. An answer goes where the
    device's messages said that answers go. At least once: while the server is away the answer is kept, and sent again;
    where it is refused the function is called again, but for a push that the server took and did not answer.

    Args:
        sink: its part of the configuration, as its schema has it: ``function`` is ``module:function``.
        config: all of it; modules are found in its folder, too.
    """

    batch = 1
    """A function, and the downlink that it answers, are not repeated because of what came before."""

    def __init__(self, sink: SinkConfig, config: Config) -> None:
        self.name = sink.name
        self._named: str = sink.options["function"]
        self._config = config
        self._devices: Devices | None = None
        self._keys: KeyRing | None = None
        self._lane: _Lane | None = None
        self._function: Callable[[dict[str, Any]], Any] | None = None
        self._calls: dict[tuple[int, int], Future[Any]] = {}  # of letters that are down: still running, or answered
        self._mistakes, self._remarks = Repeats(), Repeats()

    def open(self) -> None:
        """See `Sink.open`; the function is loaded with the first letter."""
        self._lane = _Lane(f"octavo-{self.name}")

    def close(self) -> None:
        """See `Sink.close`."""
        if self._lane:
            self._lane.close()
        if self._devices:
            self._devices.close()
        if self._keys:
            self._keys.close()

    def send(self, letters: Sequence[Letter]) -> list[Receipt]:
        """See `Sink.send`."""
        receipts: list[Receipt] = []
        for letter in letters:
            is_down = bool(receipts) and receipts[-1].state == DOWN
            receipts.append(receipts[-1] if is_down else self._send(letter))
        return receipts

    # ---- the function ----

    def _send(self, letter: Letter) -> Receipt:
        outcome = json.loads(letter.content)
        call = letter.message_id, letter.made_ms
        future = self._started(call, outcome)
        try:
            error = future.exception(TIMEOUT_S)
        except TimeoutError:
            return Receipt(DOWN, f"{self._named} has not returned after {TIMEOUT_S:.0f} s")
        receipt = self._answered(outcome, future.result()) if error is None else self._raised(letter, error)
        if error is not None or receipt.state != DOWN:
            del self._calls[call]
        return receipt

    def _started(self, call: tuple[int, int], outcome: dict[str, Any]) -> Future[Any]:
        """The call for an outcome; it may be running, or have answered, since the last time."""
        assert self._lane is not None  # noqa: S101 - opened before it is used
        if call not in self._calls:
            self._calls[call] = self._lane.submit(lambda: self._call(outcome))
        return self._calls[call]

    def _raised(self, letter: Letter, error: BaseException) -> Receipt:
        if self._function is None:
            return Receipt(DOWN, _not_loaded(self._named, error))
        reason = f"{self._named} raised {_in_words(error)}"
        if count := self._mistakes.note((reason,), int(time.monotonic() * 1000)):
            told = facts("raised", sink=self.name, id=letter.message_id, function=self._named, count=count)
            log.warning(
                "%s: message %d: %s raised", self.name, letter.message_id, self._named, exc_info=error, extra=told
            )
        return Receipt(REFUSED, reason)

    def _call(self, outcome: dict[str, Any]) -> Any:
        if self._function is None:
            self._function = _loaded(self._named, self._config.folder)
        return self._function(outcome)

    # ---- its answer ----

    def _answered(self, outcome: Mapping[str, Any], answer: Any) -> Receipt:
        if answer is None:
            return Receipt(SENT)
        try:
            self._reply(outcome, _checked(answer))
        except UnansweredError as error:
            return Receipt(DOWN if answer.get("operation") == "replace" else DEAD, f"{error.message}{PERHAPS}")
        except (TransportError, StoreError) as error:
            return Receipt(DOWN, error.message)
        except ServerError as error:
            is_away = error.status == TOO_MANY or error.status >= TROUBLE
            return Receipt(DOWN if is_away else REFUSED, error.message)
        except Error as error:
            return Receipt(REFUSED, f"the answer of {self._named}: {error}")
        return Receipt(SENT)

    def _reply(self, outcome: Mapping[str, Any], answer: dict[str, Any]) -> None:
        if not self._config.downlinks.enabled:
            raise ContentError("the keys for downlinks are not kept: [downlinks] enabled = true was expected")
        self._keys = self._keys or KeyRing(self._config.keys)
        ids = outcome["ids"]
        device_id = ids["device_id"] or ids["dev_eui"]
        keys = self._keys.find(outcome["network"], ids["application_id"], device_id)
        if keys is None:
            raise ContentError(f"no message of {device_id} has brought keys for downlinks")
        operation, data = answer.pop("operation", OPERATIONS[0]), answer.pop("data")
        with client_of(keys, device=self._device(outcome)) as client:
            send = client.push if operation == OPERATIONS[0] else client.replace
            sent = send(device_id, data, **answer)
        self._tell(outcome, (*sent.remarks, *(finding.message for finding in sent.findings)))

    def _tell(self, outcome: Mapping[str, Any], remarks: Sequence[str]) -> None:
        """Log what looks wrong in a downlink that was sent all the same, and what its encoder remarks."""
        for remark in remarks:
            if count := self._remarks.note((remark,), int(time.monotonic() * 1000)):
                told = facts("remark", sink=self.name, id=outcome["id"], remark=remark, count=count)
                log.warning("%s: the answer to message %s: %s", self.name, outcome["id"], remark, extra=told)

    def _device(self, outcome: Mapping[str, Any]) -> Any:
        kind = outcome["kind"]
        network = KINDS[kind]
        self._devices = self._devices or Devices(self._config)
        return self._devices(Incoming(network.name, kind, network.roles[kind], network.dialect, dict(outcome["ids"])))


def check_function(sink: SinkConfig, folder: Path) -> None:
    """See that the function can be loaded; its module is run, as it will be.

    Raises:
        ContentError: it cannot.
    """
    named = sink.options["function"]
    lane = _Lane(f"octavo-{sink.name}")
    try:
        error = lane.submit(lambda: _loaded(named, folder)).exception(TIMEOUT_S)
    except TimeoutError:
        raise ContentError(f"{_key(sink)}: {named} is not loaded after {TIMEOUT_S:.0f} s") from None
    finally:
        lane.close()
    if error is not None:
        raise ContentError(f"{_key(sink)}: {_not_loaded(named, error)}") from error


def _key(sink: SinkConfig) -> str:
    return f"sink {sink.name}: function"


def _loaded(named: str, folder: Path) -> Callable[[dict[str, Any]], Any]:
    """The function that ``module:function`` names.

    Raises:
        ContentError: there is none. Whatever its module raises comes as it is.
    """
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # behind the modules of Python and octavo
    module, _, name = named.partition(":")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):  # another one, that it imports
            raise
        raise ContentError(f"there is no module {module}, in {folder} or where Python looks") from error
    if not callable(found):
        raise ContentError(f"the module {module} has no function {name}")
    function: Callable[[dict[str, Any]], Any] = found
    return function


def _not_loaded(named: str, error: BaseException) -> str:
    """Why a function cannot be loaded, and in which line of which file."""
    if isinstance(error, ContentError):
        return f"{named} cannot be loaded: {error}"
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith("<")]
    place = (
        (error.filename, error.lineno) if isinstance(error, SyntaxError) else (frames[-1].filename, frames[-1].lineno)
    )
    return f"{named} cannot be loaded: {place[0]}:{place[1]}: {_in_words(error)}"


def _in_words(error: BaseException) -> str:
    """An exception in one line, even one that cannot say what it is; without a key, of which no part is left either."""
    return without_secrets(" ".join(traceback.format_exception_only(error)[-1].split()))[:WORDS_MAX]


class _Lane:
    """One thread that makes one call after the other. One that never returns holds up no end of the process.

    Always the same thread: what a module opens may be bound to it.
    """

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        """Have a call made; what it returns, or raises."""
        future: Future[Any] = Future()
        self._calls.put((future, call))
        return future

    def close(self) -> None:
        """Make no more calls than were asked for."""
        self._calls.put(None)

    def _run(self) -> None:
        while asked := self._calls.get():
            future, call = asked
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - whoever waits for the call gets it, SystemExit too
                future.set_exception(error)


def _checked(answer: Any) -> dict[str, Any]:
    """A copy of an answer, if it is one."""
    if not isinstance(answer, dict) or "data" not in answer:
        raise ContentError(f"None, or a dict with data, was expected, not {_found(answer)}")
    if unknown := sorted(map(str, answer.keys() - ANSWER)):
        raise ContentError(f"no {unknown[0]!r} in an answer: one of {', '.join(sorted(ANSWER))} was expected")
    if answer.get("operation", OPERATIONS[0]) not in OPERATIONS:
        raise ContentError(f"operation: one of {', '.join(OPERATIONS)} was expected")
    return dict(answer)


def _found(answer: Any) -> str:
    """What was answered: the names of its members, or its type."""
    if not isinstance(answer, dict):
        return f"one of type {type(answer).__name__}"
    return f"one with {', '.join(sorted(map(str, answer)))}"[:WORDS_MAX] if answer else "an empty one"
