"""The key ring: what it keeps, and that nobody else can read it."""

import os
import sqlite3
import stat
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.errors import ContentError, Error
from octavo.live.config import Config, Downlinks
from octavo.live.errors import StoreError
from octavo.live.intake import DownlinkKeys
from octavo.live.keys import KeyRing, client_of
from octavo.live.metrics import Metrics
from octavo.live.running import Running

from .live_stores import row, sqlite_store
from .network_server import KEY, network_server
from .traffic import FakeDevice

KEYS = DownlinkKeys("v3", "app1", "dev1", "https://tts.example/push", "https://tts.example/replace", "NNSXS.KEY", None)
V2 = DownlinkKeys("v2", "app1", "dev1", None, None, None, "https://ttn.example/down?key=ttn-account-v2.x")

posix = pytest.mark.skipif(os.name != "posix", reason="files have no modes here")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask_0():
    before = os.umask(0)
    yield
    os.umask(before)


def test_keys_are_remembered(tmp_path):
    with KeyRing(tmp_path / "keys") as ring:
        assert ring.find("v3", "app1", "dev1") is None
        ring.remember(KEYS)
        ring.remember(V2)
        assert (ring.find("v3", "app1", "dev1"), ring.find("v2", "app1", "dev1")) == (KEYS, V2)
        newer = DownlinkKeys("v3", "app1", "dev1", api_key="NNSXS.NEW")
        ring.remember(newer)
        assert ring.find("v3", "app1", "dev1") == newer
        assert ring.find("v3", "app1", "dev2") is None
    with KeyRing(tmp_path / "keys") as again:
        assert again.find("v2", "app1", "dev1") == V2


def test_a_device_without_names_is_one_too(tmp_path):
    with KeyRing(tmp_path / "keys") as ring:
        ring.remember(DownlinkKeys("v2", None, None, downlink_url="https://x.example/?key=y"))
        assert ring.find("v2", None, None).downlink_url == "https://x.example/?key=y"


TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@settings(max_examples=25)  # each has a file of its own
@given(st.lists(st.builds(DownlinkKeys, st.sampled_from(["v3", "v2"]), *[TEXTS] * 6), max_size=8))
def test_the_last_keys_of_each_device_are_found(tmp_path_factory, remembered):
    with KeyRing(tmp_path_factory.mktemp("ring") / "keys") as ring:
        for keys in remembered:
            ring.remember(keys)
        last = {(keys.network, keys.application, keys.device): keys for keys in remembered}
        assert {names: ring.find(*names) for names in last} == last


@posix
def test_only_the_owner_can_read_it_whatever_the_umask(tmp_path, umask_0):  # noqa: ARG001 - sets it
    file = tmp_path / "keys"
    with KeyRing(file) as ring:
        ring.remember(KEYS)
        ring._db.execute("BEGIN IMMEDIATE")
        ring._db.execute("DELETE FROM keys")
        modes = {found.name: mode(found) for found in tmp_path.iterdir()}
        ring._db.execute("ROLLBACK")
    assert modes == dict.fromkeys(modes, 0o600)
    assert len(modes) == 2, "the journal as well"


@posix
def test_a_file_that_others_could_read_is_mended(tmp_path):
    file = tmp_path / "keys"
    KeyRing(file).close()
    file.chmod(0o644)
    with KeyRing(file) as ring:
        ring.remember(KEYS)
        assert mode(file) == 0o600


@posix
def test_a_link_is_refused(tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"")
    target.chmod(0o644)
    (tmp_path / "keys").symlink_to(target)
    with pytest.raises(StoreError, match="it cannot be opened: is a link"):
        KeyRing(tmp_path / "keys")
    assert (target.read_bytes(), mode(target)) == (b"", 0o644)


@posix
def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="it is no file"):
        KeyRing(tmp_path / "pipe")
    with pytest.raises(StoreError, match="cannot be opened"):
        KeyRing(tmp_path)
    with pytest.raises(StoreError, match="cannot be opened"):
        KeyRing(tmp_path / "none" / "keys")


@posix
def test_a_file_of_somebody_else_is_refused(tmp_path, monkeypatch):
    KeyRing(tmp_path / "keys").close()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(StoreError, match="belongs to another user"):
        KeyRing(tmp_path / "keys")


