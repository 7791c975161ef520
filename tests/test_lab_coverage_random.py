"""Random programs, with semicolons and braces or without, do the same when they are counted."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.formatters import Formatter
from octavo.formatters.watching import Lens
from octavo.lab.coverage.plan import plan

INPUTS = [{"a": 0}, {"a": 2}, {"a": "text"}, {"a": None}]

leaves = st.sampled_from(["a", "n", "x", "1", "0", "null", "''", "'s'", "undefined", "[1, 2].length", "a?.b"])


def compound(inner):
    """Expressions made of others; those are in parentheses where the language wants it."""
    some = inner.map(lambda text: text if text.isalnum() else f"({text})")
    return st.one_of(
        st.builds("{} && {}".format, some, some),
        st.builds("{} || {}\n  || {}".format, some, some, some),
        st.builds("{} ?? {}".format, some, some),
        st.builds("{} ? {} : {}".format, some, inner, inner),
        st.builds("((y = {}, {{ z = {} }} = {{}}) => {})()".format, some, some, some),
        st.builds("function () {{ 'use strict'\n return {} }}()".format, inner).map("({})".format),
        st.builds("`${{{}}} and ${{{}}}`".format, inner, inner),
        st.builds("[{}, ...[{}]].map(v => {})".format, inner, inner, some),
        st.builds("(x = {}, {})".format, some, inner),
    )


expressions = st.recursive(leaves, compound, max_leaves=6)
ends = st.sampled_from(["\n", ";\n", ";", "; // and\n", " /* and */\n"])
simple = st.one_of(
    st.builds("x = {}{}".format, expressions, ends),
    st.builds("n += 1{}".format, ends),
    st.builds("var v = {}, w, u = () => {}{}".format, expressions, expressions.map("({})".format), ends),
    st.builds("return {}{}".format, expressions, ends),
    st.builds("if (n > 3) throw new Error({}){}".format, expressions, ends),
    st.just(";"),
)


def block(statements):
    return st.lists(statements, max_size=3).map(lambda inner: f"{{ {''.join(inner)} }}")


def larger(inner):
    """Statements made of others."""
    body = st.one_of(block(inner), simple)
    return st.one_of(
        st.builds("if ({}) {}".format, expressions, body),
        st.builds("if ({}) {} else {}".format, expressions, body, body),
        st.builds("for (var i = 0, m = {}; i < 2 && n < 9; i++) {}".format, expressions, body),
        st.builds("for (const [k = {}] of [[], [{}]]) {}".format, expressions, expressions, body),
        st.builds("while (n++ < 3) {}".format, body),
        st.builds("do {} while (n++ < 3)\n".format, body),
        st.builds("out: for (;;) {{ {} if (n++ > 2) break out; else continue out }}\n".format, simple),
        st.builds("one: {{ {} if ({}) break one\n {} }}\n".format, simple, expressions, simple),
        st.builds("switch ({}) {{ case {}: {} case 's': let q = 1; break\n default: {} }}\n".format,
                  expressions, expressions, inner, inner),
        st.builds("try {} catch (e) {} finally {{ {} }}\n".format, block(inner), block(inner), inner),
        st.builds("{{ class K {{ f = {}; static g = () => {}; h() {} }} x = new K().f{} }}\n".format,
                  expressions, expressions.map("({})".format), block(inner), ends),
        st.builds("{{ let t = {}\n function g() {} g() }}\n".format, expressions, block(inner)),
    )  # fmt: skip


statements = st.recursive(simple, larger, max_leaves=6)
programs = st.lists(st.lists(statements, min_size=1, max_size=5).map("".join), min_size=1, max_size=8)


def script(bodies):
    functions = "".join(f"function p{n}(a) {{ var n = 0, x = 5; {body}\n return [n, x]; }}\n" for n, body in
                        enumerate(bodies))  # fmt: skip
    calls = "".join(f"told(() => p{n}(input.a))," for n in range(len(bodies)))
    told = "function told(f) { try { return f() } catch (e) { return e.name + e.message } }\n"
    return f"{functions}{told}function decodeUplink(input) {{ return {{ data: [{calls}] }}; }}\n"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, warm_pool):  # noqa: ARG001 - workers that are there already
    folder, numbers = tmp_path_factory.mktemp("random"), count()

    def run(text, lens):
        file = folder / f"{next(numbers)}.js"
        file.write_text(text, encoding="utf-8")
        with Formatter(file, name="random", dialect="tts", lens=lens) as formatter:
            return list(formatter.watch_raw("decode_uplink", INPUTS))

    return run


@settings(max_examples=25)
@given(programs)
def test_random_programs_do_the_same(outcomes, bodies):
    text = script(bodies)
    planned = plan(text)
    made = planned.insertions.made(planned.counters, 3)
    assert made.count("\n") == text.count("\n") + 2, "every line is where it was"
    plain = outcomes(text, Lens())
    counted = outcomes(text, Lens(lambda _: made))
    assert [each.text for each in plain] == [each.text for each in counted]
    assert None not in [each.text for each in plain], plain[0].error
    assert {each.counts[0] for each in counted} == {3}
    assert {each.counts[1] for each in counted} == {1}, "the top level runs once for each"
