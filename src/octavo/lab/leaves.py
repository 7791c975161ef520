"""Data by its leaves: the values that hold no others, each with its path."""

from __future__ import annotations

import re
from typing import Any

Values = dict[str, Any]

_INDEX = re.compile(r"\[\d+\]")


def leaves(data: Any, *, join_texts: bool = False) -> Values:
    """What data consists of, by path; data that hold nothing are their own leaf, at "".

    Args:
        data: JSON values.
        join_texts: whether a list of texts, such as the names of flags, is one value.

    >>> leaves({"a": {"b": [1, {"c": None}]}, "names": ["x", "y"]}, join_texts=True)
    {'a.b[0]': 1, 'a.b[1].c': None, 'names': ['x', 'y']}
    """
    values: Values = {}
    _put(values, "", data, join_texts)
    return values


def _put(values: Values, path: str, value: Any, join_texts: bool) -> None:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            _put(values, f"{path}.{name}" if path else name, inner, join_texts)
    elif isinstance(value, list) and value and not (join_texts and all(isinstance(each, str) for each in value)):
        for index, inner in enumerate(value):
            _put(values, f"{path}[{index}]", inner, join_texts)
    else:
        values[path] = value


def general(path: str) -> str:
    """A path that stands for all items of a list: ``history[].co2``."""
    return _INDEX.sub("[]", path)


def says(values: Values) -> bool:
    """Whether any of the values is one: not null, and neither an empty text nor an empty list or object."""
    return any(value not in (None, {}, [], "") for value in values.values())
