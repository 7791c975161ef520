"""The vocabulary of normalized payloads and the check of measurements against it.

Source: lorawan-stack 3.32.1 ``pkg/messageprocessors/normalizedpayload`` (the ``3.32`` set and every message text);
``lib/payload.json`` of TheThingsNetwork/lorawan-devices and The Things Stack documentation, "Normalized Payload",
2026-04 (the ``union``). Units: the descriptions of ``lib/payload.json``; those of rain, positions and water meters,
which the stored schema lacks, the documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a measurement.

    Attributes:
        kinds: Python types of its JSON value.
        minimum, maximum: inclusive bounds, None where open.
        below: exclusive upper bound.
        one_of: the values an enumeration allows.
        units: the unit, and other ways to write it or a unit of the same size; empty where there is none.
        since: ``3.32`` where that release's parser knows it, else ``later``.
    """

    kinds: tuple[type, ...] = (int, float)
    minimum: float | None = None
    maximum: float | None = None
    below: float | None = None
    one_of: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    since: str = "3.32"

    def is_in(self, unit: str) -> bool:
        """Whether values in a unit are values of the field; True where the vocabulary names no unit."""
        return not self.units or _folded(unit) in map(_folded, self.units)


def _folded(unit: str) -> str:
    return unit.casefold().replace(" ", "")


Tree: TypeAlias = "dict[str, Tree | Field]"

_CELSIUS = ("°C", "℃", "degC", "C", "Cel", "Celsius", "degree Celsius", "degrees Celsius")
_DEGREES = ("°", "deg", "degree", "degrees")
_TEMPERATURE = Field(minimum=-273.15, units=_CELSIUS)
_LATER_TEMPERATURE = Field(minimum=-273.15, units=_CELSIUS, since="later")
_PPM = Field(minimum=0, maximum=1_000_000, units=("ppm", "mg/kg"))

VOCABULARY: Tree = {
    "time": Field(kinds=(str,)),
    "battery": Field(minimum=0, units=("V", "volt", "volts"), since="later"),
    "soil": {
        "depth": Field(minimum=0, units=("cm",)),
        "moisture": Field(minimum=0, maximum=100, units=("%", "%VWC", "%vol", "vol%", "percent")),
        "temperature": _TEMPERATURE,
        "ec": Field(minimum=0, maximum=621, units=("dS/m", "mS/cm")),
        "pH": Field(minimum=0, maximum=14, units=("pH",)),
        "n": _PPM,
        "p": _PPM,
        "k": _PPM,
    },
    "air": {
        "location": Field(kinds=(str,), one_of=("indoor", "outdoor"), since="later"),
        "temperature": _TEMPERATURE,
        "relativeHumidity": Field(minimum=0, maximum=100, units=("%", "%RH", "%r.H.", "percent")),
        "pressure": Field(minimum=900, maximum=1100, units=("hPa", "mbar")),
        "co2": Field(minimum=0, maximum=1_000_000, units=("ppm",)),
        "lightIntensity": Field(minimum=0, units=("lux", "lx")),
    },
    "wind": {
        "speed": Field(minimum=0, units=("m/s",)),
        "direction": Field(minimum=0, below=360, units=_DEGREES),
    },
    "rain": {
        "intensity": Field(minimum=0, units=("mm/h", "mm/hr"), since="later"),
        "cumulative": Field(minimum=0, units=("mm",), since="later"),
    },
    "water": {
        "leak": Field(kinds=(bool, str), since="later"),
        "temperature": dict.fromkeys(("min", "max", "avg", "current"), _LATER_TEMPERATURE),
    },
    "metering": {
        "water": {"total": Field(minimum=0, units=("L", "litre", "litres", "liter", "liters", "dm³"), since="later")}
    },
    "action": {
        "motion": {"detected": Field(kinds=(bool,), since="later"), "count": Field(minimum=0, since="later")},
        "contactState": Field(kinds=(str,), one_of=("open", "closed"), since="later"),
    },
    "position": {
        "latitude": Field(minimum=-90, maximum=90, units=_DEGREES, since="later"),
        "longitude": Field(minimum=-180, maximum=180, units=_DEGREES, since="later"),
    },
}


