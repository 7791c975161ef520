"""The configuration: one TOML file, checked against a schema of its own, with secrets from the environment."""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack
from urllib.parse import quote

from octavo._files import read_text
from octavo._rows import sayable
from octavo.errors import ContentError
from octavo.live.clock import DAY_MS
from octavo.live.stores import SQLITE, check_url, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from octavo.messages import Finding
    from octavo.schemas import DataSchema

SCHEMA = Path(__file__).with_name("config.schema.json")

CONFIG_MAX_BYTES = 1 << 20

FAULTS_MAX = 10
"""What is wrong, as much as one error tells of it."""

SEVERAL = ("devices", "secrets", "sinks")
"""Tables, and lists, of which each item stands by itself."""


KEYS_NAME = "octavo-keys.db"

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\A\$([A-Za-z_][A-Za-z0-9_]*)\Z")
"""``${NAME}`` anywhere in a text, or a text that is ``$NAME`` as a whole."""

USER = re.compile(r"\A[a-z]+://[^/@]*@")
"""A URL up to its host, where it says who somebody is."""

TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True, slots=True)
class Server:
    """The HTTP server.

    Attributes:
        host: the address it listens on.
        port: the TCP port; 0 takes a free one.
        body_max_bytes: a longer body is refused.
        body_timeout_s: how long a body may take to arrive, in seconds.
        waiting_max: messages that may wait to be kept.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    body_max_bytes: int = 1 << 20
    body_timeout_s: float = 10.0
    waiting_max: int = 2000


@dataclass(frozen=True, slots=True)
class Secret:
    """Something a sender must know.

    Attributes:
        type: ``header``, ``basic``, ``bearer`` or ``authorization`` (the whole value of that header).
        name: the header's name, for ``header``.
        value: what the header, or the bearer token, has to be.
        username: for ``basic``.
        password: for ``basic``.
    """

    type: str
    name: str = "Authorization"
    value: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """Whom outcomes are passed on to.

    Attributes:
        name: under which name it stands in the queue, the logs and the metrics.
        type: ``stdout``, ``webhook``, ``mqtt`` or ``handler``.
        options: what else its table says, as the schema has it; `octavo.live.sinks` knows what that means.
    """

    name: str = "stdout"
    type: str = "stdout"
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Listen:
    """What ``octavo listen`` subscribes to.

    Attributes:
        server: the broker: ``mqtt://HOST:PORT`` or ``mqtts://HOST:PORT``.
        topics: topic filters; empty: all that the networks publish.
        username: the user name, or None.
        password: the password, or None.
        qos: the greatest quality of service that is asked for: 0 or 1.
        version: 5, or 4 for MQTT 3.1.1.
        client_id: by what the broker knows this client and its session, or None.
        share: name of a shared subscription, or None.
        session_s: how long the broker keeps what comes while nobody listens, in seconds.
        tls: files by ``ca``, ``certificate`` and ``key``; relative ones count from `Config.folder`.
    """

    server: str
    topics: tuple[str, ...] = ()
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    qos: int = 1
    version: int = 5
    client_id: str | None = None
    share: str | None = None
    session_s: int = 24 * 60 * 60
    tls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Downlinks:
    """Whether, and where, the keys are kept that messages bring along.

    Attributes:
        enabled: whether they are.
        keys: the file, or None for the usual one; see `Config.keys`.
    """

    enabled: bool = False
    keys: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """What a receiver and its worker do.

    Attributes:
        server: the HTTP server.
        secrets: what a sender must know, any of them; empty: nothing.
        store: ``sqlite:PATH`` or ``postgresql://…``.
        keep_days: how long messages are kept that are done; None: for ever.
        device: what decodes every message, or None.
        devices: from whose messages to what decodes them.
        unknown: ``keep`` or ``refuse``: messages of devices that nobody knows.
        sinks: whom outcomes are passed on to.
        listen: what to subscribe to, or None.
        downlinks: whether keys for downlinks are kept.
        folder: what relative paths count from, and where the search for a workspace begins.
    """

    server: Server = Server()
    secrets: tuple[Secret, ...] = ()
    store: str = field(default="sqlite:octavo.db", repr=False)
    keep_days: float | None = None
    device: str | None = None
    devices: Mapping[str, str] = field(default_factory=dict)
    unknown: str = "keep"
    sinks: tuple[SinkConfig, ...] = (SinkConfig(),)
    listen: Listen | None = None
    downlinks: Downlinks = Downlinks()
    folder: Path = Path()

    @property
    def keep_ms(self) -> int | None:
        """`keep_days` in milliseconds."""
        return None if self.keep_days is None else int(self.keep_days * DAY_MS)

    @property
    def store_name(self) -> str:
        """The store as it may be shown: without a password."""
        return shown(self.store)

    @property
    def keys(self) -> Path:
        """The file for keys that messages bring along."""
        if self.downlinks.keys:
            return Path(self.downlinks.keys)
        beside = Path(self.store.removeprefix(SQLITE)).parent if self.store.startswith(SQLITE) else self.folder
        return beside / KEYS_NAME

    def to_json(self) -> str:
        """The configuration as it crosses to the worker; it holds the secrets."""
        sinks = [{"type": sink.type, "name": sink.name, **sink.options} for sink in self.sinks]
        return json.dumps({**asdict(self), "sinks": sinks, "folder": str(self.folder)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` made."""
        contents = json.loads(text)
        return cls(**_values(contents), folder=Path(contents.pop("folder")))


