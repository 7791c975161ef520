"""The Things Stack v3: messages, topics, webhooks and the downlink queue, without any I/O."""

from octavo.networks.tts.downlinks import (
    PRIORITIES,
    QueueItem,
    QueueRequest,
    attributes_request,
    parse_downlinks,
    parse_queue_request,
    queue_body,
    queue_publication,
    queue_request,
    reply_request,
)
from octavo.networks.tts.messages import message_ids, write_decoded
from octavo.networks.tts.topics import MESSAGES, accepted_subscription, parse_topic, topic
from octavo.networks.tts.webhooks import Webhook, webhook_headers, webhook_request, webhook_url

__all__ = [
    "MESSAGES",
    "PRIORITIES",
    "QueueItem",
    "QueueRequest",
    "Webhook",
    "accepted_subscription",
    "attributes_request",
    "message_ids",
    "parse_downlinks",
    "parse_queue_request",
    "parse_topic",
    "queue_body",
    "queue_publication",
    "queue_request",
    "reply_request",
    "topic",
    "webhook_headers",
    "webhook_request",
    "webhook_url",
    "write_decoded",
]
