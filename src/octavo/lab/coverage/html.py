"""Coverage as pages that need nothing beside them: the source, how often each line ran, and what did not."""

from __future__ import annotations

import hashlib
import re
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from octavo.lab.coverage.model import FAIR, GOOD, SHARES, rating, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from octavo.lab.coverage.model import ScriptCoverage, Share

INDEX = "index.html"

LONGEST_NAME = 160
"""Characters of a script's path in the name of its page: files' names have at most 255 bytes nearly everywhere."""

KINDS = {"if": "", "switch": "no"}
"""How ways are shown that were not taken, where it is not as such: those of an ``if`` are marked instead."""

MISSED = ("none", "part")
"""Kinds of lines in which something did not run."""

LEGEND = (
    "Left of each line: its number, and how often it ran. <span class=no>This</span> never ran. "
    "<span class=way>This way</span> was never taken. <span class=mark>always</span> and <span class=mark>never</span> "
    "stand before an <code>if</code> whose condition always held, or never did. \u2193 leads to the next such place."
)


def html(scripts: Sequence[ScriptCoverage]) -> str:
    """One page with a table and the source of all scripts."""
    numbered = list(enumerate(scripts, 1))
    rows = _table([(f"#s{number}", script) for number, script in numbered])
    sources = "".join(_folded(number, script, is_open=len(scripts) == 1) for number, script in numbered)
    return _page("Coverage", f"{rows}<p>{LEGEND}</p>{sources}")


def pages(scripts: Sequence[ScriptCoverage]) -> dict[str, str]:
    """A page with a table, and one for each script; by the names of their files."""
    names = _names(scripts)
    made = {name: _page(script.file, _alone(script)) for name, script in zip(names, scripts, strict=True)}
    return {INDEX: _page("Coverage", _table(list(zip(names, scripts, strict=True))))} | made


def _names(scripts: Sequence[ScriptCoverage]) -> list[str]:
    """A file's name for each script, unlike all others."""
    taken = {INDEX.removesuffix(".html")}
    names = []
    for script in scripts:
        plain = name = _plain(script.file)
        number = 2
        while name.lower() in taken:
            name, number = f"{plain}-{number}", number + 1
        taken.add(name.lower())
        names.append(f"{name}.html")
    return names


def _plain(path: str) -> str:
    """A path as a file's name; a long one is cut, and told from others by a digest."""
    name = re.sub(r"[^\w.]+", "-", path, flags=re.ASCII).strip("-.") or "script"
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{name[-LONGEST_NAME:].lstrip('-.')}-{digest}"


def _page(title: str, body: str) -> str:
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)} · octavo</title>\n<style>\n{style}</style>\n</head>\n"
    )
    return f"{head}<body>\n<h1>{_text(title)}</h1>\n{body}</body>\n</html>\n"


def _table(rows: Sequence[tuple[str, ScriptCoverage]]) -> str:
    head = "".join(f"<th scope=col>{what}</th>" for what in ("script", *SHARES))
    body = "".join(
        f'<tr><th scope=row><a href="{escape(link)}">{_text(script.file)}</a></th>{_cells(script.share)}</tr>\n'
        for link, script in rows
    )
    total = together(script for _, script in rows)
    last = f"<tr class=all><th scope=row>all</th>{_cells(total.__getitem__)}</tr>\n" if len(rows) != 1 else ""
    return f"<table class=sum>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}{last}</tbody>\n</table>\n"


def _cells(share: Callable[[str], Share]) -> str:
    return "".join(f"<td data-of={what}>{_meter(share(what))}{_share(share(what))}</td>" for what in SHARES)


def _meter(share: Share) -> str:
    return f'<meter min=0 max=100 low="{FAIR}" high="{GOOD}" optimum=100 value="{share.percent}"></meter> '


def _share(share: Share) -> str:
    return f"<b class={rating(share.percent)}>{share.percent} %</b> <small>{share.hit}/{share.found}</small>"


def _shares(script: ScriptCoverage) -> str:
    return "".join(f" <span class=share>{what} {_share(script.share(what))}</span>" for what in SHARES)


def _folded(number: int, script: ScriptCoverage, *, is_open: bool) -> str:
    """A script among others on a page."""
    return (
        f"<details{' open' if is_open else ''}>\n"
        f"<summary><h2>{_text(script.file)}</h2>{_shares(script)}</summary>\n{_source(number, script)}</details>\n"
    )


def _alone(script: ScriptCoverage) -> str:
    """A script on a page of its own."""
    return (
        f"<p><a href={INDEX}>all scripts</a></p>\n<p>{_shares(script)}</p>\n<p>{LEGEND}</p>\n"
        f"<div class=alone>{_source(1, script)}</div>\n"
    )


def _source(number: int, script: ScriptCoverage) -> str:
    """Where something did not run, and the lines."""
    lines = list(_lines(script))
    places = list(_places(lines))
    rows = "".join(_rows(number, lines, [first for first, _ in places]))
    table = f"<table class=code><tbody>\n{rows}</tbody></table>"
    return f"{_guide(number, places)}<div class=source tabindex=0>{table}</div>\n"


def _guide(number: int, places: Sequence[tuple[int, int]]) -> str:
    """Links to the places where something did not run; what leads to the script leads here."""
    named = (f"{first}" if first == last else f"{first}\u2013{last}" for first, last in places)
    links = " ".join(f'<a href="#s{number}-{first}">{name}</a>' for (first, _), name in zip(places, named, strict=True))
    told = f"Did not run, or not in every way: {links}" if places else "Everything ran."
    return f'<p class=places id="s{number}">{told}</p>\n'


