"""What comes of coverage: LCOV, pages, the table, rows, exit codes."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.errors import ContentError
from octavo.lab.coverage import Share, html, lcov, measure, pages, together
from octavo.lab.subjects import subjects

from .terminal import environment, plain, shown

SCRIPT = """function decodeUplink(input) {
  // a & b < c
  if (input.bytes.length < 2) {
    return { errors: ["\u20ac 2 bytes"] };
  }
  if (input.fPort > 0) input.fPort = 0;
  const pick = (a, b = 1) => a && b;
  return { data: { n: input.bytes[0] ? pick(1) : none() } };
}
function none() {
  return 7;
}
"""
RECORD = re.compile(
    r"TN:\nSF:(?P<file>.+)\n(?P<fn>(?:FN:\d+,.+\n)*)(?P<fnda>(?:FNDA:\d+,.+\n)*)FNF:(?P<fnf>\d+)\nFNH:(?P<fnh>\d+)\n"
    r"(?P<brda>(?:BRDA:\d+,\d+,\d+,\d+\n)*)BRF:(?P<brf>\d+)\nBRH:(?P<brh>\d+)\n(?P<da>(?:DA:\d+,\d+\n)*)"
    r"LF:(?P<lf>\d+)\nLH:(?P<lh>\d+)\nend_of_record\n"
)


def example(*content):
    data = {"n": 1} if content[0] else {"n": 7}
    return {"name": "x", "input": {"bytes": list(content), "fPort": 1}, "expected": {"data": data}}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, warm_pool):  # noqa: ARG001 - workers that are there already
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "test_decode_a.json").write_text(json.dumps([example(1, 2)]), encoding="utf-8")
    return tmp_path


@pytest.fixture
def scripts(folder):
    (subject,) = subjects(str(folder / "a.js"))
    return measure(subject).scripts


def run(*args):
    result = CliRunner().invoke(main, ["test", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [row for row in map(json.loads, result.stdout.splitlines()) if "coverage" in row]


# ---- LCOV ----


def test_lcov_has_its_records(scripts):
    found = list(RECORD.finditer(lcov(scripts * 2)))
    assert "".join(match[0] for match in found) == lcov(scripts * 2)
    record = found[0]
    assert record["fn"].splitlines() == ["FN:1,decodeUplink", "FN:7,(anonymous:7)", "FN:10,none"]
    assert record["fnda"].splitlines() == ["FNDA:1,decodeUplink", "FNDA:1,(anonymous:7)", "FNDA:0,none"]
    assert (record["fnf"], record["fnh"]) == ("3", "2")
    branches = [line.split(":")[1].split(",") for line in record["brda"].splitlines()]
    taken = [each[3] for each in branches]
    assert [each[0] for each in branches] == ["3", "3", "6", "6", "7", "7", "7", "8", "8"]
    assert taken == ["0", "1", "1", "0", "1", "1", "1", "1", "0"]
    assert (record["brf"], record["brh"]) == ("9", "6")
    hits = dict(line.split(":")[1].split(",") for line in record["da"].splitlines())
    assert [number for number, count in hits.items() if count == "0"] == ["4", "5", "10", "11", "12"]
    assert (record["lf"], record["lh"]) == ("12", "7")


def test_functions_of_one_name_stay_apart_in_lcov(folder):
    text = "function decodeUplink() { return { data: {} }; }\nvar a = { m() {} }, b = { m() {} };\n"
    (folder / "a.js").write_text(text, encoding="utf-8")
    (subject,) = subjects(str(folder / "a.js"))
    names = re.findall(r"^FN:\d+,(.+)$", lcov(measure(subject).scripts), re.MULTILINE)
    assert names == ["decodeUplink", "m#1", "m#2"]


# ---- pages ----


class Reader(HTMLParser):
    """The text of each line of the source, the classes in it, and whether elements are closed."""

    VOID = frozenset({"meta"})

    def __init__(self, text):
        super().__init__()
        self.open, self.lines, self.outside, self.kinds = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.outside += [told[name] for name in ("src", "href") if told.get(name, "#")[0] != "#"]
        if tag == "tr" and re.fullmatch(r"s\d+-\d+", told.get("id", "")):
            self.lines.append("")
            self.kinds.append(told["class"])
        if tag not in self.VOID:
            self.open.append((tag, told.get("class")))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        inside = [kind for tag, kind in self.open if tag in ("td", "span")]
        if self.lines and self.open and inside and inside[0] is None and inside[-1] != "mark":
            self.lines[-1] += data


def test_a_page_shows_the_source_and_what_did_not_run(scripts):
    text = html(scripts)
    page = Reader(text)
    assert page.open == []
    assert page.outside == [], "it needs nothing beside it"
    assert "<script" not in text
    assert "url(" not in text
    assert page.lines == SCRIPT.rstrip().split("\n")
    assert page.kinds == ["ran", "ran", "part", "none", "none", "part", "ran", "part", "ran", "none", "none", "none"]
    assert "<span class=mark>never</span>if (input.bytes" in text
    assert "<span class=mark>always</span>if (input.fPort" in text
    assert "<span class=way>none()</span>" in text
    assert "<span class=no>return 7;</span>" in text


def test_links_lead_from_each_place_that_did_not_run_to_the_next(scripts):
    text = html(scripts)
    (guide,) = re.findall(r"<p class=places id=\"s1\">(.*)</p>", text)
    assert re.findall(r'href="#([^"]+)">([^<]+)<', guide) == [
        ("s1-3", "3\u20136"), ("s1-8", "8"), ("s1-10", "10\u201312")
    ]  # fmt: skip
    onward = re.findall(r'<tr id="([^"]+)" class=\w+>.*<td class=next><a href="#([^"]+)"', text)
    assert onward == [("s1-3", "s1-8"), ("s1-8", "s1-10"), ("s1-10", "s1")]
    anchors = set(re.findall(r'id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= anchors
    whole = [replace(script, statements=(), branches=(), lines=(1,) * len(script.lines)) for script in scripts]
    assert "Everything ran." in html(whole)


def test_a_page_of_one_script_has_no_row_for_all(scripts):
    assert ">all<" not in html(scripts)
    assert html(scripts * 2).count(">all<") == 1


def test_pages_of_a_folder_lead_to_each_other(scripts):
    made = pages(scripts * 2)
    assert len(made) == 3
    index = Reader(made.pop("index.html"))
    assert sorted(index.outside) == sorted(made)
    assert all(Reader(text).outside == ["index.html"] for text in made.values())


# ---- figures ----


def test_shares_are_rounded_down_and_added():
    assert Share(1000, 999).percent == 99.9
    assert Share(3000, 2999).percent == 99.9
    assert Share().percent == 100.0
    assert Share(1, 1) + Share(3, 0) == Share(4, 1)


def test_the_figures_of_the_script(scripts):
    found = {what: (share.found, share.hit) for what, share in together(scripts).items()}
    assert found == {"statements": (8, 6), "branches": (9, 6), "functions": (3, 2), "lines": (12, 7)}


# ---- the command ----


def test_rows_come_after_those_of_the_examples():
    result = run("a.js", "--coverage")
    assert result.exit_code == 0
    (row,) = rows(result)
    assert row["coverage"] == "a.js"
    assert row["statements"] == {"found": 8, "hit": 6, "percent": 75.0}
    assert row["uncovered_lines"] == [[4, 5], [10, 12]]
    assert {"line": 8, "kind": "cond-expr", "arm": 1} in row["missed_branches"]
    assert result.stderr.splitlines()[-1].startswith("coverage of 1 script: statements 75.0 %, branches 66.6 %")
    assert rows(run("a.js")) == []


@pytest.mark.parametrize(("least", "status"), [("58", 0), ("58.4", 1), ("100", 1)])
def test_too_little_is_exit_code_1(least, status):
    result = run("a.js", "--fail-under", least)
    assert result.exit_code == status
    assert ("coverage is under" in result.stderr) == bool(status)


def test_a_folder_is_summed_up_with_what_has_no_examples(folder):
    (folder / "more").mkdir()
    (folder / "more" / "b.js").write_text("function decodeUplink() {\n  return 1;\n}\n", encoding="utf-8")
    result = run(".", "--coverage", "--html", "out", "--lcov", "out.info")
    found = {row["coverage"]: row["statements"]["hit"] for row in rows(result)}
    assert found == {"a.js": 6, "more/b.js": 0}
    assert "coverage of 2 scripts: statements 66.6 %" in result.stderr
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.js.html", "index.html", "more-b.js.html"]
    assert (folder / "out.info").read_text(encoding="utf-8").count("end_of_record") == 2


def test_examples_in_several_files_are_counted_together(folder):
    (folder / "test_encode_a.json").write_text(json.dumps([example(0, 2)]), encoding="utf-8")
    (folder / "test_decode_b.json").write_text(json.dumps([example(0, 2)]), encoding="utf-8")
    (folder / "b.js").write_text(SCRIPT, encoding="utf-8")
    found = {row["coverage"]: row["functions"]["hit"] for row in rows(run("a.js", "b.js", "a.js", "--coverage"))}
    assert found == {"a.js": 2, "b.js": 2}


def test_what_cannot_be_counted_is_told_and_the_rest_goes_on(folder):
    (folder / "b.js").write_text("function decodeUplink() { return <!-- { data: 1 };\n}\n", encoding="utf-8")
    (folder / "test_decode_b.json").write_text(json.dumps([example(1, 2)]), encoding="utf-8")
    result = run(".", "--coverage")
    assert result.exit_code == 1
    error, good = sorted(rows(result), key=lambda row: "error" not in row)
    assert "JavaScript that parses was expected" in error["error"]["message"]
    assert error["error"]["line"] == 1
    assert good["coverage"] == "a.js"


@pytest.mark.parametrize(
    ("script", "sentence", "column"),
    [
        ('function decodeUplink() { return { data: "\0" }; }', "U\\+0000 in it is not counted: write \\\\0", 43),
        (
            "function decodeUplink() {\u2028return { data: 1 }; }\u0085",
            "does not load: .*Error: Invalid or unexpected",
            48,
        ),
    ],
    ids=["nul", "nel"],
)
def test_why_a_script_is_not_counted(folder, script, sentence, column):
    (folder / "a.js").write_text(script, encoding="utf-8")
    with pytest.raises(ContentError, match=sentence) as caught:
        measure(next(iter(subjects("a.js"))))
    assert (caught.value.line, caught.value.column) == (1, column)


def test_a_script_that_cannot_be_read_is_told(folder):
    (folder / "b.js").write_bytes(b"// \xb0\n")
    result = run(".", "--coverage")
    assert result.exit_code == 1
    assert [row["coverage"] for row in rows(result) if "error" in row] == ["b.js"]


def test_what_steers_is_shown(folder):
    (folder / "a.js").write_text("// \x01 \x7f \x9b \u202e \u2066\n" + SCRIPT, encoding="utf-8")
    page = html(measure(next(iter(subjects("a.js")))).scripts)
    assert "// \u2401 [U+007F] [U+009B] [U+202E] [U+2066]" in page
    assert not re.search("[\x00-\x08\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)


def test_a_terminal_gets_a_table(folder):
    status, text = shown("octavo test a.js --coverage --html page.html", folder, environment())
    assert status == 0
    assert plain(text).splitlines()[-4:] == [
        "script  stmt    branch  func    line    lines that did not run",
        "a.js    75.0 %  66.6 %  66.6 %  58.3 %  4-5, 10-12",
        "coverage of 1 script: statements 75.0 %, branches 66.6 %, functions 66.6 %, lines 58.3 %",
        "octavo: coverage of 1 script written to page.html",
    ]
    colored = environment() | {"FORCE_COLOR": "1", "NO_COLOR": ""}
    _, text = shown("octavo test a.js --coverage", folder, colored)
    assert "\x1b[31m58.3 %\x1b[0m" in text
    assert "\x1b[33m75.0 %\x1b[0m" in text


def test_a_file_that_cannot_be_written_is_one_sentence():
    result = run("a.js", "--lcov", "none/out.info")
    assert result.exit_code == 1
    assert "octavo: none/out.info: it cannot be written: No such file or directory" in result.stderr
