# starlette_app.py
"""Receives webhooks with Starlette: WEBHOOK_KEY=… uvicorn starlette_app:app --workers 2."""

import hmac
import json
import os
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

import octavo

EXPECTED = f"Bearer {os.environ['WEBHOOK_KEY']}".encode()


@asynccontextmanager
async def lifespan(_app):
    """The formatter's workers live as long as the server."""
    with octavo.load("mclimate/ht-sensor") as sensor:
        yield {"devices": {"ht-*": sensor}}


async def webhook(request):
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), EXPECTED):
        return JSONResponse({"reason": "wrong or missing Authorization"}, 401, {"WWW-Authenticate": "Bearer"})
    body, query = await request.body(), request.url.query
    out = await octavo.aprocess(body, request.state.devices, headers=request.headers, query=query)
    keep(out)
    status = 400 if out.outcome == "not_json" else 200  # the rest was taken, whatever became of it
    return JSONResponse({"outcome": out.outcome, "reason": out.reason}, status)


def keep(out):
    """Yours: a row in your database. Not the whole message: the downlink_url in those of v2 holds a key."""
    data = out.decoded and out.decoded.data
    line = {"device": out.ids["device_id"], "kind": out.kind, "outcome": out.outcome, "data": data}
    print(json.dumps(line | {"reason": out.reason}), flush=True)


app = Starlette(routes=[Route("/webhook", webhook, methods=["POST"])], lifespan=lifespan)
