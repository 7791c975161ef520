"""Shared by all tests: one pool of workers kept warm, so that a formatter does not start one of its own each time."""

import pytest

from octavo.limits import Limits
from octavo.sandbox.shared import borrow


@pytest.fixture(scope="session")
def warm_pool():
    loan = borrow(Limits())
    yield loan.pool
    loan.release()
