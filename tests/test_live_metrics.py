"""The counts: what they say, and that nobody can make labels."""

import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

from octavo.live.intake import Received, read
from octavo.live.metrics import FAILURES, Metrics
from octavo.live.store import Counts
from octavo.live.work import FAILED

UPLINK = b'{"end_device_ids":{"device_id":"a"},"uplink_message":{"f_port":1}}'


def samples(metrics):
    families = text_string_to_metric_families(metrics.text().decode())
    found = {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }
    return {key: value for key, value in found.items() if not key[0].endswith(("_created", "_bucket"))}


def test_messages_are_counted_by_network_and_kind():
    metrics = Metrics()
    row = read(Received(UPLINK))
    metrics.received(row, duplicate=False, seconds=0.004)
    metrics.received(row, duplicate=True, seconds=0.004)
    found = samples(metrics)
    labels = (("kind", "v3.uplink_message"), ("network", "v3"))
    assert found["octavo_received_total", labels] == 2
    assert found["octavo_duplicates_total", ()] == 1
    assert found["octavo_commit_seconds_count", ()] == 2


def test_what_the_worker_did_is_added():
    metrics = Metrics(["stdout", "shop"])
    tally = {
        "decoded": 3,
        "failed": {"script": 2, "unknown_device": 1},
        "delivered": {"shop": 5},
        "dead": {"shop": 1},
        "latency_s": [0.5, -1.0],
    }
    metrics.worked(tally)
    metrics.worked(tally)
    metrics.died()
    found = samples(metrics)
    assert found["octavo_decoded_total", ()] == 6
    assert found["octavo_failed_total", (("reason", "script"),)] == 4
    assert found["octavo_delivered_total", (("sink", "shop"),)] == 10
    assert found["octavo_dead_total", (("sink", "shop"),)] == 2
    assert found["octavo_latency_seconds_count", ()] == 4
    assert found["octavo_latency_seconds_sum", ()] == 1.0
    assert found["octavo_worker_restarts_total", ()] == 1


def test_the_queue_is_what_the_store_says():
    metrics = Metrics()
    metrics.queue(Counts(4, 3, {"a": 2, "b": 1}, {"b": 5}))
    found = {key[1][0][1]: value for key, value in samples(metrics).items() if key[0] == "octavo_queue"}
    assert found == {"waiting": 4, "failed": 3, "pending": 3, "dead": 5}


def test_nobody_makes_labels():
    metrics = Metrics(["stdout"])
    for number in range(100):
        name = f"x{number}"
        metrics.refused(name)
        metrics.worked({"decoded": 0, "failed": {name: 1}, "delivered": {name: 1}, "dead": {name: 1}, "latency_s": []})
    found = samples(metrics)
    assert found["octavo_refused_total", (("reason", "other"),)] == 100
    assert found["octavo_failed_total", (("reason", "other"),)] == 100
    assert found["octavo_delivered_total", (("sink", "other"),)] == 100
    assert "x7" not in metrics.text().decode()


def test_every_outcome_that_fails_has_a_label():
    assert FAILED - {"failed"} <= FAILURES


def test_two_receivers_count_apart():
    one, other = Metrics(), Metrics()
    one.refused("busy")
    assert samples(one) != samples(other)


def test_a_library_that_is_missing_is_named_with_its_extra():
    script = "import sys; sys.modules['prometheus_client'] = None\nimport octavo.live.metrics"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert 'octavo.errors.ContentError: prometheus-client is not installed: pip install "octavo[serve]"' in done.stderr
