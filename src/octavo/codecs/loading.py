"""Declarations in files: a ``.py`` that defines ``codec``."""

from __future__ import annotations

import traceback
import types
from typing import TYPE_CHECKING

from octavo.codecs._faults import FAULTS
from octavo.codecs.codec import Codec
from octavo.errors import ContentError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path


def load_codec(path: Path, name: str) -> Codec:
    """Load a declaration: run the file and take its ``codec``.

    The file is Python and runs with all of Python's powers: trusted code only, never a name that a message
    or a request gives.

    Args:
        path: the ``.py``.
        name: what the codec is called from then on: an id ``vendor/device`` or the path.

    Raises:
        NotFoundError: no such file.
        ContentError: it does not run, defines no ``codec``, or declares what cannot be; with file and line.
    """
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    try:
        exec(compile(_source(path), str(path), "exec"), module.__dict__)  # noqa: S102 - a declaration is a program
    except ContentError as error:
        if error.file:
            raise
        raise ContentError(error.message, file=str(path), line=_line(error, path), path=error.path) from error
    except SyntaxError as error:
        raise ContentError(str(error.msg), file=str(path), line=error.lineno, column=error.offset) from error
    except SystemExit as error:
        message = "it ends the program (SystemExit): a declaration defines codec, and does no more"
        raise ContentError(message, file=str(path), line=_line(error, path)) from error
    except FAULTS as error:
        message = f"{type(error).__name__}: {error}".rstrip(": ")
        raise ContentError(message, file=str(path), line=_line(error, path)) from error
    return _codec_of(module, path, name)


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError("no such declaration", file=str(path)) from error
    except (OSError, UnicodeError) as error:
        raise ContentError(f"cannot be read: {error}", file=str(path)) from error


def _line(error: BaseException, path: Path) -> int | None:
    """The innermost line of the file itself in a traceback."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None


def _codec_of(module: types.ModuleType, path: Path, name: str) -> Codec:
    codec = getattr(module, "codec", None)
    if codec is None:
        raise ContentError("expected the file to define codec, got no such name", file=str(path))
    if not isinstance(codec, Codec):
        raise ContentError(f"expected codec to be a Codec, got {type(codec).__name__}", file=str(path))
    codec.name = name
    return codec
