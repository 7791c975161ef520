"""What the workbench examines: a formatter that several files are about is one, with the examples of all."""

import json
from pathlib import Path

import pytest

from octavo.cli.findings import named
from octavo.examples import Row
from octavo.lab.subjects import Subject, left_out, subjects

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


def in_folder(folder, **scripts):
    """The names of the formatters in a folder, the files that cannot be read, and how many scripts are neither."""
    for name, content in scripts.items():
        (folder / f"{name}.js").write_bytes(content)
    found = list(subjects(str(folder)))
    formatters = [Path(each.name).stem for each in found if isinstance(each, Subject)]
    return formatters, {Path(each.file).stem: each.error.message for each in found if isinstance(each, Row)}, found


def test_scripts_of_a_folder_are_formatters_unreadable_or_counted(tmp_path):
    text = "function decodeUplink(input) { return { data: { unit: '\u00b0C' } }; }\n"
    formatters, unreadable, found = in_folder(
        tmp_path / "vendors",
        bom=b"\xef\xbb\xbf" + text.encode(),
        latin1=text.encode("latin-1"),
        utf16=text.encode("utf-16"),
        utf16le=text.encode("utf-16-le"),
        utf16be=text.encode("utf-16-be"),
        misspelt=b"function decodeUpLink(input) {}\n",
        snake=b"const decode_uplink = (input) => 1;\n",
        helper=b"function decode(bytes) {}\nfunction decodeUplinkOfMeter() {}\n",
        empty=b"",
    )
    assert formatters == ["probe", "bom", "misspelt", "snake"]
    save = "this is UTF-16: save it as UTF-8"
    assert unreadable == {
        "latin1": "not text: the byte at offset 55 is not UTF-8",
        "utf16": save,
        "utf16be": save,
        "utf16le": save,
    }
    assert left_out(str(tmp_path), found) == 2
    assert left_out("probe.js", found) == 0


@pytest.mark.parametrize("content", [b"\0\0\0\0", b"\0", b"a", b"a\0b", b"// \0\n"])
def test_zeros_alone_make_no_utf16(tmp_path, content):
    _, unreadable, _ = in_folder(tmp_path / "vendors", odd=content)
    assert unreadable == {}
