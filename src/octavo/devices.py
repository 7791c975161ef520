"""One door to every device: a path, an id of the catalogue or ``cayennelpp`` becomes a `Device`."""

from __future__ import annotations

import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from octavo import _shipped
from octavo.device import Device, as_downlink, as_uplink
from octavo.errors import ContentError, DataError, Error, NotFoundError
from octavo.messages import Decoded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    from octavo.catalog import Definition, Entry
    from octavo.codecs import Codec
    from octavo.device import DownlinkLike, UplinkLike
    from octavo.formatters.watching import Lens
    from octavo.limits import Limits
    from octavo.messages import Downlink, Encoded, Finding, Moment
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
    lens: Lens | None = None,
    start: Path | None = None,
) -> Device:
    """The device that a path or an id names; it is a context manager that ends what it started.

    What ends in one of the suffixes is a path; anything else is an id, whatever lies there under its name.

    Args:
        what: a codec ``.yaml``, a ``.js`` script, a ``.py`` declaration (trusted code: it is run),
            ``cayennelpp``, or ``cayennelpp:<flavour>``, or an id ``vendor/name`` of the catalogue.
        dialect: whose rules a script follows; None takes what the codec YAML or the script's place says.
        limits: what one message may cost a script.
        now: a time at which a script's clock stands still.
        jitless: run scripts without V8's compilers: slower, less to attack.
        lens: how a tool looks into a script, see `octavo.formatters.watching`; None does not.
        start: the folder in which, and above which, ids are looked for before what is shipped; None is the current
            one.

    Raises:
        NotFoundError: no such file or id; the sentence names close ids.
        ContentError: the file is not what it should be, or cannot be read.
    """
    try:
        return _loaded(str(what), dialect, start, {"limits": limits, "now": now, "jitless": jitless, "lens": lens})
    except OSError as error:
        raise ContentError(f"it cannot be read: {error.strerror}", file=str(what)) from error


def _loaded(text: str, dialect: str | None, start: Path | None, options: dict[str, Any]) -> Device:
    if text.partition(":")[0] == CAYENNELPP:
        return _cayennelpp(text, dialect)
    path = Path(text)
    if path.suffix in LOADERS:
        return LOADERS[path.suffix](path, text, dialect, options)
    entry = _entry(text, start)
    return LOADERS[entry.file.suffix](entry.file, entry.id, dialect, options)


def declared(what: str) -> Codec:
    """The declared codec of a device: what a picture, a script or a proof is made from.

    Args:
        what: as in `load`.

    Raises:
        ContentError: the device is no declared codec.
        Error: as in `load`.
    """
    device = load(what)
    codec = unchecked(device)
    if is_declared(codec):
        return codec
    device.close()
    kind = "CayenneLPP of a network" if what.partition(":")[0] == CAYENNELPP else "a JavaScript formatter"
    raise ContentError(
        f"{what} is {kind}: only a declared codec (codecs/<vendor>/<device>.py) says where its fields lie"
    )


def locate(what: str, *, start: Path | None = None) -> Path | None:
    """The file behind what `load` takes, None for ``cayennelpp``; an unknown id is a `NotFoundError`."""
    if what.partition(":")[0] == CAYENNELPP:
        return None
    path = Path(what)
    return path if path.suffix in LOADERS else _entry(what, start).file


def unchecked(device: Device) -> Device:
    """The device under a `Checked` one, or the device itself."""
    return device.device if isinstance(device, Checked) else device


def schema_of(device: Device, way: str) -> DataSchema | None:
    """What is known of a device's data: the schema it brings, or the one that follows from its declaration.

    Args:
        device: the device.
        way: ``uplink`` or ``downlink``.
    """
    brought = getattr(device, way) if isinstance(device, Checked) else None
    codec = unchecked(device)
    if brought or not is_declared(codec) or not getattr(codec, way):
        return brought
    from octavo.codecs.to_schema import to_schema  # noqa: PLC0415 - construct is loaded where a declaration is
    from octavo.schemas import DataSchema  # noqa: PLC0415 - jsonschema is loaded where a schema is

    try:
        return DataSchema.from_dict(to_schema(codec, way))
    except ContentError:  # a layout of construct that no schema can express
        return None


def is_declared(device: Device) -> TypeGuard[Codec]:
    """Whether a device is a declared codec; asking loads no construct."""
    codecs = sys.modules.get("octavo.codecs")
    return codecs is not None and isinstance(device, codecs.Codec)


