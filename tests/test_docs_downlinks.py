"""docs/downlinks.md, played against the stand-in for the network server."""

import asyncio
import json

import pytest

import octavo
from octavo.downlinks import REGIONS, Client
from octavo.errors import OutputError

from .network_server import KEY
from .test_docs import Player, read, rows
from .traffic import MESSAGE

ELSEWHERE = "https://thethings.example.com"


def document(server):
    """The document, whose Python speaks to the stand-in; its console sends nothing."""
    text = read("docs/downlinks.md")
    head, sign, tail = text.partition("## In Python")
    tail = tail.replace("NNSXS.XXXXXXXXX", KEY).replace(ELSEWHERE, server.url)
    return (
        head + sign + tail.replace("thethings.example.com answered", f"{server.url.removeprefix('http://')} answered")
    )


def test_the_document_is_true(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    player = Player(tmp_path)
    player.play(document(server))
    assert player.played > 5
    operations = [seen.path.rpartition("/")[2] for seen in server.seen]
    assert operations == ["push", "replace", "push", "replace", "dev1?field_mask=attributes", "replace"]


def test_its_handlers_answer(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    player = Player(tmp_path)
    player.play(document(server).partition("## On the command line")[0])
    names = {"octavo": octavo}
    player.names = names
    handler = document(server).partition("# handler.py\n")[2].partition("```")[0]
    player.run(handler)
    device = octavo.load("meter.js")
    body = json.dumps(MESSAGE)
    asyncio.run(names["received"](body, server.headers(), device))
    asyncio.run(names["received_too"](body, server.headers(), device))
    assert server.queue() == [bytes.fromhex("01012c"), bytes.fromhex("01003c")]
    device.close()


def test_its_encoder_refuses_what_is_misspelt(server, tmp_path):
    player = Player(tmp_path)
    player.play(document(server).partition("## On the command line")[0])
    with octavo.load(tmp_path / "meter.js") as device, pytest.raises(OutputError, match="60 to 65535"):
        device.encode_downlink({"intervall": 600})


def test_what_it_names_is_there():
    text = read("docs/downlinks.md")
    for way, _ in rows(text, heads=["way"]):
        name = way.strip("`").partition("(")[0].removeprefix("Client").removeprefix(".")
        assert not name or callable(getattr(Client, name))
    assert [region for region in REGIONS if region not in text] == []
