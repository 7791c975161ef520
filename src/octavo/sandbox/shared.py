"""Pools shared by the devices of one process: fifty formatters do not need fifty workers."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, TypeAlias

from octavo.sandbox.pool import Pool

if TYPE_CHECKING:
    from octavo.limits import Limits


_Key: TypeAlias = "tuple[Limits, bool, int | None]"


class _Register:
    """Which pools are lent, and to how many."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lent: dict[_Key, tuple[Pool, int]] = {}

    def renew(self) -> None:
        """In a forked child: a lock that nobody holds."""
        self.lock = threading.Lock()

    def take(self, key: _Key) -> Pool:
        with self.lock:
            pool, users = self.lent.get(key) or (Pool(key[0], jitless=key[1], workers=key[2]), 0)
            self.lent[key] = (pool, users + 1)
            return pool

    def give_back(self, key: _Key) -> None:
        with self.lock:
            pool, users = self.lent.pop(key)
            if users > 1:
                self.lent[key] = (pool, users - 1)
                return
        pool.close()


# The one thing that devices share without being told of each other.
_register = _Register()
if hasattr(os, "register_at_fork"):  # the lock may have been held by a thread that a child has not
    os.register_at_fork(after_in_child=_register.renew)


class Loan:
    """A share in a pool; released once, at the latest with its holder or the interpreter."""

    def __init__(self, key: _Key) -> None:
        self.pool = _register.take(key)
        self._release = weakref.finalize(self, _register.give_back, key)

    def release(self) -> None:
        """Give the share back; the last one ends the workers."""
        self._release()


def borrow(limits: Limits, *, jitless: bool = False, workers: int | None = None) -> Loan:
    """A share in the pool for these limits."""
    return Loan((limits, jitless, workers))
