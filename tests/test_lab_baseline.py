"""The file of accepted findings: what it holds, what no longer occurs, and how it is refused."""

import json
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import ContentError, NotFoundError
from octavo.lab.baseline import Baseline, read, read_or_new
from octavo.lab.findings import Defect


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    (tmp_path / "formatters" / "acme").mkdir(parents=True)
    (tmp_path / "formatters" / "acme" / "probe.js").write_text("", encoding="utf-8")
    (tmp_path / "lists").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def defect(kind="throws", subject="formatters/acme/probe.js", where="temperature"):
    return Defect(kind, subject, where, "it is wrong", "for a reason")


def test_a_path_is_kept_from_the_files_folder_on_and_an_id_as_it_is():
    accepted = Baseline(Path("lists/accepted.json")).changed([defect(), defect(subject="acme/probe")], [])
    accepted.write()
    rows = json.loads(Path("lists/accepted.json").read_text(encoding="utf-8"))["accepted"]
    assert [row["subject"] for row in rows] == ["../formatters/acme/probe.js", "acme/probe"]


def codec(name, **scripts):
    """A codec YAML beside the script."""
    ways = "".join(f"{way}: {{fileName: {script}}}\n" for way, script in scripts.items())
    Path("formatters/acme", name).write_text(ways, encoding="utf-8")
    return f"formatters/acme/{name}"


def test_a_script_and_the_yaml_of_it_alone_are_one_formatter():
    name = codec("probe-one.yaml", uplinkDecoder="probe.js", downlinkEncoder="probe.js")
    accepted = Baseline(Path("accepted.json")).changed([defect(subject=name)], [])
    assert accepted.keys == {("formatters/acme/probe.js", "throws", "temperature")}
    assert accepted.has(defect())
    assert accepted.has(defect(subject=name))
    assert accepted.gone([], [name], {"throws"}) == sorted(accepted.keys)


def test_a_yaml_of_several_scripts_is_a_formatter_of_its_own():
    Path("formatters/acme/encoder.js").write_text("", encoding="utf-8")
    name = codec("probe-two.yaml", uplinkDecoder="probe.js", downlinkEncoder="encoder.js")
    accepted = Baseline(Path("accepted.json")).changed([defect(subject=name)], [])
    assert accepted.keys == {(name, "throws", "temperature")}
    assert not accepted.has(defect())


def test_a_yaml_that_cannot_be_read_is_named_as_it_is():
    Path("formatters/acme/broken.yaml").write_text("uplinkDecoder: [\n", encoding="utf-8")
    assert Baseline(Path("accepted.json")).subject("formatters/acme/broken.yaml") == "formatters/acme/broken.yaml"


def test_it_holds_wherever_it_is_asked_from(monkeypatch, workspace):
    Baseline(Path("accepted.json")).changed([defect()], []).write()
    monkeypatch.chdir("formatters")
    accepted = read(Path("../accepted.json"))
    assert accepted.has(defect(subject="acme/probe.js"))
    assert accepted.has(defect(subject=str(workspace / "formatters" / "acme" / "probe.js")))
    assert not accepted.has(defect(subject="acme/other.js"))


def test_the_order_is_that_of_the_names_one_a_line():
    found = [defect("throws", where="b"), defect("slow"), defect("throws", where="a")]
    Baseline(Path("one.json")).changed(found, []).write()
    Baseline(Path("two.json")).changed(found[::-1], []).write()
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()
    lines = Path("one.json").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line.strip().rstrip(","))["kind"] for line in lines[2:-2]] == ["slow", "throws", "throws"]


def test_none_is_a_file_too():
    Baseline(Path("none.json")).write()
    assert read(Path("none.json")).keys == frozenset()


PARTS = st.text(st.characters(codec=None), max_size=20)
NAMES = st.text(string.ascii_letters + string.digits + "/-°", min_size=1)


@given(st.frozensets(st.tuples(NAMES, PARTS, PARTS), max_size=5))
def test_what_is_written_is_read(keys):
    written = Baseline(Path("accepted.json"), keys)
    written.write()
    assert read(Path("accepted.json")) == written


def test_of_several_parts_each_is_accepted_by_itself():
    def made_of(*parts):
        return replace(defect(where="truncated payloads"), parts=parts)

    old = Baseline(Path("accepted.json")).changed([made_of("decode_uplink a", "decode_uplink b")], [])
    assert [where for _, _, where in sorted(old.keys)] == [
        "truncated payloads: decode_uplink a",
        "truncated payloads: decode_uplink b",
    ]
    assert old.has(made_of("decode_uplink b", "decode_uplink a"))
    assert old.has(made_of("decode_uplink b"))
    assert not old.has(made_of("decode_uplink a", "decode_uplink b", "decode_uplink c"))
    assert not old.has(made_of("decode_downlink a"))
    assert not old.has(made_of())
    examined = ["formatters/acme/probe.js"]
    assert old.gone([made_of("decode_uplink b")], examined, {"throws"}) == sorted(old.keys)[:1]


def test_a_name_that_no_file_can_have_is_away():
    away = ("x" * 5000 + ".js", "throws", "")
    assert Baseline(Path("accepted.json"), frozenset([away])).gone([], [], {"throws"}) == [away]


def test_what_no_longer_occurs():
    away = defect(subject="formatters/acme/away.js")
    known = [defect(), defect("slow"), defect(subject="acme/probe"), away]
    accepted = Baseline(Path("accepted.json")).changed(known, [])
    examined = ["formatters/acme/probe.js"]
    gone = accepted.gone([], examined, {"throws"})
    assert gone == [
        ("formatters/acme/away.js", "throws", "temperature"),
        ("formatters/acme/probe.js", "throws", "temperature"),
    ]
    assert accepted.gone([defect("throws")], examined, {"throws"}) == gone[:1]
    assert accepted.gone([], [], {"slow"}) == []
    assert accepted.changed([], gone).keys == accepted.keys - set(gone)


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ("[]", (1, 1), "a file of accepted findings was expected"),
        ('{"accepted": {}}', (1, 1), "a file of accepted findings was expected"),
        ('{"accepted": [\n  {"subject": "x"}]}', (2, 3), "an accepted finding was expected"),
        ('{"accepted": [\n  {"subject": "x", "kind": 1, "where": ""}]}', (2, 28), "an accepted finding was expected"),
        ('{"accepted": [}', (1, 15), "not a JavaScript literal"),
    ],
)
def test_a_file_that_holds_something_else_is_refused_with_its_place(text, place, sentence):
    Path("accepted.json").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=sentence) as caught:
        read(Path("accepted.json"))
    assert (caught.value.file, caught.value.line, caught.value.column) == ("accepted.json", *place)


def test_a_file_that_is_not_there_is_refused_unless_it_is_to_be_written():
    with pytest.raises(NotFoundError):
        read(Path("accepted.json"))
    assert read_or_new(Path("accepted.json")).keys == frozenset()


def test_a_file_that_cannot_be_written_is_one_sentence():
    with pytest.raises(ContentError, match="cannot be written") as caught:
        Baseline(Path("none/accepted.json")).write()
    assert caught.value.file == "none/accepted.json"
