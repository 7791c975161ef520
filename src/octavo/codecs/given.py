"""What a declaration gives to a field or a layout, looked at before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import construct

from octavo.codecs._construct import AnyConstruct, shown
from octavo.errors import ContentError


def layout_given(owner: object, given: Any) -> AnyConstruct:
    """The layout of the number that a field or another layout stands over.

    Args:
        owner: the field or layout.
        given: what it was declared with.

    Raises:
        ContentError: it is no layout.
    """
    if isinstance(given, construct.Construct):
        return given
    raise _wrong(owner, "a number of construct such as Int8ub first", given)


def table_given(owner: object, given: Any, what: str) -> dict[Any, Any]:
    """A table that a field or a layout looks numbers up in.

    Args:
        owner: the field or layout.
        given: what it was declared with.
        what: one row of it: ``number: value``.

    Raises:
        ContentError: it is no mapping.
    """
    if isinstance(given, Mapping):
        return dict(given)
    raise _wrong(owner, f"a table {{{what}}}", given)


def _wrong(owner: object, expected: str, given: Any) -> ContentError:
    return ContentError(f"{type(owner).__name__}: expected {expected}, got {type(given).__name__} {shown(given)}")
