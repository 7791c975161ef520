"""Parts of a live receiver for tests: configurations, letters, a webhook that answers as it is told."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from octavo.live.config import SinkConfig
from octavo.live.store import Letter

OUTCOME = {
    "outcome": "decoded",
    "network": "v2",
    "kind": "v2.uplink",
    "ids": dict.fromkeys(
        ("tenant_id", "dev_eui", "join_eui", "dev_addr", "brand_id", "model_id"),
    )
    | {"application_id": "my-app-id", "device_id": "my-dev-id"},
    "device": "fake",
    "message": {},
    "decoded": {"data": {"water": True}},
}


def letter(number, **members):
    content = {"id": number, **OUTCOME, **members}
    return Letter(number, 0, json.dumps(content, separators=(",", ":")))


def sink_config(kind, **options):
    return SinkConfig(kind, kind, options)


class Webhook:
    """Remembers requests; answers with the statuses it is told, then with 200."""

    def __init__(self, headers):
        self.requests = []
        self.statuses = []
        self.headers = headers
        self.lock = threading.Lock()

    @property
    def bodies(self):
        return [body for _, _, body in self.requests]

    def status(self, request):
        with self.lock:
            self.requests.append(request)
            return self.statuses.pop(0) if self.statuses else 200


@contextmanager
def webhook(port=0, **headers):
    """A `Webhook` on a free port: it, and its URL. Each answer has the headers."""
    hook = Webhook(headers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = hook.status((self.path, dict(self.headers), json.loads(body)))
            self.send_response(status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield hook, f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class NoWorker:
    """In place of the supervisor: its tests end at the store."""

    is_alive = True

    def __init__(self, *_):
        pass

    def start(self):
        pass

    poke = close = start
