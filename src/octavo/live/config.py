"""The configuration: one TOML file, checked against a schema of its own, with secrets from the environment."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack

from octavo._files import read_text
from octavo.errors import ContentError
from octavo.live.clock import DAY_MS
from octavo.live.slips import not_toml, parts_of, schema, told, unfit
from octavo.live.stores import SQLITE, check_url, shown
from octavo.live.variables import Filling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CONFIG_MAX_BYTES = 1 << 20

FAULTS_MAX = 10
"""What is wrong, as much as one error tells of it."""

SEVERAL = ("devices", "secrets", "sinks")
"""Tables, and lists, of which each item stands by itself."""

KEYS_NAME = "octavo-keys.db"


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
    sentences = [fault.message for fault in faults[:FAULTS_MAX]]
    if len(faults) > FAULTS_MAX:
        sentences.append(f"and {len(faults) - FAULTS_MAX} more")
    raise ContentError("; ".join(sentences), file=str(path) if path else None, path=faults[0].path)


def _from_file(path: Path, environment: Mapping[str, str]) -> tuple[Config, list[ContentError]]:
    good, faults = _checked(_toml(path), environment)
    folder = path.resolve().parent
    return Config(**_values(_placed(good, folder)), folder=folder), faults


def _checked(contents: dict[str, Any], environment: Mapping[str, str]) -> tuple[dict[str, Any], list[ContentError]]:
    """What is good of the contents, with variables replaced; and what is wrong with the rest, by place."""
    filling = Filling(environment)
    good = filling.fill(contents, ())
    faults = {fault.path or "": fault for fault in (*filling.faults, *unfit(good))}
    places = [fault.path or "" for fault in filling.faults]
    while (findings := schema().check(good)) or places:  # it tells of what JSON cannot say before all else
        for finding in findings:
            faults.setdefault(finding.path, told(finding, filling.replaced))
        good = _without(good, [*places, *(finding.path for finding in findings)])
        places = []
    return good, [faults[place] for place in sorted(faults)]


def _without(contents: dict[str, Any], places: Sequence[str]) -> dict[str, Any]:
    """The contents without what is wrong at some places: without all of a table, or one item of several."""
    parts = [parts_of(place) for place in places]
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
        raise not_toml(error, text, path) from error
    except (RecursionError, ValueError) as error:
        raise ContentError(f"not TOML that can be read: {error}", file=str(path)) from error


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
