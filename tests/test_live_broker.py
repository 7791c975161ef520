"""Why a broker does not let us in: each time a sentence that says what to do, and none of a library's words."""

import socket
import threading

import pytest

from octavo.live.broker import BrokerError, make_broker
from octavo.live.mqtt import Connection

from .mosquitto import PASSWORD, USER, WRONG, Mosquitto, needs_mosquitto, needs_openssl
from .waiting import until

RAW = ("SSL", "TLSV1", "_", "certificate verify", "self-signed", "self signed", "issuer", "Errno", "mismatch")


@pytest.fixture(scope="module")
def brokers(tmp_path_factory):
    """One without TLS, one with it, and one that wants a certificate of ours."""
    folders = [tmp_path_factory.mktemp(name) for name in ("plain", "tls", "mutual")]
    with (
        Mosquitto(folders[0]) as plain,
        Mosquitto(folders[1], tls=True) as tls,
        Mosquitto(folders[2], tls=True, more="require_certificate true\n") as mutual,
    ):
        yield {"plain": plain, "tls": tls, "mutual": mutual}


def refusal(broker, url, **how):
    """The sentence without the address; every name in it stands for itself."""
    access = {"username": USER, "password": PASSWORD, "folder": broker.folder} | how
    connection = Connection(make_broker(url, **access))
    try:
        with pytest.raises(BrokerError) as caught:
            connection.open()
    finally:
        connection.close()
    told = str(caught.value)
    assert told.startswith(url.partition("://")[2]), told
    assert not [word for word in RAW if word in told], told
    return told.split(maxsplit=1)[1]


@needs_mosquitto
@needs_openssl
@pytest.mark.parametrize("version", [4, 5])
def test_tls_where_there_is_none(brokers, version):
    told = refusal(brokers["plain"], brokers["plain"].url.replace("mqtt", "mqtts"), version=version)
    assert told.startswith("cannot be reached: this port does not speak TLS: mqtt:// was expected, or the port that")


@needs_mosquitto
@needs_openssl
@pytest.mark.parametrize(("version", "more"), [(4, ""), (5, ", or MQTT 3.1.1 (version = 4)")])
def test_no_tls_where_it_is_wanted(brokers, version, more):
    told = refusal(brokers["tls"], brokers["tls"].url.replace("mqtts", "mqtt"), version=version)
    assert told == f"the connection broke; does it want TLS (mqtts://){more}?"


@needs_mosquitto
@needs_openssl
def test_a_certificate_that_nobody_vouches_for(brokers):
    told = refusal(brokers["tls"], brokers["tls"].url)
    assert told.endswith("nobody known here vouches for it: the file of its authority was expected as tls.ca")
    told = refusal(brokers["tls"], brokers["tls"].url, tls={"ca": str(brokers["mutual"].folder / "ca.pem")})
    assert "its certificate is not trusted: " in told


@needs_mosquitto
@needs_openssl
def test_a_certificate_for_another_name(brokers):
    url = brokers["tls"].url.replace("127.0.0.1", "localhost")
    told = refusal(brokers["tls"], url, tls={"ca": "ca.pem"})
    assert "not for localhost: the server's name as it stands in the certificate was expected" in told


@needs_mosquitto
@needs_openssl
def test_a_certificate_of_ours_that_is_wanted(brokers):
    told = refusal(brokers["mutual"], brokers["mutual"].url, tls={"ca": "ca.pem"})
    assert told.endswith("does it want a certificate (tls.certificate and tls.key)?")


@needs_mosquitto
@needs_openssl
@pytest.mark.parametrize("version", [4, 5])
def test_a_login_that_is_refused(brokers, version):
    told = refusal(brokers["plain"], brokers["plain"].url, password=WRONG, version=version)
    assert told.endswith("are user name and password right?")
    told = refusal(brokers["plain"], brokers["plain"].url, username=None, password=None, version=version)
    assert told.endswith("it wants a user name and a password")


def test_a_host_that_is_not_there(tmp_path):
    class Nowhere:
        folder = tmp_path

    told = refusal(Nowhere, "mqtt://no-such-host.invalid:1883")
    assert told == "cannot be reached: there is no such host"


def test_a_broker_that_says_who_took_over_the_session():
    """The broker is a stand-in, since not every Mosquitto says it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"mqtt://127.0.0.1:{server.getsockname()[1]}"
        connection = Connection(make_broker(url, version=5, client_id="octavo"))
        thread = threading.Thread(target=_take_over, args=[server])
        thread.start()
        connection.open()
        why = until(lambda: connection.wait(1))
        connection.close()
        thread.join()
    assert why == (
        "another client called octavo took over the session; each client of a broker needs a client_id of its own"
    )


def _take_over(server):
    """CONNACK and DISCONNECT. Source: MQTT 5.0, sections 3.2 and 3.14."""
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"\x20\x03\x00\x00\x00")
        connection.sendall(b"\xe0\x0e\x8e\x0c\x1f\x00\x09taken off")
        connection.recv(4096)
