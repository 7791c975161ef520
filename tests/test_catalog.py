"""The catalogue: YAML 1.2, codec YAMLs, ids, and the workspace before what is shipped."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo import _yaml, catalog
from octavo.errors import ContentError, NotFoundError

CORE = [
    ("true", True),
    ("FALSE", False),
    ("on", "on"),
    ("yes", "yes"),
    ("N", "N"),
    ("~", None),
    ("Null", None),
    ("", None),
    ("28", 28),
    ("0x28", 40),
    ("0o17", 15),
    ("010", 10),
    ("-7", -7),
    ("+7", 7),
    ("1e3", 1000.0),
    (".5", 0.5),
    ("5.", 5.0),
    ("-1.5e-2", -0.015),
    (".inf", float("inf")),
    ("12:30", "12:30"),
    ("2026-11-21", "2026-11-21"),
    ("1_000", "1_000"),
    ("0b11", "0b11"),
    ("'28'", "28"),
    ("!!str 28", "28"),
    ("!!float 1", 1.0),
]

REFUSED = [
    ("a: 1\nb: 2\na: 3\n", 3, 1, "'a' is there twice"),
    ("a: [1,\n", 2, 1, "not YAML"),
    ("a: !!binary AQI=\n", 1, 4, "tag"),
    ("a: !thing 1\n", 1, 4, "tag"),
    ("a: !!int x\n", 1, 4, "is not a int"),
    ("a: !!set {b}\n", 1, 4, "tag"),
    ("x: &x {b: 1}\na:\n  <<: *x\n", 3, 3, "merge keys"),
    ("? [1]\n: 2\n", 1, 3, "text was expected"),
    ("a: &a [*a]\n", 1, 4, "inside its own anchor"),
    ("a: *b\n", 1, 4, "alias"),
    ("--- 1\n--- 2\n", 2, 1, "not YAML"),
    ("# nothing\n", 1, 1, "empty"),
    ("\ta: 1\n", 1, 1, "not YAML"),
]


@pytest.mark.parametrize(("text", "value"), CORE)
def test_plain_scalars_follow_the_core_schema(text, value):
    read = _yaml.parse(f"a: {text}\n", "x.yaml").value["a"]
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(("text", "line", "column", "words"), REFUSED)
def test_what_is_no_core_yaml_is_refused_at_its_place(text, line, column, words):
    with pytest.raises(ContentError, match=words) as caught:
        _yaml.parse(text, "x.yaml")
    assert (caught.value.file, caught.value.line, caught.value.column) == ("x.yaml", line, column)


def test_keys_are_named_as_javascript_names_members():
    value = _yaml.parse("0x10: a\ntrue: b\n~: c\n1.0: d\n1.5: e\n", "x").value
    assert value == {"16": "a", "true": "b", "null": "c", "1": "d", "1.5": "e"}


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000 + "1", "{a: " * 100_000])
def test_deep_nesting_is_refused_before_it_can_do_harm(text):
    with pytest.raises(ContentError, match="nested deeper than 200"):
        _yaml.parse(text, "x")


def test_aliases_cannot_blow_up():
    lines = ["a0: &a0 [1]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    with pytest.raises(ContentError, match="more than 1000000 values"):
        _yaml.parse("\n".join(lines), "x")


# PyYAML does not read the pairs of surrogates that JSON escapes characters above U+FFFF with.
texts = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]))
keys = texts.filter(lambda text: len(json.dumps(text)) < 1000)  # YAML's own limit is 1024 characters
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_json_is_yaml(value):
    """JSON is a subset of YAML 1.2."""
    assert _yaml.parse(json.dumps([value]), "x").value == [value]


@given(st.text())
def test_any_text_is_read_or_refused(text):
    try:
        document = _yaml.parse(text, "x")
    except ContentError as error:
        document = error
    assert document is not None


def test_a_file_that_is_not_text_is_refused_at_its_byte(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(ContentError, match="offset 3") as caught:
        _yaml.read(path, most_bytes=100)
    assert caught.value.offset == 3


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\n")
    assert _yaml.read(path, most_bytes=5).value == {"a": 1}
    with pytest.raises(ContentError, match="larger than 4 bytes"):
        _yaml.read(path, most_bytes=4)


# ---- codec YAMLs ----

UPLINK = "uplinkDecoder:\n  fileName: a.js\n"


@pytest.fixture
def vendor(tmp_path):
    folder = tmp_path / "formatters" / "acme"
    folder.mkdir(parents=True)
    (folder / "a.js").write_text("function decodeUplink() { return {data: {}}; }", encoding="utf-8")
    return folder


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_codec_yaml_names_its_scripts_and_dialect(vendor):
    text = UPLINK + "downlinkEncoder:\n  fileName: a.js\ndialect: tts-3.32\n"
    definition = catalog.read_definition(write(vendor, "d.yaml", text))
    assert definition.scripts == {"decode_uplink": vendor / "a.js", "encode_downlink": vendor / "a.js"}
    assert (definition.dialect, definition.declaration) == ("tts-3.32", None)
    assert definition.operations == {"decode_uplink", "encode_downlink"}


def test_the_four_functions_of_v2_are_files_of_their_own(vendor):
    text = "dialect: ttn2\nfunctions:\n  decoder: a.js\n  encoder: a.js\nuplinkDecoder:\n  examples: []\n"
    definition = catalog.read_definition(write(vendor, "d.yaml", text))
    assert definition.scripts == {"decoder": vendor / "a.js", "encoder": vendor / "a.js"}
    assert definition.operations == {"decode_uplink", "encode_downlink"}


def test_examples_beside_a_declaration_need_no_script(vendor):
    declaration = write(vendor, "d.py", "raise AssertionError('never run by reading the YAML')\n")
    definition = catalog.read_definition(write(vendor, "d.yaml", "uplinkDecoder:\n  examples: []\n"))
    assert (definition.declaration, definition.scripts) == (declaration, {})


BAD_CODECS = [
    ("a: 1\n", 1, 1, "one of uplinkDecoder"),
    ("[1]\n", 1, 1, "one of uplinkDecoder"),
    ("uplinkDecoder: 5\n", 1, 16, "a mapping was expected"),
    ("uplinkDecoder:\n  examples: []\n", 2, 3, "the name of a .js file"),
    ("uplinkDecoder:\n  fileName: 5\n", 2, 13, "the name of a .js file"),
    ("uplinkDecoder:\n  fileName: ../a.js\n", 2, 13, "inside the vendor's folder"),
    ("uplinkDecoder:\n  fileName: /etc/a.js\n", 2, 13, "inside the vendor's folder"),
    ("uplinkDecoder:\n  fileName: a.js/../../b.js\n", 2, 13, "inside the vendor's folder"),
    ("uplinkDecoder:\n  fileName: a.py\n", 2, 13, "inside the vendor's folder"),
    ("uplinkDecoder:\n  fileName: b.js\n", 2, 13, "no file 'b.js'"),
    (UPLINK + "dialect: 5\n", 3, 10, "dialect 5 is unknown: tts, "),
    (UPLINK + "dialect: [tts]\n", 3, 10, "is unknown: tts, "),
    (UPLINK + "dialect: nobody\n", 3, 10, "dialect 'nobody' is unknown: tts, "),
    ("functions:\n  decode: a.js\n" + UPLINK, 2, 3, "no such function 'decode'"),
    ("functions: a.js\n" + UPLINK, 1, 12, "a mapping was expected"),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), BAD_CODECS)
def test_a_bad_codec_yaml_is_refused_at_its_place(vendor, text, line, column, words):
    path = write(vendor, "d.yaml", text)
    with pytest.raises(ContentError, match=words) as caught:
        catalog.read_definition(path)
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(path), line, column)


def test_a_script_that_leads_out_of_the_folder_by_a_link_is_refused(vendor, tmp_path):
    write(tmp_path, "outside.js", "")
    (vendor / "link.js").symlink_to(tmp_path / "outside.js")
    with pytest.raises(ContentError, match="inside the vendor's folder"):
        catalog.read_definition(write(vendor, "d.yaml", "uplinkDecoder:\n  fileName: link.js\n"))


@pytest.mark.parametrize(
    ("text", "is_codec"),
    [
        (UPLINK, True),
        ("# note\n\ndownlinkDecoder : {}\n", True),
        ("\ufeffuplinkDecoder:\n", True),
        ("  uplinkDecoder:\n", False),
        ("services:\n  web: {}\n", False),
        ("functions:\n  hello: {}\n", False),
    ],
)
def test_only_yaml_with_a_member_of_codecs_is_a_codec_file(tmp_path, text, is_codec):
    assert catalog.is_codec_file(write(tmp_path, "x.yaml", text)) is is_codec


def test_what_cannot_be_read_is_no_codec_file(tmp_path):
    assert not catalog.is_codec_file(tmp_path / "none.yaml")
    assert not catalog.is_codec_file(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_codec_file_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.yaml")
    assert not catalog.is_codec_file(tmp_path / "x.yaml")


# ---- ids ----


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    root = tmp_path / "shipped"
    for name in ("formatters/acme/both.yaml", "formatters/acme/plain.yaml", "codecs/acme/both.py"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(UPLINK if path.suffix == ".yaml" else "", encoding="utf-8")
    monkeypatch.setattr(catalog._shipped, "root", lambda: root)
    return root


@pytest.fixture
def own(tmp_path, vendor):
    write(vendor, "plain.yaml", UPLINK)
    write(vendor, "index.yaml", "endDevices: []\n")
    deep = tmp_path / "src" / "deep"
    deep.mkdir(parents=True)
    return deep


def test_the_workspace_is_the_nearest_folder_with_content(own, vendor):
    assert catalog.workspace(own) == vendor.parents[1].resolve()
    assert catalog.workspace(Path("/")) is None


def test_an_id_is_the_codec_before_the_formatter(shipped):
    found = catalog.find("acme/both", start=shipped)
    assert (found.kind, found.file) == ("codec", shipped / "codecs/acme/both.py")


def test_a_prefix_is_exact(shipped):
    assert catalog.find("formatters:acme/both", start=shipped).kind == "formatter"
    assert catalog.find("codecs:acme/both", start=shipped).kind == "codec"
    with pytest.raises(NotFoundError):
        catalog.find("codecs:acme/plain", start=shipped)


def test_the_workspace_comes_before_what_is_shipped(shipped, own, vendor):
    assert catalog.find("acme/plain", start=own).file == vendor / "plain.yaml"
    assert catalog.find("acme/both", start=own).file == shipped / "codecs/acme/both.py"


def test_entries_are_sorted_and_hidden_ones_left_out(shipped, own, vendor):
    listed = [(entry.id, entry.kind, entry.file) for entry in catalog.entries(own)]
    assert listed == [
        ("acme/both", "codec", shipped / "codecs/acme/both.py"),
        ("acme/both", "formatter", shipped / "formatters/acme/both.yaml"),
        ("acme/plain", "formatter", vendor / "plain.yaml"),
    ]


def test_a_folder_named_like_content_is_none(shipped, vendor):
    (shipped / "codecs/acme/folder.py").mkdir()
    (vendor / "folder.yaml").mkdir()
    assert "acme/folder" not in {entry.id for entry in catalog.entries(shipped)}
    with pytest.raises(NotFoundError):
        catalog.find("acme/folder", start=shipped)


def test_a_current_folder_that_is_gone_is_no_workspace(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert catalog.workspace() is None
    assert catalog.find("dragino/lht65").kind == "codec"


@pytest.mark.parametrize(
    "name",
    [
        "acme/nothing",
        "acme",
        "../acme/both",
        "acme/../both",
        "acme/..",
        "codecs:../x/y",
        "",
        "a/b/c",
        "acme/both.py/",
    ],
)
def test_what_is_no_id_is_not_found(shipped, name):
    with pytest.raises(NotFoundError) as caught:
        catalog.find(name, start=shipped)
    assert caught.value.name == "not_found"


def test_a_script_without_codec_yaml_is_pointed_to(tmp_path):
    script = tmp_path / "formatters" / "acme" / "lone.js"
    script.parent.mkdir(parents=True)
    script.write_text("", encoding="utf-8")
    for what in ("acme/lone", "formatters:acme/lone"):
        with pytest.raises(NotFoundError, match=r"lone\.js has no codec YAML beside it; name the script itself"):
            catalog.find(what, tmp_path)


def test_close_names_are_suggested(shipped):
    with pytest.raises(NotFoundError, match="did you mean acme/plain"):
        catalog.find("acme/plan", start=shipped)
    with pytest.raises(NotFoundError, match="octavo list"):
        catalog.find("zzzzzz/qqqqqq", start=shipped)


# ---- where a script comes from ----


@pytest.mark.parametrize(
    ("signature", "dialect"),
    [
        ("", "ts013"),
        ("lora-alliance", "ts013"),
        ("actility", "actility"),
        ("ttn", "ttn2"),
        ("chirpstack", "chirpstack3"),
    ],
)
def test_the_signature_of_a_driver_tells_the_dialect(tmp_path, signature, dialect):
    write(tmp_path, "driver.yaml", f"name: x\nsignature: '{signature}'\n")
    assert catalog.origin_dialect(tmp_path / "index.js") == dialect


def test_an_unknown_signature_is_refused(tmp_path):
    write(tmp_path, "driver.yaml", "signature: other\n")
    with pytest.raises(ContentError, match="'other' is unknown"):
        catalog.origin_dialect(tmp_path / "index.js")


def test_a_chirpstack_profile_tells_the_dialect(tmp_path):
    (tmp_path / "acme" / "devices").mkdir(parents=True)
    assert catalog.origin_dialect(tmp_path / "acme" / "codecs" / "x.js") == "chirpstack4"
    assert catalog.origin_dialect(tmp_path / "acme" / "other" / "x.js") is None
