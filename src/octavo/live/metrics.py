"""Counts for Prometheus. Labels come from closed sets: nobody who sends messages can make new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError
from octavo.networks.recognition import KINDS

try:
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
except ImportError as missing:
    raise ContentError('prometheus-client is not installed: pip install "octavo[serve]"') from missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from octavo.live.intake import Row
    from octavo.live.store import Counts

CONTENT_TYPE = CONTENT_TYPE_LATEST

COMMIT_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
LATENCY_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0, 3600.0, 86400.0)

OTHER = "other"

REFUSALS = frozenset(
    [
        "ambiguous",
        "busy",
        "catalogue_unreadable",
        "content_encoding",
        "disconnected",
        "method_not_allowed",
        "not_json",
        "not_started",
        "protobuf",
        "store",
        "timeout",
        "too_large",
        "unauthorized",
        "unknown_device",
        "unknown_kind",
    ]
)
"""Names of `octavo.live.errors.RefusedError`."""

FAILURES = frozenset(
    [
        "ambiguous",
        "catalogue_unreadable",
        "codec",
        "content",
        "data_invalid",
        "decode",
        "input",
        "invalid",
        "invalid_payload",
        "limit_depth",
        "limit_memory",
        "limit_output",
        "no_script_output",
        "not_found",
        "not_json",
        "output",
        "output_encoding",
        "output_errors",
        "rejected",
        "script",
        "script_timeout",
        "unknown_device",
        "unknown_kind",
        "worker_lost",
    ]
)
"""Names of errors, and of outcomes, for which a message is not decoded."""


class Metrics:
    """The counts of one receiver and its workers, in a registry of their own.

    Args:
        sinks: the names of the sinks.
    """

    def __init__(self, sinks: Sequence[str] = ()) -> None:
        self._sinks = frozenset(sinks)
        registry = self._registry = CollectorRegistry()
        self._received = Counter(
            "octavo_received", "Messages that were kept, or had been before.", ["network", "kind"], registry=registry
        )
        self._refused = Counter("octavo_refused", "Requests that were refused.", ["reason"], registry=registry)
        self._duplicates = Counter("octavo_duplicates", "Messages that had been kept before.", registry=registry)
        self._decoded = Counter("octavo_decoded", "Messages whose outcome is no failure.", registry=registry)
        self._failed = Counter("octavo_failed", "Messages that were not decoded.", ["reason"], registry=registry)
        self._commit = Histogram(
            "octavo_commit_seconds",
            "How long a message waited to be kept.",
            buckets=COMMIT_BUCKETS_S,
            registry=registry,
        )
        self._latency = Histogram(
            "octavo_latency_seconds",
            "From the receipt of a message to its delivery to a sink.",
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )
        self._queue = Gauge("octavo_queue", "What is in the store and not done.", ["state"], registry=registry)
        self._delivered = Counter("octavo_delivered", "Outcomes passed on.", ["sink"], registry=registry)
        self._dead = Counter("octavo_dead", "Outcomes given up.", ["sink"], registry=registry)
        self._restarts = Counter("octavo_worker_restarts", "Workers that died.", registry=registry)

    def received(self, row: Row, *, duplicate: bool, seconds: float) -> None:
        """A message was kept, or had been before; it waited so long."""
        kind = row.kind if row.kind in KINDS else OTHER
        network = KINDS[kind].name if kind in KINDS else OTHER
        self._received.labels(network, kind).inc()
        self._commit.observe(seconds)
        if duplicate:
            self._duplicates.inc()

    def refused(self, name: str) -> None:
        """A request was refused."""
        self._refused.labels(name if name in REFUSALS else OTHER).inc()

    def worked(self, tally: Mapping[str, Any]) -> None:
        """What a worker did, as `octavo.live.work.Tally` has it."""
        self._decoded.inc(tally["decoded"])
        self._add(self._failed, tally["failed"], FAILURES)
        self._add(self._delivered, tally["delivered"], self._sinks)
        self._add(self._dead, tally["dead"], self._sinks)
        for seconds in tally["latency_s"]:
            self._latency.observe(max(0.0, seconds))

    def died(self) -> None:
        """A worker died, and is started again."""
        self._restarts.inc()

    def queue(self, counts: Counts) -> None:
        """How much is in the store."""
        self._queue.labels("waiting").set(counts.waiting)
        self._queue.labels("failed").set(counts.failed)
        self._queue.labels("pending").set(sum(counts.pending.values()))
        self._queue.labels("dead").set(sum(counts.dead.values()))

    def text(self) -> bytes:
        """Everything, in the text format of Prometheus."""
        return generate_latest(self._registry)

    @staticmethod
    def _add(counter: Counter, counts: Mapping[str, int], known: frozenset[str]) -> None:
        for name, count in counts.items():
            counter.labels(name if name in known else OTHER).inc(count)
