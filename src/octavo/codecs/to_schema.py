"""The JSON Schema of the data of a declared codec.

What a frame may hold is worked out as alternatives, one for each variant and case, and each becomes an object
schema of its own, closed and with units. Computed members are described, but not required, for who writes data
need not give them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import AnyConstruct, bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.computed import Ago, Computed, Derived
from octavo.codecs.fields import Choice, Field, Flag, FlagSet, Marker, Missing, Scaled
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.reference import parsed, write
from octavo.codecs.samples import corners
from octavo.codecs.samples.values import NOW, allowed
from octavo.codecs.texts import Ascii, HexText, UnixTime, Version
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octavo.codecs.codec import Codec

DRAFT = "https://json-schema.org/draft/2020-12/schema"

MOST_FORMS = 1000
"""Ways in which the members of one object go together: each case multiplies those of the cases before it."""

SHOWN = ("typical", "below zero")
"""Which of the `corners` are in ``examples``."""

BYTE = "(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
"""The decimal numbers from 0 to 255."""

TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z$"


def to_schema(codec: Codec, direction: str = "uplink") -> dict[str, Any]:
    """The schema of what a codec decodes and encodes, as JSON Schema 2020-12.

    One port gives a schema, several give one each in ``$defs`` (``port-2``), which
    `octavo.schemas.DataSchema` chooses from. Units are the keyword ``unit``.

    Args:
        codec: the declaration.
        direction: ``uplink`` or ``downlink``.

    Raises:
        ContentError: nothing is declared in that direction, or a layout has something without a schema.
    """
    layouts = codec.uplink if direction == "uplink" else codec.downlink
    if not layouts:
        raise ContentError(f"{codec.name} declares no {direction}: there is no schema of it", path=direction)
    title = f"{codec.description.partition(':')[0] or codec.name}, {direction}"
    head = {"$schema": DRAFT, "title": title}
    ports = {f_port: _of_port(layout, f"{direction}[{f_port}]") for f_port, layout in layouts.items()}
    if len(ports) == 1:
        return head | next(iter(ports.values()))
    names = [f"port-{f_port}" for f_port in ports]
    return head | {"anyOf": [_reference(name) for name in names], "$defs": _definitions(names, ports.values())}


def _definitions(names: list[str], schemas: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Each schema under its name; one that another port has already refers to that."""
    found: dict[str, Any] = {}
    for name, schema in zip(names, schemas, strict=True):
        same = next((other for other, known in found.items() if known == schema), None)
        found[name] = schema if same is None else _reference(same)
    return found


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _of_port(layout: AnyConstruct, path: str) -> dict[str, Any]:
    samples = (parsed(layout, write(layout, data), 1000 * NOW) for label, data in corners(layout) if label in SHOWN)
    return schema_of(layout, path) | {"examples": list(samples)}


def schema_of(layout: AnyConstruct, path: str = "layout") -> dict[str, Any]:
    """The schema of the data of a layout, of a field or of a list, without its name; with its description.

    Args:
        layout: what the data is read by.
        path: where it stands in the declaration, for errors.

    Raises:
        ContentError: something in it has no schema.
    """
    return _described(layout) | _of_value(bare(layout), path)


def _described(layout: Any) -> dict[str, Any]:
    text = layout.docs or ""
    return {"description": text[:1].upper() + text[1:]} if text else {}


# ---- frames ----


