"""Which device a message is of, and which variables a network keeps for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from octavo.device import Device
from octavo.errors import NotFoundError

if TYPE_CHECKING:
    from octavo.networks.message import Ids, Incoming

Devices: TypeAlias = "Device | Mapping[str, Device] | Callable[[Incoming], Device | None]"
Variables: TypeAlias = "Mapping[str, str] | Callable[[Incoming], Mapping[str, str] | None]"

Named = TypeVar("Named")

GLOB = frozenset("*?[")


def variables_of(variables: Variables | None, incoming: Incoming) -> Mapping[str, str] | None:
    """The variables of a message's device: those given for all, or what a function gives for this one."""
    return variables(incoming) if callable(variables) else variables


def find_device(devices: Devices, incoming: Incoming) -> Device:
    """The device of a message, as the message's network runs it; see `process` for what ``devices`` may be.

    Raises:
        NotFoundError: where there is none; and whatever octavo error a function of the caller raises.
        TypeError: where ``devices``, or what it gives, is no device.
    """
    check_devices(devices)
    if isinstance(devices, Device):
        return devices.in_network(incoming.dialect)
    found = lookup(devices, incoming.ids) if isinstance(devices, Mapping) else devices(incoming)
    if found is None:
        named = ", ".join(_names(incoming.ids)) or "a message that names none"
        raise NotFoundError(f"no device for {named}")
    if not isinstance(found, Device):
        raise _no_device(found)
    return found.in_network(incoming.dialect)


def check_devices(devices: Any) -> None:
    """Refuse, with a `TypeError`, what can be no device and finds none."""
    if not (isinstance(devices, Device | Mapping) or callable(devices)):
        raise _no_device(devices)


def _no_device(value: Any) -> TypeError:
    """The error for what stands where a device should: mostly an id that nobody loaded."""
    if isinstance(value, str | PurePath):
        return TypeError(f"{str(value)!r} is no device: pass octavo.load({str(value)!r})")
    return TypeError(f"{type(value).__name__} is no device: pass what octavo.load(...) gives")


def lookup(mapping: Mapping[str, Named], ids: Ids) -> Named | None:
    """What a mapping has for the device of a message: under its id, EUI or model, else under the first pattern.

    Args:
        mapping: from device id, EUI, ``brand/model`` or a pattern of these; exact keys first.
        ids: the identifiers of the message; see `octavo.networks.message.Incoming`.
    """
    names = _names(ids)
    exact = (mapping[name] for name in names if name in mapping)
    patterns = (key for key in mapping if GLOB & set(key))
    matching = (mapping[key] for key in patterns if any(fnmatchcase(name, key) for name in names))
    return next(chain(exact, matching), None)


def _names(ids: Ids) -> list[str]:
    """What a device may be called, the most exact first; EUIs in both cases."""
    eui, brand, model = ids["dev_eui"] or "", ids["brand_id"], ids["model_id"]
    names = [ids["device_id"], eui.upper(), eui.lower(), f"{brand}/{model}" if brand and model else model]
    return [name for name in dict.fromkeys(names) if name]
