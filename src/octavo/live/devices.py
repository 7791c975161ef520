"""The devices of a receiver: found by its configuration, else in the catalogue, and loaded anew when mended."""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING

from octavo import _shipped, catalog, devices
from octavo.addressing import lookup
from octavo.errors import ContentError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from octavo.device import Device
    from octavo.live.config import Config
    from octavo.networks.message import Ids, Incoming

LOOK_AGAIN_MS = 1000
"""How long a device is used before its files are looked at again."""


ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
"""Errors of the system that say that there is no such file; of any other one nobody knows whether there is."""


def _steady_ms() -> int:
    return time.monotonic_ns() // 1_000_000


Stamp = tuple[tuple[str, int, int], ...]


class _Loaded:
    """A device with the state of its files when it was loaded."""

    def __init__(self, what: str, folder: Path) -> None:
        self.stamp = _stamp(what, folder)
        self.device = devices.load(what, start=folder)


class Devices:
    """From a message to its device.

    A message may name a formatter of the catalogue, which runs contained, or a declaration that octavo ships. A
    declaration of one's own is code that is trusted: it is loaded where the configuration names it, never because
    a message does.

    Args:
        config: which device is whose.
        now_ms: a time in milliseconds that only goes on.
    """

    def __init__(self, config: Config, now_ms: Callable[[], int] = _steady_ms) -> None:
        self._mapping = config.devices
        self._every = config.device
        self._now_ms = now_ms
        self._loaded: dict[str, _Loaded] = {}
        self._looked_ms: dict[str, int] = {}
        self._folder = config.folder
        self._read_catalogue()

    def __call__(self, incoming: Incoming) -> Device | None:
        """The device of a message, or None.

        Raises:
            Error: it cannot be loaded.
        """
        what = self.named(incoming.ids)
        return self._device(what) if what else None

    def named(self, ids: Ids) -> str | None:
        """What is loaded for a message with these identifiers, or None where nobody knows it.

        Raises:
            ContentError: ``catalogue_unreadable``: nobody can tell now, the catalogue's files cannot be read.
        """
        return self._every or lookup(self._mapping, ids) or self._in_catalogue(_model(ids))

    def all_named(self) -> list[str]:
        """Whatever the configuration names, once each."""
        return sorted({*self._mapping.values(), *filter(None, [self._every])})

    def close(self) -> None:
        """End what the devices started."""
        for loaded in self._loaded.values():
            loaded.device.close()
        self._loaded.clear()

    def _in_catalogue(self, model: str | None) -> str | None:
        """What the catalogue has for a model; it is read anew for one that it had not, somebody may have added it."""
        if model is None:
            return None
        if model not in self._catalogue and self._is_stale(model):
            self._read_catalogue()
        return self._catalogue.get(model)

    def _is_stale(self, model: str) -> bool:
        """Whether the catalogue is to be read anew: after a while, or at once where it could not be read."""
        try:
            _check_readable(self._folder, model)
        except ContentError:
            self._was_readable = False
            raise
        return not self._was_readable or self._now_ms() - self._read_ms >= LOOK_AGAIN_MS

    def _read_catalogue(self) -> None:
        self._catalogue = _catalogue(self._folder)
        self._read_ms = self._now_ms()
        self._was_readable = True

    def _device(self, what: str) -> Device:
        now = self._now_ms()
        known = self._loaded.get(what)
        if known and now - self._looked_ms[what] < LOOK_AGAIN_MS:
            return known.device
        self._looked_ms[what] = now
        if known and _stamp(what, self._folder) == known.stamp:
            return known.device
        loaded = _Loaded(what, self._folder)
        if known:
            known.device.close()
        self._loaded[what] = loaded
        return loaded.device


def _catalogue(folder: Path) -> dict[str, str]:
    """What a message may name by brand and model: the declarations that are shipped, before them all formatters."""
    shipped = _shipped.root()
    entries = catalog.entries(folder)
    safe = [each for each in entries if each.kind == "formatter" or each.file.is_relative_to(shipped)]
    named = {each.id: f"{each.kind}s:{each.id}" for each in sorted(safe, key=lambda each: each.kind)}
    aliases = {alias: named[id_] for alias, id_ in catalog.IN_REPOSITORY.items() if id_ in named}
    return aliases | named


def _check_readable(folder: Path, model: str) -> None:
    """Refuse to say that there is no formatter for a model where its file may be there, and cannot be read.

    Raises:
        ContentError: so it is.
    """
    if not catalog.is_id(model):
        return
    try:
        own = catalog.workspace(folder) or folder
        for suffix in catalog.SUFFIXES["formatter"]:
            _try_to_read(own / "formatters" / f"{model}{suffix}")
    except OSError as error:
        message = f"the catalogue cannot be read for {model}: {error.strerror}"
        raise ContentError(message, name="catalogue_unreadable") from error


def _try_to_read(file: Path) -> None:
    try:
        file.stat()
    except OSError as error:
        if error.errno not in ABSENT:
            raise
    else:
        if not os.access(file, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _model(ids: Ids) -> str | None:
    brand, model = ids["brand_id"], ids["model_id"]
    return f"{brand}/{model}" if brand and model else None


def _stamp(what: str, folder: Path) -> Stamp:
    """The state of the files that a device may be made of: all that lie where its own file lies."""
    try:
        file = devices.locate(what, start=folder)
    except NotFoundError:
        return ()
    if file is None:
        return ()
    try:
        return tuple(sorted(filter(None, map(_state, file.parent.iterdir()))))
    except OSError:
        return ()


def _state(file: Path) -> tuple[str, int, int] | None:
    """Name, time and size of a file; None for what is none, or is gone: who saves a file may make others meanwhile."""
    try:
        found = file.stat()
    except OSError:
        return None
    return (file.name, found.st_mtime_ns, found.st_size) if stat.S_ISREG(found.st_mode) else None
