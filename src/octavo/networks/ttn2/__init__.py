"""The Things Network v2: messages, topics and downlinks, without any I/O."""

from octavo.networks.ttn2.downlinks import (
    SCHEDULES,
    DownlinkMessage,
    downlink_body,
    downlink_publication,
    downlink_request,
    downlink_url,
    parse_downlink,
)
from octavo.networks.ttn2.messages import field_publications, format_time, message_ids, write_decoded
from octavo.networks.ttn2.topics import (
    ApplicationTopic,
    DeviceTopic,
    parse_application_topic,
    parse_device_topic,
    parse_topic,
)

__all__ = [
    "SCHEDULES",
    "ApplicationTopic",
    "DeviceTopic",
    "DownlinkMessage",
    "downlink_body",
    "downlink_publication",
    "downlink_request",
    "downlink_url",
    "field_publications",
    "format_time",
    "message_ids",
    "parse_application_topic",
    "parse_device_topic",
    "parse_downlink",
    "parse_topic",
    "write_decoded",
]
