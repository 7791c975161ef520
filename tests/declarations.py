"""Random declarations, in which every item of the vocabulary comes sooner or later."""

import math
from collections import Counter

import construct
from construct import (
    BytesInteger,
    Const,
    Float16b,
    Float16l,
    Float32b,
    Float32l,
    Float64b,
    Float64l,
    Int8sb,
    Int8ub,
    Int16sb,
    Int16sl,
    Int16ub,
    Int16ul,
    Int24sb,
    Int24sl,
    Int24ub,
    Int24ul,
    Int32sb,
    Int32sl,
    Int32ub,
    Int32ul,
    Int64sb,
    Int64sl,
    Int64ub,
    Int64ul,
    Padding,
    Pass,
    Struct,
    this,
)

from octavo.codecs import (
    Ago,
    Ascii,
    Bcd,
    Bit,
    Bits,
    Case,
    Channels,
    Checked,
    Choice,
    Codec,
    Computed,
    Crc,
    Flag,
    FlagSet,
    Groups,
    HexText,
    Literal,
    Magnitude,
    Many,
    Marker,
    Missing,
    Repeat,
    Scaled,
    Sized,
    Tail,
    Tlv,
    UnixTime,
    Variant,
    Variants,
    Version,
)
from octavo.codecs.numbers import number_of
from octavo.codecs.tree import walk
from octavo.errors import ContentError

UNSIGNED = [
    *(Int8ub, Int16ub, Int16ul, Int24ub, Int24ul, Int32ub, Int32ul),
    *(BytesInteger(size, swapped=swapped) for size in (5, 6) for swapped in (False, True)),
]
SIGNED = [Int8sb, Int16sb, Int16sl, Int24sb, Int24sl, Int32sb, Int32sl]
SIGNED += [BytesInteger(size, signed=True, swapped=swapped) for size in (5, 6) for swapped in (False, True)]
WIDE = [Int64ub, Int64ul, Int64sb, Int64sl, BytesInteger(7), BytesInteger(7, signed=True, swapped=True)]
FLOATS = [Float16b, Float16l, Float32b, Float32l, Float64b, Float64l]
CRCS = [
    Crc(8, 0x07),
    Crc(8, 0x31, 0xFF, reflected=True, xor_out=0x55),
    Crc(16, 0x1021, 0xFFFF),
    Crc(16, 0x8005, 0xFFFF, reflected=True),
    Crc(32, 0x04C11DB7, 0xFFFFFFFF, reflected=True, xor_out=0xFFFFFFFF),
]


