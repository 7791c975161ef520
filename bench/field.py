"""octavo on clones of public codec collections: what docs/field-test.md says, in figures.

python bench/field.py examples CLONE            # every example file; which do not pass
python bench/field.py flips CLONE               # 300 expected values changed in a copy: exactly those must be found
python bench/field.py scripts CLONE...          # every script under every dialect, with payloads of every kind
python bench/field.py check CLONE               # every formatter examined; the findings by kind, and what took longest
python bench/field.py lint CLONE                # every formatter read for every network, likewise
python bench/field.py xray CLONE                # every formatter x-rayed; how many fields are told, and the slowest
python bench/field.py draw FINDINGS             # 100 of the lines of `octavo check CLONE --json`, to verify by hand
python bench/field.py many N                    # a folder of N tiny formatters beside one of 50: time, memory, Ctrl-C

check and lint write their findings as JSON lines with --out FILE; draw takes --seed and --count.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from octavo import _literal
from octavo.errors import ContentError, Error
from octavo.examples import Row, run_all, sources
from octavo.formatters import DIALECTS, Formatter
from octavo.lab.subjects import Subject, subjects
from octavo.limits import Limits
from octavo.sandbox.many import in_order
from octavo.sandbox.shared import borrow

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.lab.findings import Defect

FLIPS = 300
MOST_BYTES = 4 * 1024 * 1024
PAYLOADS = 20
SLOWEST = 5
HASTY = Limits(time_s=0.5)  # some of these scripts never return


Result_co = TypeVar("Result_co", covariant=True)


class Engine(Protocol[Result_co]):
    def __call__(self, subject: Subject, *, stopped: Callable[[], bool]) -> Result_co: ...


def rows_of(folder: Path) -> list[Row]:
    return [row for _, rows in run_all(sources(str(folder))) for row in rows]


def examples(folder: Path) -> None:
    start = time.perf_counter()
    rows = rows_of(folder)
    print(f"{len({row.file for row in rows})} files, {time.perf_counter() - start:.1f} s")
    for name, count in Counter(row.outcome for row in rows).most_common():
        print(f"{count:6} {name}")
    for row in rows:
        if row.outcome in {"failed", "error"}:
            print(f"{row.outcome} {Path(row.id).relative_to(folder)}: {row.diff[0].message if row.diff else row.error}")


def leaves(value: object, path: str = "") -> list[str]:
    """Pointers to every scalar."""
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    else:
        return [path]
    escaped = ((str(key).replace("~", "~0").replace("/", "~1"), inner) for key, inner in pairs)
    return [leaf for key, inner in escaped for leaf in leaves(inner, f"{path}/{key}")]


def other(value: object) -> object:
    """A value of the same kind, but not the same."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else "flipped"


def flip(expected: object, pointer: str) -> None:
    *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    for part in parents:
        expected = expected[int(part)] if isinstance(expected, list) else expected[part]
    key = int(last) if isinstance(expected, list) else last
    expected[key] = other(expected[key])


def flips(folder: Path) -> None:
    chance = random.Random(FLIPS)  # noqa: S311 - a choice that is the same in every run
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "clone"
        shutil.copytree(folder, copy)
        passing = [row.id for row in rows_of(copy) if row.outcome == "passed"]
        files: dict[Path, list[dict[str, object]]] = {}
        places = []
        for each in passing:
            file, _, key = each.partition("::")
            cases = files.setdefault(Path(file), _literal.read(Path(file), most_bytes=MOST_BYTES).value)
            index = int(key.rpartition("-")[2])
            places += [(each, index, pointer) for pointer in leaves(cases[index]["expected"])]
        chosen = chance.sample(places, FLIPS)
        for each, index, pointer in chosen:
            flip(files[Path(each.partition("::")[0])][index]["expected"], pointer)
        for file, cases in files.items():
            file.write_text(json.dumps(cases), encoding="utf-8")
        rows = {row.id: row for row in rows_of(copy)}
        found = {
            (row.id, difference.path) for row in rows.values() if row.outcome == "failed" for difference in row.diff
        }
        found = {pair for pair in found if pair[0] in set(passing)}
    wanted = {(each, pointer) for each, _, pointer in chosen}
    touched = len({each for each, _ in wanted})
    print(f"{len(places)} values in {len(passing)} passing examples; {len(wanted)} flipped in {touched}")
    print(f"found {len(found & wanted)}, missed {len(wanted - found)}, found beside them {len(found - wanted)}")


