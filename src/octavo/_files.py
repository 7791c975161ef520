"""Files somebody gave us, and files that we write: the text, or the error that says why there is none."""

from __future__ import annotations

import codecs
import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from octavo.errors import ContentError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator


LOOKED_AT = 64
"""Bytes at the beginning of a file that tell whether it is UTF-16."""


def read_text(path: Path, *, most_bytes: int) -> str:
    """The text of a UTF-8 file, without its byte order mark; ends of lines stay as they are.

    Args:
        path: the file.
        most_bytes: size above which it is refused, unread.

    Raises:
        NotFoundError: there is no such file.
        ContentError: it cannot be read, is too large, or is not UTF-8.
    """
    file = str(path)
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe would be waited for
        raise ContentError("it is no file", file=file)
    try:
        with path.open("rb") as stream:
            content = stream.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise ContentError(f"the file is larger than {most_bytes} bytes", file=file)
        if _is_utf16(content):
            raise ContentError("this is UTF-16: save it as UTF-8", file=file)
        return content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise NotFoundError("there is no such file", file=file) from error
    except OSError as error:
        raise ContentError(f"the file cannot be read: {error.strerror}", file=file) from error
    except UnicodeDecodeError as error:
        message = f"not text: the byte at offset {error.start} is not UTF-8"
        raise ContentError(message, file=file, offset=error.start) from error


def _is_utf16(content: bytes) -> bool:
    """Whether a text is in UTF-16, as its byte order mark tells, or zeros in every other place of its beginning."""
    first, second = content[:LOOKED_AT:2], content[1:LOOKED_AT:2]
    has_zeros = len(content) % 2 == 0 and any(first) != any(second)
    return content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or has_zeros


def replace_file(target: Path, content: bytes) -> None:
    """Write a file as a whole: whoever reads it meanwhile sees the old one or the new one. Its mode stays.

    Args:
        target: the file; of a symbolic link, what it leads to.
        content: what is to be in it.

    Raises:
        OSError: it cannot be written; what was there is there.
    """
    try:
        target = target.resolve()
    except RuntimeError as error:  # what pathlib makes of links that lead to one another
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(target)) from error
    descriptor, name = tempfile.mkstemp(prefix=".octavo-", dir=target.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        if target.exists():
            shutil.copymode(target, new)
        else:
            new.chmod(0o666 & ~_umask())
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def temporary_file(name: str, text: str) -> Iterator[Path]:
    """A text as a file of this name, which is there as long as the context is open."""
    with tempfile.TemporaryDirectory(prefix="octavo-") as folder:
        file = Path(folder) / name
        file.write_text(text, encoding="utf-8")
        yield file


def _umask() -> int:
    """The process's mask; it can be asked for only by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def place_of(path: Path) -> tuple[int, int] | None:
    """Which file lies under a name, by its device and inode; None where there is none, or nobody may look."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