def _lines(script: ScriptCoverage) -> Iterator[tuple[str, int, str]]:
    """Each line: its kind, how often it ran, and its text as HTML."""
    painted = _Painted(script)
    for text, hits in zip(script.text.split("\n"), script.lines, strict=False):
        code, is_part = painted.line(text)
        kind = "blank" if not text.strip() else "none" if not hits else "part" if is_part else "ran"
        yield kind, hits, code


def _places(lines: Sequence[tuple[str, int, str]]) -> Iterator[tuple[int, int]]:
    """The first and the last line of each place where something did not run; blank lines part none."""
    numbered = ((line, kind in MISSED) for line, (kind, _, _) in enumerate(lines, 1) if kind != "blank")
    for missed, group in groupby(numbered, lambda each: each[1]):
        listed = [line for line, _ in group]
        if missed:
            yield listed[0], listed[-1]


def _rows(number: int, lines: Sequence[tuple[str, int, str]], places: Sequence[int]) -> Iterator[str]:
    """The lines of a script; from each place a link leads to the next one, and from the last one to the top."""
    following = (*(f"s{number}-{line}" for line in places[1:]), f"s{number}")
    onward = dict(zip(places, following, strict=False))
    for line, (kind, hits, code) in enumerate(lines, 1):
        anchor = f"s{number}-{line}"
        link = f'<a href="#{onward[line]}" title="to the next place">\u2193</a>' if line in onward else ""
        shown = "" if kind == "blank" else f"{hits}\u00d7"
        yield (
            f'<tr id="{anchor}" class={kind}><td class=number><a href="#{anchor}" tabindex=-1>{line}</a></td>'
            f"<td class=hits>{shown}</td><td class=next>{link}</td>"
            f"<td>{code}</td></tr>\n"
        )


class _Painted:
    """A script's text line by line, with what did not run in colour.

    Args:
        script: what ran of it.
    """

    def __init__(self, script: ScriptCoverage) -> None:
        self._marks = sorted(_marks(script))
        self._spans = list(_flat(_missed(script)))
        self._at = 0  # where the line begins, in bytes
        self._mark = 0
        self._span = 0

    def line(self, text: str) -> tuple[str, bool]:
        """The next line as HTML, and whether something in it did not run."""
        source = text.encode("utf-8", "surrogatepass")
        begin, end = self._at, self._at + len(source)
        self._at = end + 1
        cuts = self._cuts(begin, end)
        pieces, at, kind = [], begin, self._kind(begin)
        for offset, then, mark in [*cuts, (end, "", "")]:
            pieces.append(_colored(source[at - begin : offset - begin], kind) + mark)
            at, kind = offset, kind if mark else then
        return "".join(pieces), bool(cuts) or bool(self._kind(begin))

    def _kind(self, offset: int) -> str:
        """What an offset is in; offsets are asked for in order."""
        while self._span < len(self._spans) and self._spans[self._span][1] <= offset:
            self._span += 1
        inside = self._span < len(self._spans) and self._spans[self._span][0] <= offset
        return self._spans[self._span][2] if inside else ""

    def _cuts(self, begin: int, end: int) -> list[tuple[int, str, str]]:
        """Where a line changes: the offset, what follows, and the mark that stands there."""
        cuts: list[tuple[int, int, str, str]] = []
        while self._mark < len(self._marks) and self._marks[self._mark][0] <= end:
            offset, words = self._marks[self._mark]
            cuts.append((offset, 2, "", f"<span class=mark>{words}</span>"))
            self._mark += 1
        self._kind(begin)
        for start, stop, kind in self._spans[self._span :]:
            if start > end:
                break
            cuts += [(start, 1, kind, "")] if start > begin else []
            cuts += [(stop, 0, "", "")] if stop <= end else []
        return [(offset, kind, mark) for offset, _, kind, mark in sorted(cuts)]


def _colored(source: bytes, kind: str) -> str:
    text = _text(source.decode("utf-8", "replace"))
    return f"<span class={kind}>{text}</span>" if kind and text.strip() else text


def _missed(script: ScriptCoverage) -> Iterator[tuple[int, int, str]]:
    """What did not run, the larger part before those in it."""
    spans = [(place.start, -place.end, "no") for place in script.statements if not place.hits]
    for branch in script.branches:
        kind = KINDS.get(branch.kind, "way")
        spans += [(arm.start, -arm.end, kind) for arm in branch.arms if kind and not arm.hits]
    return ((start, -end, kind) for start, end, kind in sorted(spans))


def _flat(spans: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Only what lies in no other."""
    reached = -1
    for start, end, kind in spans:
        if start >= reached:
            yield start, end, kind
            reached = end


def _marks(script: ScriptCoverage) -> Iterator[tuple[int, str]]:
    """What is said in front of an ``if`` that went one way only."""
    for branch in script.branches:
        hits = [bool(arm.hits) for arm in branch.arms]
        if branch.kind == "if" and any(hits) and not all(hits):
            yield branch.start, "never" if hits[1] else "always"


def _text(text: str) -> str:
    """Text for a page; what steers, and is not seen, becomes signs for it: ``␀``, ``[U+202E]``."""
    shown = _STEERING.sub(lambda found: _sign(found[0]), text)
    return escape(shown.replace("\r", "")).encode("utf-8", "replace").decode()


_STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters, of which HTML has few; what turns the direction of text; and ends of lines that are not seen."""


def _sign(char: str) -> str:
    return chr(0x2400 + ord(char)) if char < " " else f"[U+{ord(char):04X}]"