def payloads(seed: str) -> list[tuple[bytes, int]]:
    chance = random.Random(seed)  # noqa: S311 - as above
    sizes = [0, 1, 2, 255, *(chance.randint(3, 51) for _ in range(PAYLOADS - 4))]
    return [(chance.randbytes(size), chance.choice([1, 2, 10, 85, 223])) for size in sizes]


def scripts(folders: list[Path]) -> None:
    files = sorted({file for folder in folders for file in folder.rglob("*.js")})
    loan = borrow(HASTY)  # keeps the workers from one script to the next
    print(f"{len(files)} scripts, {PAYLOADS} payloads each under each of {len(DIALECTS)} dialects")
    for dialect in DIALECTS:
        start = time.perf_counter()
        outcomes: Counter[str] = Counter()
        for file in files:
            try:
                with Formatter(file, name=file.name, dialect=dialect, limits=HASTY) as device:
                    for result in device.decode_uplinks(payloads(file.name)):
                        outcomes[result.name if isinstance(result, Error) else "decoded"] += 1
            except ContentError as error:
                outcomes[f"not read: {error.message[:30]}"] += 1
        print(f"{dialect:12} {time.perf_counter() - start:6.1f} s  {dict(outcomes.most_common())}", flush=True)
    loan.release()


def results(folder: Path, engine: Engine[Result_co]) -> list[Result_co]:
    """What an engine makes of every formatter; how long it takes, and what it cannot examine, are told."""
    found = list(subjects(str(folder)))
    named = [each for each in found if isinstance(each, Subject)]
    refused: Counter[str] = Counter({"not read": len(found) - len(named)})
    seconds: dict[str, float] = {}

    def timed(subject: Subject, stopped: Callable[[], bool]) -> Result_co | None:
        start = time.perf_counter()
        try:
            return engine(subject, stopped=stopped)
        except Error as error:
            refused[f"not examined: {error.name}"] += 1
            return None
        finally:
            seconds[subject.name] = time.perf_counter() - start

    start = time.perf_counter()
    made = [result for _, result in in_order(named, timed) if result is not None]
    print(f"{len(named)} formatters, {time.perf_counter() - start:.1f} s; {dict(+refused) or 'all examined'}")
    for name in sorted(seconds, key=lambda name: -seconds[name])[:SLOWEST]:
        print(f"{seconds[name]:8.1f} s {Path(name).relative_to(folder)}")
    return made


def examined(folder: Path, engine: Engine[list[Defect]], out: Path | None) -> None:
    findings = [defect for defects in results(folder, engine) for defect in defects]
    by_kind: dict[tuple[str, str], list[str]] = {}
    for defect in findings:
        by_kind.setdefault((defect.severity, defect.kind), []).append(defect.subject)
    for (severity, kind), subjects_of_kind in sorted(by_kind.items()):
        print(f"{len(subjects_of_kind):6} {severity:8} {kind:28} in {len(set(subjects_of_kind))} formatters")
    wrong = {defect.subject for defect in findings if defect.severity != "note"}
    print(f"{len(findings)} findings; {len(wrong)} formatters have one that is more than a note")
    if out is not None:
        out.write_text("".join(f"{json.dumps(defect.to_dict())}\n" for defect in findings), encoding="utf-8")


def check(folder: Path, out: Path | None) -> None:
    from octavo.lab.check import check as engine  # noqa: PLC0415 - one of the engines is enough

    examined(folder, engine, out)


def lint(folder: Path, out: Path | None) -> None:
    from octavo.lab.lint import lint as engine  # noqa: PLC0415 - as above

    examined(folder, engine, out)


def xray(folder: Path) -> None:
    from octavo.lab.xray import xray as engine  # noqa: PLC0415 - as above

    made = results(folder, engine)
    origins = Counter(f"payloads {each.origin}" if each.frames else "no payload that is taken" for each in made)
    kinds = Counter(field.kind for each in made for frame in each.frames for field in frame.fields)
    print(f"{dict(origins)}\nfields by kind: {dict(kinds.most_common())}")


