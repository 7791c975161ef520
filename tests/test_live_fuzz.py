"""Ten thousand requests that are nearly right, or all wrong: none is a fault of ours, none leaves a secret behind.

What a request is comes from a seed. No answer depends on how fast it comes.
"""

import asyncio
import contextlib
import json
import re
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from octavo.live.app import create_app
from octavo.live.config import Config, Downlinks, Secret, Server, SinkConfig

from .asgi import Client, asked
from .fuzzing import AUTHORIZATION, HEADER_SECRET, PLANTED, Fuzz, leaks
from .live_running import PROGRAM, Serving
from .traffic import MESSAGE
from .waiting import SOON_S, until

MISSING = "schemathesis is not installed, a dependency for development"
schemathesis = pytest.importorskip("schemathesis", reason=MISSING)
schema_checks = pytest.importorskip("schemathesis.specs.openapi.checks", reason=MISSING)

IN_PROCESS, ON_A_SOCKET, BY_SCHEMA = 7600, 2000, 500
AT_A_TIME = 40
STATUSES = {200, 400, 401, 405, 408, 413, 415}
"""What may be answered as long as the store works: no 500, and no 503."""

HERE = str(Path(__file__).parents[1])
MOST_GROWTH_KIB = 32 * 1024
LONG = 10_000_000


def check_answer(status, headers, body, folder=HERE):
    """An answer of ours: JSON, without the configured secrets and without what lies where on this machine."""
    assert status in STATUSES, (status, body)
    kind = headers[b"content-type"]
    if kind.startswith(b"text/plain; version="):
        assert status == 200
    elif body or kind != b"application/json":
        told = json.loads(body)
        assert status == 200 or {name: set(each) for name, each in told.items()} == {"error": {"name", "message"}}
    assert not leaks(body, [HEADER_SECRET, AUTHORIZATION])
    assert str(folder).encode() not in body


def check_files(folder, *more, left_out=()):
    """Nothing that was planted, and no local path, is in any file here, in any row, or in what else is given."""
    files = [file for file in folder.iterdir() if file.is_file() and not file.name.startswith(left_out)]
    found = {file.name: file.read_bytes() for file in files} | {str(number): data for number, data in enumerate(more)}
    found["rows"] = rows(folder)
    for name, data in found.items():
        assert not leaks(data, [*PLANTED, str(folder), HERE]), name
    assert {"octavo.db", "rows"} <= found.keys()
    assert len(found["rows"]) > 100_000


def rows(folder):
    """Every value of the store: in its file they may stand in pieces."""
    db = sqlite3.connect(folder / "octavo.db")
    try:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        values = (value for name in tables for row in db.execute(f"SELECT * FROM {name}") for value in row)  # noqa: S608 - our own
        return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
    finally:
        db.close()


# ---- in this process ----

