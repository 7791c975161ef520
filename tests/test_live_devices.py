"""Which device a receiver finds for a message: by the configuration, else by the catalogue, which may grow."""

import os
from contextlib import closing

import pytest

from octavo import catalog
from octavo.errors import ContentError
from octavo.live import worker
from octavo.live.check import faults
from octavo.live.config import Config
from octavo.live.devices import LOOK_AGAIN_MS, Devices
from octavo.networks.message import Incoming

IDS = dict.fromkeys(("device_id", "dev_eui", "brand_id", "model_id"))
YAML = "uplinkDecoder:\n  fileName: m1.js\n"
SCRIPT = "function decodeUplink(input) { return { data: {} }; }"


def ids(brand, model):
    return IDS | {"brand_id": brand, "model_id": model}


@pytest.fixture
def now():
    return [0]


@pytest.fixture
def devices(tmp_path, now):
    (tmp_path / "formatters").mkdir()
    return Devices(Config(folder=tmp_path), lambda: now[0])


def add(folder, brand, model="m1"):
    place = folder / "formatters" / brand
    place.mkdir()
    (place / f"{model}.yaml").write_text(YAML, encoding="utf-8")
    (place / "m1.js").write_text(SCRIPT, encoding="utf-8")


def test_a_formatter_that_is_added_is_found(tmp_path, devices, now):
    assert devices.named(ids("acme", "m1")) is None
    add(tmp_path, "acme")
    assert devices.named(ids("acme", "m1")) is None, "the catalogue is read at most once in a second"
    now[0] += LOOK_AGAIN_MS
    assert devices.named(ids("acme", "m1")) == "formatters:acme/m1"
    assert devices.named(ids("acme", "m2")) is None


@pytest.mark.parametrize("place", ["formatters", "formatters/acme", "formatters/acme/m1.yaml"])
def test_nobody_is_unknown_while_the_catalogue_cannot_be_read(tmp_path, devices, now, place):
    """A link to itself is what nobody can read, whoever runs the tests."""
    add(tmp_path, "acme")
    file, aside = tmp_path / place, tmp_path / "aside"
    file.rename(aside)
    file.symlink_to(file.name)
    for _ in range(2):
        now[0] += LOOK_AGAIN_MS
        assert devices.named(IDS) is None
        with pytest.raises(ContentError, match="the catalogue cannot be read for acme/m1: Too many levels") as caught:
            devices.named(ids("acme", "m1"))
        assert caught.value.name == "catalogue_unreadable"
        assert worker._known(devices)(ids("acme", "m1")) is None, "the worker goes on with the others"
    file.unlink()
    aside.rename(file)
    assert devices.named(ids("acme", "m1")) == "formatters:acme/m1", "it is read at once"


def test_a_file_that_may_not_be_read_is_not_unknown(tmp_path, devices, monkeypatch):
    add(tmp_path, "acme")
    monkeypatch.setattr(os, "access", lambda _file, _mode: False)
    with pytest.raises(ContentError, match="Permission denied"):
        devices.named(ids("acme", "m1"))
    assert devices.named(ids("acme", "m2")) is None


@pytest.mark.parametrize("model", ["..", "../x", "a\0", "", "m" * 5000])
def test_what_is_no_id_names_no_file(devices, model):
    assert devices.named(ids("acme", model)) is None


def test_the_catalogue_is_not_read_for_what_is_known_or_names_nothing(tmp_path, devices, now):
    add(tmp_path, "acme")
    now[0] += LOOK_AGAIN_MS
    for known in (ids("milesight", "vs350"), IDS, ids("acme", None), ids(None, "m1")):
        devices.named(known)
    assert "acme/m1" not in devices._catalogue


def test_what_the_things_stack_calls_a_device_is_found(devices):
    assert devices.named(ids("milesight-iot", "em300-th")) == "formatters:milesight/em300-th"
    assert devices.named(ids("milesight-iot", "uc300")) == "codecs:milesight/uc300"
    assert devices.named(ids("milesight", "uc300")) == "codecs:milesight/uc300"


def test_ones_own_formatter_under_that_name_comes_first(tmp_path):
    (tmp_path / "formatters").mkdir()
    add(tmp_path, "milesight-iot", "em300-th")
    found = Devices(Config(folder=tmp_path)).named(ids("milesight-iot", "em300-th"))
    assert found == "formatters:milesight-iot/em300-th"


def test_each_other_name_is_of_something_that_is_shipped(tmp_path):
    shipped = {entry.id for entry in catalog.entries(tmp_path)}
    assert shipped >= {*catalog.IN_REPOSITORY.values()}
    assert shipped.isdisjoint(catalog.IN_REPOSITORY)


@pytest.mark.parametrize("config", [{}, {"devices": {"probe-*": "acme/m1"}}, {"device": "acme/m1"}])
def test_ids_are_looked_for_where_the_configuration_lies(tmp_path, monkeypatch, config):
    """Not where somebody, or the service manager, happened to start the receiver."""
    conf, elsewhere = tmp_path / "conf", tmp_path / "elsewhere"
    (conf / "formatters").mkdir(parents=True)
    elsewhere.mkdir()
    add(conf, "acme")
    monkeypatch.chdir(elsewhere)
    config = Config(folder=conf, **config)
    assert not list(faults(config, listens=False))
    known = ids("acme", "m1") | {"device_id": "probe-1"}
    with closing(Devices(config)) as devices:
        device = devices(Incoming("v3", "v3.uplink_message", "uplink", "tts", known))
        assert device.decode_uplink(b"\1", 1).data == {}
