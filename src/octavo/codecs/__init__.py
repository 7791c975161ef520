"""Declared codecs: payloads described with construct, and CayenneLPP.

A declaration is a tree of layouts (`construct.Struct`, `Bits`, `Tlv` ...) whose leaves are fields (`Scaled`,
`Choice` ...). `Codec` holds one layout per FPort and direction and offers what every device offers.
"""

from octavo.codecs.cayennelpp import FLAVOURS, CayenneLpp
from octavo.codecs.codec import Codec
from octavo.codecs.declaration import children
from octavo.codecs.fields import Bit, Choice, Flag, HexText, Marker, Scaled, Version
from octavo.codecs.layouts import Bits, Case, Literal, Many, Repeat, Tail, Tlv, Variant, Variants
from octavo.codecs.loading import load_codec

__all__ = [
    "FLAVOURS",
    "Bit",
    "Bits",
    "Case",
    "CayenneLpp",
    "Choice",
    "Codec",
    "Flag",
    "HexText",
    "Literal",
    "Many",
    "Marker",
    "Repeat",
    "Scaled",
    "Tail",
    "Tlv",
    "Variant",
    "Variants",
    "Version",
    "children",
    "load_codec",
]
