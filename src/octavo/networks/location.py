"""Where a device is, read from its decoded payload."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

GPS_KEY = re.compile(r"gps_[0-9]+")
PAIRS = (
    ("lat", "lon", "alt"),
    ("lat", "lng", "alt"),
    ("lat", "long", "alt"),
    ("latitude", "longitude", "altitude"),
    ("Latitude", "Longitude", "Altitude"),
    ("latitudeDeg", "longitudeDeg", "altitude"),
    ("latitudeDeg", "longitudeDeg", "height"),
    ("gps_lat", "gps_lng", "gps_alt"),
    ("gps_lat", "gps_lng", "gpsalt"),
)
ACCURACIES = ("acc", "accuracy", "hacc")
LATITUDE_MAX, LONGITUDE_MAX = 90, 180


def infer_location(data: Any) -> dict[str, float] | None:
    """The position in a decoded payload, as The Things Stack finds it for ``location_solved``.

    A member ``gps_1`` (any number) holding latitude, longitude and altitude counts first; then the
    first pair of names that both hold numbers, not both 0. What is missing is 0.

    Returns:
        ``latitude`` and ``longitude`` in degrees, ``altitude`` and ``accuracy`` in metres; or None.

    Source: TheThingsNetwork/lorawan-application-payload, location.go, InferLocation.

    >>> infer_location({"gps_1": {"latitude": 52.36, "longitude": 4.88}})
    {'latitude': 52.36, 'longitude': 4.88, 'altitude': 0, 'accuracy': 0}
    """
    if not isinstance(data, dict):
        return None
    return _from_gps(data) or _from_pairs(data)


def _from_gps(data: Mapping[Any, Any]) -> dict[str, float] | None:
    for key, value in data.items():
        if isinstance(key, str) and GPS_KEY.fullmatch(key) and isinstance(value, dict):
            latitude, longitude = _number(value.get("latitude")), _number(value.get("longitude"))
            location = _location(latitude or 0, longitude or 0, _number(value.get("altitude")) or 0, 0)
            if location:
                return location
    return None


def _from_pairs(data: Mapping[Any, Any]) -> dict[str, float] | None:
    for latitude_key, longitude_key, altitude_key in PAIRS:
        if latitude_key not in data:
            continue
        latitude, longitude = _number(data.get(latitude_key)), _number(data.get(longitude_key))
        if latitude is not None and longitude is not None and (latitude or longitude):
            return _location(latitude, longitude, _number(data.get(altitude_key)) or 0, _accuracy(data))
    return None


def _accuracy(data: Mapping[Any, Any]) -> float:
    numbers = (_number(data.get(name)) for name in ACCURACIES)
    return next((number for number in numbers if number is not None), 0)


def _location(latitude: float, longitude: float, altitude: float, accuracy: float) -> dict[str, float] | None:
    values = (latitude, longitude, altitude, accuracy)
    if abs(latitude) > LATITUDE_MAX or abs(longitude) > LONGITUDE_MAX:
        return None
    return dict(zip(("latitude", "longitude", "altitude", "accuracy"), values, strict=True))


def _number(value: Any) -> float | None:
    """A finite number as it stands; JSON knows no other, a boolean is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None
