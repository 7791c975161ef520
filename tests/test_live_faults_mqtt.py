"""Ten thousand messages of QoS 1 through a real broker, while the receiver is killed: none missing, none twice."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from random import Random

import pytest

from octavo.live.mqtt import publish
from octavo.live.sqlite import SqliteStore
from octavo.networks.message import Publication

from .live_running import PROGRAM, until
from .mosquitto import PASSWORD, USER, Mosquitto, needs_mosquitto
from .traffic import MESSAGE

pytestmark = [needs_mosquitto, pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")]

MESSAGES, KILLS = 10_000, 4
PREFIX = b'"received_at":"2020-02-12T15:15:46.'


def publication(number):
    moment = f"2020-02-12T15:15:46.{number:09}Z"
    uplink = {"f_port": 1, "frm_payload": "A2cBEA==", "received_at": moment}
    message = {**MESSAGE, "received_at": moment, "uplink_message": uplink}
    return Publication("v3/app1@ttn/devices/dev1/up", json.dumps(message, separators=(",", ":")).encode())


class Listening:
    """``octavo listen`` as a program, which is killed and started again."""

    def __init__(self, folder, broker):
        self.folder = folder
        topics = ["--topic", "v3/+/devices/+/up", "--device", "cayennelpp"]
        self.command = [*PROGRAM, "listen", "--server", broker.url, "--username", USER, *topics]
        self.start()

    def start(self):
        environment = {**os.environ, "OCTAVO_MQTT_PASSWORD": PASSWORD}
        with (self.folder / "printed").open("ab") as printed, (self.folder / "said").open("ab") as said:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=printed, stderr=said
            )

    def kill(self):
        self.process.kill()
        self.process.wait()

    def store(self):
        return SqliteStore(str(self.folder / "octavo.db"), create=False)

    def kept(self):
        store = self.store()
        rows = store._rows("SELECT body FROM messages")
        store.close()
        return Counter(int(body.partition(PREFIX)[2][:9]) for (body,) in rows)

    def is_idle(self):
        store = self.store()
        counts = store.counts()
        store.close()
        return counts.waiting + sum(counts.pending.values()) == 0


def test_ten_thousand_messages_while_the_receiver_is_killed(tmp_path):
    random = Random(9)  # noqa: S311 - the same moments again, nothing secret
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder, more="autosave_interval 1800\n") as broker:
        listening = Listening(tmp_path, broker)
        subscribed = b"v3/+/devices/+/up"
        until(lambda: subscribed in (folder / "log").read_bytes(), "it subscribes")
        publications = [publication(number) for number in range(MESSAGES)]
        sender = threading.Thread(
            target=publish,
            args=[broker.url, publications],
            kwargs={"username": USER, "password": PASSWORD, "timeout_s": 120},
        )
        sender.start()
        for _ in range(KILLS):
            time.sleep(random.uniform(0.2, 1.0))
            listening.kill()
            listening.start()
        sender.join()
        until(lambda: sum(listening.kept().values()) >= MESSAGES, "every message is kept")
        until(listening.is_idle, "every message is passed on")
        listening.process.terminate()
        assert listening.process.wait(60) == 0
    assert listening.kept() == Counter(range(MESSAGES))
    printed = (tmp_path / "printed").read_bytes().split(b"\n")
    passed = {int(line.partition(PREFIX)[2][:9]) for line in printed if line.endswith(b"}")}
    assert passed == set(range(MESSAGES))
