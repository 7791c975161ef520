"""Values as text, in the style of the value whose place they take."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from octavo._yaml import Span

WIDTH = 100
"""Columns within which a list of plain values stays on one line."""

UNIT = "  "
"""Indentation in a file that has none."""

BYTE = range(256)

_PLAIN = re.compile(r"[A-Za-z_][\w./-]*(?: [\w./-]+)*", re.ASCII)
_MEANS_SOMETHING = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|nan|inf)")
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_HEX = re.compile(r"0x([\da-fA-F]+)")


def as_stood(value: Any, old: Any) -> Any:
    """Bytes as hex, where hex stood in their place; anything else as it is."""
    if not isinstance(old, str) or not _are_bytes(value):
        return value
    text = bytes(value).hex(" ") if " " in old.strip() else bytes(value).hex()
    return text.upper() if re.search("[A-F]", old) else text


def literal(value: Any, text: str, start: int, end: int) -> str:
    """A value for a JSON or JavaScript file.

    Args:
        value: what is to stand there.
        text: the whole file.
        start: first character of the value that stands there.
        end: the character after its last.
    """
    old = text[start:end]
    if "\n" not in old or not isinstance(value, dict | list):
        return _Style.of(old).flow(value)
    style = _Style.of(old, unit=_unit(text))
    line = text[text.rfind("\n", 0, start) + 1 : start]
    margin = line[: len(line) - len(line.lstrip())]
    lines = style.folded(value, margin)
    return lines.replace("\n", "\r\n") if "\r\n" in old else lines


def yaml(value: Any, text: str, span: Span) -> str:
    """A value for a YAML file: in block style where the old one was."""
    old = text[span.start : span.end]
    if not span.block or not value or not isinstance(value, dict | list):
        written = _Yaml(old).flow(value)
        return written if old else f" {written}"
    lines = _Yaml(old).block(value, " " * span.column)
    return lines.replace("\n", "\r\n") if "\r\n" in text else lines


@dataclass(slots=True)
class _Style:
    """How a JavaScript value is written.

    Attributes:
        quote: around texts.
        bare: whether names of members stand without quotes.
        padded: whether there is a space inside braces.
        tight: whether there is none after commas and colons.
        hex: how bytes are written, or "".
        unit: one level of indentation.
        wide: whether lists of plain values have a line for each.
    """

    quote: str = '"'
    bare: bool = False
    padded: bool = False
    tight: bool = False
    hex: str = ""
    unit: str = UNIT
    wide: bool = False

    @classmethod
    def of(cls, old: str, unit: str = UNIT) -> _Style:
        """That of a value that stands somewhere."""
        return cls(
            quote="'" if old.startswith("'") or ("'" in old and '"' not in old) else '"',
            bare=bool(re.match(r"[\[{\s]*[A-Za-z_$][\w$]*\s*:", old)),
            padded=bool(re.match(r"\{ +\S", old)),
            tight=bool(re.search(r'[\d"\]}],[\d"\[{]', old)) and ", " not in old,
            hex=_hex_form(old),
            unit=unit,
            wide=bool(re.search(r"\[\s*\n\s*[-\d\"']", old)),
        )

    def flow(self, value: Any) -> str:
        """A value on one line."""
        comma, colon = (",", ":") if self.tight else (", ", ": ")
        if isinstance(value, dict):
            inner = comma.join(f"{self.name(key)}{colon}{self.flow(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if self.padded and inner else f"{{{inner}}}"
        if isinstance(value, list):
            return f"[{comma.join(self.items(value))}]"
        return self.scalar(value)

    def items(self, values: list[Any]) -> list[str]:
        """The items of a list on one line."""
        if self.hex and _are_bytes(values):
            return [f"0x{value:{self.hex}}" for value in values]
        return [self.flow(value) for value in values]

    def folded(self, value: Any, margin: str) -> str:
        """A value over several lines; the first has no margin."""
        if not isinstance(value, dict | list) or not value or self._fits(value):
            return self.flow(value)
        inner = margin + self.unit
        if isinstance(value, dict):
            parts = [f"{inner}{self.name(key)}: {self.folded(item, inner)}" for key, item in value.items()]
        elif self.hex and _are_bytes(value):
            parts = [f"{inner}{item}" for item in self.items(value)]
        else:
            parts = [f"{inner}{self.folded(item, inner)}" for item in value]
        first, last = "{}" if isinstance(value, dict) else "[]"
        return f"{first}\n" + ",\n".join(parts) + f"\n{margin}{last}"

    def _fits(self, value: Any) -> bool:
        """Whether a list of plain values stays on one line."""
        is_plain = isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)
        return is_plain and not self.wide and len(self.flow(value)) <= WIDTH

    def name(self, key: str) -> str:
        """The name of a member."""
        return key if self.bare and re.fullmatch(r"[A-Za-z_$][\w$]*", key, re.ASCII) else self.scalar(key)

    def scalar(self, value: Any) -> str:
        """A plain value."""
        written = json.dumps(value, ensure_ascii=not _encodable(value))
        if self.quote == '"' or not isinstance(value, str):
            return written
        inner = written[1:-1].replace('\\"', '"').replace("'", "\\'")
        return f"'{inner}'"


class _Yaml:
    """How a YAML value is written.

    Args:
        old: the text of the value that stands somewhere.
    """

    def __init__(self, old: str) -> None:
        self.quote = old[:1] if old[:1] in ("'", '"') else ""
        self.hex = _hex_form(old)

    def flow(self, value: Any) -> str:
        """A value in flow style, on one line."""
        if isinstance(value, dict):
            return f"{{{', '.join(f'{self.text(key)}: {self.flow(item)}' for key, item in value.items())}}}"
        if isinstance(value, list):
            written = [f"0x{item:{self.hex}}" for item in value] if self.hex and _are_bytes(value) else None
            return f"[{', '.join(written or map(self.flow, value))}]"
        return self.scalar(value)

    def block(self, value: Any, margin: str) -> str:
        """A value in block style; the first line has no margin."""
        parts: list[str] = []
        if isinstance(value, dict):
            parts = [f"{self.text(key)}:{self._nested(item, margin)}" for key, item in value.items()]
        else:
            parts = [f"- {self._item(item, margin)}" for item in value]
        return f"\n{margin}".join(parts)

    def _nested(self, value: Any, margin: str) -> str:
        if not value or not isinstance(value, dict | list) or _is_row(value):
            return f" {self.flow(value)}"
        return f"\n{margin}{UNIT}{self.block(value, margin + UNIT)}"

    def _item(self, value: Any, margin: str) -> str:
        if not value or not isinstance(value, dict | list) or _is_row(value):
            return self.flow(value)
        return self.block(value, margin + UNIT)

    def scalar(self, value: Any) -> str:
        """A plain value. A float has a dot, so that readers of YAML 1.1 take it for one, too."""
        if isinstance(value, str):
            return self.text(value)
        written = json.dumps(value)
        return re.sub(r"^(-?\d+)e", r"\1.0e", written) if isinstance(value, float) else written

    def text(self, value: str) -> str:
        """A text, without quotes where no reader would take it for something else."""
        if not self.quote and _PLAIN.fullmatch(value) and not _MEANS_SOMETHING.fullmatch(value):
            return value
        if self.quote == "'" and value.isprintable():
            doubled = value.replace("'", "''")
            return f"'{doubled}'"
        written = json.dumps(value, ensure_ascii=False)
        return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _is_row(value: Any) -> bool:
    """Whether a list holds plain values only: it stays on a line."""
    return isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)


def _are_bytes(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and item in BYTE for item in value)


def _hex_form(old: str) -> str:
    """How the bytes of a list were written, as a format of Python; "" for decimal."""
    found = _HEX.findall(old) if old.startswith("[") else []
    return ("02X" if re.search("[A-F]", "".join(found)) else "02x") if found else ""


def _unit(text: str) -> str:
    """One level of indentation: by how much lines differ at least."""
    margins = re.findall(r"^([ \t]+)\S", text, re.MULTILINE)
    if any("\t" in margin for margin in margins):
        return "\t"
    widths = sorted({0, *map(len, margins)})
    return " " * min((wide - narrow for narrow, wide in pairwise(widths)), default=len(UNIT))


def _encodable(value: Any) -> bool:
    try:
        str(value).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
