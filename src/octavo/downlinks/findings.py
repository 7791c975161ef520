"""What of a downlink is allowed, but looks wrong before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.downlinks.items import CLASS_B_C
from octavo.downlinks.sizes import size_findings
from octavo.messages import Finding
from octavo.networks.wire import member, port_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octavo.networks.tts import QueueItem

EUI = "octavo:downlink#gateway_eui"
UNKNOWN = "octavo:downlink#class_b_c"


def queue_findings(items: Sequence[QueueItem], *, region: str | None, data_rate: str | None) -> tuple[Finding, ...]:
    """The findings of downlinks; paths are those of the body of a push.

    Args:
        items: the downlinks.
        region: where the device is, or None where that is not known.
        data_rate: the data rate that the size of payloads is held against.

    Raises:
        ContentError: as `octavo.downlinks.sizes.size_findings`.
    """
    return tuple(
        finding
        for index, item in enumerate(items)
        for finding in _findings(item, f"/downlinks/{index}", region, data_rate)
    )


def _findings(item: QueueItem, path: str, region: str | None, data_rate: str | None) -> Iterator[Finding]:
    yield from port_findings(item.f_port, f"{path}/f_port")
    size = len(item.frm_payload or b"")
    yield from size_findings(size, f"{path}/frm_payload", region=region, data_rate=data_rate)
    for name in (item.class_b_c or {}).keys() - set(CLASS_B_C):
        message = f"the server passes over {name!r}: class_b_c has {' and '.join(CLASS_B_C)}"
        yield Finding(f"{path}/class_b_c/{name}", message, None, UNKNOWN)
    yield from _gateway_findings(item, f"{path}/class_b_c/gateways")


def _gateway_findings(item: QueueItem, path: str) -> Iterator[Finding]:
    """A gateway's EUI, which webhooks and MQTT read as base64, and so as another EUI than was written in hex.

    Source: lorawan-stack, pkg/applicationserver/io/web/format_json.go reads bodies by plain protocol buffers' JSON.
    """
    gateways = member(item.class_b_c, "gateways")
    for index, gateway in enumerate(gateways if isinstance(gateways, list | tuple) else ()):
        eui = member(gateway, "gateway_ids", "eui")
        if eui is not None:
            message = "the EUI of a gateway is read as base64, not as hex: name it by gateway_id only"
            yield Finding(f"{path}/{index}/gateway_ids/eui", message, eui, EUI)
