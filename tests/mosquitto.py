"""A real Mosquitto, started on a free port of this machine, with its sessions and its users in a folder."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from .waiting import SOON_S, free_port, until

PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
BROKER, PASSWD = (shutil.which(name, path=PATH) for name in ("mosquitto", "mosquitto_passwd"))
OPENSSL = shutil.which("openssl", path=PATH)

USER, PASSWORD, WRONG = "my-app-id", "ttn-account-v2.secret", "not this one"

needs_mosquitto = pytest.mark.skipif(not (BROKER and PASSWD), reason="Mosquitto is not installed")
needs_openssl = pytest.mark.skipif(not OPENSSL, reason="openssl is not installed, which makes the certificates")

CONFIGURATION = """
per_listener_settings false
listener {port} 127.0.0.1
allow_anonymous false
password_file {folder}/users
persistence true
persistence_location {folder}/
autosave_interval 0
max_queued_messages 0
max_inflight_messages {inflight}
log_dest file {folder}/log
log_type all
{more}
"""
TLS = """
cafile {folder}/ca.pem
certfile {folder}/server.pem
keyfile {folder}/server.key
"""


class Mosquitto:
    """A broker. Killed and started again it has the sessions that it had when it was told to save them.

    Args:
        folder: an empty folder.
        tls: whether it speaks TLS, with a certificate for 127.0.0.1 that ``ca.pem`` in the folder vouches for.
        more: further lines of its configuration.
    """

    def __init__(self, folder, *, tls=False, more="", inflight=20):
        self.folder = folder
        self.port = free_port()
        self.scheme = "mqtts" if tls else "mqtt"
        self.process = None
        if tls:
            make_certificates(folder)
        subprocess.run([PASSWD, "-c", "-b", str(folder / "users"), USER, PASSWORD], check=True, capture_output=True)
        more = (TLS if tls else "").format(folder=folder) + more
        text = CONFIGURATION.format(port=self.port, folder=folder, more=more, inflight=inflight)
        self.user = "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
        (folder / "mosquitto.conf").write_text(text + (f"user {self.user}\n" if self.user else ""))

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill(signal.SIGTERM)

    def start(self):
        self.process = subprocess.Popen(
            [BROKER, "-c", str(self.folder / "mosquitto.conf")], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self.answers, "Mosquitto listens")

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(SOON_S)

    def save(self):
        """Have it write its sessions to the disk, which it does now and then, and not when it acknowledges."""
        saved = self.folder / "mosquitto.db"
        saved.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        until(saved.exists, "it saves")

    def pause(self):
        """It holds its connections, and answers nothing until `go_on`."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


def make_certificates(folder):
    """An authority, and a certificate of it for 127.0.0.1."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", folder=folder)
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key"]
    openssl("req", "-x509", *key, "-keyout", "server.key", "-out", "server.pem", *names, *signed, folder=folder)


def openssl(*words, folder):
    subprocess.run([OPENSSL, *words], cwd=folder, check=True, capture_output=True)