class Checked(Device):
    """A device that brings a JSON Schema of its data.

    Data to encode is checked first: what does not fit is a `DataError` and never reaches the encoder. Where
    ports have schemas of their own and no port is given, the encoder first chooses one, or says why it cannot.
    Decoded data is checked after: what does not fit becomes a note, for the bytes are what they are.

    Attributes:
        device: the device that does the work.
        uplink: the schema of its uplink data, or None.
        downlink: the schema of its downlink data, or None.
    """

    def __init__(self, device: Device, *, uplink: DataSchema | None = None, downlink: DataSchema | None = None) -> None:
        self.device = device
        self.name = device.name
        self.dialect = device.dialect
        self.uplink = uplink
        self.downlink = downlink

    def in_network(self, dialect: str) -> Device:
        """The device under this one as that network runs it, checked like it."""
        there = self.device.in_network(dialect)
        return self if there is self.device else Checked(there, uplink=self.uplink, downlink=self.downlink)

    @property
    def operations(self) -> frozenset[str]:
        """Which operations the device offers."""
        return self.device.operations

    def close(self) -> None:
        """End what the device started."""
        self.device.close()

    def decode_uplinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode uplinks; what does not fit the schema is noted."""
        return _decoding(self.device.decode_uplinks, messages, self.uplink)

    def decode_downlinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode downlink payloads; what does not fit the schema is noted."""
        return _decoding(self.device.decode_downlinks, messages, self.downlink)

    def encode_downlinks(self, messages: Iterable[DownlinkLike]) -> Iterator[Encoded | Error]:
        """Encode downlinks; data that does not fit the schema is a `DataError` in its place."""
        if self.downlink is None:
            return self.device.encode_downlinks(messages)
        encoding = _Encoding(self.downlink)
        return encoding.outcomes(self.device.encode_downlinks(encoding.fitting(messages)))

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
            decoded = await self.device.adecode_uplink(frm_payload, f_port, recv_time=recv_time, variables=variables)
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
        as_downlink((data, f_port))
        if error := _before(self.downlink, data, f_port):
            raise error
        encoded = await self.device.aencode_downlink(data, f_port, variables=variables)
        if error := _after(self.downlink, data, f_port, encoded):
            raise error
        return encoded

    def adecode_uplinks(self, messages: Iterable[UplinkLike]) -> AsyncIterator[Decoded | Error]:
        """`decode_uplinks` that does not block the event loop."""
        return _adecoding(self.device.adecode_uplinks, messages, self.uplink)

    def adecode_downlinks(self, messages: Iterable[UplinkLike]) -> AsyncIterator[Decoded | Error]:
        """`decode_downlinks` that does not block the event loop."""
        return _adecoding(self.device.adecode_downlinks, messages, self.downlink)

    def aencode_downlinks(self, messages: Iterable[DownlinkLike]) -> AsyncIterator[Encoded | Error]:
        """`encode_downlinks` that does not block the event loop."""
        if self.downlink is None:
            return self.device.aencode_downlinks(messages)
        encoding = _Encoding(self.downlink)
        return encoding.aoutcomes(self.device.aencode_downlinks(encoding.fitting(messages)))


class _Encoding:
    """One batch of downlinks, their data checked before encoding, or after where the encoder chooses the port.

    Attributes:
        schema: what the data has to fit.
        taken: for each message whose outcome is not told yet the error, or the message itself.
    """

    def __init__(self, schema: DataSchema) -> None:
        self.schema = schema
        self.taken: deque[Error | Downlink] = deque()

    def fitting(self, messages: Iterable[DownlinkLike]) -> Iterator[Downlink]:
        """The messages that may be encoded."""
        for message in messages:
            try:
                downlink = as_downlink(message)
            except Error as refused:
                self.taken.append(refused)
                continue
            error = _before(self.schema, downlink.data, downlink.f_port)
            self.taken.append(error or downlink)
            if error is None:
                yield downlink

    def outcomes(self, outcomes: Iterator[Encoded | Error]) -> Iterator[Encoded | Error]:
        """An outcome for every message."""
        for outcome in outcomes:
            yield from self.refused()
            yield self.checked(outcome)
        yield from self.refused()

    async def aoutcomes(self, outcomes: AsyncIterator[Encoded | Error]) -> AsyncIterator[Encoded | Error]:
        """An outcome for every message."""
        async for outcome in outcomes:
            for error in self.refused():
                yield error
            yield self.checked(outcome)
        for error in self.refused():
            yield error

    def refused(self) -> Iterator[Error]:
        """The errors in front."""
        while self.taken and isinstance(error := self.taken[0], Error):
            self.taken.popleft()
            yield error

    def checked(self, outcome: Encoded | Error) -> Encoded | Error:
        """The outcome of the message in front, or that its data does not fit the port the encoder chose."""
        message = self.taken.popleft()
        if isinstance(outcome, Error) or isinstance(message, Error):
            return outcome
        return _after(self.schema, message.data, message.f_port, outcome) or outcome


def _before(schema: DataSchema | None, data: Any, f_port: int) -> DataError | None:
    """What is wrong with data that is to be encoded; nothing is said while its port is open."""
    return None if schema is None or _is_open(schema, f_port) else _misfit(schema, data, f_port)


def _after(schema: DataSchema | None, data: Any, f_port: int, encoded: Encoded) -> DataError | None:
    """What is wrong with data whose port was open until the encoder chose one."""
    return _misfit(schema, data, encoded.f_port) if schema and _is_open(schema, f_port) else None


def _is_open(schema: DataSchema, f_port: int) -> bool:
    """Whether the encoder's choice of a port decides what the data has to fit."""
    return f_port == 0 and bool(schema.ports)


