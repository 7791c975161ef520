"""What machines made for one message each answer, without any of octavo: what every answer is compared with."""

import itertools
import json
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from octavo.errors import Error
from octavo.formatters import Formatter
from octavo.formatters.dialects import TTS_3_32
from octavo.limits import Limits

SCRIPTS = Path(__file__).parent / "scripts"


@contextmanager
def machines():
    """A function that gives the answers to pairs of script text and payload."""
    command = [sys.executable, str(SCRIPTS / "fresh_vm.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="ascii") as process:
        yield partial(_answers, process)


def _answers(process, requests):
    return [_answer(process, text, payload) for text, payload in requests]


def _answer(process, text, payload):
    request = {
        "text": text,
        "bytes": list(payload),
        "globals": TTS_3_32.global_names,
        "absent": TTS_3_32.absent,
        "trailer": TTS_3_32.trailer,
    }
    process.stdin.write(f"{json.dumps(request)}\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


# What these tests ask is no matter of time: none of it may end because a machine is busy.
UNHURRIED = Limits(time_s=30.0)


def formatter(file):
    """A device of the dialect that those machines have."""
    return Formatter(file, name="state", dialect="tts-3.32", limits=UNHURRIED)


def answers(device, payloads, size=None):
    """Those of batches of this size, one after another, or of a single one; in the machines' form."""
    step = size or len(payloads)
    parts = (payloads[at : at + step] for at in range(0, len(payloads), step))
    outcomes = (device.decode_uplinks([(payload, 1) for payload in part]) for part in parts)
    return [_said(outcome) for outcome in itertools.chain.from_iterable(outcomes)]


def _said(outcome):
    return f"!{outcome.args[0]}" if isinstance(outcome, Error) else outcome.data["answer"]