@dataclass(frozen=True, slots=True)
class _Frame:
    """One of the forms that the data of a frame may have.

    Attributes:
        properties: member to its schema.
        required: the members that it must have.
        needs: member to those that must stand beside it.
        patterns: pattern of members to their schema.
        least: how many of the members that are not required it must have.
        left_out: how many of its members it cannot have, because others stand there.
    """

    properties: dict[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    needs: dict[str, list[str]] = field(default_factory=dict)
    patterns: dict[str, Any] = field(default_factory=dict)
    least: int = 0
    left_out: int = 0

    def joined(self, other: _Frame) -> _Frame:
        """A frame with the members of both; what both have is as the other has it."""
        return _Frame(
            self.properties | other.properties,
            tuple(dict.fromkeys((*self.required, *other.required))),
            self.needs | other.needs,
            self.patterns | other.patterns,
            self.least + other.least,
            self.left_out + other.left_out,
        )

    def optional(self) -> _Frame:
        """A frame whose members stand there together or not at all."""
        needs = {name: [other for other in self.required if other != name] for name in self.required}
        return replace(self, required=(), least=0, needs={name: others for name, others in needs.items() if others})

    def schema(self) -> dict[str, Any]:
        """As an object schema."""
        found: dict[str, Any] = {"type": "object", "properties": self.properties}
        if self.patterns:
            found["patternProperties"] = self.patterns
        if self.required:
            found["required"] = list(self.required)
        if self.needs:
            found["dependentRequired"] = self.needs
        if self.least:
            found["minProperties"] = len(self.required) + self.least
        if self.left_out:
            found["maxProperties"] = len(self.properties) - self.left_out
        return found | {"additionalProperties": False}


def _either(frames: list[_Frame]) -> dict[str, Any]:
    """The schema of data that has one of some forms."""
    schemas = list({json.dumps(frame.schema()): frame.schema() for frame in frames}.values())
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _product(frames: list[_Frame], more: list[_Frame]) -> list[_Frame]:
    if len(frames) * len(more) > MOST_FORMS:
        raise ContentError(f"a schema cannot express data of more than {MOST_FORMS} forms; use fewer cases")
    return [frame.joined(other) for frame in frames for other in more]


def _member(layout: AnyConstruct, path: str) -> list[_Frame]:
    """The forms of what a field gives the frame it stands in."""
    if is_merged(layout) or not layout.name:
        return _forms(bare(layout), path)
    required = () if isinstance(bare(layout), Derived) else (layout.name,)
    return [_Frame({layout.name: schema_of(layout, f"{path}.{layout.name}")}, required)]


@singledispatch
def _forms(layout: Any, path: str) -> list[_Frame]:
    """The forms that the members of a layout may have in the frame around it; bytes without a name give none."""
    if isinstance(layout, construct.Const | construct.Padded) or layout is construct.Pass:
        return [_Frame()]
    raise _unknown(layout, "a layout", path)


def _unknown(layout: Any, use: str, path: str) -> ContentError:
    kind = type(layout).__name__
    return ContentError(f"{path}: a schema cannot express {kind}; use {use} of octavo.codecs", path=path)


@_forms.register(construct.Struct)
def _(layout: Any, path: str) -> list[_Frame]:
    return _in_a_row(layout.subcons, path)


@_forms.register(Bits)
def _(layout: Bits, path: str) -> list[_Frame]:
    return _in_a_row(layout.fields, path)


def _in_a_row(layouts: Iterable[AnyConstruct], path: str) -> list[_Frame]:
    frames = [_Frame()]
    for layout in layouts:
        inner = bare(layout)
        frames = _cases(inner, frames, path) if isinstance(inner, Case) else _product(frames, _member(layout, path))
    return frames


def _cases(case: Case, frames: list[_Frame], path: str) -> list[_Frame]:
    """One form for each case, in which the member that tells it is the one value."""
    found = []
    for frame in frames:
        told = frame.properties[case.on]
        for value, layout in case.cases.items():
            tells = _Frame({case.on: {key: told[key] for key in ("description",) if key in told} | {"const": value}})
            found += _product([frame.joined(tells)], _member(layout, path))
    return found


@_forms.register(Tail)
def _(layout: Tail, path: str) -> list[_Frame]:
    frames = [_Frame()]
    before: tuple[str, ...] = ()
    for each in layout.fields:
        (own,) = _member(each, path)
        needs = {name: list(before) for name in own.required if before}
        frames = _product(frames, [replace(own, required=(), needs=needs)])
        before = own.required or before
    return frames


@_forms.register(Tlv)
def _(layout: Tlv, path: str) -> list[_Frame]:
    frame = _Frame()
    for item in layout.items.values():
        frame = frame.joined(_Frame({item.name: schema_of(item, f"{path}.{item.name}")}))
    most = len(layout.items) if layout.maximum is None else min(layout.maximum, len(layout.items))
    return [replace(frame, least=min(layout.minimum, 1), left_out=len(layout.items) - most)]


@_forms.register(Groups)
def _(layout: Groups, path: str) -> list[_Frame]:
    frames = [_Frame()]
    for group in layout.groups.values():
        frames = _product(frames, [form.optional() for form in _member(group, path)])
    return frames


@_forms.register(Variants)
def _(layout: Variants, path: str) -> list[_Frame]:
    return [form for variant in layout.variants for form in _member(variant.layout, path)]


@_forms.register(Literal)
def _(layout: Literal, _path: str) -> list[_Frame]:
    return [_Frame({name: {"const": value} for name, value in layout.data.items()}, tuple(layout.data))]


@_forms.register(Channels)
def _(layout: Channels, path: str) -> list[_Frame]:
    channel = BYTE if layout.last_channel == 0xFF else "(?:0|[1-9][0-9]*)"  # noqa: PLR2004 - of one byte
    found = {f"^{item.name}_{channel}$": schema_of(item, f"{path}.{item.name}") for item in layout.items.values()}
    return [_Frame(patterns=found)]


@_forms.register(Sized)
@_forms.register(Checked)
def _(layout: Any, path: str) -> list[_Frame]:
    return _member(layout.layout, path)


# ---- values ----


@singledispatch
def _of_value(layout: Any, path: str) -> dict[str, Any]:
    """The schema of the value of a field, of a list, or of a frame of its own."""
    return _either(_forms(layout, path))


@_of_value.register(Repeat)
def _(layout: Repeat, path: str) -> dict[str, Any]:
    least = {"minItems": layout.minimum} if layout.minimum else {}
    most = {} if layout.maximum is None else {"maxItems": layout.maximum}
    return {"type": "array", "items": schema_of(layout.subcon, path)} | least | most


@_of_value.register(Many)
def _(layout: Many, path: str) -> dict[str, Any]:
    return {"type": "array", "items": schema_of(layout.subcon, path), "minItems": 1}


@_of_value.register(Field)
def _(layout: Field, path: str) -> dict[str, Any]:
    raise _unknown(layout, "a field", path)


@_of_value.register(Scaled)
def _(layout: Scaled, _path: str) -> dict[str, Any]:
    bounds = _bounds(layout, layout.counts)
    least = bounds[0] if layout.minimum is None else layout.minimum
    most = bounds[1] if layout.maximum is None else layout.maximum
    return {"type": "integer" if layout.is_whole else "number"} | _unit(layout) | _range(least, most)


def _range(least: float | None, most: float | None) -> dict[str, Any]:
    return {name: bound for name, bound in (("minimum", least), ("maximum", most)) if bound is not None}


def _bounds(field: Scaled, counts: tuple[int, int] | None) -> tuple[float | None, float | None]:
    """The least and the greatest value of some counts; None where there is no count."""
    if counts is None:
        return None, None
    low, high = sorted(map(field.value_of, counts))
    return low, high


def _without_markers(missing: Missing, field: Scaled) -> tuple[int, int] | None:
    """The counts whose values are in range, without the markers at their ends; None where none is at one."""
    within = allowed(field)
    if within is None or not any(map(missing.is_marker, within)):
        return None
    low, high = within
    while missing.is_marker(low):
        low += 1
    while missing.is_marker(high):
        high -= 1
    return low, high


@_of_value.register(Missing)
def _(layout: Missing, path: str) -> dict[str, Any]:
    schema = _of_value(layout.field, path)
    if isinstance(layout.field, Scaled):
        schema |= _range(*_bounds(layout.field, _without_markers(layout, layout.field)))
    if "type" in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"enum": [*schema.get("enum", [schema.get("const")]), None]}


