# lambda_handler.py
"""Receives webhooks on AWS Lambda, behind an HTTP API or a function URL (payload format 2.0)."""

import base64
import hmac
import json
import logging
import os

import httpx

import octavo

log = logging.getLogger("webhook")
logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log URLs, and that of v2 holds a key
EXPECTED = f"Bearer {os.environ['WEBHOOK_KEY']}".encode()

# Outside of the handler: the formatter's worker serves every request that this instance gets, and ends with it.
DEVICES = {"ht-*": octavo.load("mclimate/ht-sensor")}


def handler(event, _context):
    headers = event.get("headers", {})  # their names are in lower case
    if not hmac.compare_digest(headers.get("authorization", "").encode(), EXPECTED):
        return answered(401, {"reason": "wrong or missing Authorization"})
    out = octavo.process(body_of(event), DEVICES, headers=headers, query=event.get("rawQueryString", ""))
    keep(out)
    answer(out)
    status = 400 if out.outcome == "not_json" else 200  # the rest was taken, whatever became of it
    return answered(status, {"outcome": out.outcome, "reason": out.reason})


def body_of(event):
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body


def answered(status, members):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(members)}


def keep(out):
    """Yours: an item in your table. Not the whole message: the downlink_url in those of v2 holds a key."""
    data = out.decoded and out.decoded.data
    line = {"device": out.ids["device_id"], "kind": out.kind, "outcome": out.outcome, "data": data}
    print(json.dumps(line | {"reason": out.reason}), flush=True)


def answer(out):
    """A sensor in the frost reports every five minutes; sent first, since an instance that has answered sleeps."""
    if out.outcome != "decoded" or out.decoded.data.get("temperature", 0) >= 0:
        return
    try:
        down = out.reply({"keep_alive_period": 5})
        done = httpx.request(down.method, down.url, headers=down.headers, content=down.body, timeout=2)
    except octavo.Error as error:  # say, a webhook without a downlink API key brings no X-Downlink-* headers
        log.warning("no answer to %s: %s", out.ids["device_id"], error)
    except (httpx.HTTPError, httpx.InvalidURL) as error:  # its text may hold the URL, and that the key of v2
        log.warning("no answer to %s: %s", out.ids["device_id"], type(error).__name__)
    else:
        log.info("answer to %s: HTTP %d", out.ids["device_id"], done.status_code)
