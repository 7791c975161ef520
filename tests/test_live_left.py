"""Letters of sinks that a configuration no longer has: told at the start, and given up when somebody says so."""

from octavo.live.store import Done

from .live_running import Serving, posix
from .live_stores import row, sqlite_store

NOW = 1_700_000_000_000


@posix
def test_who_starts_is_told_of_letters_that_nobody_passes_on(tmp_path):
    store = sqlite_store(tmp_path)
    ids = [put.id for put in store.put([row(number) for number in range(3)], NOW, NOW)]
    store.record([Done(number, "done", "{}") for number in ids], ("dashboard", "old"), NOW)
    (tmp_path / "octavo.toml").write_text('[[sinks]]\ntype = "stdout"\nname = "dashboard"\n', encoding="utf-8")
    with Serving(tmp_path, "octavo.toml").start() as serving:
        (told,) = serving.events("no_sink")
        assert (told["level"], told["sinks"]) == ("warning", {"old": 3})
        assert "octavo queue drop --all --sink NAME" in told["message"]
        assert serving.stop() == 0
    store.drop(None, "old")
    store.close()
    with Serving(tmp_path, "octavo.toml").start() as serving:
        assert len(serving.events("no_sink")) == 1, "that of before; nothing is left now"
