# flask_app.py
"""Receives webhooks with Flask: WEBHOOK_KEY=… gunicorn --preload --workers 2 --threads 8 flask_app:app."""

import atexit
import hmac
import json
import logging
import os
from functools import partial

import httpx
from flask import Flask, jsonify, request

import octavo

log = logging.getLogger("webhook")
logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log URLs, and that of v2 holds a key
EXPECTED = f"Bearer {os.environ['WEBHOOK_KEY']}".encode()

# Loaded before the fork, used after it: each process of the server starts formatter workers of its own, once.
SENSOR = octavo.load("mclimate/ht-sensor")
DEVICES = {"ht-*": SENSOR}
atexit.register(SENSOR.close)

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024


@app.before_request
def authorize():
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), EXPECTED):
        return {"reason": "wrong or missing Authorization"}, 401, {"WWW-Authenticate": "Bearer"}
    return None


@app.post("/webhook")
def webhook():
    query = request.query_string
    out = octavo.process(request.get_data(), DEVICES, headers=request.headers, query=query)
    keep(out)
    response = jsonify(outcome=out.outcome, reason=out.reason)
    response.status_code = 400 if out.outcome == "not_json" else 200  # the rest was taken, whatever became of it
    response.call_on_close(partial(answer, out))
    return response


def keep(out):
    """Yours: a row in your database. Not the whole message: the downlink_url in those of v2 holds a key."""
    data = out.decoded and out.decoded.data
    line = {"device": out.ids["device_id"], "kind": out.kind, "outcome": out.outcome, "data": data}
    print(json.dumps(line | {"reason": out.reason}), flush=True)


def answer(out):
    """A sensor in the frost reports every five minutes; sent after the network has its answer."""
    if out.outcome != "decoded" or out.decoded.data.get("temperature", 0) >= 0:
        return
    try:
        down = out.reply({"keep_alive_period": 5})
        done = httpx.request(down.method, down.url, headers=down.headers, content=down.body, timeout=5)
    except octavo.Error as error:  # say, a webhook without a downlink API key brings no X-Downlink-* headers
        log.warning("no answer to %s: %s", out.ids["device_id"], error)
    except (httpx.HTTPError, httpx.InvalidURL) as error:  # its text may hold the URL, and that the key of v2
        log.warning("no answer to %s: %s", out.ids["device_id"], type(error).__name__)
    else:
        log.info("answer to %s: HTTP %d", out.ids["device_id"], done.status_code)