class Given(TypedDict, total=False):
    """What wins over a file; None leaves what stands there.

    Attributes:
        host: in place of ``server.host``.
        port: in place of ``server.port``.
        device: in place of ``device``.
        store: in place of ``store``; a relative path counts from the current folder, as ``device`` does.
        environment: where variables are looked up; the process's without it.
    """

    host: str | None
    port: int | None
    device: str | None
    store: str | None
    environment: Mapping[str, str]


def load_config(path: Path | None = None, **given: Unpack[Given]) -> Config:
    """The configuration of a file, and what was given beside it, which wins.

    Args:
        path: the TOML file; None for none.
        given: see `Given`.

    Raises:
        NotFoundError: there is no such file.
        ContentError: it is no TOML, a variable is not set, or something else is expected; ``path`` is the place.
    """
    config, faults = read_config(path, **given)
    _refuse(faults, path)
    return config


def read_config(path: Path | None = None, **given: Unpack[Given]) -> tuple[Config, list[ContentError]]:
    """`load_config` of as much as is good; and an error, with ``path``, for everything that is not.

    A table of which something is wrong is left out, and so is a sink, a secret or a device.
    """
    environment = given.get("environment", os.environ)
    config, faults = _from_file(path, environment) if path else (Config(folder=Path.cwd()), [])
    url, wrong = _named_store(given.get("store"), config)
    host, port, device = given.get("host"), given.get("port"), given.get("device")
    server = config.server
    options = {
        "server": replace(server, host=host or server.host, port=server.port if port is None else port),
        "device": _device(device, Path.cwd()) if device else config.device,
        "store": url,
    }
    return replace(config, **options), faults + wrong  # type: ignore[arg-type] # each is of its type


def _named_store(given: str | None, config: Config) -> tuple[str, list[ContentError]]:
    """The store that is given, or else the file's; where it is none, the usual one, and what is wrong."""
    url = _store(config.store, config.folder) if given is None else _store(given, Path.cwd())
    try:
        check_url(url)
    except ContentError as error:
        return _store(Config().store, config.folder), [ContentError(f"store: {error.message}", path="/store")]
    return url, []


