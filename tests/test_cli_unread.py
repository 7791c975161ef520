"""A configuration that lies in the folder and is not named: it is not read, and that is told."""

from contextlib import closing

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.live.store import Done
from octavo.live.stores import open_store

from .live_running import Listening, Serving, posix
from .live_stores import row
from .waiting import free_port

NOW = 1_700_000_000_000
UNREAD = "octavo.toml lies here and is not read: octavo {}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def lying(folder):
    (folder / "octavo.toml").write_text('store = "kept.db"\n[server]\nport = "no port"', encoding="utf-8")


def run(*args):
    result = CliRunner().invoke(main, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


# ---- serve and listen ----


@posix
@pytest.mark.usefixtures("lying")
@pytest.mark.parametrize("command", ["serve", "listen"])
def test_the_log_tells(folder, command):
    listening = ("--server", f"mqtt://127.0.0.1:{free_port()}")
    program = Serving(folder) if command == "serve" else Listening(folder, *listening)
    with program.start() if command == "serve" else program.start("not_connected"):
        (told,) = program.events("not_read")
        assert program.stop() == 0
    assert (told["level"], told["file"]) == ("warning", "octavo.toml")
    assert told["message"] == UNREAD.format(f"{command} octavo.toml")


@posix
def test_the_log_is_silent_where_it_is_named_or_there_is_none(folder):
    with Serving(folder).start() as server:
        assert server.stop() == 0
        assert server.events("not_read") == []
    (folder / "octavo.toml").write_text("", encoding="utf-8")
    with Serving(folder, "octavo.toml").start() as server:
        assert server.stop() == 0
        assert server.events("not_read") == []


@pytest.mark.usefixtures("lying")
@pytest.mark.parametrize("args", [("serve",), ("listen", "--server", "mqtt://broker")])
def test_the_check_tells_what_it_checked(folder, args):
    result = run(*args, "--check")
    assert result.exit_code == 0
    assert result.stdout == (
        f"no configuration: the defaults and options are good, storing in sqlite:{folder / 'octavo.db'}\n"
    )
    assert result.stderr == f"octavo: {UNREAD.format(args[0])} octavo.toml --check\n"


@pytest.mark.usefixtures("folder")
def test_the_check_of_nothing_says_so():
    result = run("serve", "--check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("no configuration: the defaults")


@pytest.mark.usefixtures("lying")
def test_the_check_tells_when_something_is_wrong_too():
    result = run("serve", "--store", "nowhere/octavo.db", "--check")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == f"octavo: {UNREAD.format('serve')} octavo.toml --check"


@pytest.mark.usefixtures("lying")
def test_to_listen_without_a_server():
    result = run("listen")
    assert result.exit_code == 2
    assert result.stderr.endswith(f"with [listen], was expected; {UNREAD.format('listen')} octavo.toml\n")


# ---- queue ----

QUEUE = [("list",), ("retry", "--all"), ("drop", "--all", "--yes")]


@pytest.mark.usefixtures("lying")
@pytest.mark.parametrize("args", QUEUE)
def test_the_queue_names_the_configuration(args):
    result = run("queue", *args)
    assert (result.exit_code, result.stdout) == (1, "")
    told = "octavo.toml lies here and is not read: --config octavo.toml"
    assert result.stderr.endswith(f"octavo.db: there is no such store; {told}\n")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("args", QUEUE)
def test_the_queue_says_how_to_name_a_store(args):
    result = run("queue", *args)
    assert result.stderr.endswith("octavo.db: there is no such store; --store, or --config, names another\n")


@pytest.mark.usefixtures("lying")
@pytest.mark.parametrize("named", [("--store", "other.db"), ("--config", "octavo.toml")])
def test_a_store_that_was_named_is_told_alone(named):
    assert run("queue", "list", *named).stderr.endswith(".db: there is no such store\n")


@pytest.mark.parametrize("which", [("--all", "--yes"), ("1",)])
def test_a_sink_that_nothing_is_for(folder, which):
    with closing(open_store(f"sqlite:{folder / 'octavo.db'}")) as store:
        (put,) = store.put([row(1)], NOW, NOW)
        store.record([Done(put.id, "done", "{}")], ("stdout", "out"), NOW)
    result = run("queue", "drop", *which, "--sink", "nosuch")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "octavo: no letter is dead or pending for a sink nosuch; there are some for out, stdout\n"
    assert run("queue", "drop", *which, "--sink", "out").stdout == "1 dropped\n"
    assert run("queue", "drop", "--all", "--yes", "--sink", "stdout").stdout == "1 dropped\n"
    result = run("queue", "drop", *which, "--sink", "out")
    assert result.stderr == "octavo: no letter is dead or pending for a sink out, or for any other\n"
