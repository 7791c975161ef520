"""What each engine does not parse. The engines were asked themselves; here is what they said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.formatters.dialects import dialect_table
from octavo.lab.lint.levels import CONSTRUCTS, language_levels
from octavo.lab.lint.script import read

GOJA, OTTO, QUICKJS = "goja", "otto", "QuickJS"
ENGINES = {GOJA: "tts", OTTO: "chirpstack3", QUICKJS: "chirpstack4", "V8": "ts013"}

# Each text was given to goja b396bb4c349d, otto 3ca7298 and quickjs-ng 0.17; beside it those that did not parse it.
TEXTS = [
    ("let a = 1", "let or const", [OTTO]),
    ("for (const k in {}) {}", "let or const", [OTTO]),
    ("for (var k in {}) {}", None, []),
    ("var f = a => a", "arrow function", [OTTO]),
    ("var a = `x`", "template", [OTTO]),
    ("class A {}", "class", [OTTO]),
    ("var A = class { #x = 1 }", "class", [OTTO]),
    ("Math.max(...[1])", "spread", [OTTO]),
    ("var a = {...{}}", "spread", [OTTO]),
    ("function f(...a) {}", "rest", [OTTO]),
    ("var [a] = [1]", "destructuring", [OTTO]),
    ("function f({a}) {}", "destructuring", [OTTO]),
    ("function f(a = 1) {}", "default value of a parameter", [OTTO]),
    ("for (var x of []) {}", "for … of", [OTTO]),
    ("var a = 1, b = {a}", "member without a value", [OTTO]),
    ("var b = {m() {}}", "method in an object", [OTTO]),
    ("var b = {get a() { return 1 }, set a(v) {}}", None, []),
    ("var b = {['a']: 1}", "computed name of a member", [OTTO]),
    ("function* f() {}", "generator", [OTTO]),
    ("async function f() {}", "async function", [OTTO]),
    ("async function* f() {}", "async generator", [GOJA, OTTO]),
    ("async function f() { for await (var x of []) {} }", "for await", [GOJA, OTTO]),
    ("2 ** 2", "**", [OTTO]),
    ("var a = 2; a **= 2", "**", [OTTO]),
    ("var a = {}; a?.b", "?.", [OTTO]),
    ("null ?? 1", "??", [OTTO]),
    ("var a; a ??= 1", "??=, ||= or &&=", [GOJA, OTTO]),
    ("var a; a += 1", None, []),
    ("1n", "BigInt literal", [GOJA, OTTO]),
    ("0xFF_FF", "_ in a number", [GOJA, OTTO]),
    ("0b11 + 0O17", "0b or 0o number", [OTTO]),
    ("0xb + 11", None, []),
    ("089", "8 or 9 after a leading 0", [GOJA, OTTO]),
    ("0.89 + 17", None, []),
    ("try {} catch {}", "catch without a name", [OTTO]),
    ("try {} catch (e) {}", None, []),
    ("function f() { new.target }", "new.target", [OTTO]),
    ("function f() { return import('a') }", "import()", [GOJA, OTTO]),
    ("var a = 1;\n<!-- x", "<!-- comment", [GOJA, OTTO, QUICKJS]),
    ("#!x\nvar a", "#! line", [OTTO]),
    ('"\\u{61}"', "\\u{…} in a text", [OTTO]),
    ('"\\u0061\\x61"', None, []),
    ("/a/s", "flag s, d or v of a regular expression", [GOJA]),
    ("/a/gimuy", None, []),
    ("/(?i:a)/", "(?i: in a regular expression", [GOJA]),
    ("/a(?!b)/", "lookahead or lookbehind", [OTTO]),
    ("/(?<=a)b/", "lookahead or lookbehind", [OTTO]),
    ("/(?:a)(?<n>b)/", None, []),
    ("/(a)\\1/", "backreference", [OTTO]),
    ("/\\d\\\\1/", None, []),
]


def unparsed(text, engine):
    return {mark.where for mark in language_levels(read("x.js", text), [dialect_table(ENGINES[engine])])}


@pytest.mark.parametrize(("text", "name", "engines"), TEXTS)
def test_the_engines_that_do_not_parse_it(text, name, engines):
    for engine in ENGINES:
        assert (name in unparsed(text, engine)) == (engine in engines)


@pytest.mark.parametrize("text", [text for text, _, engines in TEXTS if not engines])
def test_what_everyone_parses_is_not_mentioned(text):
    assert not any(unparsed(text, engine) for engine in ENGINES)


def test_every_construct_has_a_text():
    assert {name for _, name, _ in TEXTS if name} == {construct.name for construct in CONSTRUCTS}


def test_a_construct_is_told_once_with_its_first_place():
    script = read("x.js", "var a;\nvar f = (x) => x, g = (y) => y;")
    (mark,) = language_levels(script, [dialect_table("ttn2"), dialect_table("chirpstack3")])
    assert mark.dialects == ("ttn2", "chirpstack3")
    assert "in 2 places" in mark.message
    assert script.place(mark.node) == (2, 9)


@given(st.text(max_size=200) | st.text("(){}[]`'\"/\\*=>.,;:?!&|0n_ \nabcfor", max_size=80))
def test_any_text_is_read(text):
    script = read("x.js", text)
    for mark in language_levels(script, [dialect_table(name) for name in ENGINES.values()]):
        line, column = script.place(mark.node)
        assert line >= 1
        assert column >= 1