class MeasurementError(Exception):
    """A measurement that fails the whole list.

    Attributes:
        name: ``unknown_field``, ``field_type`` or ``time_parse``.
        message: the server's text.
        path: the field, dotted.
    """

    def __init__(self, name: str, message: str, path: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.path = path


@dataclass(slots=True)
class Measurement:
    """What is left of one measurement, and the values that were rejected."""

    valid: dict[str, Any]
    rejected: list[str]


def parse_measurements(measurements: list[dict[str, Any]], vocabulary: str = "union") -> list[Measurement]:
    """Check measurements against the vocabulary: ``3.32`` or ``union``.

    Raises:
        MeasurementError: an unknown field, a wrong type or a malformed time anywhere fails the whole list.
    """
    return [_measurement(item, vocabulary) for item in measurements]


def kept(parsed: list[Measurement]) -> tuple[list[dict[str, Any]] | None, list[str]]:
    """What is left of measurements, None for nothing, and a warning for each value that was rejected."""
    valid = [item.valid for item in parsed if item.valid]
    rejected = [f"measurement {n}: {text}" for n, item in enumerate(parsed, 1) for text in item.rejected]
    return valid or None, rejected


def may_be_measurement(data: dict[str, Any]) -> bool:
    """A quick look that spares most decoded payloads the attempt to read them as a measurement."""
    for key in data:  # noqa: SIM110 - a generator costs as much again
        if key not in VOCABULARY:
            return False
    return True


def _measurement(item: dict[str, Any], vocabulary: str) -> Measurement:
    rejected: list[str] = []
    return Measurement(_group(item, VOCABULARY, "", vocabulary, rejected), rejected)


def _group(item: dict[str, Any], fields: Tree, prefix: str, vocabulary: str, rejected: list[str]) -> dict[str, Any]:
    valid: dict[str, Any] = {}
    for key, value in item.items():
        path = f"{prefix}{key}"
        known = fields.get(key)
        if known is None or not _in_vocabulary(known, vocabulary):
            raise MeasurementError("unknown_field", f"unknown field `{path}`", path)
        if isinstance(known, Field):
            problem = _problem(value, known, path)
            if problem is None:
                valid[key] = value
            else:
                rejected.append(f"`{path}` should be {problem}")
        elif not isinstance(value, dict):
            raise MeasurementError("field_type", f"invalid field type of `{path}`", path)
        elif group := _group(value, known, f"{path}.", vocabulary, rejected):
            valid[key] = group
    return valid


def _in_vocabulary(known: Tree | Field, vocabulary: str) -> bool:
    if vocabulary == "union":
        return True
    if isinstance(known, Field):
        return known.since == vocabulary
    return any(_in_vocabulary(field, vocabulary) for field in known.values())


def _problem(value: Any, field: Field, path: str) -> str | None:
    """What is wrong with a value; a wrong type is not only its own problem."""
    if not _is_of(value, field.kinds):
        raise MeasurementError("field_type", f"invalid field type of `{path}`", path)
    if path == "time":
        _check_time(value)
    if field.one_of and value not in field.one_of:
        return "one of " + ", ".join(f"`{item}`" for item in field.one_of)
    if field.minimum is not None and value < field.minimum:
        return f"equal or greater than `{_plain(field.minimum)}`"
    if field.maximum is not None and value > field.maximum:
        return f"equal or less than `{_plain(field.maximum)}`"
    if field.below is not None and value >= field.below:
        return f"less than `{_plain(field.below)}`"
    return None


def _is_of(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _plain(bound: float) -> str:
    return f"{bound:f}".rstrip("0").rstrip(".")


# RFC 3339 as Go's time.RFC3339Nano reads it: upper-case T and Z, a zone, an optional fraction.
_TIME = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.,]\d+)?(Z|[+-]([01]\d|2[0-4]):[0-5]\d)"
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _check_time(text: Any) -> None:
    found = _TIME.fullmatch(text)
    if found is None or not _day_exists(int(found[1]), int(found[2]), int(found[3])):
        raise MeasurementError("time_parse", f'parsing time "{text}" as RFC 3339: it is not such a time', "time")


def _day_exists(year: int, month: int, day: int) -> bool:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= _DAYS[month - 1] and (month != 2 or day <= 28 + leap)  # noqa: PLR2004 - February