SECRETS = (Secret("header", "X-Key", HEADER_SECRET), Secret("bearer", value=AUTHORIZATION))
QUICK = Server(body_timeout_s=0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzzed")


def configured(folder, **values):
    return Config(store=f"sqlite:{folder / 'octavo.db'}", folder=folder, device="cayennelpp", **values)


async def answers(app, requests):
    """What is answered to some requests at a time."""
    sent = (
        asked(app, each.messages(), each.headers, method=each.method, path=each.path, query=each.query)
        for each in requests
    )
    return await asyncio.gather(*sent)


def test_requests_that_are_nearly_right(folder, capfd, caplog):
    fuzz, counts = Fuzz(Random(10)), Counter()  # noqa: S311 - the same requests again, nothing secret
    sinks = (SinkConfig(),)
    app = create_app(configured(folder, secrets=SECRETS, server=QUICK, sinks=sinks, downlinks=Downlinks(enabled=True)))
    with Client(app) as client:
        for _ in range(IN_PROCESS // AT_A_TIME):
            requests = [fuzz.request() for _ in range(AT_A_TIME)]
            for start, body in client.run(answers(app, requests)):
                check_answer(start["status"], dict(start["headers"]), body["body"], folder)
                counts[start["status"]] += 1
        until(lambda: client.run(app.state.receiver.running.counts()).waiting == 0, "not all is decoded")
        metrics = client.get("/metrics").content
    printed = capfd.readouterr()
    assert sum(counts.values()) == IN_PROCESS
    assert min(counts[status] for status in (200, 400, 401, 405, 415)) > 50, counts
    assert len(printed.out.splitlines()) > 500
    check_files(
        folder, printed.out.encode(), printed.err.encode(), caplog.text.encode(), metrics, left_out="octavo-keys.db"
    )
    assert not any("ERROR" in line for line in caplog.text.splitlines())


@pytest.mark.parametrize(("mode", "share"), [("positive", 0.7), ("negative", 0.3)])
def test_what_its_own_document_says(tmp_path, mode, share):
    """Its body may be any JSON, so not everything that the document allows is a message."""
    app = create_app(configured(tmp_path, sinks=()))
    count = Counter()

    def check(case):
        response = case.call()
        case.validate_response(response, excluded_checks=[schema_checks.positive_data_acceptance])
        count[response.status_code] += 1

    with Client(app) as client:
        client.until_ready()
        schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
        schema.app = app
        for operation in [found.ok() for found in schema.get_all_operations()]:
            if mode == "positive" or operation.method in ("post", "put"):
                cases = operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode))
                bounds = settings(
                    max_examples=int(BY_SCHEMA * share / 2),
                    database=None,
                    derandomize=True,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                bounds(given(cases)(check))()
    assert count.total() >= BY_SCHEMA * share
    assert min(count[200], count[400]) > 3


# ---- on a socket ----

CONFIG = """
device = "probe.js"
[server]
body_timeout_s = 0.3
[[secrets]]
type = "header"
name = "X-Key"
value = "$FUZZ_HEADER_SECRET"
[[secrets]]
type = "bearer"
value = "${FUZZ_AUTHORIZATION}"
"""
PROBE = """
function decodeUplink(input) {
  if (input.bytes.length > 3) throw new Error("too long");
  if (input.bytes.length > 2) return {errors: ["long"]};
  return {data: {bytes: input.bytes}};
}
"""
LENGTH = re.compile(rb"^content-length: (\d+)", re.IGNORECASE | re.MULTILINE)
PATIENCE_S = 1.0
"""For what may never be answered; a machine that is slower only loses something to look at."""

SHOWN = f"X-Key: {HEADER_SECRET}\r\n".encode()
GOOD = json.dumps({**MESSAGE, "received_at": "2020-01-01T00:00:00Z"}).encode()


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    with serving_in(tmp_path_factory.mktemp("served")) as found:
        yield found.start()


def serving_in(folder):
    (folder / "octavo.toml").write_text(CONFIG)
    (folder / "probe.js").write_text(PROBE)
    return Serving(folder, "octavo.toml", FUZZ_HEADER_SECRET=HEADER_SECRET, FUZZ_AUTHORIZATION=AUTHORIZATION)


def exchanged(serving, data, patience_s):
    """The answer to bytes; who gets none in so many seconds sends no more, which ends it."""
    answer = b""
    with socket.create_connection(serving.address, patience_s) as connection, contextlib.suppress(OSError):
        connection.sendall(data)
        while not is_whole(answer):
            try:
                more = connection.recv(1 << 16)
            except TimeoutError:
                connection.shutdown(socket.SHUT_WR)
                continue
            if not more:
                break
            answer += more
    return answer


def is_whole(answer):
    head, end, body = answer.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    return bool(end) and b" 100 " not in head[:15] and (length is None or len(body) >= int(length[1]))


def check_exchange(serving, data, patience_s=SOON_S):
    """The status of what is answered, if anything is; what uvicorn says by itself is no JSON."""
    head, end, body = exchanged(serving, data, patience_s).partition(b"\r\n\r\n")
    if not end or body == b"Invalid HTTP request received.":
        return 0
    line, *lines = head.split(b"\r\n")
    headers = dict(each.lower().split(b": ", 1) for each in lines)
    status = int(line.split()[1])
    check_answer(status, headers, body[: int(headers[b"content-length"])], serving.folder)
    return status


def request(body, *headers, line=b"POST /up HTTP/1.1"):
    return b"\r\n".join([line, b"Host: x", b"Connection: close", *headers, SHOWN, b""])[:-2] + b"\r\n" + body


def sized(body):
    return request(body, b"Content-Length: %d" % len(body))


def chunked(*parts, end=b"0\r\n\r\n"):
    return request(b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end, b"Transfer-Encoding: chunked")


TRICKS = [
    (sized(GOOD), 200),
    (chunked(GOOD[:10], GOOD[10:]), 200),
    (request(GOOD, b"Content-Length: %d" % (len(GOOD) + 5)), 408),
    (request(GOOD, b"Content-Length: 5"), 400),
    (request(GOOD, b"Content-Length: 5", b"Content-Length: %d" % len(GOOD)), 0),
    (request(GOOD, b"Content-Length: -1"), 0),
    (request(GOOD, b"Content-Length: 99999999999999999999999"), 0),
    (request(GOOD, b"Content-Length: 1_0"), 0),
    (request(GOOD, b"Content-Length: %d" % len(GOOD), b"Transfer-Encoding: chunked"), 0),
    (request(GOOD, b"Transfer-Encoding: gzip, chunked"), 0),
    (request(GOOD, b"Transfer-Encoding: identity"), 0),
    (chunked(GOOD, end=b""), 408),
    (request(b"ffffffffffffffffff\r\n" + GOOD, b"Transfer-Encoding: chunked"), 0),
    (request(b"-5\r\n" + GOOD, b"Transfer-Encoding: chunked"), 0),
    (request(b"5;x=" + b"y" * 9000 + b"\r\n" + GOOD, b"Transfer-Encoding: chunked"), 0),
    (request(b"", *[b"X-%d: 1" % number for number in range(5000)]), 400),
    (request(b"", b"X-Long: " + b"x" * 50_000), 400),
    (request(b"", b"Caf\xe9: \xff\xfe"), 0),
    (request(b"", b"X-Key: \xff"), 400),
    (request(b"", b"Expect: 100-continue", b"Content-Length: %d" % LONG), 413),
    (request(GOOD, b"Upgrade: websocket", b"Content-Length: %d" % len(GOOD)), 200),
    (sized(GOOD).replace(b"/up", b"/../../../etc/passwd"), 200),
    (sized(GOOD).replace(b"/up", b"http://other.example/%2e%2e/%00"), 200),
    (sized(GOOD).replace(b"/up", b"/" + b"x" * 100_000), 0),
    (sized(GOOD).replace(b"POST", b"BREW"), 0),
    (sized(GOOD).replace(b"POST", b"GET"), 405),
    (sized(GOOD).replace(b"HTTP/1.1", b"HTTP/9.9"), 0),
    (sized(b"0" * LONG), 413),
    (chunked(*[b"0" * 100_000] * 100), 413),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 0),
]
"""Requests on the wire, and their status; 0 is what uvicorn refuses by itself."""


