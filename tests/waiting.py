"""Waits for what is to happen soon, however loaded the machine is."""

import socket
import threading
import time

SOON_S = 60.0
"""A bound for a machine under load: nothing that goes well takes so long."""


def until(condition, what="it did not happen"):
    """Wait for something that is to happen; gives what it was."""
    pause, deadline = threading.Event(), time.monotonic() + SOON_S
    while not (found := condition()):
        assert time.monotonic() < deadline, what() if callable(what) else what
        pause.wait(0.02)
    return found


def free_port():
    """A port of loopback that nobody listens on now; where a program can choose its own, it should."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
