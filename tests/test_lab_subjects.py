"""What the workbench examines: a formatter that several files are about is one, with the examples of all."""

import json

import pytest

from octavo.cli.findings import named
from octavo.lab.subjects import Subject, subjects

SCRIPT = """function decodeUplink(input) { return { data: { n: input.bytes[0] } }; }
function encodeDownlink(input) { return { bytes: [input.data.n] }; }
"""
DECODED = {"name": "a", "input": {"bytes": [1], "fPort": 7}, "expected": {"data": {"n": 1}}}
ENCODED = {"name": "b", "input": {"data": {"n": 2}}, "expected": {"bytes": [2]}}
FILES = {"test_decode_probe.json": [DECODED], "test_encode_probe.json": [ENCODED]}


@pytest.fixture(autouse=True)
def profile(tmp_path, monkeypatch):
    """A script with two files of examples, as device profiles of ChirpStack have them."""
    folder = tmp_path / "vendors" / "acme" / "codecs"
    folder.mkdir(parents=True)
    (folder / "probe.js").write_text(SCRIPT, encoding="utf-8")
    for name, examples in FILES.items():
        (folder / name).write_text(json.dumps(examples), encoding="utf-8")
    monkeypatch.chdir(folder)


@pytest.mark.parametrize(
    "targets",
    [[*FILES], [*FILES][::-1], ["probe.js"], ["."], ["probe.js", *FILES], ["test_decode_probe.json", "."]],
    ids=" ".join,
)
def test_the_examples_of_all_files_count(targets):
    (subject,) = named(targets)
    assert (subject.name, subject.dialect) == ("probe.js", "chirpstack4")
    assert [(each.frm_payload, each.f_port) for each in subject.uplinks()] == [(b"\x01", 7)]
    assert [each.data for each in subject.downlinks()] == [{"n": 2}]
    assert len(subject.examples) == len(FILES)


def test_what_no_network_carries_is_no_message(tmp_path):
    odd = [DECODED | {"input": given} for given in ({"bytes": [256]}, {"bytes": "00"}, {"bytes": [2], "fPort": "7"})]
    (tmp_path / "probe.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "test_decode_probe.json").write_text(json.dumps([*odd, DECODED]), encoding="utf-8")
    (subject,) = (each for each in subjects(str(tmp_path / "probe.js")) if isinstance(each, Subject))
    assert [each.frm_payload for each in subject.uplinks()] == [b"\x01"]
