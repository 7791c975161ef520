"""The webhooks of docs/webhook/, each with its framework's own client, and a network that takes their answers."""

import base64
import contextlib
import importlib.util
import json
import threading
import warnings
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "webhook"
KEY = "opensesame"
GOOD = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
NEEDS = {
    "django_view": ("django",),
    "fastapi_app": ("fastapi", "httpx"),
    "flask_app": ("flask", "httpx"),
    "lambda_handler": ("httpx",),
    "starlette_app": ("starlette", "httpx"),
}


def loaded(name):
    """The module of an example, made anew: each loads its device, and reads its key from the environment."""
    for needed in NEEDS[name]:
        pytest.importorskip(needed, reason=f"{needed} is not installed: docs/webhook/{name}.py needs it")
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def calling(name):
    """A function that posts a body with headers and a query, and gives the status and the JSON of the answer."""
    module = loaded(name)
    with CLIENTS[name](module) as post:
        yield post


@contextlib.contextmanager
def asgi(module):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using `httpx`")  # which the examples use too: there is one client
        from starlette.testclient import TestClient  # noqa: PLC0415 - only where it is installed

    with TestClient(module.app, raise_server_exceptions=True) as client:

        def post(body, headers, query=""):
            answer = client.post(f"/webhook?{query}", content=body, headers=raw(headers))
            return answer.status_code, answer.json()

        yield post


@contextlib.contextmanager
def flask(module):
    client = module.app.test_client()
    module.app.testing = True

    def post(body, headers, query=""):
        with client.post(f"/webhook?{query}", data=body, headers=headers) as answer:
            return answer.status_code, answer.json

    yield post
    module.SENSOR.close()


@contextlib.contextmanager
def django(module):
    from django.conf import settings  # noqa: PLC0415 - only where it is installed
    from django.test import Client, override_settings  # noqa: PLC0415 - likewise

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["testserver"], USE_TZ=True)
    # Clients of Django hold no form tokens; this one refuses a view that asks for them.
    client = Client(enforce_csrf_checks=True)

    def post(body, headers, query=""):
        kind = headers.get("Content-Type", "")
        with override_settings(ROOT_URLCONF=module):
            answer = client.post("/webhook", body, content_type=kind, headers=headers, QUERY_STRING=query)
            return answer.status_code, answer.json()

    yield post
    module.SENSOR.close()


@contextlib.contextmanager
def lambdas(module):
    def post(body, headers, query=""):
        answer = module.handler(event(body, headers, query), None)
        assert answer["headers"] == {"Content-Type": "application/json"}
        return answer["statusCode"], json.loads(answer["body"])

    yield post
    for device in module.DEVICES.values():
        device.close()


def event(body, headers, query, *, binary=None):
    """A request as an HTTP API hands it to a function.

    Bodies that are no text cross in base64. Source: AWS, "Working with AWS Lambda proxy integrations for HTTP APIs",
    payload format version 2.0.
    """
    binary = not headers.get("Content-Type", "").startswith("application/json") if binary is None else binary
    names = {name.lower(): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "routeKey": "POST /webhook",
        "rawPath": "/webhook",
        "rawQueryString": query,
        "headers": names,
        "requestContext": {"http": {"method": "POST", "path": "/webhook"}, "stage": "$default"},
        "body": base64.b64encode(body).decode() if binary else body.decode(),
        "isBase64Encoded": binary,
    }


def raw(headers):
    """Headers as HTTP carries them: httpx would refuse text that is not ASCII."""
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


CLIENTS = {
    "django_view": django,
    "fastapi_app": asgi,
    "flask_app": flask,
    "lambda_handler": lambdas,
    "starlette_app": asgi,
}


@dataclass
class Network:
    """Takes downlinks on a loopback port: keeps path, authorization and body of each, and answers with a status."""

    url: str = ""
    status: int = 200
    taken: list = field(default_factory=list)

    def take(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.taken.append((request.path, request.headers["Authorization"], json.loads(body)))
        request.send_response(self.status)
        request.send_header("Content-Length", "0")
        request.end_headers()


@contextlib.contextmanager
def network():
    """A stand-in for the network's downlink API."""
    ours = Network()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            ours.take(self)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        ours.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield ours
        server.shutdown()
        thread.join()
