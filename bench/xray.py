"""An x-ray of a short and of a long payload, beside a bare decoding of as many messages.

python bench/xray.py               # ratios count, absolute figures are this machine's; best of five

The short payload has 11 bytes, as a Dragino LHT65 sends them. The long one has 250, five values of 2 bytes in each ten
of them, and comes near the 242 bytes that the fastest data rates take. The worker has started before the clock does.
Source: LoRaWAN Regional Parameters RP002-1.0.4, section 2.4.6 (EU868, maximum payload size).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from octavo.formatters import Formatter
from octavo.lab.xray.exposing import expose
from octavo.messages import Uplink

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
SHORT = """function decodeUplink(input) {
  var b = input.bytes;
  function signed(n) { return n > 32767 ? n - 65536 : n; }
  return { data: {
    battery: (b[0] << 8 | b[1] & 0x3fff) / 1000,
    temperature: signed(b[2] << 8 | b[3]) / 100,
    humidity: (b[4] << 8 | b[5]) / 10,
    sensor: b[6] & 127,
    external_temperature: signed(b[7] << 8 | b[8]) / 100
  } };
}
"""
LONG = """function decodeUplink(input) {
  var b = input.bytes, values = [];
  for (var i = 0; i + 1 < b.length; i += 2) {
    var n = b[i] << 8 | b[i + 1];
    values.push((n > 32767 ? n - 65536 : n) / 100);
  }
  return { data: { values: values } };
}
"""
CASES = (("11 bytes", SHORT, bytes.fromhex("cbf60b0d0376010add7fff")), ("250 bytes", LONG, bytes(range(250))))


def best(run: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def measure(name: str, script: str, payload: bytes) -> None:
    """Print both figures of a payload."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.js"
        file.write_text(script, encoding="utf-8")
        with Formatter(file, name=name) as formatter:
            asked = expose(formatter, Uplink(payload)).asked
            messages = [(payload, 1)] * asked
            xray = best(lambda: expose(formatter, Uplink(payload)))
            bare = best(lambda: list(formatter.decode_uplinks(messages)))
    print(f"{name:>10}  {asked:6} payloads  x-ray {xray:7.3f} s  bare decoding {bare:7.3f} s  ratio {xray / bare:5.2f}")


def main() -> None:
    """Measure both payloads."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for case in CASES:
        measure(*case)


if __name__ == "__main__":
    main()
