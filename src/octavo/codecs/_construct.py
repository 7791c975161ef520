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


INDEX = "_index"
"""construct's name of an item's index, counted from 0."""


def inside(context: Any, **members: Any) -> Any:
    """The context of a frame inside another's: what is read into it is found by name, before what is around it."""
    kept = {name: context.get(name) for name in ("_params", "_parsing", "_building", "_sizing", "_root", INDEX)}
    return construct.Container(_=context, **(kept | members))


def item_inside(context: Any, index: int) -> Any:
    """The context of an item of a list."""
    return inside(context, **{INDEX: index})


def look_up(context: Any, name: str) -> Any:
    """The member that a name means: of the frame itself, then of those around it; None where none has it (yet)."""
    while context is not None:
        found = _member(context, name)
        if found is not _NONE:
            return found
        context = context.get("_")
    return None


_NONE = object()


def _member(frame: Any, name: str) -> Any:
    if name in frame:
        return frame[name]
    merged = (value for key, value in frame.items() if key.startswith("*") and isinstance(value, dict))
    return next((found for value in merged if (found := _member(value, name)) is not _NONE), _NONE)


def at_end(stream: Any) -> bool:
    """Whether the payload ends here."""
    here = stream.tell()
    more = stream.read(1)
    stream.seek(here)
    return not more


def dotted(path: str) -> str:
    """A path of construct, ``(parsing) -> history -> [1] -> humidity``, as messages print it."""
    names = [name for name in path.split(" -> ")[1:] if not name.startswith("*")]
    return ".".join(names).replace(".[", "[")


def bytes_of(count: int) -> str:
    """So many bytes, as a message says it."""
    return "1 byte" if count == 1 else f"{count} bytes"


def more_bytes(left: bytes) -> str:
    """What stands where the end was expected, as a message says it."""
    return f"{len(left)} more {'byte' if len(left) == 1 else 'bytes'} ({shown(left.hex())})"


class Window:
    """A stream that ends before the one under it does; offsets are those of the payload.

    Args:
        stream: the stream under it.
        end: offset of the byte after its last.
    """

    def __init__(self, stream: Any, end: int) -> None:
        self.stream = stream
        self.end = end

    def read(self, size: int | None = -1) -> bytes:
        """Up to ``size`` bytes, all that are left for -1."""
        left = max(self.end - self.stream.tell(), 0)
        found: bytes = self.stream.read(left if size is None or size < 0 else min(size, left))
        return found

    def tell(self) -> int:
        """The offset of the next byte."""
        here: int = self.stream.tell()
        return here

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to an offset."""
        here: int = self.stream.seek(offset, whence)
        return here


def parse_up_to(con: AnyConstruct, stream: Any, end: int, context: Any, path: str) -> Any:
    """Read a layout that has to end where a part of the payload ends.

    Raises:
        FieldError: it ends before; what is left is told.
    """
    window = Window(stream, end)
    found = parse(con, window, context, path)
    left = window.read()
    if left:
        raise FieldError("the end", more_bytes(left), path)
    return found