def draw(file: Path, seed: int, count: int) -> None:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: (row["subject"], row["kind"], row["where"], row["message"]))
    chance = random.Random(seed)  # noqa: S311 - a choice that is the same in every run
    for index, row in enumerate(chance.sample(rows, min(count, len(rows))), 1):
        print(f"{index}. {row['subject']}: {row['severity']} {row['kind']} {row['where']}")
        print(f"   {row['message']}\n   {row['why']}")
        given = row["payload"] if row["data"] is None else json.dumps(row["data"])
        if given is not None:
            print(f"   {row['operation']} {given} port {row['f_port']}: {json.dumps(row['got'])}")
        if row["line"] is not None:
            print(f"   {row['file']}:{row['line']}:{row['column']}")
        print(f"   {row['command']}")


TINY = """function decodeUplink(input) {{
  var b = input.bytes;
  if (b.length !== 3) {{ return {{ errors: ["expected 3 bytes"] }}; }}
  return {{ data: {{ count: b[0] + {number}, level: (b[1] << 8 | b[2]) / 10 }} }};
}}
"""
TINY_DEVICE = """uplinkDecoder:
  fileName: tiny{number}.js
  examples:
    - {{description: one, input: {{bytes: [1, 2, 3], fPort: 1}}, output: {{data: {{count: {count}, level: 51.5}}}}}}
"""
FEW = 50
RUN = """import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has jobs in the background ignore it
from octavo.cli import main
main()
"""


def laid(folder: Path, count: int) -> None:
    for number in range(count):
        inside = folder / f"vendor{number // 100}"
        inside.mkdir(exist_ok=True)
        (inside / f"tiny{number}.js").write_text(TINY.format(number=number), encoding="utf-8")
        device = TINY_DEVICE.format(number=number, count=number + 1)
        (inside / f"tiny{number}.yaml").write_text(device, encoding="utf-8")


def command(name: str, folder: Path) -> list[str]:
    return [sys.executable, "-c", RUN, name, "--json", str(folder)]


def measured(name: str, folder: Path, count: int) -> float:
    """Seconds of a command; what it printed last, and the memory of its largest process, are told."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        child = os.posix_spawn(
            sys.executable,
            command(name, folder),
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, said.fileno(), 1), (os.POSIX_SPAWN_DUP2, said.fileno(), 2)],
        )
        _, status, used = os.wait4(child, 0)
        seconds = time.perf_counter() - start
        said.seek(0)
        last = said.read().splitlines()[-1]
    peak = used.ru_maxrss / 1024
    print(
        f"{name:5} {count:5} formatters {seconds:8.1f} s {1000 * seconds / count:7.1f} ms each, {peak:5.0f} MB; {last}"
    )
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{name} ended with {os.waitstatus_to_exitcode(status)}")
    return seconds


def interrupted(name: str, folder: Path, after_s: float) -> None:
    """How long a command takes to end once it is interrupted."""
    with subprocess.Popen(command(name, folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        time.sleep(after_s)
        start = time.perf_counter()
        child.send_signal(signal.SIGINT)
        _, said = child.communicate()
    print(f"{name} interrupted: ended in {time.perf_counter() - start:.1f} s, exit {child.returncode}; {said.strip()}")


def many(count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        few, all_of_them = Path(name) / "few", Path(name) / "all"
        for folder, number in ((few, FEW), (all_of_them, count)):
            folder.mkdir()
            laid(folder, number)
        for tool in ("lint", "check", "xray"):
            each = measured(tool, few, FEW) / FEW
            whole = measured(tool, all_of_them, count) / count
            print(f"{tool}: one of {count} takes {whole / each:.2f} times as long as one of {FEW}")
            interrupted(tool, all_of_them, min(10 * each + 1, 0.5 * whole * count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("examples", "flips", "scripts", "check", "lint", "xray", "draw", "many"))
    parser.add_argument("clones", nargs="+", type=Path, metavar="CLONE, FINDINGS or N")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    given = parser.parse_args()
    if given.what == "many":
        many(int(given.clones[0].name))
        return
    if given.what == "scripts":
        scripts(given.clones)
        return
    if len(given.clones) > 1:
        sys.exit("one at a time")
    only = given.clones[0]
    ways: dict[str, Callable[[], None]] = {
        "examples": partial(examples, only),
        "flips": partial(flips, only),
        "check": partial(check, only, given.out),
        "lint": partial(lint, only, given.out),
        "xray": partial(xray, only),
        "draw": partial(draw, only, given.seed, given.count),
    }
    ways[given.what]()


if __name__ == "__main__":
    main()
