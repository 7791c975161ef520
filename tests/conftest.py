"""Shared by all tests: one pool of workers kept warm, so that a formatter does not start one of its own each time."""

import pytest
from hypothesis import HealthCheck, settings

from octavo.limits import Limits
from octavo.sandbox.shared import borrow

# Machines are shared and noisy: no test depends on how long an example takes.
settings.register_profile("octavo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("octavo")


@pytest.fixture(scope="session")
def warm_pool():
    loan = borrow(Limits())
    yield loan.pool
    loan.release()
