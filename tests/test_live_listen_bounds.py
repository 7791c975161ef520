"""How much a broker sends at a time, and how much of it is held."""

import pytest

from octavo.live.config import Config, Server
from octavo.live.listen import ROOM, TOPIC_ROOM

from .mosquitto import needs_mosquitto
from .test_live_listen import MANY, V3_TOPIC, broker, numbers, receiving, send, uplink  # noqa: F401 - the fixtures

MOST = 4000


@pytest.fixture
def small(receiving, broker, tmp_path):  # noqa: F811 - the fixtures
    """A receiver that takes small messages only."""

    def start(**options):
        server = Server(body_max_bytes=MOST)
        return receiving(
            broker, config=Config(store=f"sqlite:{tmp_path / 's.db'}", folder=tmp_path, server=server), **options
        )

    return start


@needs_mosquitto
@pytest.mark.parametrize("qos", [0, 1])
def test_what_is_much_too_long_is_never_sent_to_us(broker, small, qos, caplog):  # noqa: F811 - the fixtures
    receiver = small()
    send(broker, b" " * (ROOM * MOST + TOPIC_ROOM), qos=qos)
    send(broker, b" " * ROOM * MOST, qos=qos)
    send(broker, *map(uplink, range(MANY)), qos=qos)
    assert numbers(receiver.has(MANY)) == list(range(MANY))
    assert receiver.tally.refused == 1
    assert [each.getMessage() for each in caplog.records if "too_large" in each.getMessage()] == [
        f"refused {ROOM * MOST} bytes on {V3_TOPIC}: too_large"
    ]


@needs_mosquitto
def test_mqtt_3_cannot_say_so(broker, small):  # noqa: F811 - the fixtures
    receiver = small(version=4)
    send(broker, b" " * (ROOM * MOST + TOPIC_ROOM), uplink(1))
    assert numbers(receiver.has(1)) == [1]
    assert receiver.tally.refused == 1