def test_what_is_no_key_ring_is_refused(tmp_path):
    (tmp_path / "keys").write_bytes(b"no database, but long enough to look at" * 9)
    with pytest.raises(StoreError, match=r"the key ring .*keys: "):
        KeyRing(tmp_path / "keys")


def test_the_file_of_the_store_is_refused(tmp_path):
    store = sqlite_store(tmp_path)
    (path,) = tmp_path.glob("*.db")
    with pytest.raises(StoreError, match="this is none, other things are kept there"):
        KeyRing(path)
    store.put([row(1)], 0, 0)
    store.close()
    config = Config(
        store=f"sqlite:{path}", sinks=(), folder=tmp_path, downlinks=Downlinks(enabled=True, keys=str(path))
    )
    with pytest.raises(StoreError, match="the key ring"):
        Running(config, Metrics([]))


@posix
def test_a_file_that_is_deleted_or_replaced_is_begun_anew(tmp_path, caplog):
    file = tmp_path / "keys"
    with KeyRing(file) as written, KeyRing(file) as found:
        written.remember(KEYS)
        file.unlink()
        assert found.find("v3", "app1", "dev1") is None
        assert mode(file) == 0o600
        written.remember(KEYS)
        assert found.find("v3", "app1", "dev1") == KEYS
        assert [record.event for record in caplog.records] == ["keys_gone"] * 2
        with KeyRing(tmp_path / "other") as other:
            other.remember(V2)
        (tmp_path / "other").rename(file)
        assert found.find("v2", "app1", "dev1") == V2


@posix
def test_a_file_that_cannot_be_begun_anew_is_tried_again(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with KeyRing(folder / "keys") as ring:
        folder.rename(tmp_path / "elsewhere")
        for _ in range(2):
            with pytest.raises(StoreError, match="cannot be opened"):
                ring.remember(KEYS)
        folder.mkdir()
        ring.remember(KEYS)
        assert ring.find("v3", "app1", "dev1") == KEYS


def test_keys_that_are_the_same_are_not_written_again(tmp_path):
    with KeyRing(tmp_path / "keys") as ring:
        ring.remember(KEYS)
        with sqlite3.connect(tmp_path / "keys", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")  # nobody else can write now
            ring.remember(KEYS)
            other.execute("ROLLBACK")
        other.close()
        assert ring.find("v3", "app1", "dev1") == KEYS


def test_threads_and_processes_share_it(tmp_path):
    def write(ring, number):
        for count in range(20):
            ring.remember(DownlinkKeys("v3", "app1", f"dev{number}", api_key=f"NNSXS.{count}"))

    with KeyRing(tmp_path / "keys") as one, KeyRing(tmp_path / "keys") as other:
        threads = [threading.Thread(target=write, args=(ring, n)) for n, ring in enumerate((one, one, other))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [other.find("v3", "app1", f"dev{n}").api_key for n in range(3)] == ["NNSXS.19"] * 3


def test_a_client_of_kept_keys():
    with network_server() as server:
        headers = server.headers()
        urls = [headers["X-Downlink-Push"], headers["X-Downlink-Replace"]]
        client_of(DownlinkKeys("v3", "app1", "dev1", *urls, KEY), device=FakeDevice()).push("dev1", {"byte": 1})
        client_of(DownlinkKeys("v2", "my-app-id", "d2", downlink_url=server.downlink_url)).push("d2", b"\2", f_port=1)
        assert (server.queue(), server.queue("d2", "my-app-id")) == ([b"\1"], [b"\2"])
    with pytest.raises(ContentError, match="no keys for downlinks to dev1"):
        client_of(DownlinkKeys("v3", "app1", "dev1"))


@pytest.mark.parametrize("status", [429, 503, None])
def test_it_sends_once_and_leaves_further_tries_to_the_store(status):
    with network_server() as server:
        headers = server.headers()
        v3 = DownlinkKeys("v3", "app1", "dev1", headers["X-Downlink-Push"], headers["X-Downlink-Replace"], KEY)
        v2 = DownlinkKeys("v2", "my-app-id", "dev1", downlink_url=server.downlink_url)
        for keys in (v3, v2):
            server.fail(status)
            with pytest.raises(Error):
                client_of(keys).replace("dev1", b"\1", f_port=1)
        assert len(server.seen) == 2


def test_keys_are_not_shown():
    assert "NNSXS" not in repr(KEYS)
    assert "ttn-account" not in repr(V2)
