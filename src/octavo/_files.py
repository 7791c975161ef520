"""The text of a file somebody gave us, or the error that says why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.errors import ContentError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path


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
        return content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise NotFoundError("there is no such file", file=file) from error
    except OSError as error:
        raise ContentError(f"the file cannot be read: {error.strerror}", file=file) from error
    except UnicodeDecodeError as error:
        message = f"not text: the byte at offset {error.start} is not UTF-8"
        raise ContentError(message, file=file, offset=error.start) from error
