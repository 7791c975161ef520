"""One readable ES5 file from a declaration, for every network at once.

Source of the functions that networks call: The Things Stack documentation, "Payload Formatters"; chirpstack
``chirpstack/src/codec``; chirpstack-application-server ``internal/codec``; ttn ``core/handler``; LoRa Alliance TS013.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.codecs.javascript.entries import decoding, encoding, normalizing
from octavo.codecs.javascript.helpers import used_by
from octavo.codecs.javascript.literals import comment
from octavo.codecs.javascript.reading import read_port
from octavo.codecs.javascript.script import Script
from octavo.codecs.javascript.writing import write_port

if TYPE_CHECKING:
    from octavo.codecs.codec import Codec

HEADER = """\
{about}
//
// Made from the declaration {name}: change that, not this file. It runs on The Things Stack, ChirpStack v4
// and v3, The Things Network v2, ThingPark X and runners of TS013.
"""

SHARED = "// ---- what reads and writes ----\n\n"

LARGEST_SCRIPT = 40_960
"""Bytes. Source: The Things Stack 3.34, ``as.formatters.max-parameter-length``; 3.35 takes 65 536."""


def to_javascript(codec: Codec) -> str:
    """The script that decodes and encodes what a declared codec does, with the same errors.

    Where it would be larger than `LARGEST_SCRIPT`, comments are left out: first those of the functions that every
    script shares, then those of the members.

    Raises:
        ContentError: the declaration has what JavaScript cannot express; ``path`` is the field.
    """
    own = _own(codec, Script())
    script = f"{own}{used_by(own)}"
    if len(script.encode()) > LARGEST_SCRIPT:
        script = f"{own}{used_by(own, commented=False)}"
    if len(script.encode()) > LARGEST_SCRIPT:
        own = _own(codec, Script(commented=False))
        script = f"{own}{used_by(own, commented=False)}"
    return script


def _own(codec: Codec, script: Script) -> str:
    """What is the device's own, above what every script shares."""
    uplinks = {port: read_port(layout, script, "Uplink", port) for port, layout in codec.uplink.items()}
    downlinks = {port: read_port(layout, script, "Downlink", port) for port, layout in codec.downlink.items()}
    written = {port: write_port(layout, script, port) for port, layout in codec.downlink.items()}
    entries = [*decoding(uplinks, downlinks), *encoding(codec.downlink, written), *normalizing(codec.uplink)]
    header = HEADER.format(about=comment(codec.description or codec.name), name=codec.name)
    parts = [header, script.tables_text(), *entries, script.functions_text(), SHARED]
    return "\n".join(part for part in parts if part)
