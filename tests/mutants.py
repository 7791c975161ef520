"""Formatters with one mistake each, made from clean ones: such mistakes as people make.

A mutant is drawn by its kind: sign (a number below zero is read as above), width (a mask loses its top bit), shift (by
one bit less), order (two bytes change places), length (a check of the payload's length never fails).
"""

import random
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

from octavo._syntax import parse, text_of, walk
from octavo.examples import run_all, sources
from octavo.lab.check import check
from octavo.lab.subjects import Subject, subjects

SHIFTS = ("<<", ">>", ">>>")
JOINING = ("|", "+")
BYTE = 0x100
PAYLOAD_LENGTH = re.compile(r"\b(?:b|bytes)\.length")


@dataclass(frozen=True)
class Mutant:
    """A script in which one place is changed.

    Attributes:
        script: the clean one.
        kind: what kind of mistake it is.
        line: where, from 1.
        before: what stood there.
        after: what stands there now.
        text: the whole script.
    """

    script: Path
    kind: str
    line: int
    before: str
    after: str
    text: str

    def __str__(self):
        return f"{self.script.parent.name}/{self.script.name}:{self.line} {self.kind}: {self.before} -> {self.after}"


def drawn(scripts, count, seed):
    """Mutants of scripts: of each kind as many, as far as there are; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a choice that is the same in every run
    of_kind = {}
    for mutant in chain.from_iterable(mutants(script) for script in sorted(scripts)):
        of_kind.setdefault(mutant.kind, []).append(mutant)
    shuffled = [chance.sample(of_kind[kind], len(of_kind[kind])) for kind in sorted(of_kind)]
    in_turn = chain.from_iterable(zip_longest(*shuffled))
    return [mutant for mutant in in_turn if mutant is not None][:count]


def mutants(script):
    """Every mutant of a script, in the order of its text."""
    source = script.read_bytes()
    for node in walk(parse(source), but_in={"throw_statement"}):  # the words of an error are no matter
        for kind, (place, after) in CHANGES.get(node.type, lambda _: ())(node):
            before = source[place.start_byte : place.end_byte].decode()
            text = source[: place.start_byte] + after.encode() + source[place.end_byte :]
            yield Mutant(script, kind, place.start_point[0] + 1, flat(before), flat(after), text.decode())


def flat(text):
    return " ".join(text.split())


def number(node):
    """The whole number that a node is, or None."""
    if node is None or node.type != "number":
        return None
    try:
        return int(text_of(node), 0)
    except ValueError:
        return None


def is_power(value, least):
    return value is not None and value >= least and value & (value - 1) == 0


def bare(node):
    """What brackets hold."""
    return bare(node.named_children[0]) if node.type == "parenthesized_expression" else node


def operator(node):
    found = node.child_by_field_name("operator") if node.type == "binary_expression" else None
    return text_of(found) if found else ""


def of_conditional(node):
    """``value > 0x7fff ? value - 0x10000 : value``."""
    taken = bare(node.child_by_field_name("consequence"))
    if operator(taken) == "-" and is_power(number(taken.child_by_field_name("right")), 0x80):
        yield "sign", (node, text_of(node.child_by_field_name("alternative")))


def of_assignment(node):
    """``value -= 0x10000``."""
    right = node.child_by_field_name("right")
    if text_of(node.child_by_field_name("operator")) == "-=" and is_power(number(right), 0x80):
        yield "sign", (right, "0")


def of_operation(node):
    """Shifts, masks, factors, and what puts bytes together."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    sign, count = operator(node), number(right)
    if sign == ">>" and operator(bare(left)) == "<<":
        yield "sign", (node.child_by_field_name("operator"), ">>>")
    if sign in SHIFTS and count:
        yield "shift", (right, str(count - 1))
    if sign == "*" and is_power(count, BYTE):
        yield "shift", (right, hex(count >> 1))
    if sign == "&" and count is not None and count > 1 and is_power(count + 1, 1):
        yield "width", (right, hex(count >> 1))
    if sign in JOINING and (swapped := exchanged(node, left, right)):
        yield "order", (node, swapped)


def exchanged(node, left, right):
    """The same with the places of its two reads exchanged, or None where there are no two."""
    reads = [[each for each in walk(side) if place_of(each) is not None] for side in (left, right)]
    if [len(found) for found in reads] != [1, 1]:
        return None
    first, second = (place_of(found[0]) for found in reads)
    if head_of(reads[0][0]) != head_of(reads[1][0]) or text_of(first) == text_of(second):
        return None
    text, start = node.text, node.start_byte
    parts = (
        text[: first.start_byte - start],
        second.text,
        text[first.end_byte - start : second.start_byte - start],
        first.text,
        text[second.end_byte - start :],
    )
    return b"".join(parts).decode()


def place_of(node):
    """Where a read takes its bytes from: ``at`` in ``b[at]`` and in ``uint16(b, at)``."""
    if node.type == "subscript_expression":
        return node.child_by_field_name("index")
    if node.type != "call_expression":
        return None
    given = node.child_by_field_name("arguments").named_children
    return given[1] if len(given) == 2 and given[0].type == "identifier" else None


def head_of(node):
    return text_of(node.named_children[0])


def of_condition(node):
    """``if (b.length !== 11) throw ...``."""
    condition = node.child_by_field_name("condition")
    refuses = any(
        each.type == "throw_statement" or text_of(each) == "errors"
        for each in walk(node.child_by_field_name("consequence"))
    )
    if refuses and PAYLOAD_LENGTH.search(text_of(condition)):
        yield "length", (condition, "(false)")


CHANGES = {
    "ternary_expression": of_conditional,
    "augmented_assignment_expression": of_assignment,
    "binary_expression": of_operation,
    "if_statement": of_condition,
}


@contextmanager
def planted(mutant):
    """The file to examine of a device whose script is a mutant: its codec YAML, where it has one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "formatters" / mutant.script.parent.name
        shutil.copytree(mutant.script.parent, folder)
        (folder / mutant.script.name).write_text(mutant.text, encoding="utf-8")
        yield folder / mutant.script.with_suffix(".yaml").name


def fails(file):
    """Whether an example of a device fails."""
    rows = chain.from_iterable(rows for _, rows in run_all(sources(str(file))))
    return any(row.outcome in {"failed", "error"} for row in rows)


def is_found_out(file):
    """Whether an examination finds something wrong with a device."""
    (subject,) = (each for each in subjects(str(file)) if isinstance(each, Subject))
    return bool(check(subject))
