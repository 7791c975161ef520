"""construct with types, and the one exception that octavo's own fields raise inside it.

construct carries no type marks; its stubs are generic where the library itself is not, so the
aliases below name the generic form for the type checker and the plain class at run time.
"""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any, TypeAlias

import construct

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 3, 100, 100, 100

if TYPE_CHECKING:
    AnyConstruct: TypeAlias = construct.Construct[Any, Any]
    AnyAdapter: TypeAlias = construct.Adapter[Any, Any, Any, Any]
    AnySubconstruct: TypeAlias = construct.Subconstruct[Any, Any, Any, Any]
else:
    AnyConstruct = construct.Construct
    AnyAdapter = construct.Adapter
    AnySubconstruct = construct.Subconstruct


class FieldError(construct.ConstructError):
    """A field met a value it does not take.

    Attributes:
        expected: what the field takes, as a noun phrase.
        got: what was found, as a message prints it.
        path: construct's path to the field, ``(parsing) -> history -> [1] -> humidity``.
        place: byte and bit inside the word of a bit field, counted from 0, or None.
    """

    def __init__(self, expected: str, got: str, path: str, place: tuple[int, int] | None = None) -> None:
        super().__init__(f"expected {expected}, got {got}", path)
        self.expected = expected
        self.got = got
        self.place = place


def shown(value: object, limit: int = 60) -> str:
    """A value as a message prints it, cut where it is long or deep."""
    try:
        text = _SHORT.repr(value)
    except ValueError:  # Python prints no whole number of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def bare(con: AnyConstruct) -> AnyConstruct:
    """What stands under the name and the documentation of a field."""
    while isinstance(con, construct.Renamed):
        con = con.subcon
    return con


def is_merged(con: AnyConstruct) -> bool:
    """Whether the members of a layout belong to the frame around it (see `Merged`)."""
    return (con.name or "").startswith("*")


def parse(con: AnyConstruct, stream: Any, context: Any, path: str) -> Any:
    """Read one layout out of the stream that the layout around it reads."""
    return con._parsereport(stream, context, path)  # noqa: SLF001 - how construct nests layouts


def build(con: AnyConstruct, obj: Any, stream: Any, context: Any, path: str) -> None:
    """Write one layout into the stream that the layout around it writes."""
    con._build(obj, stream, context, path)  # noqa: SLF001 - how construct nests layouts


def members_to_build(obj: Any, context: Any) -> Any:
    """The members to write: the object itself, or those of the frame around a merged layout."""
    source = context if obj is None else obj
    return {name: value for name, value in source.items() if not name.startswith(("_", "*"))}


def at_end(stream: Any) -> bool:
    """Whether the payload ends here."""
    here = stream.tell()
    more = stream.read(1)
    stream.seek(here)
    return not more


def integer_range(con: AnyConstruct) -> tuple[int, int] | None:
    """The least and the greatest whole number a raw field holds, or None where it holds no whole number."""
    con = bare(con)
    if isinstance(con, construct.FormatField):
        letter = con.fmtstr[-1]
        return _range(8 * con.length, signed=letter.islower()) if letter.lower() in "bhlq" else None
    if isinstance(con, construct.BytesInteger | construct.BitsInteger):
        unit = 8 if isinstance(con, construct.BytesInteger) else 1
        return _range(unit * con.length, signed=con.signed) if isinstance(con.length, int) else None
    width, signed = getattr(con, "width", None), getattr(con, "signed", False)  # a Bit
    return _range(width, signed=signed) if width else None


def _range(width: int, *, signed: bool) -> tuple[int, int]:
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
