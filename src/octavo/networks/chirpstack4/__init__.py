"""ChirpStack v4: events, topics and downlinks, without any I/O."""

from octavo.networks.chirpstack4.downlinks import (
    DownlinkCommand,
    downlink_body,
    downlink_publication,
    downlink_request,
    flush_request,
    parse_downlink,
)
from octavo.networks.chirpstack4.messages import message_ids, write_decoded
from octavo.networks.chirpstack4.topics import EVENTS, MESSAGES, parse_topic, topic

__all__ = [
    "EVENTS",
    "MESSAGES",
    "DownlinkCommand",
    "downlink_body",
    "downlink_publication",
    "downlink_request",
    "flush_request",
    "message_ids",
    "parse_downlink",
    "parse_topic",
    "topic",
    "write_decoded",
]