def _misfit(schema: DataSchema, data: Any, f_port: int | None) -> DataError | None:
    findings = schema.check(data, f_port or None)
    if not findings:
        return None
    reasons = "; ".join(map(sentence, findings))
    return DataError(f"the data does not fit {schema.name}: {reasons}", path=findings[0].path)


def sentence(finding: Finding) -> str:
    """A finding as text: the JSON Pointer, if it is not the whole, and what was expected there."""
    return f"{finding.path}: {finding.message}" if finding.path else finding.message


def _decoding(
    decode: Callable[[Iterable[UplinkLike]], Iterator[Decoded | Error]],
    messages: Iterable[UplinkLike],
    schema: DataSchema | None,
) -> Iterator[Decoded | Error]:
    """The outcomes of a batch, with notes where there is a schema."""
    ports: deque[int] = deque()
    outcomes = decode(messages if schema is None else _watched(messages, ports))
    return outcomes if schema is None else (_noted(each, schema, ports.popleft()) for each in outcomes)


def _adecoding(
    decode: Callable[[Iterable[UplinkLike]], AsyncIterator[Decoded | Error]],
    messages: Iterable[UplinkLike],
    schema: DataSchema | None,
) -> AsyncIterator[Decoded | Error]:
    """The outcomes of a batch, with notes where there is a schema."""
    ports: deque[int] = deque()
    outcomes = decode(messages if schema is None else _watched(messages, ports))
    return outcomes if schema is None else (_noted(each, schema, ports.popleft()) async for each in outcomes)


def _watched(messages: Iterable[UplinkLike], ports: deque[int]) -> Iterator[UplinkLike]:
    """The messages as they are; ``ports`` gets the FPort of each one taken."""
    for message in messages:
        try:
            uplink = as_uplink(message)
        except Error:  # the device says so in its place
            ports.append(0)
            yield message
        else:
            ports.append(uplink.f_port)
            yield uplink


def _noted(outcome: Decoded | Error, schema: DataSchema | None, f_port: int) -> Decoded | Error:
    decoded = outcome if isinstance(outcome, Decoded) else outcome.decoded
    if decoded is not None:
        _note(decoded, schema, f_port)
    return outcome


def _note(decoded: Decoded, schema: DataSchema | None, f_port: int) -> Decoded:
    if schema is not None and decoded.data is not None:
        for finding in schema.check(decoded.data, f_port):
            decoded.notes.append(f"does not fit {schema.name}: {sentence(finding)}")
    return decoded


def _cayennelpp(text: str, dialect: str | None) -> Device:
    from octavo.codecs import FLAVOURS, CayenneLpp  # noqa: PLC0415 - construct is loaded when it is used

    _refuse_dialect(text, dialect)
    name = text.partition(":")[2]
    if name and name not in FLAVOURS:
        raise NotFoundError(f"there is no CayenneLPP of {name!r}: {', '.join(FLAVOURS)} was expected")
    return CayenneLpp(FLAVOURS.get(name), name=text)


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


def _dialect_of(script: Path) -> str | None:
    """The dialect that the place of a script tells; None leaves it open."""
    from octavo import catalog  # noqa: PLC0415 - as above
    from octavo.formatters import DIALECTS  # noqa: PLC0415 - as above

    told = catalog.origin_dialect(script)
    if told is not None and told not in DIALECTS:
        message = f"its folder says that it is for {told}, which octavo has not: name one of {', '.join(DIALECTS)}"
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


def _entry(what: str, start: Path | None = None) -> Entry:
    """The catalogue's entry of an id; what lies there under its name does not hide it."""
    from octavo import catalog  # noqa: PLC0415 - imported when content is looked for

    try:
        return catalog.find(what, start)
    except NotFoundError as error:
        if not Path(what).exists():
            raise
        is_what = "is a folder" if Path(what).is_dir() else "is not a device"
        expected = "a codec .yaml, a .js script or a .py declaration was expected"
        raise NotFoundError(f"{what} {is_what}: {expected}; nor is it an id: {error.message}") from error


def _with_schemas(device: Device, path: Path) -> Device:
    """The device, checked where ``<codec>.uplink.schema.json`` or ``.downlink.`` lies beside it."""
    files = {way: path.with_name(f"{path.stem}.{way}.schema.json") for way in ("uplink", "downlink")}
    present = {way: file for way, file in files.items() if file.is_file()}
    if not present:
        return device
    return Checked(device, **{way: _schema(file) for way, file in present.items()})


def _schema(file: Path) -> DataSchema:
    """The schema of a file; vetted at once unless it is shipped, for vetting takes longer than a message."""
    from octavo.schemas import DataSchema  # noqa: PLC0415 - imported where a device has a schema

    schema = DataSchema.load(file)
    shipped = file.resolve().is_relative_to(_shipped.root().resolve())
    return schema if shipped else schema.vet()


def _refuse_dialect(name: str, dialect: str | None) -> None:
    if dialect is not None:
        hint = f"; {name.partition(':')[0]}:FLAVOUR names a network's" if name.startswith("cayennelpp") else ""
        raise ContentError(f"{name} is a declared codec: a dialect is for JavaScript formatters only{hint}")
