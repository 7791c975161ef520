"""Modules as scripts: imports and exports are taken out, every other character stays where it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.formatters.modules import as_script

BUFFER = (("Buffer", "buffer"),)


def test_what_is_no_module_is_not_parsed_and_stays_as_it_is():
    text = "function decodeUplink() { return {data: {}}; }"
    module = as_script(text, BUFFER)
    assert (module.text, module.imports, module.failure) == (text, {}, None)


@pytest.mark.parametrize("text", ["Buffer.from([])", "B\\u0075ffer.from([])"])
def test_what_the_network_imports_is_given_to_a_script_that_mentions_it(text):
    assert as_script(text, BUFFER).imports == {"Buffer": ("buffer", "Buffer")}


IMPORTS = {
    'import "buffer"': {},
    'import { Buffer as B } from "buffer"': {"B": ("buffer", "Buffer")},
    "import {read, write as put} from 'ieee754'": {"read": ("ieee754", "read"), "put": ("ieee754", "write")},
    'import * as all from "base64-js"': {"all": ("base64-js", "*")},
    'import {\n  read, // one\n  write\n} from "ieee754"': {"read": ("ieee754", "read"), "write": ("ieee754", "write")},
}


@pytest.mark.parametrize(("line", "imports"), IMPORTS.items(), ids=IMPORTS)
def test_imports(line, imports):
    module = as_script(f"{line};\nlet a = 1;", ())
    assert (module.imports, module.failure) == (imports, None)
    assert module.text.split("\n")[-1] == "let a = 1;"
    assert not module.text.split("\n", maxsplit=1)[0].strip()


EXPORTS = {
    "export function f() {}": "       function f() {}",
    "export const a = 1, b = 2": "       const a = 1, b = 2",
    "export class A {}": "       class A {}",
    "export { a, b as c };": "                     ",
    "export default f;": "export default f;",
    'export * from "buffer";': 'export * from "buffer";',
    'export { read } from "ieee754";': 'export { read } from "ieee754";',
}


@pytest.mark.parametrize(("line", "script"), EXPORTS.items(), ids=EXPORTS)
def test_exports(line, script):
    assert as_script(f"let x;\n{line}\nlet y;", ()).text == f"let x;\n{script}\nlet y;"


@pytest.mark.parametrize(
    "text", ["'export function f() {}'", "// export { a }", "/* import x from 'y' */", "`import`", "{ import }"]
)
def test_words_that_are_no_statements_stay(text):
    assert as_script(f"var a = 1;\n{text}", ()).text == f"var a = 1;\n{text}"


PIECES = st.sampled_from([
    'import { read } from "ieee754";', "export function f() {}", "export const g = () => 1;", "export { f };",
    "var ü = '\U0001f600';", "// export", "function h() { return 'import'; }", "\n", "\r\n", "}", "(", "export",
    "import", "from", "\ud800", "`${1}`",
])  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("\n".join))
def test_any_text_keeps_its_lines_and_columns(text):
    script = as_script(text, BUFFER).text
    before, after = (each.encode("utf-8", "surrogatepass") for each in (text, script))
    assert all(now in (then, ord(" ")) for then, now in zip(before, after, strict=True))
    assert script.count("\n") == text.count("\n")
    assert script.count("\r") == text.count("\r")