@_of_value.register(Choice)
def _(layout: Choice, _path: str) -> dict[str, Any]:
    values = list(layout.names.values())
    if layout.default is not None and layout.default not in values:
        values.append(layout.default)
    if {str(value) for value in values} == {"True", "False"} and all(isinstance(value, bool) for value in values):
        return {"type": "boolean"}
    return {"const": values[0]} if len(values) == 1 else {"enum": values}


@_of_value.register(Flag)
def _(_layout: Flag, _path: str) -> dict[str, Any]:
    return {"type": "boolean"}


@_of_value.register(Marker)
def _(_layout: Marker, _path: str) -> dict[str, Any]:
    return {"const": True}


@_of_value.register(FlagSet)
def _(layout: FlagSet, _path: str) -> dict[str, Any]:
    return {"type": "array", "items": {"enum": list(layout.names.values())}, "uniqueItems": True}


@_of_value.register(HexText)
def _(layout: HexText, _path: str) -> dict[str, Any]:
    digits = "(?:[0-9a-f]{2})*" if layout.count is None else f"[0-9a-f]{{{2 * layout.count}}}"
    return {"type": "string", "pattern": f"^{digits}$"}


@_of_value.register(Ascii)
def _(layout: Ascii, _path: str) -> dict[str, Any]:
    most = {} if layout.count is None else {"maxLength": layout.count}
    return {"type": "string", "pattern": "^[ -~]*$"} | most


@_of_value.register(Version)
def _(layout: Version, _path: str) -> dict[str, Any]:
    digits = "[0-9]+" if layout.base == 10 else "[0-9a-f]+"  # noqa: PLR2004 - decimal
    return {"type": "string", "pattern": "^" + r"\.".join([digits] * len(layout.parts)) + "$"}


@_of_value.register(UnixTime)
@_of_value.register(Ago)
def _(_layout: Any, _path: str) -> dict[str, Any]:
    return {"type": "string", "format": "date-time", "pattern": TIME}


@_of_value.register(Computed)
def _(layout: Computed, _path: str) -> dict[str, Any]:
    return {"type": ["number", "null"]} | _unit(layout)


def _unit(layout: Any) -> dict[str, Any]:
    return {"unit": layout.unit} if layout.unit else {}
