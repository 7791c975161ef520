"""Declarations in files: a ``.py`` that defines ``codec``."""

from __future__ import annotations

import sys
import traceback
import types
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from octavo.codecs._faults import FAULTS
from octavo.codecs.codec import Codec
from octavo.codecs.hints import in_words, missing_comma
from octavo.errors import ContentError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def load_codec(path: Path, name: str) -> Codec:
    """Load a declaration: run the file and take its ``codec``.

    The file is Python and runs with all of Python's powers: trusted code only, never a name that a message
    or a request gives. What it prints goes to stderr: stdout is for results.

    Args:
        path: the ``.py``.
        name: what the codec is called from then on: an id ``vendor/device`` or the path.

    Raises:
        NotFoundError: no such file.
        ContentError: it does not run, defines no ``codec``, or declares what cannot be; with file and line.
    """
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    source = _source(path)
    try:
        program = compile(source, str(path), "exec")
    except FAULTS as error:
        raise _unreadable(error, path) from error
    try:
        with redirect_stdout(sys.stderr):
            exec(program, module.__dict__)  # noqa: S102 - a declaration is a program
    except SystemExit as error:
        message = "it ends the program (SystemExit): a declaration defines codec, and does no more"
        raise ContentError(message, file=str(path), line=_line(error, path)) from error
    except (ContentError, *FAULTS) as error:
        if isinstance(error, ContentError) and error.file:
            raise
        raise _refusal(error, path, source, module.__dict__) from error
    return _codec_of(module, path, name)


def _unreadable(error: BaseException, path: Path) -> ContentError:
    """What is no Python: wrong syntax, null bytes, too deep."""
    if isinstance(error, SyntaxError):
        return ContentError(str(error.msg), file=str(path), line=error.lineno, column=error.offset)
    return ContentError(f"{type(error).__name__}: {error}", file=str(path))


def _refusal(error: BaseException, path: Path, source: str, names: Mapping[str, Any]) -> ContentError:
    """What a file raised while it ran, with the line; a missing comma shows elsewhere, and is told where it belongs."""
    comma = missing_comma(error, source, _at(error, path))
    if comma:
        return ContentError(str(comma), file=str(path), line=comma.line)
    if isinstance(error, ContentError):
        return ContentError(error.message, file=str(path), line=_line(error, path), path=error.path)
    return ContentError(in_words(error, names), file=str(path), line=_line(error, path))


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError("no such declaration", file=str(path)) from error
    except (OSError, UnicodeError) as error:
        raise ContentError(f"cannot be read: {error}", file=str(path)) from error


def _line(error: BaseException, path: Path) -> int | None:
    at = _at(error, path)
    return at.lineno if at else None


def _at(error: BaseException, path: Path) -> traceback.FrameSummary | None:
    """What was running of the file itself: the innermost of a traceback."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return frames[-1] if frames else None


def _codec_of(module: types.ModuleType, path: Path, name: str) -> Codec:
    codec = getattr(module, "codec", None)
    if codec is None:
        raise ContentError("expected the file to define codec, got no such name", file=str(path))
    if not isinstance(codec, Codec):
        raise ContentError(f"expected codec to be a Codec, got {type(codec).__name__}", file=str(path))
    codec.name = name
    return codec
