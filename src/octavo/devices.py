"""One door to every device: a path, an id of the catalogue or ``cayennelpp`` becomes a `Device`."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.device import Device, as_downlink, as_uplink
from octavo.errors import ContentError, DataError, Error, NotFoundError
from octavo.messages import Decoded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    from octavo.catalog import Definition
    from octavo.device import DownlinkLike, UplinkLike
    from octavo.limits import Limits
    from octavo.messages import Downlink, Encoded, Finding, Moment, Uplink
    from octavo.schemas import DataSchema

CAYENNELPP = "cayennelpp"

DEFAULT_DIALECT = "tts"
"""The dialect of a script that nothing else is said about."""


def load(
    what: str | Path,
    *,
    dialect: str | None = None,
    limits: Limits | None = None,
    now: Moment | None = None,
    jitless: bool = False,
) -> Device:
    """The device that a path or an id names; it is a context manager that ends what it started.

    Args:
        what: a codec ``.yaml``, a ``.js`` script, a ``.py`` declaration (trusted code: it is run),
            ``cayennelpp``, or ``cayennelpp:<flavour>``, or an id ``vendor/name`` of the catalogue.
        dialect: whose rules a script follows; None takes what the codec YAML or the script's place says.
        limits: what one message may cost a script.
        now: a time at which a script's clock stands still.
        jitless: run scripts without V8's compilers: slower, less to attack.

    Raises:
        NotFoundError: no such file or id; the sentence names close ids.
        ContentError: the file is not what it should be.
    """
    options = {"limits": limits, "now": now, "jitless": jitless}
    text = str(what)
    if text.partition(":")[0] == CAYENNELPP:
        return _cayennelpp(text, dialect)
    path = Path(what)
    if path.suffix in LOADERS:
        return LOADERS[path.suffix](path, text, dialect, options)
    if path.exists():
        raise _not_a_device(path)
    return _from_catalog(text, dialect, options)


def locate(what: str) -> Path | None:
    """The file behind what `load` takes, None for ``cayennelpp``; an unknown id is a `NotFoundError`."""
    if what.partition(":")[0] == CAYENNELPP:
        return None
    path = Path(what)
    if path.suffix in LOADERS or path.exists():
        return path
    from octavo import catalog  # noqa: PLC0415 - imported when content is looked for

    return catalog.find(what).file


def unchecked(device: Device) -> Device:
    """The device under a `Checked` one, or the device itself."""
    return device.device if isinstance(device, Checked) else device


class Checked(Device):
    """A device that brings a JSON Schema of its data.

    Data to encode is checked first: what does not fit is a `DataError` and never reaches the encoder.
    Decoded data is checked after: what does not fit becomes a note, for the bytes are what they are.

    Attributes:
        device: the device that does the work.
        uplink: the schema of its uplink data, or None.
        downlink: the schema of its downlink data, or None.
    """

    def __init__(
        self, device: Device, *, uplink: DataSchema | None = None, downlink: DataSchema | None = None
    ) -> None:
        self.device = device
        self.name = device.name
        self.dialect = device.dialect
        self.uplink = uplink
        self.downlink = downlink

    @property
    def operations(self) -> frozenset[str]:
        """Which operations the device offers."""
        return self.device.operations

    def close(self) -> None:
        """End what the device started."""
        self.device.close()

    def decode_uplinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode uplinks; what does not fit the schema is noted."""
        ports: deque[int] = deque()
        for outcome in self.device.decode_uplinks(_watched(messages, ports)):
            yield _noted(outcome, self.uplink, ports.popleft())

    def decode_downlinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode downlink payloads; what does not fit the schema is noted."""
        ports: deque[int] = deque()
        for outcome in self.device.decode_downlinks(_watched(messages, ports)):
            yield _noted(outcome, self.downlink, ports.popleft())

    def encode_downlinks(self, messages: Iterable[DownlinkLike]) -> Iterator[Encoded | Error]:
        """Encode downlinks; data that does not fit the schema is a `DataError` in its place."""
        refused: deque[Error | None] = deque()
        for outcome in self.device.encode_downlinks(self._fitting(messages, refused)):
            yield from _leading(refused)
            yield outcome
        yield from _leading(refused)

    async def adecode_uplink(
        self,
        frm_payload: bytes,
        f_port: int = 1,
        *,
        recv_time: Moment | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Decoded:
        """`decode_uplink` that does not block the event loop."""
        try:
            decoded = await self.device.adecode_uplink(
                frm_payload, f_port, recv_time=recv_time, variables=variables
            )
        except Error as error:
            _noted(error, self.uplink, f_port)
            raise
        return _note(decoded, self.uplink, f_port)

    async def adecode_downlink(
        self, frm_payload: bytes, f_port: int = 1, *, variables: Mapping[str, str] | None = None
    ) -> Decoded:
        """`decode_downlink` that does not block the event loop."""
        decoded = await self.device.adecode_downlink(frm_payload, f_port, variables=variables)
        return _note(decoded, self.downlink, f_port)

    async def aencode_downlink(
        self, data: Any, f_port: int = 0, *, variables: Mapping[str, str] | None = None
    ) -> Encoded:
        """`encode_downlink` that does not block the event loop."""
        if error := self._misfit(data, f_port):
            raise error
        return await self.device.aencode_downlink(data, f_port, variables=variables)

    async def adecode_uplinks(self, messages: Iterable[UplinkLike]) -> AsyncIterator[Decoded | Error]:
        """`decode_uplinks` that does not block the event loop."""
        ports: deque[int] = deque()
        async for outcome in self.device.adecode_uplinks(_watched(messages, ports)):
            yield _noted(outcome, self.uplink, ports.popleft())

    async def adecode_downlinks(self, messages: Iterable[UplinkLike]) -> AsyncIterator[Decoded | Error]:
        """`decode_downlinks` that does not block the event loop."""
        ports: deque[int] = deque()
        async for outcome in self.device.adecode_downlinks(_watched(messages, ports)):
            yield _noted(outcome, self.downlink, ports.popleft())

    async def aencode_downlinks(self, messages: Iterable[DownlinkLike]) -> AsyncIterator[Encoded | Error]:
        """`encode_downlinks` that does not block the event loop."""
        refused: deque[Error | None] = deque()
        async for outcome in self.device.aencode_downlinks(self._fitting(messages, refused)):
            for error in _leading(refused):
                yield error
            yield outcome
        for error in _leading(refused):
            yield error

    def _fitting(self, messages: Iterable[DownlinkLike], refused: deque[Error | None]) -> Iterator[Downlink]:
        """The messages whose data fits; ``refused`` gets an error or None for each message taken."""
        for message in messages:
            downlink = as_downlink(message)
            error = self._misfit(downlink.data, downlink.f_port)
            refused.append(error)
            if error is None:
                yield downlink

    def _misfit(self, data: Any, f_port: int) -> DataError | None:
        findings = self.downlink.check(data, f_port or None) if self.downlink else []
        if not findings or self.downlink is None:
            return None
        reasons = "; ".join(map(sentence, findings))
        return DataError(f"the data does not fit {self.downlink.name}: {reasons}", path=findings[0].path)


def sentence(finding: Finding) -> str:
    """A finding as text: the JSON Pointer, if it is not the whole, and what was expected there."""
    return f"{finding.path}: {finding.message}" if finding.path else finding.message


def _watched(messages: Iterable[UplinkLike], ports: deque[int]) -> Iterator[Uplink]:
    """The messages as they are; ``ports`` gets the FPort of each one taken."""
    for message in messages:
        uplink = as_uplink(message)
        ports.append(uplink.f_port)
        yield uplink


def _noted(outcome: Decoded | Error, schema: DataSchema | None, f_port: int) -> Decoded | Error:
    decoded = outcome if isinstance(outcome, Decoded) else outcome.decoded
    if decoded is not None:
        _note(decoded, schema, f_port)
    return outcome


def _note(decoded: Decoded, schema: DataSchema | None, f_port: int) -> Decoded:
    if schema is not None and decoded.data is not None:
        findings = schema.check(decoded.data, f_port)
        decoded.notes += [f"does not fit {schema.name}: {sentence(finding)}" for finding in findings]
    return decoded


def _leading(refused: deque[Error | None]) -> Iterator[Error]:
    """Take the errors in front, and the mark of the message after them."""
    while refused:
        error = refused.popleft()
        if error is None:
            return
        yield error


def _cayennelpp(text: str, dialect: str | None) -> Device:
    from octavo.codecs import FLAVOURS, CayenneLpp  # noqa: PLC0415 - construct is loaded when it is used

    _refuse_dialect(text, dialect)
    name = text.partition(":")[2] or DEFAULT_DIALECT
    if name not in FLAVOURS:
        raise NotFoundError(f"there is no CayenneLPP of {name!r}: {', '.join(FLAVOURS)} was expected")
    return CayenneLpp(FLAVOURS[name], name=text)


def _from_yaml(path: Path, name: str, dialect: str | None, options: dict[str, Any]) -> Device:
    from octavo import catalog  # noqa: PLC0415 - imported when content is looked for

    definition = catalog.read_definition(path)
    if definition.declaration is not None:
        return _from_declaration(definition.declaration, name, dialect, options)
    return _with_schemas(_formatter(definition, name, dialect, options), path)


def _formatter(definition: Definition, name: str, dialect: str | None, options: dict[str, Any]) -> Device:
    from octavo.formatters import Formatter  # noqa: PLC0415 - the sandbox is loaded when it is used

    script = next(iter(definition.scripts.values()), definition.path)
    chosen = dialect or definition.dialect or _dialect_of(script)
    return Formatter(definition.scripts, name=name, dialect=chosen, **options)


def _from_script(path: Path, name: str, dialect: str | None, options: dict[str, Any]) -> Device:
    from octavo.formatters import Formatter  # noqa: PLC0415 - as above

    if not path.is_file():
        raise NotFoundError("there is no such script", file=name)
    return _with_schemas(Formatter(path, name=name, dialect=dialect or _dialect_of(path), **options), path)


def _dialect_of(script: Path) -> str:
    """The dialect that the place of a script tells, else the default."""
    from octavo import catalog  # noqa: PLC0415 - as above
    from octavo.formatters import DIALECTS  # noqa: PLC0415 - as above

    told = catalog.origin_dialect(script) or DEFAULT_DIALECT
    if told not in DIALECTS:
        message = (
            f"its folder says that it is for {told}, which octavo has not: name one of {', '.join(DIALECTS)}"
        )
        raise ContentError(f"{message} as the dialect to run it all the same", file=str(script))
    return told


def _from_declaration(path: Path, name: str, dialect: str | None, options: dict[str, Any]) -> Device:
    from octavo.codecs import load_codec  # noqa: PLC0415 - construct is loaded when it is used

    del options  # a declaration has no script: no limits, no clock
    _refuse_dialect(name, dialect)
    if not path.is_file():
        raise NotFoundError("there is no such declaration", file=name)
    return _with_schemas(load_codec(path, name), path)


LOADERS: dict[str, Callable[[Path, str, str | None, dict[str, Any]], Device]] = {
    ".yaml": _from_yaml,
    ".yml": _from_yaml,
    ".js": _from_script,
    ".py": _from_declaration,
}


def _from_catalog(text: str, dialect: str | None, options: dict[str, Any]) -> Device:
    from octavo import catalog  # noqa: PLC0415 - as above

    entry = catalog.find(text)
    return LOADERS[entry.file.suffix](entry.file, entry.id, dialect, options)


def _with_schemas(device: Device, path: Path) -> Device:
    """The device, checked where ``<codec>.uplink.schema.json`` or ``.downlink.`` lies beside it."""
    files = {way: path.with_name(f"{path.stem}.{way}.schema.json") for way in ("uplink", "downlink")}
    present = {way: file for way, file in files.items() if file.is_file()}
    if not present:
        return device
    from octavo.schemas import DataSchema  # noqa: PLC0415 - jsonschema is loaded when it is used

    return Checked(device, **{way: DataSchema.load(file) for way, file in present.items()})


def _refuse_dialect(name: str, dialect: str | None) -> None:
    if dialect is not None:
        raise ContentError(f"{name} is a declared codec: a dialect is for JavaScript formatters only")


def _not_a_device(path: Path) -> ContentError:
    what = "is a folder" if path.is_dir() else "is not a device"
    return ContentError(
        f"{path} {what}: a codec .yaml, a .js script, a .py declaration or an id was expected"
    )
