# django_view.py
"""Receives webhooks with Django. In the project's urls.py: path("", include("django_view"))."""

import atexit
import hmac
import json
import os

from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import octavo

EXPECTED = f"Bearer {os.environ['WEBHOOK_KEY']}".encode()

# Loaded before the fork, used after it: each process of the server starts formatter workers of its own, once.
SENSOR = octavo.load("mclimate/ht-sensor")
DEVICES = {"ht-*": SENSOR}
atexit.register(SENSOR.close)


@csrf_exempt
@require_POST
def webhook(request):
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), EXPECTED):
        wanted = {"WWW-Authenticate": "Bearer"}
        return JsonResponse({"reason": "wrong or missing Authorization"}, status=401, headers=wanted)
    out = octavo.process(request.body, DEVICES, headers=request.headers, query=request.META["QUERY_STRING"])
    keep(out)
    status = 400 if out.outcome == "not_json" else 200  # the rest was taken, whatever became of it
    return JsonResponse({"outcome": out.outcome, "reason": out.reason}, status=status)


def keep(out):
    """Yours: a model's objects.create. Not the whole message: the downlink_url in those of v2 holds a key."""
    data = out.decoded and out.decoded.data
    line = {"device": out.ids["device_id"], "kind": out.kind, "outcome": out.outcome, "data": data}
    print(json.dumps(line | {"reason": out.reason}), flush=True)


urlpatterns = [path("webhook", webhook)]
