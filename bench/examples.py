"""A thousand examples over 300 formatters, cold: `octavo test` beside a fresh Node process for each example.

python bench/examples.py              # best of five runs of octavo, one of Node, two processes of it at a time
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts import FORMATTER

FORMATTERS = 300
EXAMPLES = 1000
ROUNDS = 5
# What the fresh process does: the script, one call, the whole result compared as the device profiles' own tool does.
NODE = """
const fs = require("fs");
const [script, file, index] = process.argv.slice(1);
const example = JSON.parse(fs.readFileSync(file, "utf8"))[index];
const decode = new Function(`${fs.readFileSync(script, "utf8")}; return decodeUplink;`)();
const got = JSON.stringify(decode(example.input));
process.exit(got === JSON.stringify(example.expected) ? 0 : 1);
"""


def expected(number: int, payload: list[int]) -> dict[str, object]:
    """What the formatter of that number gives, worked out here once more."""
    value = int.from_bytes(bytes(payload[:2]), "big", signed=True)
    return {
        "data": {
            "temperature": value / 100,
            "humidity": payload[2] / 2,
            "battery": (payload[3] * 256 + payload[4]) / 1000,
            "mode": f"state {5 + number}",
            "state": ["idle", f"run {3 + number}"][payload[5] & 1],
            "counter": int.from_bytes(bytes(payload[6:10]), "big"),
            "low_battery": payload[10] & 1 == 1,
            "level": 7 + number + payload[11] % 3,
        }
    }


def numbered(number: int) -> str:
    """A formatter unlike every other one: every number in its tables and names is as much higher."""
    tables, rest = FORMATTER.split("function name0", 1)
    higher = re.sub(r"(?<=[ \[])\d+(?=[\",\]])", lambda found: str(int(found[0]) + number), tables)
    return f"{higher}function name0" + re.sub(r"(?<=run )\d+", lambda found: str(int(found[0]) + number), rest)


def write(folder: Path) -> list[tuple[Path, Path, int]]:
    """ChirpStack device profiles; each example's script, file and place."""
    codecs = folder / "vendors" / "bench" / "codecs"
    codecs.mkdir(parents=True)
    (codecs.parent / "vendor.toml").write_text("[vendor]\n", encoding="utf-8")
    jobs = []
    for number in range(FORMATTERS):
        count = EXAMPLES // FORMATTERS + (number < EXAMPLES % FORMATTERS)
        script, file = codecs / f"device-{number:03}.js", codecs / f"test_decode_device-{number:03}.json"
        payloads = [[(number * 7 + place * 31 + index * 53) % 256 for index in range(12)] for place in range(count)]
        cases = [case(number, place, payload) for place, payload in enumerate(payloads)]
        script.write_text(numbered(number), encoding="utf-8")
        file.write_text(json.dumps(cases), encoding="utf-8")
        jobs += [(script, file, place) for place in range(count)]
    return jobs


def case(number: int, place: int, payload: list[int]) -> dict[str, object]:
    given = {"bytes": payload, "fPort": 1}
    return {"name": f"case {place}", "input": given, "expected": expected(number, payload)}


def octavo_s(folder: Path) -> float:
    start = time.perf_counter()
    command = [Path(sys.executable).with_name("octavo"), "test", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    spent = time.perf_counter() - start
    assert done.stdout.count('"outcome":"passed"') == EXAMPLES, done.stderr + done.stdout[-1000:]
    return spent


def node_s(jobs: list[tuple[Path, Path, int]]) -> float:
    def run(job: tuple[Path, Path, int]) -> None:
        subprocess.run(["node", "-e", NODE, *map(str, job)], check=True)

    start = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count() or 1) as executor:
        list(executor.map(run, jobs))
    return time.perf_counter() - start


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as name:
        jobs = write(Path(name))
        times = [octavo_s(Path(name)) for _ in range(ROUNDS)]
        print(f"octavo test: {min(times):6.2f} s, best of {[round(each, 2) for each in times]}")
        if shutil.which("node") is None:
            print("there is no node to compare with")
            return
        fresh = node_s(jobs)
        print(f"fresh Node : {fresh:6.2f} s, {fresh / min(times):.1f} times as long")


if __name__ == "__main__":
    main()
