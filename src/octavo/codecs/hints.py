"""What is probably meant where a declaration does not load: a comma that is missing, a name that is misspelt."""

from __future__ import annotations

import ast
import builtins
import difflib
import inspect
import io
import re
import sys
import tokenize
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import construct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from traceback import FrameSummary

MODULES = ("octavo.codecs", "construct")
"""What a declaration imports from."""

_ARGUMENT = re.compile(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'")
_ARGUMENTS = re.compile(r"(\w+)(?:\.__init__)?\(\) (?:missing|takes) .*")
_IMPORT = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_CALLED = re.compile(r"'(\w+)' object is not callable")
_NATIVE = re.compile(r"(?:Int|Float)\d+[us]?n")
"""Numbers in the byte order of the machine, which no payload is in."""


class Comma(NamedTuple):
    """A comma that is missing.

    Attributes:
        line: where it belongs, from 1.
        after: name of the field before it, where that is known.
        before: name of the field behind it, likewise.
    """

    line: int
    after: str | None = None
    before: str | None = None

    def __str__(self) -> str:
        told = "a comma is probably missing between two fields"
        if self.after and self.before:
            return f"{told}, {self.after} and {self.before}"
        return f"{told}, after {self.after}" if self.after else told


def missing_comma(error: BaseException, source: str, at: FrameSummary | None) -> Comma | None:
    """The first comma that is missing in a file that did not load; None where none is known to be.

    Args:
        error: what Python or construct said.
        source: the file.
        at: what was running of the file.
    """
    nodes = list(ast.walk(ast.parse(source)))
    found = [comma for node in nodes for comma in _missing(node, source)]
    running = [node for node in nodes if at and _is_at(node, at)]
    if isinstance(error, construct.ConstructError):
        found += [comma for node in running for comma in _unpacked(node)]
    if isinstance(error, TypeError) and _is_of_construct(_CALLED.fullmatch(str(error))):
        found += [comma for node in running for comma in _called(node)]
    return min(found, default=None, key=lambda comma: comma.line)


def _is_at(node: ast.AST, at: FrameSummary) -> bool:
    if not isinstance(node, ast.expr):
        return False
    here = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
    return here == (at.lineno, at.end_lineno, at.colno, at.end_colno)


def _missing(node: ast.AST, source: str) -> Iterator[Comma]:
    """``"a" / x * "text" "b" / y``: the texts become one, and what has a documentation is divided."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Div):
        return
    documented = node.left
    if isinstance(documented, ast.BinOp) and isinstance(documented.op, ast.Mult) and _is_text(documented.right):
        texts = _texts(documented.right, source)
        before = ast.literal_eval(texts[-1].string) if len(texts) > 1 else None
        line = documented.right.lineno - 1 + (texts[-2] if len(texts) > 1 else texts[-1]).end[0]
        yield Comma(line, _name_of(documented.left), str(before) if before else None)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _texts(node: ast.expr, source: str) -> list[tokenize.TokenInfo]:
    """The texts that stand one after another, as one."""
    written = f"({ast.get_source_segment(source, node)})"
    return [token for token in tokenize.generate_tokens(io.StringIO(written).readline) if token.type == tokenize.STRING]


def _unpacked(node: ast.AST) -> Iterator[Comma]:
    """``"a" / x`` and, a line further, ``*fields``: a multiplication."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        end = node.left.end_lineno or 0
        if node.right.lineno > end:
            yield Comma(end, _name_of(node.left))


def _called(node: ast.AST) -> Iterator[Comma]:
    """``x`` and, a line further, ``("b" / y)``: a call."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        end = node.func.end_lineno or 0
        if node.args[0].lineno > end:
            yield Comma(end)


def _is_of_construct(found: re.Match[str] | None) -> bool:
    return found is not None and any(hasattr(sys.modules[module], found[1]) for module in MODULES)


def _name_of(node: ast.AST | None) -> str | None:
    """The name of a field: what stands first in ``"a" / x * "text"``."""
    while isinstance(node, ast.BinOp):
        node = node.left
    return str(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def in_words(error: BaseException, names: Mapping[str, Any]) -> str:
    """What Python or construct said, and what is probably meant.

    Args:
        error: the error.
        names: the names that the file has so far.
    """
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    for told in (_told_argument, _told_import, _told_name, _told_member):
        found = told(error, names)
        if found:
            return found
    return text


def _told_argument(error: BaseException, names: Mapping[str, Any]) -> str | None:
    """Of an argument that a field or a layout does not have."""
    unknown = _ARGUMENT.match(str(error)) if isinstance(error, TypeError) else None
    wrong = unknown or (_ARGUMENTS.match(str(error)) if isinstance(error, TypeError) else None)
    taker = _known(wrong[1], names) if wrong else None
    if wrong is None or not taker:
        return None
    parameters = _parameters(taker)
    if unknown is None:
        return f"expected {wrong[1]}{inspect.Signature(parameters)}; {wrong[0]}"
    known = [each.name for each in parameters]
    meant = _meant(unknown[2], known) or f"; it takes {', '.join(known)}"
    return f"{wrong[1]} takes no argument {unknown[2]}{meant}"


def _parameters(taker: Any) -> list[inspect.Parameter]:
    given = inspect.signature(taker).parameters.values()
    return [each.replace(annotation=each.empty) for each in given]


def _known(name: str, names: Mapping[str, Any]) -> Any:
    """The class or function of a name, where it is known."""
    found = (getattr(sys.modules[module], name, None) for module in MODULES)
    return next((each for each in (names.get(name), *found) if isinstance(each, type | FunctionType)), None)


def _told_import(error: BaseException, names: Mapping[str, Any]) -> str | None:
    """Of a name that a module does not have, or a module that is none."""
    del names
    wrong = _IMPORT.match(str(error)) if isinstance(error, ImportError) else None
    if wrong:
        return _nothing_called(wrong[1], wrong[2])
    meant = _meant(error.name or "", MODULES) if isinstance(error, ModuleNotFoundError) else ""
    return f"ModuleNotFoundError: {error}{meant}" if meant else None


def _told_member(error: BaseException, names: Mapping[str, Any]) -> str | None:
    """Of a name of a module: ``construct.Int16us``."""
    del names
    if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        return _nothing_called(error.name or "", error.obj.__name__)
    return None


def _nothing_called(name: str, module: str) -> str:
    others = [each for each in MODULES if each != module and name in _public(each)]
    meant = f"; {others[0]} has it" if others else _meant(name, _public(module))
    return f"{module} has nothing called {name}{meant}"


def _told_name(error: BaseException, names: Mapping[str, Any]) -> str | None:
    """Of a name that is not imported, or none."""
    if not isinstance(error, NameError) or not error.name:
        return None
    homes = [module for module in MODULES if error.name in _public(module)]
    if homes:
        return f"{error.name} is not imported: from {homes[0]} import {error.name}"
    known = {*names, *dir(builtins), *_public("octavo.codecs"), *_public("construct")}
    return f"NameError: {error}{_meant(error.name, sorted(known))}"


def _public(module: str) -> list[str]:
    content = sys.modules.get(module)
    known: Iterable[str] = getattr(content, "__all__", None) or dir(content)
    return [name for name in known if not name.startswith("_") and not _NATIVE.fullmatch(name)]


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, n=4, cutoff=0.75)
    return f"; did you mean {' or '.join(close)}?" if close else ""
