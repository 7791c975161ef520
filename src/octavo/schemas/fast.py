"""jsonschema-rs, where it is installed (``pip install "octavo[fast]"``): a quick yes for good data.

It only ever says that data is good. For anything else jsonschema looks again and words the findings.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


def quick_check(dialect: str, uri: str, document: dict[str, Any], at: str) -> Callable[[Any], bool] | None:
    """A function that says whether a value fits a schema, or None where there is no such library.

    Args:
        dialect: class name in jsonschema, such as ``Draft7Validator``; jsonschema-rs has the same.
        uri: name of the document.
        document: the schema document.
        at: JSON Pointer to the schema in it.
    """
    if find_spec("jsonschema_rs") is None:
        return None
    library = import_module("jsonschema_rs")
    try:
        registry = library.Registry([(uri, document)], retriever=_refuse)
        validator = getattr(library, dialect)({"$ref": f"{uri}#{at}"}, registry=registry)
    except (library.ValidationError, library.ReferencingError, ValueError):
        return None

    def quick(value: Any) -> bool:
        try:
            return bool(validator.is_valid(value))
        except ValueError:  # text it cannot encode, numbers it cannot hold
            return False

    return quick


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched")
