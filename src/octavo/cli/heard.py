"""Which options reach a script: those whose input its network's functions take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo import devices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from octavo.device import Device

INPUTS = {"--recv-time": {"recvTime", "time"}, "--variable": {"variables"}}
"""Options, and the inputs of a script that each becomes, in the dialects that have it."""


def unheard(device: Device, operation: str, given: Mapping[str, object]) -> Iterator[str]:
    """A sentence for each option that is given but of which the device's function never hears.

    Args:
        device: what is asked.
        operation: one of `octavo.device.OPERATIONS`.
        given: options and their values; one that is empty is not given.
    """
    named = [name for name in ("--now", *INPUTS) if given.get(name)]
    heard = _heard(device, operation) if named else set()
    for name in named:
        if name not in heard:
            yield f"{name}: {device.name} ({_kind(device)}) takes no notice of it"


def _heard(device: Device, operation: str) -> set[str]:
    """The options that reach a script, or a declaration that counts back from the time of reception."""
    from octavo.formatters import Formatter  # noqa: PLC0415 - loaded where such options are given
    from octavo.formatters.dialects import dialect_table  # noqa: PLC0415 - as above

    script = devices.unchecked(device)
    if devices.is_declared(script):
        return {"--recv-time"} if operation == "decode_uplink" and script.looks_at_time else set()
    if not isinstance(script, Formatter):
        return set()
    offered = dialect_table(script.dialect or devices.DEFAULT_DIALECT).operations.get(operation)
    taken = {item for function in offered.functions for item in function.inputs} if offered else set()
    return {"--now"} | {name for name, items in INPUTS.items() if items & taken}


def _kind(device: Device) -> str:
    return f"dialect {device.dialect}" if device.dialect else "a declared codec"
