"""V8 in worker processes: see `worker`, `process` and `pool`."""
