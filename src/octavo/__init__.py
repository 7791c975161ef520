"""octavo: decode, encode and check the payloads of LoRaWAN devices.

Names are imported when they are first used, so that ``import octavo`` loads no engine.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from octavo.device import Device
    from octavo.devices import declared, load
    from octavo.errors import (
        CodecError,
        ContentError,
        DataError,
        DecodeError,
        EncodeError,
        Error,
        LimitError,
        NotFoundError,
        OutputError,
        PayloadError,
        ScriptError,
    )
    from octavo.limits import Limits
    from octavo.messages import Decoded, Downlink, Encoded, Finding, Uplink
    from octavo.pipeline import aprocess, process, validate

__all__ = [
    "CodecError",
    "ContentError",
    "DataError",
    "DecodeError",
    "Decoded",
    "Device",
    "Downlink",
    "EncodeError",
    "Encoded",
    "Error",
    "Finding",
    "LimitError",
    "Limits",
    "NotFoundError",
    "OutputError",
    "PayloadError",
    "ScriptError",
    "Uplink",
    "aprocess",
    "declared",
    "load",
    "process",
    "validate",
]

_HOMES = {
    "octavo.device": ("Device",),
    "octavo.devices": ("declared", "load"),
    "octavo.limits": ("Limits",),
    "octavo.messages": ("Decoded", "Downlink", "Encoded", "Finding", "Uplink"),
    "octavo.pipeline": ("aprocess", "process", "validate"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'octavo' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME.get(name, "octavo.errors")), name)


def __dir__() -> list[str]:
    return __all__
