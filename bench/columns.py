"""A million messages in columns, and one message alone, beside construct and numpy written by hand.

python bench/columns.py            # ratios count, absolute figures are this machine's; best of five

The frame has 11 bytes, as a Dragino LHT65 sends them: a word of two bit fields, three counts with a scale, two of
them with a range, a byte, padding. Everyone reads, scales and checks the same. "construct" is construct's own
parse of the declaration, fields and all; "plain" is construct's parse of the bare numbers, nothing scaled.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from construct import Int8ub, Int16sb, Int16ub, Padding, Struct

from octavo.codecs import Bit, Bits, Choice, Codec, Scaled, load_codec
from octavo.codecs.quick import quick_reader

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
WIDTH = 11
PORT = 2
SHIPPED = Path(__file__).parents[1] / "codecs" / "dragino" / "lht65.py"
COLDEST, HOTTEST, WETTEST = -100, 200, 100
STATUS = {0: "ultra_low", 1: "low", 2: "ok", 3: "good"}
FRAME = bytes.fromhex("cbf60b0d0376010add7fff")

FIXED = Codec(
    name="bench/fixed",
    uplink={
        PORT: Struct(
            Bits(
                Int16ub,
                "battery_voltage" / Scaled(Bit(0, 14), per_unit=1000),
                "battery_status" / Choice(Bit(14, 2), STATUS),
            ),
            "temperature" / Scaled(Int16sb, per_unit=100, minimum=COLDEST, maximum=HOTTEST),
            "humidity" / Scaled(Int16ub, per_unit=10, maximum=WETTEST),
            "external_sensor" / Scaled(Int8ub),
            "external_temperature" / Scaled(Int16sb, per_unit=100),
            Padding(2),
        )
    },
)
PLAIN = Struct(
    "battery" / Int16ub,
    "temperature" / Int16sb,
    "humidity" / Int16ub,
    "external_sensor" / Int8ub,
    "external_temperature" / Int16sb,
    Padding(2),
)


def best(run: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Seconds of the fastest round; what a round made is given back before the next."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        made = run()
        times.append(time.perf_counter() - start)
        del made
    return min(times)


def each(run: Callable[[], Any], count: int = 3000) -> float:
    """Seconds of one of many calls."""

    def many() -> None:
        for _ in range(count):
            run()

    return best(many) / count


def messages(count: int) -> Any:
    """Frames that fit, of which one in a thousand is out of range."""
    dice = np.random.default_rng(4)
    matrix = dice.integers(0, 256, (count, WIDTH), dtype=np.uint8)
    matrix[:, 2] = dice.integers(0, 0x20, count)
    matrix[:, 4] = 1
    matrix[::1000, 4] = 0xFF
    matrix[:, 6] = 1
    return matrix


def by_hand(matrix: Any) -> Any:
    """What someone who knows numpy writes for the same frame."""

    def column(kind: str, at: int) -> Any:
        return np.ndarray(len(matrix), kind, matrix, at, (WIDTH,))

    battery = column(">u2", 0)
    voltage, status = (battery & 0x3FFF) / 1000, (battery >> 14).astype(np.int32)
    temperature, humidity = column(">i2", 2) / 100, column(">u2", 4) / 10
    sensor, external = matrix[:, 6].astype(np.int64), column(">i2", 7) / 100
    valid = (temperature >= COLDEST) & (temperature <= HOTTEST) & (humidity <= WETTEST)
    return voltage, status, temperature, humidity, sensor, external, valid


def show(rows: list[tuple[str, float]], rulers: dict[str, float]) -> None:
    print(f"{'':34}{'ns/message':>12}" + "".join(f"{name:>16}" for name in rulers))
    for name, seconds in rows:
        ratios = "".join(f"{ruler / seconds:14.1f} x" for ruler in rulers.values())
        print(f"{name:34}{seconds * 1e9:12.1f}{ratios}")


def batch(count: int) -> None:
    matrix = messages(count)
    rows = [row.tobytes() for row in matrix]
    arrow = pa.array(rows, pa.binary())
    hand = best(lambda: by_hand(matrix)) / count
    plain = each(lambda: PLAIN.parse(FRAME))
    for codec in (FIXED, load_codec(SHIPPED, "dragino/lht65")):
        assert codec.decode_columns(matrix).vectorised
        timed = [("numpy by hand, contiguous", hand)]
        for kind, payloads in (("contiguous", matrix), ("Arrow", arrow), ("list of bytes", rows)):
            seconds = best(lambda codec=codec, payloads=payloads: codec.decode_columns(payloads))
            timed.append((f"{codec.name}, {kind}", seconds / count))
        construct = each(lambda codec=codec: codec.uplink[PORT].parse(FRAME))
        show(timed, {"construct": construct, "plain": plain, "by hand": hand})


def single() -> None:
    reader = quick_reader(FIXED.uplink[PORT])
    assert reader is not None
    compiled = PLAIN.compile()
    rulers = {"plain": each(lambda: PLAIN.parse(FRAME)), "compiled": each(lambda: compiled.parse(FRAME))}
    timed = [
        ("construct, plain numbers", rulers["plain"]),
        ("construct, plain numbers, compiled", rulers["compiled"]),
        ("construct, the declaration", each(lambda: FIXED.uplink[PORT].parse(FRAME))),
        ("codec.decode_uplink", each(lambda: FIXED.decode_uplink(FRAME, PORT))),
        ("the reader alone", each(lambda: reader(FRAME, None))),
    ]
    show(timed, rulers)


def main() -> None:
    parser = argparse.ArgumentParser(description="columns and single messages beside construct and numpy")
    parser.add_argument("--count", type=int, default=1_000_000)
    count = parser.parse_args().count
    print(f"{count} messages of {WIDTH} bytes, best of {ROUNDS}")
    batch(count)
    print("\none message")
    single()


if __name__ == "__main__":
    main()
