"""What would go wrong with a configuration, found before anything is started."""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from octavo import devices
from octavo.errors import ContentError, Error
from octavo.live.errors import NO_STORE, StoreError
from octavo.live.sinks import check_sink
from octavo.live.stores import POSTGRES, file_of, open_store
from octavo.live.subscription import broker_of, filters_of, refuse_circle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octavo.device import Device
    from octavo.live.config import Config

Check = tuple[str, "Callable[[], object]"]


def faults(config: Config, *, listens: bool) -> Iterator[str]:
    """A sentence for everything that would go wrong, with the key of the configuration that it is about.

    Devices are loaded, the modules of handlers are run, files are read. Nobody is connected to but a PostgreSQL.

    Args:
        config: the configuration.
        listens: whether it is for ``octavo listen``.
    """
    for key, check in _checks(config, listens=listens):
        try:
            check()
        except Error as error:
            yield f"{key}: {error}" if key else str(error)


def _checks(config: Config, *, listens: bool) -> Iterator[Check]:
    """Each check, with the key that its sentences begin with."""
    named: dict[str, str] = {config.device: "device"} if config.device else {}
    for key, what in config.devices.items():
        named.setdefault(what, f"devices.{key}")
    yield from ((key, partial(_load_device, what, config.folder)) for what, key in named.items())
    yield from (("", partial(check_sink, sink, config)) for sink in config.sinks)
    if config.listen:
        yield "", partial(filters_of, config.listen)
        yield "listen", partial(broker_of, config, config.listen)
    if config.listen and listens:
        yield from (("", partial(refuse_circle, config.listen, sink)) for sink in config.sinks)
    yield "store", partial(_open_store, config.store)
    if config.downlinks.enabled:
        yield "downlinks.keys", partial(_find_folder, config.keys)


def _load_device(what: str, folder: Path) -> None:
    """Load a device, and a script with all that it loads.

    Raises:
        Error: it cannot be loaded, or has no function that its network calls.
    """
    from octavo.formatters.watching import Lens  # noqa: PLC0415 - only to check

    with closing(devices.load(what, lens=Lens(), start=folder)) as device:
        _load_scripts(devices.unchecked(device))


def _load_scripts(device: Device) -> None:
    from octavo.formatters import Formatter  # noqa: PLC0415 - only to check
    from octavo.lab.bench import Bench  # noqa: PLC0415 - likewise

    if not isinstance(device, Formatter):
        return
    bench = Bench(device, lambda: False)
    found = [bench.has(operation) for operation in sorted(device.operations)]  # each may be a file of its own
    if not any(found):
        raise ContentError("it has no function that its network calls", file=device.name)


def _open_store(url: str) -> None:
    """Open a store that is there; of one that is not, look whether it could be made."""
    if not url.startswith(POSTGRES):
        file = Path(file_of(url))
        _find_folder(file)
        if not os.access(file, os.F_OK):
            return
        if not os.access(file, os.W_OK):
            raise ContentError("it cannot be written", file=str(file))
    try:
        open_store(url, durable=False, create=False).close()
    except StoreError as error:
        if error.name != NO_STORE:  # a database without tables: they are made when the receiver starts
            raise


def _find_folder(file: Path) -> None:
    """See that a file can be made, with those that SQLite puts beside it.

    Raises:
        ContentError: it cannot.
    """
    if not os.access(f"{file.parent}/.", os.F_OK):
        raise ContentError("it cannot be made: there is no such folder", file=str(file))
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise ContentError("it cannot be made: the folder cannot be written", file=str(file))
