"""A broker of MQTT as a configuration describes it, how to be let in, and why it does not, in words."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from octavo.errors import ContentError, Error

if TYPE_CHECKING:
    from collections.abc import Mapping

MQTT_5 = 5

PORTS = {"mqtt": 1883, "mqtts": 8883}
"""The schemes of a server's URL and their ports. Source: IANA, "Service Name and Port Number Registry"."""

EXPIRED = frozenset([9, 10])
OTHER_NAME = frozenset([62, 64])
"""Codes of a certificate that is refused: not valid yet or any more; for another name, or address, than the server's.

Source: OpenSSL, include/openssl/x509_vfy.h.
"""


class BrokerError(Error):
    """A broker cannot be reached, does not let us in, or does not do what it is asked."""

    default_name = "broker"


class VersionError(BrokerError):
    """A broker seems not to speak MQTT 5."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker, and how to be let in.

    Attributes:
        host: name or address.
        port: the port.
        tls: what the connection is secured with, or None.
        username: user name, or None.
        password: its password, or None.
        version: 5, or 4 for MQTT 3.1.1.
        client_id: our name; the broker keeps a session under it.
        session_s: how long it shall keep our session, with what comes meanwhile, in seconds; 0 is not at all.
            MQTT 3.1.1 cannot say how long.
        packet_most: bytes of the longest packet that it may send us, which MQTT 3.1.1 cannot say either; 0: any.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    version: int = 4
    client_id: str = ""
    session_s: int = 0
    packet_most: int = 0

    @property
    def address(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_5(self) -> bool:
        """Whether it is MQTT 5."""
        return self.version == MQTT_5


def parse_server(server: str) -> tuple[str, int, bool]:
    """Host, port, and whether it is TLS, of ``mqtt://host:port`` or ``mqtts://host:port``.

    Raises:
        ContentError: it is none; the sentence holds nothing of it, since it may hold a secret.

    >>> parse_server("mqtts://eu1.cloud.thethings.network")
    ('eu1.cloud.thethings.network', 8883, True)
    """
    try:
        parts = urlsplit(server)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if "@" in parts.netloc:
        raise ContentError("the URL of an MQTT server holds no user: user name and password stand by themselves")
    if parts.scheme not in PORTS or not host or port == 0 or parts.path.strip("/") or parts.query:
        raise ContentError("no URL of an MQTT server: mqtt://host:port or mqtts://host:port was expected")
    return host, port or PORTS[parts.scheme], parts.scheme == "mqtts"


def make_broker(
    server: str,
    *,
    username: str | None = None,
    password: str | None = None,
    version: int = 4,
    tls: Mapping[str, str] | None = None,
    folder: Path = Path(),
    client_id: str | None = None,
    session_s: int = 0,
) -> Broker:
    """The broker that a configuration describes.

    Args:
        server: ``mqtt://host:port`` or ``mqtts://host:port``.
        username: user name, or None.
        password: its password, or None.
        version: 5, or 4 for MQTT 3.1.1.
        tls: files in PEM: ``ca`` (whom to trust; without it, whom the machine trusts), ``certificate`` and ``key``.
        folder: what their names count from.
        client_id: our name.
        session_s: as in `Broker`.

    Raises:
        ContentError: the URL is none, or a file cannot be used.
    """
    host, port, is_secured = parse_server(server)
    if tls and not is_secured:
        raise ContentError("files for TLS are given, but the server is mqtt://: mqtts:// was expected")
    context = _trusted({name: str(folder / file) for name, file in (tls or {}).items()}) if is_secured else None
    return Broker(host, port, context, username, password, version, client_id or "", session_s)


class HandshakeError(OSError):
    """There is a server, but no TLS with it; the words say why."""


class _Context(ssl.SSLContext):
    """Shakes hands as it wraps a socket, which closes the socket where that fails; paho would leave it open."""

    def wrap_socket(self, sock: socket.socket, *args: Any, **named: Any) -> ssl.SSLSocket:
        """See `ssl.SSLContext.wrap_socket`."""
        try:
            return super().wrap_socket(sock, *args, **{**named, "do_handshake_on_connect": True})
        except (ConnectionError, TimeoutError, ssl.SSLError) as error:
            raise HandshakeError(_without_tls(error, named.get("server_hostname"))) from error


def _trusted(files: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = _Context(ssl.PROTOCOL_TLS_CLIENT)
        if "ca" in files:
            context.load_verify_locations(files["ca"])
        else:
            context.load_default_certs()
        if "certificate" in files:
            context.load_cert_chain(files["certificate"], files.get("key"))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        named = ", ".join(files.values())
        raise ContentError(f"{named}: certificates and a key in PEM were expected{_reason(error)}") from error
    return context


def _reason(error: Exception) -> str:
    """Why a file cannot be used, where the system says so in words of its own."""
    told = None if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
    return f": {told}" if told else ""


def _without_tls(error: OSError, host: str | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {_not_trusted(error.verify_code, host)}"
    if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
        return "it refuses our TLS: does it want a certificate (tls.certificate and tls.key), or an older TLS?"
    return "this port does not speak TLS: mqtt:// was expected, or the port that does (8883 by itself)"


def _not_trusted(code: int, host: str | None) -> str:
    if code in OTHER_NAME:
        return f"it is not for {host}: the server's name as it stands in the certificate was expected"
    if code in EXPIRED:
        return "it has expired, or is not valid yet by the clock of this machine"
    return "nobody known here vouches for it: the file of its authority was expected as tls.ca"


def in_words(error: Exception) -> str:
    """Why there is no connection."""
    if isinstance(error, HandshakeError):
        return str(error)
    if isinstance(error, socket.gaierror | UnicodeError):
        return "there is no such host"
    if isinstance(error, TimeoutError):
        return "no connection in time"
    return str(getattr(error, "strerror", None) or error)
