"""The script under construction: its tables and functions, and the body of the function being written."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from octavo.codecs._construct import bare
from octavo.codecs.javascript.helpers import library
from octavo.codecs.javascript.literals import comment, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.javascript.told import Told
    from octavo.codecs.layouts import Bits

WIDTH = 118
"""Columns of a line."""


@dataclass
class Script:
    """Tables and functions, each kept once.

    Attributes:
        commented: whether members are described.
        tables: text of a table to its name.
        functions: parameters and body of a function to its name, in the order in which they were completed.
        comments: what stands above a function.
    """

    commented: bool = True
    tables: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)

    def table(self, name: str, content: str) -> str:
        """The name of a table with this content."""
        if content not in self.tables:
            wanted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).upper()
            self.tables[content] = _free(wanted, self.tables.values(), "_")
        return self.tables[content]

    def function(self, name: str, body: Body, parameters: str, about: str = "") -> str:
        """The name of a function with this body."""
        variables = [f"  var {', '.join(body.variables)};"] if body.variables else []
        content = "\n".join([f"({parameters}) {{", *variables, *body.lines, "}"])
        if content not in self.functions:
            self.functions[content] = _free(name, {*self.functions.values(), *library()}, "")
            self.comments[content] = about
        return self.functions[content]

    def tables_text(self) -> str:
        """The tables."""
        return "".join(f"var {name} = {content};\n" for content, name in self.tables.items())

    def functions_text(self) -> str:
        """The functions, those of the ports first."""
        ordered = sorted(self.functions.items(), key=lambda item: not self.comments[item[0]])
        return "\n".join(self._function(name, content) for content, name in ordered)

    def _function(self, name: str, content: str) -> str:
        about = self.comments[content]
        return f"{comment(about)}\nfunction {name}{content}\n" if about else f"function {name}{content}\n"


@dataclass
class Body:
    """The body of a function.

    Attributes:
        script: where functions and tables go.
        where: path in the declaration, for errors.
        frames: the names of the members of the frame, then of those around it.
        lines: what was written.
        variables: what it declares.
        depth: how deep the next line is indented.
        levels: how many frames around it looks into.
        told: what is known of a word before it is read.
    """

    script: Script
    where: str
    frames: tuple[frozenset[str], ...]
    lines: list[str] = field(default_factory=list)
    variables: dict[str, None] = field(default_factory=dict)
    depth: int = 1
    levels: int = 0
    told: Told | None = None

    def add(self, *lines: str) -> None:
        """Write lines."""
        self.lines += [f"{'  ' * self.depth}{line}" for line in lines]

    def use(self, name: str) -> str:
        """A variable of the function."""
        self.variables[name] = None
        return name

    def fresh(self, name: str) -> str:
        """A variable that nothing else uses."""
        free = _free(name, self.variables, "")
        self.variables[free] = None
        return free

    @contextmanager
    def block(self, head: str, end: str = "}") -> Iterator[None]:
        """Lines between braces."""
        self.add(f"{head} {{")
        self.depth += 1
        yield
        self.depth -= 1
        if end:
            self.add(end)

    @contextmanager
    def case(self, value: str | None) -> Iterator[None]:
        """A case of a switch; None for all others."""
        self.add("default:" if value is None else f"case {value}:")
        self.depth += 1
        yield
        if value is not None:
            self.add("break;")
        self.depth -= 1

    @contextmanager
    def at(self, name: str | None) -> Iterator[None]:
        """What is written belongs to a member."""
        before = self.where
        self.where = f"{before}.{name}" if name else before
        yield
        self.where = before

    @contextmanager
    def knowing(self, told: Told | None) -> Iterator[None]:
        """What is written reads a frame of which something is known."""
        before = self.told
        self.told = told
        yield
        self.told = before

    @contextmanager
    def described(self, child: AnyConstruct) -> Iterator[None]:
        """What is written reads a member: its documentation and its unit stand beside one line, above several."""
        start = len(self.lines)
        yield
        words = [part for part in (child.docs, getattr(bare(child), "unit", None)) if part]
        if not words or not self.script.commented:
            return
        said = comment(", ".join(words))
        if len(self.lines) == start + 1 and len(self.lines[start]) + len(said) < WIDTH:
            self.lines[start] += f" {said}"
        else:
            self.lines.insert(start, f"{'  ' * self.depth}{said}")

    def part(self) -> Body:
        """The body of a function for a part of the same frame."""
        return Body(self.script, self.where, self.frames, told=self.told)

    def inner(self, names: list[str]) -> Body:
        """The body of a function for a frame inside."""
        return Body(self.script, self.where, (frozenset(names), *self.frames))

    def around_part(self, part: Body) -> str:
        """The further argument of a function for a part of the same frame."""
        self.levels = max(self.levels, part.levels)
        return ", around" if part.levels else ""

    def around_inner(self, inner: Body) -> str:
        """The further argument of a function for a frame inside."""
        self.levels = max(self.levels, inner.levels - 1)
        if inner.levels > 1:
            return ", [data].concat(around)"
        return ", [data]" if inner.levels else ""

    def look_up(self, name: str) -> str:
        """The member that a name means here."""
        levels = [level for level, names in enumerate(self.frames) if name in names]
        self.levels = max(self.levels, *levels)
        frames = ["data" if level == 0 else f"around[{level - 1}]" for level in levels]
        return f"{frames[0]}.{name}" if len(frames) == 1 else f"nearest([{', '.join(frames)}], {text(name)})"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands.

    Attributes:
        name: its name in the frame, an expression.
        value: the value in the data, an expression.
        label: its name, for the names of functions and tables.
        word: the word whose bits it is made of.
    """

    name: str
    value: str
    label: str
    word: Bits | None = None


def member_place(name: str, word: Bits | None = None) -> Place:
    """The place of a member of the frame."""
    return Place(text(name), f"data.{name}", name, word)


def _free(name: str, taken: object, joint: str) -> str:
    names = set(taken)  # type: ignore[call-overload] # any iterable of names
    if name not in names:
        return name
    number = 2
    while f"{name}{joint}{number}" in names:
        number += 1
    return f"{name}{joint}{number}"
