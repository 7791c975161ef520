# fastapi_app.py
"""Receives webhooks with FastAPI: WEBHOOK_KEY=… uvicorn fastapi_app:app --workers 2."""

import hmac
import json
import logging
import os
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse

import octavo

log = logging.getLogger("webhook")
logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log URLs, and that of v2 holds a key
EXPECTED = f"Bearer {os.environ['WEBHOOK_KEY']}".encode()


@asynccontextmanager
async def lifespan(_app):
    """The formatter's workers and the client's connections live as long as the server."""
    with octavo.load("mclimate/ht-sensor") as sensor:
        async with httpx.AsyncClient(timeout=5) as client:
            yield {"devices": {"ht-*": sensor}, "client": client}


app = FastAPI(lifespan=lifespan)


def authorize(authorization: Annotated[str, Header()] = ""):
    if not hmac.compare_digest(authorization.encode(), EXPECTED):
        raise HTTPException(401, "wrong or missing Authorization", {"WWW-Authenticate": "Bearer"})


@app.post("/webhook", dependencies=[Depends(authorize)])
async def webhook(request: Request, later: BackgroundTasks) -> JSONResponse:
    body, query = await request.body(), request.url.query
    out = await octavo.aprocess(body, request.state.devices, headers=request.headers, query=query)
    keep(out)
    later.add_task(answer, out, request.state.client)
    status = 400 if out.outcome == "not_json" else 200  # the rest was taken, whatever became of it
    return JSONResponse({"outcome": out.outcome, "reason": out.reason}, status)


def keep(out):
    """Yours: a row in your database. Not the whole message: the downlink_url in those of v2 holds a key."""
    data = out.decoded and out.decoded.data
    line = {"device": out.ids["device_id"], "kind": out.kind, "outcome": out.outcome, "data": data}
    print(json.dumps(line | {"reason": out.reason}), flush=True)


async def answer(out, client):
    """A sensor in the frost reports every five minutes; sent after the network has its answer."""
    if out.outcome != "decoded" or out.decoded.data.get("temperature", 0) >= 0:
        return
    try:
        down = await out.areply({"keep_alive_period": 5})
        done = await client.request(down.method, down.url, headers=down.headers, content=down.body)
    except octavo.Error as error:  # say, a webhook without a downlink API key brings no X-Downlink-* headers
        log.warning("no answer to %s: %s", out.ids["device_id"], error)
    except (httpx.HTTPError, httpx.InvalidURL) as error:  # its text may hold the URL, and that the key of v2
        log.warning("no answer to %s: %s", out.ids["device_id"], type(error).__name__)
    else:
        log.info("answer to %s: HTTP %d", out.ids["device_id"], done.status_code)
