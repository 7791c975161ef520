"""The first message of the guide to ``octavo listen``, published at a real Mosquitto as it stands there."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from .live_running import Listening, posix
from .mosquitto import Mosquitto, needs_mosquitto

GUIDE = (Path(__file__).parents[1] / "docs" / "listen.md").read_text(encoding="utf-8")
PUB = shutil.which("mosquitto_pub")


@posix
@needs_mosquitto
@pytest.mark.skipif(PUB is None, reason="mosquitto_pub is not installed")
def test_the_first_message_of_the_guide_is_decoded(tmp_path):
    """Both commands are as they stand there, but for a port that is free."""
    block = r"```sh\n(octavo listen --server mqtt://127.0.0.1\n|mosquitto_pub .*?)```"
    listen, publish = map(shlex.split, re.findall(block, GUIDE, re.DOTALL))
    (tmp_path / "broker").mkdir()
    with Mosquitto(tmp_path / "broker", more="allow_anonymous true") as broker:
        port = str(broker.port)
        with_port = [*listen[2:-1], f"{listen[-1]}:{port}"]
        with Listening(tmp_path, *with_port).start() as listener:
            subprocess.run([PUB, "-p", port, *publish[1:]], check=True)
            (outcome,) = listener.outcomes(1).values()
            assert listener.stop() == 0
    assert (outcome["outcome"], outcome["ids"]["device_id"]) == ("decoded", "dev1")
    (told,) = re.findall(r"with a `temperature` of (\d+\.\d+)", GUIDE)
    assert outcome["decoded"]["data"]["temperature"] == float(told)