class Declarations:
    """Draws declarations.

    Args:
        random: the dice.
    """

    def __init__(self, random):
        self.random = random
        self.met = Counter()
        self.count = 0

    def draw(self):
        """A codec with an uplink and a downlink; what cannot be declared is drawn again."""
        while True:
            uplink, downlink = self.layout(uplink=True), self.layout(uplink=False)
            try:
                codec = Codec(name="test/random", uplink={1: uplink, 2: self.struct(2)}, downlink={3: downlink})
            except ContentError:
                continue
            self.met.update(items_of(codec))
            return codec

    def one_of(self, options):
        return self.random.choice(options)

    def name(self):
        self.count += 1
        return f"m{self.count}"

    # ---- layouts ----

    def layout(self, *, uplink):
        kind = self.random.randrange(8)
        if kind == 0:
            return self.tlv(2)
        if kind == 1:
            return Channels({key: self.name() / self.one_of([self.number, self.struct])(0) for key in self.keys()})
        if kind == 2:
            return self.variants()
        if kind == 3:
            over = self.one_of(["sum", "xor", *CRCS])
            raw = {8: Int8ub, 16: self.one_of([Int16ub, Int16ul]), 32: self.one_of([Int32ub, Int32ul])}
            return Checked(self.struct(2), raw[over.width if isinstance(over, Crc) else self.one_of([8, 16])], over)
        return self.struct(3, time=uplink)

    def struct(self, depth, *, open_end=True, time=False):
        members = []
        for _ in range(self.random.randint(1, 4)):
            members += self.members(depth)
        if time and self.random.randrange(3) == 0:
            age = self.name()
            members += [age / Scaled(self.one_of(UNSIGNED)), self.name() / Ago(this[age] * 60)]
        if open_end and depth and self.random.randrange(2):
            members.append(self.ending(depth - 1))
        return Struct(*members)

    def members(self, depth):
        makers = [self.plain, self.plain, self.bits, self.computed, self.filling]
        if depth:
            makers += [self.case, self.groups, self.sized, self.counted, self.nested, self.shadowed]
        return self.one_of(makers)(depth)

    def plain(self, depth):
        return [self.name() / self.field(depth) * "a member"]

    def filling(self, depth):  # noqa: ARG002 - one signature for all
        return [self.one_of([Padding(self.random.randint(1, 3)), Const(self.random.randbytes(2))])]

    def shadowed(self, depth):  # noqa: ARG002 - as above
        """A member of a frame inside that has the name of one around it."""
        name = self.name()
        inner = Struct(name / Missing(self.scaled(Int8ub), 0), "same" / Computed(this[name] * 2))
        return [name / Scaled(Int8ub), self.name() / self.one_of([inner, Repeat(inner, count=Int8ub, maximum=3)])]

    def nested(self, depth):
        bits = {0: self.name() / self.field(0), 1: self.inner(depth)}
        inner = self.one_of([self.inner(depth), self.inner(depth), Groups(Int8ub, bits), self.variants()])
        return [self.name() / inner]

    def bits(self, depth):  # noqa: ARG002 - as above
        size = self.random.randint(1, 11)
        raw = BytesInteger(size, swapped=self.random.random() < 0.5)
        free, fields = 0, []
        while free < 8 * size and len(fields) < 6:
            width = min(self.random.randint(1, 20), 8 * size - free)
            fields.append(self.name() / self.bit_field(free, width))
            free += width + self.random.randrange(3)
        return [Bits(raw, *fields, msb=self.random.random() < 0.5)]

    def bit_field(self, first, width):
        sign = self.random.randrange(3)
        bit = Bit(first, width, signed=sign == 1 and width > 1, magnitude=sign == 2 and width > 1)
        kind = self.random.randrange(5)
        if kind == 0:
            return bit
        if kind == 1:
            return Flag(bit, inverted=self.random.random() < 0.5)
        if kind == 2 and not bit.signed and not bit.magnitude:
            return Choice(bit, {0: "off", 1: "on"}, default=self.one_of([None, None, "other"]))
        return self.scaled(bit)

    def computed(self, depth):  # noqa: ARG002 - as above
        one, other = self.name(), self.name()
        a, b = this[one], this[other]
        expression = self.one_of(
            [
                a * b + 1,
                (a - b) / 8,
                -a / (b + 3),
                a**3 * 0.25 - b,
                2.5 * a**2,
                a / b,
                a / (b / a),
                1 / (a / (b - b) + 1),
            ]
        )
        decimals = self.one_of([None, None, 0, 2])
        operands = [one / self.number(0), other / Missing(self.scaled(self.one_of(SIGNED[:4])), -1)]
        return [*operands, self.name() / Computed(expression, decimals=decimals)]

    def case(self, depth):
        name = self.name()
        if self.random.randrange(2):
            on = Choice(self.one_of(UNSIGNED[:3]), {0: "none", 1: "one", 7: "two"})
            return [name / on, Case(name, {"none": Pass, "one": self.inner(depth), "two": self.inner(depth)})]
        word = Bits(Int8ub, name / Flag(Bit(3)))
        return [word, Case(name, {True: self.inner(depth), False: self.one_of([Pass, self.inner(depth)])})]

    def inner(self, depth):
        return self.struct(depth - 1, open_end=False)

    def groups(self, depth):
        bits = sorted(self.random.sample(range(8), self.random.randint(1, 4)))
        table = {bit: self.one_of([self.inner, lambda _: self.name() / self.field(0)])(depth) for bit in bits}
        return [Groups(self.one_of([Int8ub, Int16ul]), table)]

    def sized(self, depth):
        return [Sized(Int8ub, self.struct(depth - 1))]

    def counted(self, depth):
        item = self.one_of([self.struct(depth - 1, open_end=False), self.field(0)])
        maximum = self.random.randint(1, 5)
        if self.random.randrange(2):
            return [self.name() / Repeat(item, maximum=maximum, count=Int8ub)]
        told = self.name()
        return [told / Scaled(Int8ub, maximum=6), self.name() / Repeat(item, count=told, maximum=maximum)]

    def ending(self, depth):
        kind = self.random.randrange(6)
        if kind == 0:
            return Tail(*(self.name() / self.field(0) for _ in range(self.random.randint(1, 3))))
        if kind == 1:
            index = Struct("x" / self.number(0), "at" / Computed(this._index * 10 + this.x))
            return self.name() / Repeat(self.one_of([index, self.number(0)]), minimum=self.random.randrange(2))
        if kind == 2:
            return self.tlv(depth)
        if kind == 3:
            return self.name() / self.one_of([HexText(), Ascii(pad=" ")])
        return self.name() / Repeat(self.struct(0, open_end=False), maximum=3)

    def tlv(self, depth):
        items = {key: self.item(depth) for key in self.keys()}
        return Tlv(
            self.one_of([Int8ub, Int16ul]), items, minimum=self.random.randrange(2), maximum=self.one_of([None, 4])
        )

    def keys(self):
        return sorted(self.random.sample(range(1, 250), self.random.randint(1, 4)))

    def item(self, depth):
        kind = self.random.randrange(4)
        if kind == 0:
            return self.name() / Many(self.struct(0, open_end=False))
        if kind == 1:
            return self.name() / self.one_of([Marker(Pass), Marker(Int8ub, written=7)])
        if kind == 2 and depth:
            return self.name() / self.struct(depth - 1, open_end=False)
        return self.name() / self.field(0)

    def variants(self):
        literal = Literal(self.random.randbytes(3), {"all": True, "n": 3})
        one, two = (Struct("kind" / Choice(Int8ub, {n: f"kind{n}"}), *self.members(1)) for n in (1, 2))
        return Variants(
            Variant(literal),
            Variant(one, at=0, mask=0xFF, value=1),
            Variant(two, at=0, mask=0x0F, value=2),
            *([Variant(Struct("raw" / HexText()))] if self.random.randrange(2) else []),
        )

    # ---- fields ----

    def field(self, depth):
        makers = [self.number, self.number, self.missing, self.choice, self.flag, self.flags, self.text, self.version]
        return self.one_of([*makers, self.time])(depth)

    def number(self, depth):  # noqa: ARG002 - as above
        kind = self.random.randrange(10)
        if kind == 0:
            return Scaled(self.one_of(WIDE))
        if kind == 1:
            return Scaled(self.one_of(FLOATS), decimals=self.one_of([None, 0, 3]), step=self.one_of([1, 1, 0.5]))
        if kind == 2:
            return self.scaled(Bcd(self.random.randint(1, 6), big=self.random.random() < 0.5))
        if kind == 3:
            return self.scaled(Magnitude(self.random.randint(1, 4), big=self.random.random() < 0.5))
        return self.scaled(self.one_of(UNSIGNED + SIGNED))

    def scaled(self, raw):
        scale = self.one_of(
            [
                {},
                {"per_unit": self.one_of([2, 10, 100, 1000, 3, 0.1, 7.5])},
                {"step": self.one_of([5, 10, 0.25, 0.1, -1])},
                {"offset": self.one_of([-40, 100, 0.5, 273.15])},
                {"per_unit": 16, "step": 175.72, "offset": -46.85},
                {"per_unit": 10, "offset": -20, "decimals": 1},
                {"per_unit": 3, "decimals": self.one_of([0, 2])},
            ]
        )
        plain = Scaled(raw, unit="u", **scale)
        if self.random.randrange(2) or plain.counts is None:
            return plain
        low, high = plain.counts
        bounds = sorted(plain.value_of(self.random.randint(low, high)) for _ in range(2))
        limits = self.one_of(
            [{"minimum": bounds[0]}, {"maximum": bounds[1]}, {"minimum": bounds[0], "maximum": bounds[1]}]
        )
        return Scaled(raw, unit="u", **scale, **limits)

    def missing(self, depth):  # noqa: ARG002 - as above
        if self.random.randrange(4) == 0:
            return Missing(Scaled(self.one_of(FLOATS)), math.nan)
        raw = self.one_of(UNSIGNED + SIGNED)
        _, high = number_of(raw).counts
        return Missing(self.scaled(raw), *self.one_of([(high,), (high, 0)]))

    def choice(self, depth):  # noqa: ARG002 - as above
        names = self.one_of([{0: "no", 1: "yes"}, {3: 10, 4: 2.5, 200: 0}, {0: False, 255: True}])
        default = self.one_of([None, None, next(iter(names.values()))])
        return Choice(self.one_of([Int8ub, Int16ul, Int24ub]), names, default=default)

    def flag(self, depth):  # noqa: ARG002 - as above
        return Flag(self.one_of([Int8ub, Int16ub]), inverted=self.random.random() < 0.5)

    def flags(self, depth):  # noqa: ARG002 - as above
        bits = self.random.sample(range(8), self.random.randint(1, 5))
        return FlagSet(self.one_of([Int8ub, Int16ul, Int32ub]), {bit: f"flag{bit}" for bit in bits})

    def text(self, depth):  # noqa: ARG002 - as above
        count = self.random.randint(1, 6)
        return self.one_of([HexText(count), Ascii(count, pad=self.one_of(["\0", " "]))])

    def version(self, depth):  # noqa: ARG002 - as above
        return self.one_of([Version(Int16ub, (8, 8), (0, 8)), Version(Int16ul, (8, 8), (4, 4), base=16)])

    def time(self, depth):  # noqa: ARG002 - as above
        return self.one_of([UnixTime(Int32ub), UnixTime(Int32ul, epoch=315_964_800), UnixTime(Int32ub, per_unit=2)])


def items_of(codec):
    """The items of the vocabulary that a declaration has."""
    for layout in [*codec.uplink.values(), *codec.downlink.values()]:
        for each in walk(layout):
            yield type(each).__name__
            raw = getattr(each, "subcon", None)
            number = number_of(raw) if isinstance(raw, construct.Construct) else None
            if number:
                yield f"{number.form}{number.width if number.form == 'float' else ''}"
                yield "signed" if number.signed else "unsigned"
                yield "big-endian" if number.big else "little-endian"
            if getattr(each, "count", None) is not None and isinstance(each, Repeat):
                yield "count by name" if isinstance(each.count, str) else "count before"
            if isinstance(each, Bits):
                yield "bits from the top" if each.msb else "bits from the bottom"
                yield "word of more than 8 bytes" if each.size > 8 else "word"
            if isinstance(each, Checked):
                yield type(each.over).__name__ if isinstance(each.over, Crc) else each.over
