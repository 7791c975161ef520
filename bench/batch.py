"""Batch speed, one worker, isolation on, beside a fresh QuickJS context and one mini-racer call per message.

python bench/batch.py            # all in one run; ratios count, absolute figures are this machine's
python bench/batch.py --alone    # one warm message alone, and 64 concurrent callers
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import quickjs
from py_mini_racer import MiniRacer
from scripts import FORMATTER, POLYFILLING

from octavo.formatters import Formatter

PAYLOADS = [bytes((i * 7 + j * 31) % 256 for j in range(12)) for i in range(1000)]
ROUNDS = 5


def messages(count: int) -> list[tuple[bytes, int]]:
    return [(PAYLOADS[i % len(PAYLOADS)], 1) for i in range(count)]


def device(text: str, workers: int | None = None) -> Formatter:
    folder = Path(tempfile.mkdtemp())
    file = folder / "formatter.js"
    file.write_text(text, encoding="utf-8")
    return Formatter(file, name="bench", workers=workers)


def octavo_rate(formatter: Formatter, count: int) -> float:
    start = time.perf_counter()
    results = [outcome.data for outcome in formatter.decode_uplinks(messages(count))]
    assert len(results) == count
    assert isinstance(results[-1], dict)
    return count / (time.perf_counter() - start)


def quickjs_rate(count: int) -> float:
    call = FORMATTER + "\nfunction run(text) { return JSON.stringify(decodeUplink(JSON.parse(text)).data); }"
    start = time.perf_counter()
    for payload, port in messages(count):
        context = quickjs.Context()
        context.eval(call)
        assert json.loads(context.get("run")(json.dumps({"bytes": list(payload), "fPort": port})))
    return count / (time.perf_counter() - start)


def mini_racer_rate(racer: MiniRacer, count: int) -> float:
    start = time.perf_counter()
    for payload, port in messages(count):
        assert racer.call("run", {"bytes": list(payload), "fPort": port})
    return count / (time.perf_counter() - start)


def batch(count: int) -> None:
    racer = MiniRacer()
    racer.eval(FORMATTER + "\nfunction run(input) { return decodeUplink(input).data; }")
    rates: dict[str, list[float]] = {"octavo": [], "polyfilling": [], "quickjs": [], "mini-racer": []}
    with device(FORMATTER, workers=1) as plain, device(POLYFILLING, workers=1) as polyfilling:
        octavo_rate(plain, 2000)
        octavo_rate(polyfilling, 2000)
        for _ in range(ROUNDS):
            rates["octavo"].append(octavo_rate(plain, count))
            rates["quickjs"].append(quickjs_rate(count // 100))
            rates["mini-racer"].append(mini_racer_rate(racer, count // 50))
            rates["polyfilling"].append(octavo_rate(polyfilling, count))
    racer.close()
    best = {name: max(values) for name, values in rates.items()}
    for name, rate in best.items():
        print(f"{name:12} {rate:10.0f} messages/s   median {statistics.median(rates[name]):10.0f}")
    print(f"octavo / quickjs fresh context : {best['octavo'] / best['quickjs']:.1f} times")
    print(f"octavo / one mini-racer call   : {best['octavo'] / best['mini-racer']:.1f} times")
    print(f"polyfilling / plain            : {best['polyfilling'] / best['octavo']:.2f}")


def median_ms(call: object, count: int = 1000) -> float:
    times = []
    for _ in range(count):
        start = time.perf_counter()
        call()  # type: ignore[operator] # a callable of no arguments
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


async def concurrent_rate(formatter: Formatter, count: int, callers: int = 64) -> float:
    async def caller() -> None:
        for i in range(count // callers):
            await formatter.adecode_uplink(PAYLOADS[i % len(PAYLOADS)], 1)

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return count / (time.perf_counter() - start)


def alone() -> None:
    racer = MiniRacer()
    racer.eval(FORMATTER + "\nfunction run(input) { return decodeUplink(input).data; }")
    given = {"bytes": list(PAYLOADS[3]), "fPort": 1}
    with device(FORMATTER) as formatter:
        octavo_rate(formatter, 2000)
        rounds = []
        for _ in range(ROUNDS):
            ours = median_ms(lambda: formatter.decode_uplink(PAYLOADS[3], 1))
            rounds.append((ours, median_ms(lambda: racer.call("run", given))))
        ours, theirs = min(rounds)
        print(f"one warm message: {ours:.3f} ms, beside a bare mini-racer call {theirs:.3f} ms (best of {ROUNDS})")
        rate = max(asyncio.run(concurrent_rate(formatter, 32_000)) for _ in range(ROUNDS))
        print(f"64 concurrent callers: {rate:.0f} messages/s (best of {ROUNDS})")
    racer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--alone", action="store_true")
    options = parser.parse_args()
    print(f"formatter: {len(FORMATTER)} bytes; {options.count} messages of 12 bytes")
    if options.alone:
        alone()
    else:
        batch(options.count)


if __name__ == "__main__":
    main()
