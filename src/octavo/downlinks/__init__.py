"""Downlinks, sent: `Client` for The Things Stack v3, The Things Network v2 and ChirpStack v4."""

from octavo._http import Response, TransportError, UnansweredError, UnreachableError
from octavo.downlinks.answers import ServerError
from octavo.downlinks.client import Client, Prepared, Sent, Settings
from octavo.downlinks.items import Options
from octavo.downlinks.retries import Retries
from octavo.downlinks.routes import (
    ApplicationApi,
    Call,
    ChirpStackApi,
    DownlinkUrl,
    Mqtt,
    Route,
    WebhookHeaders,
)
from octavo.downlinks.sizes import REGIONS, largest_payload
from octavo.networks.tts import PRIORITIES, QueueItem

__all__ = [
    "PRIORITIES",
    "REGIONS",
    "ApplicationApi",
    "Call",
    "ChirpStackApi",
    "Client",
    "DownlinkUrl",
    "Mqtt",
    "Options",
    "Prepared",
    "QueueItem",
    "Response",
    "Retries",
    "Route",
    "Sent",
    "ServerError",
    "Settings",
    "TransportError",
    "UnansweredError",
    "UnreachableError",
    "WebhookHeaders",
    "largest_payload",
]
