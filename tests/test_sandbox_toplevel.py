"""What the top level of a script may be proved to do: a careful no is always right."""

# ruff: noqa: E501, Q003 - one-line scripts are read best in one line, with quotes as JavaScript has them

import pytest

from octavo.sandbox.toplevel import may_add, only_declares

DECLARES = [
    "var x = 1, y = {a: -1, b: [1, 2, {c: 3}]}; function f(a, b) { return a + b }",
    "if (!Array.prototype.a) { Array.prototype.a = function () {} }",
    'if (typeof Object.foo != "function") { Object.foo = function (a) { return /["]/.test(a) } }',
    "var f = (a) => { return a };",
    "var r = /[\"'{]/g; Array.prototype.b = 1;",
    "var s = 60 * 60 * 24;",
    'Array.prototype["x"] = function () {}',
    "var t = {'delete': 1, in: 2, default: 3}; t.x = function () {}",
    "'use strict'; /* c { */ var x = 1; // }",
]
DOES_MORE = [
    "f()", "new X", "var k = o + ''", "var {a} = b", "a[b] = 1", "x in y", "a?.()", "a?.[b]", "if (1) /\"/.x; f(); /\"/",
    "var x = function () {}\n(1)", "var o = {get a() { f() }}; o.a", "a == b", "a < b", "delete a.b",
    "function f() { delete a.b }", "a => f()", "a++ /\"/ f() /\"/", "Array.prototype.a = function () {}.x",
    "Array.prototype.a = 1 && x", "label: f ()", "x = 1\n;[1][f()]", "a.b ||= c", "[...a]", "let x = a\n`b`",
    "\\u0066()", "var a = `", "a.return /\"/ 2; f (); x /\"/ 1", "function", "({function: f(1)})", "x =>", "a.b += c",
    "class A { static { f() } }", "throw f", "x instanceof y",
]  # fmt: skip


@pytest.mark.parametrize("text", DECLARES)
def test_top_level_that_only_declares(text):
    assert only_declares(text)


@pytest.mark.parametrize("text", DOES_MORE)
def test_top_level_that_may_do_more(text):
    assert not only_declares(text)


def test_a_large_script_is_looked_at_quickly():
    assert not only_declares("var x = {a: {b: function () { return {}; }}};\n" * 100_000)


ADDS = [
    "Array.prototype.a = 1",
    "Object.foo = f",
    'Math["x"] = 1',
    "Object.defineProperty(a, 'b', {})",
    "a.__proto__.b = 1",
    "\\u0041rray.x = 1",
]


@pytest.mark.parametrize("text", ADDS)
def test_text_that_may_add_to_a_built_in(text):
    assert may_add(text)


def test_text_that_adds_to_none():
    assert not may_add(
        "var Table = {a: 1};\nfunction decodeUplink(input) { return {data: {a: Math.round(input.bytes[0] / 2)}}; }"
    )
