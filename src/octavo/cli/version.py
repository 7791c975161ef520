"""What ``octavo --version`` says."""

from __future__ import annotations

from importlib import metadata

from octavo.limits import Limits
from octavo.sandbox.pool import Pool


def versions() -> str:
    """Octavo, the binding, and the V8 inside it: a worker is asked, for the host never loads V8."""
    pool = Pool(Limits())
    try:
        v8 = pool.hello()["v8"]
    finally:
        pool.close()
    return f"octavo {metadata.version('octavo')} (mini-racer {metadata.version('mini-racer')}, V8 {v8})"
