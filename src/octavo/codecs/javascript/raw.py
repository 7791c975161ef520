"""Raw numbers: the expressions that read them, and the statements that write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.codecs.javascript.literals import enclosed, hexadecimal, number
from octavo.codecs.numbers import Number, number_of
from octavo.errors import ContentError

if TYPE_CHECKING:
    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.javascript.script import Body
    from octavo.codecs.layouts import Bits

WORD = 4
"""Most bytes of a word that JavaScript's operators on bits take; a longer one is a list of bytes."""

READ = {"magnitude": "magnitude", "bcd": "decimal", "float": "floating"}
PUT = {"integer": "put", "magnitude": "putMagnitude", "bcd": "putDecimal", "float": "putFloating"}


def of_field(raw: AnyConstruct, body: Body, word: Bits | None = None) -> Number:
    """How the raw number of a field stands on the wire.

    Raises:
        ContentError: it is a number that only construct knows.
    """
    found = number_of(raw, word)
    if found is None:
        raise unknown(raw, body.where)
    return found


def unknown(layout: object, where: str) -> ContentError:
    """The error of a layout that the script cannot have."""
    return ContentError(
        f"{where}: JavaScript cannot express {type(layout).__name__}; use the numbers of construct"
        " (Int8ub to Int64sl, BytesInteger, Float16b to Float64l), Struct, Const of bytes, Padding, Pass,"
        " and the fields and layouts of octavo.codecs",
        path=where,
    )


def reading(raw: Number, name: str) -> str:
    """The expression that reads a number."""
    if raw.form.startswith("bits"):
        return _bits_read(raw)
    kind = READ.get(raw.form) or ("signed" if raw.signed else "unsigned")
    return f"{kind}{order(raw)}(frame, {name}, {raw.size})"


def writing(raw: Number, count: str) -> list[str]:
    """The statements that write a number."""
    if raw.form.startswith("bits"):
        return _bits_written(raw, count)
    return [f"{PUT[raw.form]}{order(raw)}(frame, {count}, {raw.size});"]


def order(raw: Number) -> str:
    """How the names of functions for little-endian numbers end."""
    return "" if raw.big or raw.size == 1 else "Little"


def _bits_read(raw: Number) -> str:
    if raw.size > WORD:
        kind = "bitsMagnitude" if raw.form == "bits-magnitude" else "bitsTwosComplement" if raw.signed else "bits"
        return f"{kind}(word, {raw.first}, {raw.width})"
    if raw.form == "bits-magnitude":
        return f"magnitudeBits({_range(raw)}, {raw.width})"
    return f"signedBits({_range(raw)}, {raw.width})" if raw.signed else _range(raw)


def _range(raw: Number) -> str:
    """The bits of a word, as a number without a sign."""
    whole = 8 * raw.size
    if raw.width == whole:
        return "word"
    shift = ">>>" if whole == 8 * WORD else ">>"
    moved = f"word {shift} {raw.first}" if raw.first else "word"
    if raw.first + raw.width == whole:
        return moved
    return f"{moved} & {hexadecimal((1 << raw.width) - 1, 1)}"


def flag_bit(raw: Number) -> str | None:
    """The single bit of a word that a number is, in its place; None for other numbers."""
    if raw.form == "bits" and raw.size <= WORD and raw.width == 1:
        return f"word & {hexadecimal(1 << raw.first, raw.size)}"
    return None


def _bits_written(raw: Number, count: str) -> list[str]:
    if raw.size > WORD:
        if raw.form == "bits-magnitude":
            top = raw.first + raw.width - 1
            return [
                f"setBits(word, {raw.first}, {raw.width - 1}, Math.abs({count}));",
                f"setBits(word, {top}, 1, {enclosed(count)} < 0 ? 1 : 0);",
            ]
        return [f"setBits(word, {raw.first}, {raw.width}, {count});"]
    held = f"signBit({count}, {raw.width})" if raw.form == "bits-magnitude" else _unsigned(raw, count)
    place = f" * {hexadecimal(1 << raw.first, raw.size)}" if raw.first else ""
    return [f"word += {enclosed(held) if place else held}{place};"]


def _unsigned(raw: Number, count: str) -> str:
    if not raw.signed:
        return count
    if raw.width == 8 * WORD:
        return f"{enclosed(count)} >>> 0"
    return f"{enclosed(count)} & {hexadecimal((1 << raw.width) - 1, 1)}"


def word_read(word: Bits, first: str) -> str:
    """The expression that reads the word of some bits; a long one is a list of bytes, the least significant first."""
    raw = number_of(word.raw)
    if word.size > WORD or raw is None:
        return f"taken(frame, {first}, {word.size}){'.reverse()' if word.big else ''}"
    return reading(raw, first)


def word_begun(word: Bits) -> str:
    """The word before any of its bits is written."""
    if word.size <= WORD:
        return number(word.written)
    return f"[{', '.join(str(byte) for byte in word.written.to_bytes(word.size, 'little'))}]"


def word_written(word: Bits) -> str:
    """The statement that writes a word."""
    raw = number_of(word.raw)
    if word.size > WORD or raw is None:
        return f"append(frame, word{'.reverse()' if word.big else ''});"
    return writing(raw, "word")[0]


def has_bit(mask: str, bit: int, size: int) -> str:
    """The condition that a bit of a mask is set."""
    if size <= WORD:
        return f"{mask} & {hexadecimal(1 << bit, size)}"
    return f"Math.floor({mask} / {number(2**bit)}) % 2"


def no_bits_but(mask: str, known: int, width: int) -> str | None:
    """The condition that a number has no bit but these; None where it cannot have another."""
    other = (1 << width) - 1 & ~known
    if not other:
        return None
    low, high = other & 0xFFFFFFFF, other >> 32
    conditions = [f"({mask} & {hexadecimal(low, 1)}) === 0"] if low else []
    conditions += [f"(Math.floor({mask} / 4294967296) & {hexadecimal(high, 1)}) === 0"] if high else []
    return " && ".join(conditions)


def bits_place(raw: Number) -> str:
    """The byte and the bit at which an error about a range of bits points, as arguments."""
    byte, bit = divmod(raw.first, 8)
    return f"{raw.size - 1 - byte if raw.big else byte}, {bit}"
