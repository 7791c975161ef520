"""A stand-in for network servers, on a free port of this machine: it takes downlinks, and delivers webhooks.

Source: The Things Stack documentation, "Scheduling Downlinks", "Webhook Retries" and "Data Formats"; lorawan-stack,
pkg/applicationserver/io/web; The Things Network documentation, "HTTP Integration".
"""

import http.client
import json
import random
import re
import threading
import urllib.error
import urllib.request
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from octavo.errors import ContentError, PayloadError
from octavo.networks import ttn2, tts

KEY = "NNSXS.7QJVZ4VXJ3LYKQK2T5GV.ZWEIUNDVIERZIGEINSZWEIDREI"  # made up: of a key it has the form only
READ_ONLY_KEY = "NNSXS.AAAAAAAAAAAAAAAAAAAA.NURLESENNURLESENNURLESEN"
V2_KEY = "ttn-account-v2.EINZWEIDREIVIERFUENFSECHS"

APPLICATION = "app1"
DEVICES = ("dev1", "dev2")
ATTRIBUTES = {"location": "roof", "room": "4.12"}

DOWN = re.compile(r"/api/v3/as/applications/([^/]+)(?:/webhooks/([^/]+))?/devices/([^/]+)/down/(push|replace)")
DEVICE = re.compile(r"/api/v3/applications/([^/]+)/devices/([^/]+)")
DOWN_V2 = re.compile(r"/ttn-eu/api/v2/down/([^/]+)/([^/]+)")
CHIRPSTACK = re.compile(r"/api/devices/([0-9a-f]{16})/queue")

CODES = {400: 3, 401: 16, 403: 7, 404: 5, 429: 8, 500: 2, 503: 14}


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict
    body: bytes


@dataclass
class Fault:
    """What is answered instead, to the next request; no status breaks the connection."""

    status: int | None
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    does_it: bool = False


class NetworkServer:
    """What the stand-in knows and has seen.

    Attributes:
        queues: the items of each device's queue, by application (or "") and device.
        seen: every request, in order.
        faults: what goes wrong next, in order.
        paused: webhooks that are paused.
    """

    def __init__(self):
        self.queues = defaultdict(list)
        self.seen = []
        self.faults = []
        self.webhooks = {"wh1"}
        self.paused = set()
        self.url = ""

    def queue(self, device="dev1", application=APPLICATION):
        """The payloads of a queue, as bytes or as data."""
        items = self.queues[application, device]
        return [item.frm_payload if item.frm_payload is not None else item.decoded_payload for item in items]

    @property
    def downlink_url(self):
        return f"{self.url}/ttn-eu/api/v2/down/my-app-id/my-process-id?key={V2_KEY}"

    def headers(self, device="dev1"):
        """What a webhook with a Downlink API key brings."""
        webhook = tts.Webhook("wh1", "https://example.com", {}, downlink_api_key=KEY)
        ids = {"application_id": APPLICATION, "device_id": device}
        return tts.webhook_headers(webhook, ids, public_address=f"{self.url}/api/v3")

    def fail(self, *statuses, headers=None, body=b"", does_it=False):
        """Let the next requests fail so; ``does_it`` does what was asked for all the same."""
        self.faults += [Fault(status, headers or {}, body, does_it) for status in statuses]

    def answer(self, seen):
        """Status and body for a request."""
        path = urlsplit(seen.path).path
        for pattern, route in ((DOWN, self._down), (DEVICE, self._device), (DOWN_V2, self._v2), (CHIRPSTACK, self._cs)):
            if found := pattern.fullmatch(path):
                return route(seen, *found.groups())
        return told(404, "route_not_found", f"route `{path}` not found")

    def _down(self, seen, application, webhook, device, operation):
        if seen.method != "POST":
            return told(405, "method_not_allowed", "method not allowed")
        if refused := self._refused(seen, application, device, writes=True):
            return refused
        if webhook is not None and webhook not in self.webhooks:
            return told(404, "webhook_not_found", "webhook not found")
        if webhook in self.paused:
            return 406, b""
        try:
            items = tts.parse_downlinks(seen.body)
        except (ContentError, PayloadError) as error:
            return told(400, "decode_body", f"decode body: {error}")
        queue = self.queues[application, device]
        queue[:] = [*(queue if operation == "push" else ()), *items]
        return 200, b""

    def _device(self, seen, application, device):
        if refused := self._refused(seen, application, device, writes=False):
            return refused
        found = {"ids": {"device_id": device, "application_ids": {"application_id": application}}}
        if "attributes" in parse_qs(urlsplit(seen.path).query).get("field_mask", []) and device == DEVICES[0]:
            found["attributes"] = ATTRIBUTES
        return 200, json.dumps(found).encode()

    def _refused(self, seen, application, device, *, writes):
        token = seen.headers.get("authorization", "")
        if token not in {f"Bearer {KEY}", f"Bearer {READ_ONLY_KEY}"}:
            return told(401, "api_key_not_found", f"API key not found: {token}")
        if application != APPLICATION or (writes and token != f"Bearer {KEY}"):
            return told(403, "insufficient_application_rights", "insufficient rights for application")
        if device not in DEVICES:
            return told(404, "end_device_not_found", "end device not found")
        return None

    def _v2(self, seen, application, _process):
        if parse_qs(urlsplit(seen.path).query).get("key") != [V2_KEY]:
            return 401, b"Invalid key"
        try:
            message = ttn2.parse_downlink(seen.body)
        except (ContentError, PayloadError) as error:
            return 400, str(error).encode()
        queue = self.queues[application, message.dev_id]
        item = tts.QueueItem(message.port, message.payload_raw, message.payload_fields, message.confirmed)
        places = {"first": [item, *queue], "last": [*queue, item]}
        queue[:] = places.get(message.schedule, [item])
        return 202, b""

    def _cs(self, seen, dev_eui):
        if seen.headers.get("authorization") != f"Bearer {KEY}":
            return 401, b'{"code":16,"message":"authentication failed","details":[]}'
        queue = self.queues["", dev_eui]
        body = json.loads(seen.body) if seen.body else {}
        if seen.method == "DELETE" or body.get("flushQueue"):
            queue.clear()
        if seen.method == "POST":
            (item,) = tts.parse_downlinks({"downlinks": [as_item(body["queueItem"])]})
            queue.append(item)
        return 200, b"{}"


