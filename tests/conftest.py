"""Shared by all tests: one pool of workers kept warm, so that a formatter does not start one of its own each time."""

import gc
import signal
import time

import pytest
from hypothesis import HealthCheck, settings

from octavo import _http
from octavo.formatters import Formatter
from octavo.limits import Limits
from octavo.proof.sides import PATIENT as PROVING
from octavo.sandbox.shared import borrow

from .fresh import UNHURRIED, answers, formatter, machines
from .hostile import GOOD, HASTY, MOST_GROWTH, PATIENT, SOON_S, resident
from .network_server import network_server
from .processes import ECHO, written

# Machines are shared and noisy: no test depends on how long an example takes.
settings.register_profile("octavo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("octavo")


@pytest.fixture(scope="session", autouse=True)
def ctrl_c():
    """Ctrl-C reaches what the tests start, though a shell that starts them in the background has it ignored."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def warm_pool():
    loans = [borrow(limits) for limits in (Limits(), UNHURRIED, PROVING)]
    yield loans[0].pool
    for loan in loans:
        loan.release()


@pytest.fixture
def no_proxy(monkeypatch):
    """The environment's proxy is for other machines than this one."""
    monkeypatch.setattr(_http, "getproxies", dict)


@pytest.fixture
def server(no_proxy):  # noqa: ARG001 - it is on this machine
    """A stand-in for the network servers."""
    with network_server() as running:
        yield running


@pytest.fixture
def echo(tmp_path):
    """A script that answers three bytes as a number."""
    return written(tmp_path, ECHO)


@pytest.fixture(scope="session")
def fresh():
    """The answers of machines made for one message each to pairs of script text and payload."""
    with machines() as ask:
        yield ask


@pytest.fixture
def as_fresh(tmp_path, fresh, warm_pool):  # noqa: ARG001 - the pool has to be there
    """Checks that a script answers as fresh machines do, in any batches; gives the answers by order of first bytes."""

    def compare(text, order):
        payloads = [bytes([first, 1, 2]) for first in order]
        kinds = sorted(set(payloads))
        right = dict(zip(kinds, fresh((text, kind) for kind in kinds), strict=True))
        with formatter(written(tmp_path, text)) as device:
            for sequence, size in ((payloads * 2, None), (payloads, 2), (payloads, 1), (payloads[::-1], None)):
                found = answers(device, sequence, size)
                assert found == [right[payload] for payload in sequence], f"in batches of {size or 'all'}"
        return [right[payload] for payload in payloads]

    return compare


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """By limits, a device that shares its workers with every hostile one."""
    file = written(tmp_path_factory.mktemp("good"), GOOD)
    with (
        Formatter(file, name="good", limits=HASTY) as hasty,
        Formatter(file, name="good", limits=PATIENT) as patient,
    ):
        yield {HASTY: hasty, PATIENT: patient}


@pytest.fixture
def attack(tmp_path, good):
    """Decodes one message with a hostile script and shows that nothing else was harmed."""

    def run(text, *, dialect="tts", endless=False):
        limits = HASTY if endless else PATIENT
        file = written(tmp_path, text, "hostile.js")
        before = resident()
        with Formatter(file, name="hostile", dialect=dialect, limits=limits) as hostile:
            outcome = next(hostile.decode_uplinks([(b"\x01\x02", 1)]))
        began = time.monotonic()
        assert good[limits].decode_uplink(b"\x05\x06").data == {"sum": 11}
        assert time.monotonic() - began < SOON_S
        if resident() - before >= MOST_GROWTH:
            gc.collect()  # it looks at all that the tests hold, which takes long
        assert resident() - before < MOST_GROWTH
        return outcome

    return run


@pytest.fixture(name="written")
def write_script(tmp_path):
    """Writes one script."""

    def write(content, name="script.js"):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


@pytest.fixture(name="formatter")
def make_formatter(written):
    """A formatter from one script, closed afterwards."""
    made = []

    def make(text, **options):
        made.append(Formatter(written(text), name="mine", **options))
        return made[-1]

    yield make
    for device in made:
        device.close()
