"""Names for the arrays of `octavo.codecs.columns`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
"""A row of bytes for each payload."""

Rows: TypeAlias = npt.NDArray[np.int64]
"""Numbers of rows."""

Mask: TypeAlias = npt.NDArray[np.bool_]
"""Whether something holds, for each row."""

Array: TypeAlias = npt.NDArray[Any]
"""Values, one for each row."""

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in the data: names of members, indices of items."""
