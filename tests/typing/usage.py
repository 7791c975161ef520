"""How octavo is used, as `mypy --strict` must accept it; the marks name what it must refuse."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import octavo
from octavo.networks import Incoming, Request


def temperatures(frames: Iterable[bytes]) -> Iterator[float]:
    with octavo.load("milesight/em300-th", limits=octavo.Limits(time_s=0.5)) as device:
        for outcome in device.decode_uplinks(octavo.Uplink(frame, 85) for frame in frames):
            if isinstance(outcome, octavo.Error):
                report(outcome.name, outcome.offset, outcome.decoded)
            else:
                warnings: list[str] = outcome.warnings
                yield outcome.data["temperature"] if not warnings else 0.0


def report(name: str, offset: int | None, partial: octavo.Decoded | None) -> None:
    raise SystemExit(f"{name} at {offset}: {partial}")


def tuples_do_too(device: octavo.Device) -> list[octavo.Decoded | octavo.Error]:
    return list(device.decode_uplinks([(b"\x01", 1), (b"\x02", 1, "2026-11-21T12:00:00Z")]))


def command(device: octavo.Device) -> bytes | None:
    encoded: octavo.Encoded = device.encode_downlink({"interval": 600}, f_port=2)
    return encoded.frm_payload


def received(message: Any, headers: dict[str, str]) -> Request | None:
    devices = {"probe-*": octavo.load("cayennelpp")}
    out = octavo.process(message, devices, headers=headers)
    decoded: octavo.Decoded | None = out.decoded
    return out.reply({"value_1": 1}) if decoded else None


def chosen(incoming: Incoming) -> octavo.Device | None:
    return octavo.load("cayennelpp") if incoming.ids["device_id"] == "probe-1" else None


async def at_once(messages: list[dict[str, Any]]) -> list[Any]:
    outcomes = await asyncio.gather(*(octavo.aprocess(message, chosen) for message in messages))
    return [out.message for out in outcomes]


async def one_by_one(device: octavo.Device, frames: list[bytes]) -> AsyncIterator[Any]:
    async for outcome in device.adecode_uplinks((frame,) for frame in frames):
        if isinstance(outcome, octavo.Decoded):
            yield outcome.data


def found(message: Any) -> list[str]:
    findings: list[octavo.Finding] = octavo.validate(message, profile="strict")
    return [finding.path for finding in findings]


def families(error: octavo.NotFoundError) -> tuple[octavo.ContentError, KeyError]:
    return error, error


def refused(device: octavo.Device) -> None:
    octavo.load(3)  # type: ignore[arg-type] # neither a path nor an id
    device.decode_uplink("AQ==", 1)  # type: ignore[arg-type] # text is not bytes
    octavo.Limits(seconds=1)  # type: ignore[call-arg] # no such limit
    octavo.Limits().time_s = 2.0  # type: ignore[misc] # limits are frozen
    device.encode_downlink({}, 1, None)  # type: ignore[call-arg] # what follows is named
    octavo.process({}, [device])  # type: ignore[arg-type] # a list names no device
