"""Mistakes put into clean formatters, and how many of them the examples and ``octavo check`` find.

python -m bench.mutants                 # from the top of the repository: 50 mutants, seed 1
python -m bench.mutants --count 200 --seed 7
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

from tests.mutants import drawn, fails, is_found_out, planted

from octavo.limits import Limits
from octavo.sandbox.shared import borrow

FORMATTERS = Path(__file__).parents[1] / "formatters"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    loan = borrow(Limits())  # keeps the workers from one mutant to the next
    start = time.perf_counter()
    by_way: Counter[str] = Counter()
    mutants = drawn(FORMATTERS.glob("*/*.js"), given.count, given.seed)
    for mutant in mutants:
        with planted(mutant) as file:
            ways = [name for name, finds in (("examples", fails), ("check", is_found_out)) if finds(file)]
        by_way.update(ways or ["neither"])
        by_way["together"] += bool(ways)
        print(f"{' and '.join(ways) or 'NOT FOUND':18} {mutant}", flush=True)
    loan.release()
    print(f"{len(mutants)} mutants (seed {given.seed}), {time.perf_counter() - start:.0f} s")
    for name in ("examples", "check", "together"):
        print(f"{by_way[name]:4} found by {name} ({by_way[name] / len(mutants):.0%})")


if __name__ == "__main__":
    main()
