"""JSON files: read into Python, with an error of octavo that names the place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        NotFoundError: there is no such file.
        ContentError: it cannot be read or is not JSON; ``file``, ``line`` and ``column`` say where.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError("no such file", file=str(path)) from error
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror}", file=str(path)) from error
    except json.JSONDecodeError as error:
        raise ContentError(
            f"not JSON: {error.msg}", file=str(path), line=error.lineno, column=error.colno, offset=error.pos
        ) from error
    except (ValueError, RecursionError) as error:
        raise ContentError(f"not JSON: {error}", file=str(path)) from error
