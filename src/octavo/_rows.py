"""One value as one line of JSON: what a pipe, a sink and a store are given."""

from __future__ import annotations

import json
import math
from typing import Any

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def dump(record: Any) -> str:
    """Compact JSON; what JSON cannot say (NaN, infinities) is null, a lone surrogate is ``?``."""
    try:
        text = ENCODER.encode(record)
    except ValueError:
        text = ENCODER.encode(_finite(record))
    return sayable(text)


def sayable(text: str) -> str:
    """A text without lone surrogates, which UTF-8 has no bytes for; each is ``?``."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value