def as_item(queue_item):
    """A queue item of ChirpStack in the members of The Things Stack."""
    names = {"fPort": "f_port", "data": "frm_payload", "object": "decoded_payload", "confirmed": "confirmed"}
    return {names[name]: value for name, value in queue_item.items()}


def told(status, name, sentence):
    """An error as The Things Stack tells it."""
    code = CODES.get(status, 2)
    detail = {"@type": "type.googleapis.com/ttn.lorawan.v3.ErrorDetails", "name": name, "code": code}
    body = {"code": code, "message": f"error:pkg/stand_in:{name} ({sentence})", "details": [detail]}
    return status, json.dumps(body).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_):
        """Nothing."""

    def handle_one(self):
        server = self.server.network
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self.rfile.read(length))
        server.seen.append(seen)
        fault = server.faults.pop(0) if server.faults else None
        status, body = server.answer(seen) if fault is None or fault.does_it else (200, b"")
        if fault and fault.status is None:
            self.close_connection = True
            return
        self.reply(fault.status if fault else status, fault.body if fault else body, fault.headers if fault else {})

    def reply(self, status, body, headers):
        self.send_response(status)
        kind = "application/json" if body.startswith(b"{") else "text/plain"
        for name, value in ({"Content-Type": kind} | headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815 - the library's names


@contextmanager
def network_server():
    """A running `NetworkServer`."""
    network = NetworkServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.network = network
        network.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield network
        finally:
            server.shutdown()
            thread.join()


# ---- webhooks, as the Application Server delivers them ----

WAITS_S = (240.0, 480.0, 900.0, 900.0, 900.0, 900.0)
JITTER = 0.15
TIMEOUT_S = 5.0
RECORDED = 1024


@dataclass
class Delivery:
    """One try: the status, or None where none came, and what is recorded of the body."""

    status: int | None
    recorded: str = ""

    @property
    def succeeded(self):
        return self.status is not None and 200 <= self.status <= 299


def deliver(url, message, headers=None, *, tries=7, wait=lambda _s: None, seed=0, timeout_s=TIMEOUT_S):
    """Deliver a message until a receiver takes it, as the cloud's servers do; the open source one tries once.

    Args:
        url: where to.
        message: the message, or its bytes; every try has the same bytes.
        headers: headers of the webhook, such as `NetworkServer.headers`.
        tries: how often at most.
        wait: called with the seconds before each further try.
        seed: of the jitter of these.
        timeout_s: how long one try may take.

    Returns:
        Every `Delivery` in order; the last one tells whether it succeeded.
    """
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    jitter = random.Random(seed)  # noqa: S311 - nothing secret
    deliveries = [post(url, body, headers or {}, timeout_s)]
    for wait_s in WAITS_S[: tries - 1]:
        if deliveries[-1].succeeded:
            break
        wait(wait_s * jitter.uniform(1 - JITTER, 1 + JITTER))
        deliveries.append(post(url, body, headers or {}, timeout_s))
    return deliveries


def post(url, body, headers, timeout_s=TIMEOUT_S):
    """One request of a webhook."""
    named = {"User-Agent": "ttn-lw-application-server/3.32.1"} | headers | {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body, named, method="POST")  # noqa: S310 - a URL of a test
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirections)
    try:
        with opener.open(request, timeout=timeout_s) as response:
            return Delivery(response.status, recorded(response.read(RECORDED)))
    except urllib.error.HTTPError as error:
        with error:
            return Delivery(error.code, recorded(error.read(RECORDED)))
    except (OSError, http.client.HTTPException):
        return Delivery(None)


class _NoRedirections(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def recorded(body):
    """What the server keeps of an answer: only what is UTF-8."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return ""