def store_named(path: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The store of a configuration; nothing else of it need be good, nor its secrets be at hand.

    Raises:
        NotFoundError: there is no such file.
        ContentError: it is no TOML, ``store`` is no text, or its variable is not set.
    """
    contents = {name: value for name, value in _toml(path).items() if name == "store"}
    good, faults = _checked(contents, environment)
    _refuse(faults, path)
    return _store(good.get("store", Config().store), path.resolve().parent)


def _refuse(faults: Sequence[ContentError], path: Path | None) -> None:
    """Raise what was found, if anything was."""
    if not faults:
        return
    told = [fault.message for fault in faults[:FAULTS_MAX]]
    if len(faults) > FAULTS_MAX:
        told.append(f"and {len(faults) - FAULTS_MAX} more")
    raise ContentError("; ".join(told), file=str(path) if path else None, path=faults[0].path)


def _from_file(path: Path, environment: Mapping[str, str]) -> tuple[Config, list[ContentError]]:
    good, faults = _checked(_toml(path), environment)
    folder = path.resolve().parent
    return Config(**_values(_placed(good, folder)), folder=folder), faults


def _checked(contents: dict[str, Any], environment: Mapping[str, str]) -> tuple[dict[str, Any], list[ContentError]]:
    """What is good of the contents, with variables replaced; and what is wrong with the rest, by place."""
    filling = _Filling(environment)
    good = filling.fill(contents, ())
    faults = {fault.path or "": fault for fault in (*filling.faults, *_same_names(good))}
    places = [fault.path or "" for fault in filling.faults]
    while (findings := _schema().check(good)) or places:  # it tells of what JSON cannot say before all else
        for finding in findings:
            faults.setdefault(finding.path, _told(finding, filling.replaced))
        good = _without(good, [*places, *(finding.path for finding in findings)])
        places = []
    return good, [faults[place] for place in sorted(faults)]


def _without(contents: dict[str, Any], places: Sequence[str]) -> dict[str, Any]:
    """The contents without what is wrong at some places: without all of a table, or one item of several."""
    parts = [_parts(place) for place in places]
    gone = {tuple(each[: 2 if each[0] in SEVERAL else 1]) for each in parts}

    def kept(name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [each for number, each in enumerate(value) if (name, str(number)) not in gone]
        if isinstance(value, dict):
            return {key: each for key, each in value.items() if (name, key) not in gone}
        return value

    return {name: kept(name, value) for name, value in contents.items() if (name,) not in gone}


def _toml(path: Path) -> dict[str, Any]:
    text = read_text(path, most_bytes=CONFIG_MAX_BYTES)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = TOML_PLACE.search(str(error))
        line, column = (int(part) if part else None for part in place.groups()) if place else (None, None)
        message = f"not TOML: {TOML_PLACE.sub('', str(error))}"
        raise ContentError(message, file=str(path), line=line, column=column) from error
    except (RecursionError, ValueError) as error:
        raise ContentError(f"not TOML that can be read: {error}", file=str(path)) from error


class _Filling:
    """Puts variables into texts.

    Attributes:
        replaced: the JSON Pointers of the texts that had some.
        faults: what could not be done.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.replaced: set[str] = set()
        self.faults: list[ContentError] = []

    def fill(self, node: Any, path: tuple[str | int, ...]) -> Any:
        """What stands at a path, with its variables replaced."""
        if isinstance(node, dict):
            return {key: self.fill(value, (*path, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [self.fill(value, (*path, number)) for number, value in enumerate(node)]
        return self._text(node, _pointer(path)) if isinstance(node, str) else node

    def _text(self, text: str, place: str) -> str:
        if "${" in VARIABLE.sub("", text):
            self._fault(place, "${ without a name and }: ${NAME} was expected, or a variable that holds this text")
        who = USER.match(text) if place == "/store" else None
        to_encode = who.end() if who else 0
        filled = VARIABLE.sub(lambda found: self._variable(found, place, is_encoded=found.end() < to_encode), text)
        if not _is_text(filled):
            self._fault(place, "text without NUL, and as an environment variable UTF-8, was expected")
        return filled

    def _variable(self, found: re.Match[str], place: str, *, is_encoded: bool) -> str:
        name = found[1] or found[2]
        if name not in self._environment:
            self._fault(place, f"the environment variable {name} is not set")
        self.replaced.add(place)
        value = self._environment.get(name, "")
        return quote(value, safe="") if is_encoded and _is_text(value) else value

    def _fault(self, place: str, sentence: str) -> None:
        self.faults.append(ContentError(f"{_key(place)}: {sentence}", path=place))


def _is_text(text: str) -> bool:
    """Whether files, headers and URLs can hold it."""
    return "\0" not in text and sayable(text) == text


def _pointer(path: Sequence[str | int]) -> str:
    from octavo.schemas.pointers import pointer  # noqa: PLC0415 - the schemas are loaded where there is a file

    return pointer(path)


@cache
def _schema() -> DataSchema:
    from octavo.schemas import DataSchema  # noqa: PLC0415 - as above

    return DataSchema.load(SCHEMA)


def _told(finding: Finding, replaced: set[str]) -> ContentError:
    """The sentence of a finding, without the value: it may be a secret."""
    from octavo.schemas.pointers import resolve  # noqa: PLC0415 - as above

    place, _, rule = finding.schema.partition("#")[2].rpartition("/")
    sentence = finding.message
    if rule == "additionalProperties":
        sentence = sentence.partition(", got ")[0]
        known = resolve(_schema().contents, f"#{place}").get("properties", {})
        sentence += "" if "did you mean" in sentence else f": one of {', '.join(known)} was expected"
    elif not isinstance(finding.value, dict | list | None):
        sentence = sentence.partition(", got ")[0] + _of_variable(finding, rule, replaced)
    return ContentError(f"{_key(finding.path)}: {sentence}", path=finding.path)


def _of_variable(finding: Finding, rule: str, replaced: set[str]) -> str:
    if finding.path not in replaced:
        return ""
    return ", and a variable is text" if rule == "type" else ", which the environment variable does not hold"


def _key(path: str) -> str:
    """A JSON Pointer as TOML has it.

    >>> _key("/sinks/0/tls/ca")
    'sinks[0].tls.ca'
    """
    parts = _parts(path)
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts).removeprefix(".") or "the file"


def _parts(path: str) -> list[str]:
    """The parts of a JSON Pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _placed(contents: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The contents with paths made whole; that of the store, which an option may replace, follows later."""
    if "device" in contents:
        contents["device"] = _device(contents["device"], folder)
    if "devices" in contents:
        contents["devices"] = {key: _device(what, folder) for key, what in contents["devices"].items()}
    downlinks = contents.get("downlinks", {})
    if "keys" in downlinks:
        downlinks["keys"] = str(folder / downlinks["keys"])
    return contents


def _device(what: str, folder: Path) -> str:
    from octavo.devices import LOADERS  # noqa: PLC0415 - the catalogue is loaded where a device is named

    return str(folder / what) if Path(what).suffix in LOADERS else what


def _store(url: str, folder: Path) -> str:
    """A store whose path is found from everywhere; other URLs are for `octavo.live.stores.open_store` to judge."""
    if "://" in url:
        return url
    return f"{SQLITE}{folder / url.removeprefix(SQLITE)}"


def _values(contents: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `Config` that stand in contents, which fit the schema or come from `Config.to_json`."""
    makers: dict[str, Callable[[Any], Any]] = {
        "server": lambda server: Server(**server),
        "secrets": lambda secrets: tuple(Secret(**secret) for secret in secrets),
        "sinks": lambda sinks: tuple(_sink(sink) for sink in sinks),
        "listen": _listen,
        "downlinks": lambda downlinks: Downlinks(**downlinks),
    }
    names = [each.name for each in fields(Config) if each.name != "folder"]
    return {name: makers.get(name, _same)(contents[name]) for name in names if name in contents}


def _same(value: Any) -> Any:
    return value


def _sink(contents: Mapping[str, Any]) -> SinkConfig:
    options = {key: value for key, value in contents.items() if key not in ("type", "name")}
    return SinkConfig(contents.get("name", contents["type"]), contents["type"], options)


def _listen(contents: Mapping[str, Any] | None) -> Listen | None:
    return Listen(**{**contents, "topics": tuple(contents.get("topics", ()))}) if contents else None


def _same_names(contents: Mapping[str, Any]) -> Iterator[ContentError]:
    """An error for each sink that is called as one before it."""
    sinks = contents.get("sinks")
    tables = [each if isinstance(each, dict) else {} for each in sinks] if isinstance(sinks, list) else []
    named = [each.get("name", each.get("type")) for each in tables]
    for number, name in enumerate(named):
        if isinstance(name, str) and name in named[:number]:
            message = f"sinks[{number}].name: two sinks are called {name}: give each a name of its own"
            yield ContentError(message, path=f"/sinks/{number}/name")
