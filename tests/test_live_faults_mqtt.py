"""Ten thousand messages of QoS 1 through a real broker, while the receiver is killed: none missing, none twice."""

import json
import sys
import threading
import time
from collections import Counter
from random import Random

import pytest

from octavo.live.mqtt import publish
from octavo.networks.message import Publication

from .live_running import Listening, number_of, numbered
from .mosquitto import PASSWORD, USER, Mosquitto, needs_mosquitto
from .waiting import until

pytestmark = [needs_mosquitto, pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")]

MESSAGES, KILLS = 10_000, 4


def publication(number):
    return Publication("v3/app1@ttn/devices/dev1/up", json.dumps(numbered(number), separators=(",", ":")).encode())


def test_a_receiver_whose_file_is_deleted_ends(tmp_path):
    """What it did not acknowledge comes again to the next one."""
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder) as broker:
        options = ["--server", broker.url, "--username", USER, "--topic", "v3/+/devices/+/up", "--device", "cayennelpp"]
        listening = Listening(tmp_path, *options, OCTAVO_MQTT_PASSWORD=PASSWORD).start()
        for file in tmp_path.glob("octavo.db*"):
            file.unlink()
        publish(broker.url, [publication(1)], username=USER, password=PASSWORD)
        assert listening.ended() == 1
        (fallen,) = listening.events("fallen")
        assert "octavo.db: somebody deleted, replaced or cut the file" in fallen["message"]
        assert "Traceback" not in listening.said.read_text()
        listening.start()
        until(listening.kept)
        assert listening.stop() == 0
    assert [number_of(json.loads(body)) for body in listening.kept()] == [1]


def test_ten_thousand_messages_while_the_receiver_is_killed(tmp_path):
    random = Random(9)  # noqa: S311 - the same moments again, nothing secret
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder, more="autosave_interval 1800\n") as broker:
        options = ["--server", broker.url, "--username", USER, "--topic", "v3/+/devices/+/up", "--device", "cayennelpp"]
        listening = Listening(tmp_path, *options, OCTAVO_MQTT_PASSWORD=PASSWORD).start()
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
        until(lambda: len(listening.kept()) >= MESSAGES, "every message is kept")
        until(lambda: listening.open_work() == 0, "every message is passed on")
        assert listening.stop() == 0
    assert Counter(number_of(json.loads(body)) for body in listening.kept()) == Counter(range(MESSAGES))
    assert {number_of(record["message"]) for record in listening.records()} == set(range(MESSAGES))
