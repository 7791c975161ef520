"""How many webhooks a second the receiver keeps, beside a bare endpoint that commits the same row.

    python -m bench.live [SECONDS]

Both run under uvicorn on loopback, one after the other, round after round, under the same load: ``wrk``, of Debian's
package with that name, each message another one. The bare endpoint is Starlette's least: it reads the body, parses the
JSON, commits the row, synced to the disk, and answers. octavo's receiver does its whole work, and its worker decodes
and prints everything meanwhile; how far behind it was at the end, and for how long, is told.
"""

import json
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from octavo.live.sqlite import INSERT, SqliteStore

ROUNDS = 3
SECONDS = 10
CONNECTIONS = 64
HERE = Path(__file__).parent

LUA = """
local count, thread = 0, 0
local body = [[%s]]
function setup(each) each:set("number", thread); thread = thread + 1 end
function request()
  count = count + 1
  local told = body:gsub("@DEVICE", count %% 100):gsub("@MOMENT", string.format("%%02d%%07d", number, count))
  return wrk.format("POST", "/up", {["Content-Type"] = "application/json"}, told)
end
"""

MESSAGE = {
    "end_device_ids": {
        "device_id": "dev-@DEVICE",
        "application_ids": {"application_id": "app1"},
        "dev_eui": "0004A30B001C0530",
        "join_eui": "800000000000000C",
        "dev_addr": "00BCB929",
    },
    "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ", "gs:conn:01E0WDEC6T9T4XXBAACRQGZKRP"],
    "received_at": "2020-02-12T15:15:46.@MOMENTZ",
    "uplink_message": {
        "session_key_id": "AXBSH1Pk6Z0G166kTgvxag==",
        "f_port": 1,
        "f_cnt": 4,
        "frm_payload": "A2cBEAVnAP8=",
        "rx_metadata": [
            {
                "gateway_ids": {"gateway_id": "gtw1", "eui": "9C5C8E00001A05C4"},
                "time": "2020-02-12T15:15:45.787Z",
                "timestamp": 2463457000,
                "rssi": -35,
                "channel_rssi": -35,
                "snr": 5.2,
            }
        ],
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7, "coding_rate": "4/5"}},
            "frequency": "868300000",
        },
        "received_at": "2020-02-12T15:15:45.@MOMENTZ",
    },
}


def bare():
    """The bare endpoint; uvicorn calls this in a folder of its own."""
    SqliteStore("bare.db").close()
    store = sqlite3.connect("bare.db", isolation_level=None)
    store.execute("PRAGMA synchronous = FULL")

    async def take(request):
        body = await request.body()
        ids = json.loads(body)["end_device_ids"]
        named = (ids["application_ids"]["application_id"], ids["device_id"], json.dumps(ids))
        row = [int(time.time() * 1000), "v3", "v3.uplink_message", *named, "webhook", None, None, body]
        return JSONResponse({"id": store.execute(INSERT, row).lastrowid})

    return Starlette(routes=[Route("/up", take, methods=["POST"])])


BARE = [sys.executable, "-m", "uvicorn", "--factory", "bench.live:bare", "--no-access-log", "--log-level", "warning"]
OCTAVO = [sys.executable, "-c", "from octavo.cli import main; main()", "serve", "--device", "cayennelpp"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def waited(url):
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - of loopback
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"nothing answers at {url}")


def loaded(command, seconds):
    """Requests a second, and milliseconds of the median and of the 99th percentile; and how far behind the work was."""
    with tempfile.TemporaryDirectory(prefix="octavo-bench-") as name:
        folder, port = Path(name), free_port()
        script = folder / "load.lua"
        script.write_text(LUA % json.dumps(MESSAGE))
        with (folder / "printed").open("wb") as printed:
            process = subprocess.Popen(
                [*command, "--port", str(port)],
                cwd=folder,
                stdout=printed,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": str(HERE.parent), "PATH": "/usr/bin:/bin"},
            )
        try:
            waited(f"http://127.0.0.1:{port}/healthz")
            load = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script)]
            load.append(f"http://127.0.0.1:{port}")
            said = subprocess.run(load, capture_output=True, text=True, check=True).stdout
            behind = drained(folder / "octavo.db")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        return *figures(said), *behind


def figures(said):
    if refused := re.search(r"Non-2xx or 3xx responses: (\d+)", said):
        raise SystemExit(f"{refused[1]} requests were refused:\n{said}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return rate, *(milliseconds(re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", said)) for share in (50, 99))


def milliseconds(found):
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


def drained(store):
    """How many messages were not passed on when the load ended, and the seconds until they were."""
    if not store.exists():
        return 0, 0.0
    left, began = still(store), time.monotonic()
    while still(store):
        time.sleep(0.02)
    return left, time.monotonic() - began


def still(store):
    with sqlite3.connect(store) as db:
        waiting = db.execute("SELECT count(*) FROM messages WHERE state = 'waiting'").fetchone()[0]
        letters = db.execute("SELECT count(*) FROM letters").fetchone()[0]
    db.close()
    return waiting + letters


def main():
    if not shutil.which("wrk"):
        raise SystemExit("there is no wrk: apt-get install wrk")
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    rows = {"bare": [], "octavo": []}
    print(f"{CONNECTIONS} connections, {seconds} s each, {ROUNDS} rounds")
    for number in range(ROUNDS):
        for name, command in (("bare", BARE), ("octavo", OCTAVO)):
            row = loaded(command, seconds)
            rows[name].append(row)
            rate, middle, slow, left, drain = row
            told = f"  {left} behind at the end, for {drain:.1f} s" if name == "octavo" else ""
            print(f"{number + 1}  {name:7} {rate:7.0f}/s  p50 {middle:6.1f} ms  p99 {slow:7.1f} ms{told}")
    ratios = [mine[0] / theirs[0] for mine, theirs in zip(rows["octavo"], rows["bare"], strict=True)]
    best = max(row[0] for row in rows["octavo"])
    print(f"octavo keeps {median(ratios):.2f} of the bare endpoint's rate (median of {ROUNDS}); best {best:.0f}/s")


if __name__ == "__main__":
    main()
