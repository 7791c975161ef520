"""Declared codecs: payloads described with construct, and CayenneLPP.

A declaration is a tree of layouts (`construct.Struct`, `Bits`, `Tlv` ...) whose leaves are fields (`Scaled`,
`Choice` ...). `Codec` holds one layout per FPort and direction and offers what every device offers.
"""

from octavo.codecs.alternatives import Case, Literal, Variant, Variants
from octavo.codecs.cayennelpp import FLAVOURS, CayenneLpp
from octavo.codecs.checksums import Crc
from octavo.codecs.codec import Codec
from octavo.codecs.computed import Ago, Computed
from octavo.codecs.fields import Choice, Flag, FlagSet, Marker, Missing, Scaled
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.loading import load_codec
from octavo.codecs.numbers import Bcd, Bit, Magnitude
from octavo.codecs.texts import Ascii, HexText, UnixTime, Version
from octavo.codecs.tree import children

__all__ = [
    "FLAVOURS",
    "Ago",
    "Ascii",
    "Bcd",
    "Bit",
    "Bits",
    "Case",
    "CayenneLpp",
    "Channels",
    "Checked",
    "Choice",
    "Codec",
    "Computed",
    "Crc",
    "Flag",
    "FlagSet",
    "Groups",
    "HexText",
    "Literal",
    "Magnitude",
    "Many",
    "Marker",
    "Missing",
    "Repeat",
    "Scaled",
    "Sized",
    "Tail",
    "Tlv",
    "UnixTime",
    "Variant",
    "Variants",
    "Version",
    "children",
    "load_codec",
]
