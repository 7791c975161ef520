"""Formatters with a mistake are not clean: some of the mutants of `python -m bench.mutants`, which runs them all."""

from pathlib import Path

import pytest

from .mutants import drawn, fails, is_found_out, mutants, planted

SCRIPTS = sorted((Path(__file__).parents[1] / "formatters").glob("*/*.js"))
COUNT = 20
FOUND = 0.9

pytestmark = pytest.mark.usefixtures("warm_pool")


def test_nine_of_ten_mistakes_are_found():
    chosen = drawn(SCRIPTS, COUNT, seed=1)
    missed = []
    for mutant in chosen:
        with planted(mutant) as file:
            if not fails(file) and not is_found_out(file):
                missed.append(str(mutant))
    assert len(chosen) == COUNT
    assert len(missed) <= COUNT * (1 - FOUND), missed


def test_mutants_are_of_every_kind_and_each_changes_one_place():
    chosen = drawn(SCRIPTS, 50, seed=1)
    assert {mutant.kind for mutant in chosen} == {"sign", "width", "shift", "order", "length"}
    assert chosen == drawn(SCRIPTS, 50, seed=1)
    for mutant in chosen:
        clean = mutant.script.read_text(encoding="utf-8").splitlines()
        changed = mutant.text.splitlines()
        assert clean[: mutant.line - 1] == changed[: mutant.line - 1]
        assert clean[mutant.line - 1] != changed[mutant.line - 1]


@pytest.mark.parametrize(
    ("clean", "kinds"),
    [
        ("var t = v > 0x7fff ? v - 0x10000 : v;", {("sign", "v")}),
        ("if (v > 127) { v -= 256; }", {("sign", "0")}),
        ("var t = b[0] << 24 >> 16;", {("sign", ">>>"), ("shift", "15"), ("shift", "23")}),
        ("var t = b[0] & 0x7f;", {("width", "0x3f")}),
        ("var t = b[0] & 0x80;", set()),
        ("var t = b[0] * 0x100;", {("shift", "0x80")}),
        ("var t = b[0] | b[1];", {("order", "b[1] | b[0]")}),
        ("var t = u16(b, at) + u16(b, at + 2);", {("order", "u16(b, at + 2) + u16(b, at)")}),
        ("var t = b[0] + c[1];", set()),
        ("if (b.length !== 3) { throw new Error(b[0] + b[1]); }", {("length", "(false)")}),
        ("if (b.length > 3) { n = 2; }", set()),
        ("if (names.length > 3) { return { errors: [] }; }", set()),
    ],
)
def test_the_mistakes_that_are_made(tmp_path, clean, kinds):
    script = tmp_path / "x.js"
    script.write_text(clean, encoding="utf-8")
    assert {(mutant.kind, mutant.after) for mutant in mutants(script)} == kinds