@pytest.mark.parametrize("place", range(len(TRICKS)))
def test_tricks(serving, place):
    data, status = TRICKS[place]
    assert check_exchange(serving, data) == status


@pytest.mark.parametrize("head", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
def test_a_body_that_never_ends(serving, head):
    assert check_exchange(serving, request(b"5\r\n{    \r\n", head)) == 408


linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")


@linux
@pytest.mark.parametrize(
    "start",
    [
        b"POST /",
        b"POST / HTTP/1.1\r\nX: ",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\nX: ",
    ],
    ids=["path", "header", "trailer"],
)
def test_a_head_that_never_ends(serving, start):
    """No more of it is read than is bounded: who goes on sending is cut off."""
    before = resident_kib(serving)
    with (
        socket.create_connection(serving.address, SOON_S) as connection,
        pytest.raises((BrokenPipeError, ConnectionResetError)),
    ):
        connection.sendall(start + b"y" * 100_000_000)
    assert resident_kib(serving) < before + MOST_GROWTH_KIB


def resident_kib(serving):
    lines = Path(f"/proc/{serving.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def on_the_wire(fuzz):
    """A request as bytes; every other has some that are not what they were."""
    each = fuzz.request()
    body = b"".join(each.chunks)
    method, path = each.method.encode(), each.path.encode().replace(b" ", b"%20")
    target = path + (b"?" + each.query if each.query else b"")
    head = [b"%s: %s" % header for header in each.headers]
    length = [b"Content-Length: %d" % len(body)] * fuzz.random.choice([1, 1, 1, 0])
    data = b"\r\n".join(
        [b"%s %s HTTP/1.1" % (method, target), b"Host: x", b"Connection: close", *head, *length, b"", body]
    )
    return fuzz.random.choice([data, fuzz._flipped(data)])


@linux
def test_bytes_that_are_nearly_requests(tmp_path):
    with serving_in(tmp_path) as serving:
        check_bytes(serving.start())


def check_bytes(serving):
    fuzz, counts, long = Fuzz(Random(11)), Counter(), sized(b"[" * LONG)  # noqa: S311 - likewise
    resident = []
    for number in range(ON_A_SOCKET):
        counts[check_exchange(serving, on_the_wire(fuzz) if number % 400 else long, PATIENCE_S)] += 1
        if number % 400 == 0:
            resident.append(resident_kib(serving))
    assert min(counts[status] for status in (0, 200, 400, 401, 405)) > 20, counts
    assert counts[413] >= ON_A_SOCKET // 400
    assert max(resident[2:]) < resident[1] + MOST_GROWTH_KIB, resident
    until(lambda: json.loads(f"[{','.join(_queue(serving, 'waiting'))}]") == [], "not all is decoded")
    queued = "\n".join(_queue(serving, "all")).encode()
    assert b"too long" in queued
    metrics = serving.request("GET", "/metrics")[2]
    assert serving.stop() == 0
    records = serving.records()
    assert {record["outcome"] for record in records} > {"decoded", "failed", "invalid"}
    said = [line for line in serving.events() if line["event"] != "listening"]
    assert {line["level"] for line in said} <= {"info", "warning"}
    told = json.dumps(said).encode()
    check_files(serving.folder, queued, metrics, told, left_out=("octavo.toml", "probe.js", serving.said.name))


def _queue(serving, state):
    done = subprocess.run(
        [*PROGRAM, "queue", "list", "--state", state, "--json"],
        cwd=serving.folder,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.splitlines()
