"""Where the content that comes with octavo lies: ``formatters``, ``codecs`` and ``schemas``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def root() -> Path:
    """The folder that holds ``formatters``, ``codecs`` and ``schemas``.

    In an installed wheel that is ``octavo/_shipped``; in a checkout or an editable install it is
    the top of the repository.
    """
    inside = Path(str(files(__package__).joinpath("_shipped")))
    return inside if inside.is_dir() else Path(__file__).parents[2]
