"""Which names a script declares and uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.lab.lint.script import read

FREE = [
    ("a; var a", []),
    ("a; let b", ["a"]),
    ("function f(a, {b, c: d, ...e}, [g = h]) { a, b, c, d, e, g }", ["h", "c"]),
    ("var {a, b: [c], d = e} = f; a, c, d", ["e", "f"]),
    ("({a, b: c.d} = e)", ["a", "c", "e"]),
    ("[a, ...b] = c", ["a", "b", "c"]),
    ("x => x + y", ["y"]),
    ("(x, z = x) => { x; z }", []),
    ("if (a) { let b } b", ["a", "b"]),
    ("{ var b } b", []),
    ("{ function f() {} } f()", []),
    ("f(function g() { g }); g", ["f", "g"]),
    ("for (let i = 0; i < n; i++) {} i", ["n", "i"]),
    ("for (var i of n) {} i", ["n"]),
    ("for (k in n) k", ["k", "n", "k"]),
    ("try {} catch (e) { e } e", ["e"]),
    ("try {} catch ({message}) { message }", []),
    ("switch (a) { case b: let c; c } c", ["a", "b", "c"]),
    ("class A extends B { m() { A; c } static { d } }", ["B", "c", "d"]),
    ("(class C { [k] = C }); C", ["k", "C"]),
    ("({a: 1, b, c() { d }, [e]: f, get g() { return h }})", ["b", "d", "e", "f", "h"]),
    ("a.b.c[d].e", ["a", "d"]),
    ("typeof a; typeof (b); typeof c.d", ["c"]),
    ("label: for (;;) { break label }", []),
    ("function f() { arguments } arguments", ["arguments"]),
    ("() => arguments", ["arguments"]),
    ("with (a) { b } c", ["a", "c"]),
    ('import d, {x as y, z} from "m"; import * as n from "m"; d, y, z, n, x', ["x"]),
    ("export const a = b; export { a as c }", ["b"]),
    ("`${a} b`", ["a"]),
    ("a++; b += c", ["a", "b", "c"]),
    ("new A(b, ...c)", ["A", "b", "c"]),
    ("var self = this; undefined", []),
]


@pytest.mark.parametrize(("text", "names"), FREE)
def test_names_that_nothing_declares(text, names):
    assert sorted(use.name for use in read("x.js", text).names.free) == sorted(names)


def test_names_that_a_sloppy_script_makes():
    names = read("x.js", "a = 1; function f() { b = 2; 'use strict' } this.c = 1; globalThis.d = 1; e.g = 1").names
    assert names.given == {"a", "b", "c", "d", "f"}


@pytest.mark.parametrize(
    "text", ["'use strict'; a = 1", "/* x */ 'other'; 'use strict'; a = 1", "class A { m() { a = 1 } }"]
)
def test_a_strict_script_makes_no_names(text):
    assert "a" not in read("x.js", text).names.given


def test_a_function_may_be_strict_alone():
    names = read("x.js", "function f() { 'use strict'; a = 1 } function g() { b = 1 }").names
    assert names.assigned == {"b"}


def test_functions_in_blocks_are_seen_outside_by_sloppy_scripts_only():
    uses = read("x.js", "{ function f() {} f() } f()").names.uses
    assert [use.binding.kind for use in uses] == ["function", "hoisted"]


def test_deep_scripts_are_read():
    text = "a + " * 20_000 + "b;" + "if (c) {" * 2_000 + "}" * 2_000
    assert {use.name for use in read("x.js", text).names.free} == {"a", "b", "c"}


@given(st.text("(){}[]`'\"/\\*=>.,;:?!&|0n_ \nabc", max_size=80) | st.text(max_size=100))
def test_any_text_has_names(text):
    assert all(use.name or use.node.is_missing for use in read("x.js", text).names.uses)
