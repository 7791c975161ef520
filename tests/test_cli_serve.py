"""``octavo serve``: from nothing to an outcome, its check, and how it ends."""

import errno
import json
import os
import shlex
import signal
import socket
import subprocess

import httpx
import pytest
from click.testing import CliRunner

from octavo.cli import main

from .live_running import PROGRAM, Serving, posix
from .processes import children
from .terminal import environment
from .waiting import until

SCRIPT = "function decodeUplink(i){return {data:{sum:i.bytes[0]+i.bytes[1]}}}"
UPLINK = {
    "end_device_ids": {"device_id": "probe-1", "application_ids": {"application_id": "app1"}},
    "received_at": "2026-01-01T12:00:00Z",
    "uplink_message": {"f_port": 85, "frm_payload": "AQI="},
}


def run(*args, **variables):
    result = CliRunner().invoke(main, ["serve", *map(str, args)], env=variables)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@posix
def test_from_nothing_to_an_outcome(tmp_path):
    (tmp_path / "sum.js").write_text(SCRIPT, encoding="utf-8")
    before = children()
    with Serving(tmp_path, "--device", "sum.js").start() as server:
        assert server.told["event"] == "listening"
        assert server.told["store"] == f"sqlite:{tmp_path / 'octavo.db'}"
        assert server.told["decodes_by"] == str(tmp_path / "sum.js")
        assert "anybody may send" in server.told["message"]
        assert httpx.post(f"{server.url}/in", json=UPLINK).json()["id"] == 1
        (outcome,) = server.lines(1)
        assert (outcome["outcome"], outcome["decoded"]["data"]) == ("decoded", {"sum": 3})
        assert server.stop() == 0
    assert children() <= before


@posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_after_what_is_in_flight(tmp_path, number, status):
    with Serving(tmp_path).start() as server, socket.create_connection(server.address) as sender:
        body = json.dumps(UPLINK).encode()
        head = f"POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        sender.sendall(head + body[:10])
        httpx.get(f"{server.url}/healthz")  # by now the first request is being read
        server.process.send_signal(number)
        sender.sendall(body[10:])
        answer = sender.makefile("rb").readline()
        assert answer == b"HTTP/1.1 200 OK\r\n"
        assert server.ended() == status
        assert server.events()[-1]["event"] == "stopped"
        if not server.records():  # the worker had not begun yet
            assert [line["id"] for line in server.start().lines(1)] == [1]
            assert server.stop(number) == status


@posix
def test_a_second_signal_ends_it_at_once(tmp_path):
    with Serving(tmp_path).start() as server, socket.create_connection(server.address) as sender:
        sender.sendall(b"POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        httpx.get(f"{server.url}/healthz")
        server.process.send_signal(signal.SIGTERM)
        until(lambda: not accepts(server.address))
        assert server.stop() == -signal.SIGTERM


def accepts(where):
    try:
        socket.create_connection(where).close()
    except OSError:
        return False
    return True


@posix
def test_on_a_socket_every_refusal_arrives(tmp_path):
    (tmp_path / "octavo.toml").write_text(
        'sinks = []\n[server]\nbody_timeout_s = 0.2\n[[secrets]]\ntype = "bearer"\nvalue = "$KEY"\n',
        encoding="utf-8",
    )
    with Serving(tmp_path, "octavo.toml", KEY="hunter2").start() as server:
        right = {"Authorization": "Bearer hunter2"}
        url = f"{server.url}/hunter2?key=hunter2"
        statuses = [
            httpx.post(url, content=b"0" * 10_000_000, headers=right).status_code,
            httpx.post(url, content=iter([b"0" * 1_000_000] * 5), headers=right).status_code,
            httpx.post(url, content=b"0" * 10_000_000).status_code,
            httpx.post(url, content=b"hunter2", headers=right).status_code,
            httpx.post(url, json=UPLINK, headers=right).status_code,
        ]
        assert statuses == [413, 413, 401, 400, 200]
        with socket.create_connection(server.address) as slow:
            slow.sendall(b"POST /in HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer hunter2\r\nContent-Length: 9\r\n\r\n{")
            assert slow.makefile("rb").readline() == b"HTTP/1.1 408 Request Timeout\r\n"
        assert server.stop() == 0
        said = server.events()
    assert [line["status"] for line in said if line["event"] == "refused"] == [413, 413, 401, 400, 408]
    assert "hunter2" not in json.dumps(said)


@posix
def test_a_reader_that_goes_away_ends_nothing(tmp_path):
    """As in ``octavo serve | head -1``: what follows waits for the next start."""
    (tmp_path / "sum.js").write_text(SCRIPT, encoding="utf-8")
    program = f"{shlex.join(PROGRAM)} serve --port 0 --device sum.js 2>>said.jsonl & echo $! >pid; wait $!"
    with Serving(tmp_path, "--device", "sum.js") as server:
        shell = ["/bin/sh", "-c", f"({program}) | head -1 >printed.jsonl"]
        server.process = subprocess.Popen(shell, cwd=tmp_path, env=environment())
        until(lambda: server.events("listening"), "it listens")
        for number in range(3):
            moment = f"2026-01-01T12:00:0{number}Z"
            assert httpx.post(f"{server.url}/in", json=UPLINK | {"received_at": moment}).status_code == 200
            server.lines(1)
        (told,) = until(lambda: server.events("held_up"), "somebody says so")
        assert told["reason"] == "standard output takes no more: Broken pipe"
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
        server.ended()
        assert [event["level"] for event in server.events() if event["level"] not in ("info", "warning")] == []
        assert [line["id"] for line in server.start().lines(3)] == [1, 2, 3]
        assert server.stop() == 0


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--port", port, "--store", tmp_path / "octavo.db")
    assert result.exit_code == 1
    reason = os.strerror(errno.EADDRINUSE)
    assert result.stderr == f"octavo: cannot listen on 127.0.0.1, port {port}: {reason}\n"
    assert not (tmp_path / "octavo.db").exists()


@pytest.mark.parametrize("args", [["--device", "no/such-device"], ["none.toml"]])
def test_what_is_not_there_is_wrong_usage(tmp_path, monkeypatch, args):
    monkeypatch.chdir(tmp_path)
    result = run(*args)
    assert result.exit_code == 2
    assert result.stderr.startswith("octavo: ")


def test_check_names_a_variable_that_is_not_set(tmp_path):
    (tmp_path / "octavo.toml").write_text('store = "$NOT_SET"', encoding="utf-8")
    result = run(tmp_path / "octavo.toml", "--check")
    assert result.exit_code == 1
    assert "store: the environment variable NOT_SET is not set" in result.stderr


def test_check_opens_a_store_that_is_there(tmp_path):
    file = tmp_path / "octavo.db"
    file.write_bytes(b"no store of octavo, but long enough to be looked at" * 9)
    result = run("--store", file, "--check")
    assert result.exit_code == 1
    assert "octavo.db: " in result.stderr


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr("octavo.cli.serve.find_spec", lambda _: None)
    result = run()
    assert result.exit_code == 1
    assert 'pip install "octavo[serve]"' in result.stderr
