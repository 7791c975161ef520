"""``octavo queue``, on stores as `octavo serve` leaves them."""

import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from octavo.cli import main, output
from octavo.cli.queue import PAGE
from octavo.live.store import Done, Settled
from octavo.live.stores import open_store

from .live_running import Serving, numbered, posix
from .live_stores import STORES, empty_store, row
from .waiting import until

NOW = 1_700_000_000_000
RECEIVED = "2023-11-14T22:13:20.000Z"


@pytest.fixture(params=STORES)
def url(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return empty_store(request.param, tmp_path)


@pytest.fixture
def store(url):
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(output, "is_terminal", lambda _stream: True)
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def queue(store):
    """A message of each state, by state: its number."""
    names = ("failed", "dead", "waiting", "pending", "done")
    ids = {name: put.id for name, put in zip(names, store.put([row(n) for n in range(5)], NOW, NOW), strict=True)}
    ready = [ids["dead"], ids["pending"], ids["done"]]
    store.record([Done(ids["failed"], "failed", "{}", "no device for dev1")], (), NOW)
    store.record([Done(number, "done", "{}") for number in ready], ("hook", "out"), NOW)
    store.settle("hook", [Settled(ids["dead"], NOW, "dead", 8, 0, "HTTP 404"), Settled(ids["done"], NOW, "sent")])
    store.settle("out", [Settled(ids[name], NOW, "sent") for name in ("dead", "pending", "done")])
    return ids


def run(*args, stdin=None):
    result = CliRunner().invoke(main, ["queue", *args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(*args):
    result = run("list", *args)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


# ---- list ----


def test_a_line_tells_what_somebody_has_to_mend(queue, url):
    message = {
        "received_at": RECEIVED,
        "network": "v3",
        "kind": "v3.uplink_message",
        "application": "app1",
        "device": "dev1",
    }
    failed = {"id": queue["failed"], "state": "failed", "sink": None, "attempts": 1, "error": "no device for dev1"}
    dead = {"id": queue["dead"], "state": "dead", "sink": "hook", "attempts": 8, "error": "HTTP 404"}
    assert rows("--store", url) == [message | failed, message | dead]


@pytest.mark.parametrize("state", ["failed", "dead", "waiting", "pending"])
def test_each_state_can_be_listed(queue, url, state):
    assert [(line["id"], line["state"]) for line in rows("--state", state, "--store", url)] == [(queue[state], state)]


def test_all_states_can_be_listed(queue, url):
    listed = [line["id"] for line in rows("--state", "all", "--store", url)]
    assert listed == [queue[state] for state in ("failed", "dead", "waiting", "pending")]


@pytest.mark.parametrize("count", [PAGE, PAGE + 1, 2 * PAGE + 3])
def test_every_line_of_a_long_queue_is_listed_once(store, url, count):
    """Three lines for each message: pages end within a message."""
    ids = [put.id for put in store.put([row(number) for number in range(count // 3 + 1)], NOW, NOW)]
    store.record([Done(number, "done", "{}") for number in ids], ("a", "b", "c"), NOW)
    listed = [(line["id"], line["sink"]) for line in rows("--state", "pending", "--store", url)]
    assert listed == [(number, sink) for number in ids for sink in "abc"]


def test_no_more_are_listed_than_asked_for(queue, url):
    assert len(rows("--state", "all", "--limit", "3", "--store", url)) == 3
    assert [line["id"] for line in rows("--limit", "1", "--store", url)] == [queue["failed"]]


@pytest.mark.usefixtures("queue", "terminal")
def test_a_terminal_gets_a_table_and_how_much_there_is(url):
    lines = run("list", "--store", url).stdout.splitlines()
    assert lines[0].split() == ["id", "state", "received", "device", "sink", "tries"]
    assert lines[1].split()[1:] == ["failed", "2023-11-14", "22:13:20Z", "dev1", "1"]
    assert lines[2] == "    v3.uplink_message: no device for dev1"
    assert lines[3].split()[1:] == ["dead", "2023-11-14", "22:13:20Z", "dev1", "hook", "8"]
    assert lines[4] == "    v3.uplink_message: HTTP 404"
    assert lines[5] == "failed: 1, waiting: 1, dead for hook: 1, pending for hook: 1"


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("columns", [60, 80])
def test_on_a_narrow_terminal_no_word_is_broken(store, url, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    ids = {**row().ids, "device_id": "eui-24e124136b502217"}
    (put,) = store.put([row(1, ids=ids)], NOW, NOW)
    path = "formatters/acme/a-folder/another-one/ts-1.js"
    store.record([Done(put.id, "failed", "{}", f"{path}: line 3, column 7: Cannot read properties of {{}}")], (), NOW)
    lines = run("list", "--store", url).stdout.splitlines()
    assert max(map(len, lines)) <= columns
    words = " ".join(lines).split()
    assert {"2023-11-14", "22:13:20Z", "eui-24e124136b502217", "v3.uplink_message:", f"{path}:"} <= set(words)


@pytest.mark.usefixtures("store", "terminal")
def test_an_empty_queue_on_a_terminal(url):
    assert run("list", "--store", url).stdout == "failed: 0, waiting: 0\n"


@pytest.mark.usefixtures("queue", "terminal")
def test_a_terminal_is_told_that_there_is_more(url):
    lines = run("list", "--state", "all", "--limit", "2", "--store", url).stdout.splitlines()
    assert lines[5] == "and more: --limit 20, or --json"


@pytest.mark.usefixtures("terminal")
def test_an_error_cannot_steer_the_terminal(store, url):
    (put,) = store.put([row(1)], NOW, NOW)
    store.record([Done(put.id, "failed", "{}", "\x1b[2Jgone")], (), NOW)
    assert "\x1b" not in run("list", "--store", url).stdout


# ---- retry and drop ----


def test_what_is_named_is_tried_again(queue, store, url):
    result = run("retry", str(queue["failed"]), "--store", url)
    assert (result.exit_code, result.stdout) == (0, "1 to be tried again\n")
    assert [stored.id for stored in store.claim(10, NOW)] == [queue["failed"], queue["waiting"]]
    assert [line["id"] for line in rows("--store", url)] == [queue["dead"]]


def test_all_are_tried_again(queue, store, url):
    assert run("retry", "--all", "--store", url).stdout == "2 to be tried again\n"
    assert rows("--store", url) == []
    assert queue["dead"] in [letter.message_id for letter in store.due("hook", 10, NOW)]


def test_what_neither_failed_nor_is_dead_is_told(queue, url):
    numbers = [str(queue["waiting"]), str(queue["failed"]), str(2**63 - 1)]
    result = run("retry", *numbers, "--store", url)
    assert (result.exit_code, result.stdout) == (1, "1 to be tried again\n")
    told = [f"there is no message: {2**63 - 1}", f"neither failed nor dead: {queue['waiting']}"]
    assert result.stderr.splitlines() == [f"octavo: {each}" for each in told]


@pytest.mark.parametrize("command", ["retry", "drop"])
def test_a_message_that_is_not_there_is_told_from_one_that_is_done(queue, url, command):
    assert run(command, "99", "--store", url).stderr == "octavo: there is no message: 99\n"
    result = run(command, str(queue["done"]), "--store", url)
    assert (result.exit_code, "octavo: neither failed nor dead" in result.stderr) == (1, True)


def test_what_is_named_is_dropped(queue, store, url):
    result = run("drop", str(queue["dead"]), "--store", url)
    assert (result.exit_code, result.stdout) == (0, "1 dropped\n")
    assert run("retry", "--all", "--store", url).stdout == "1 to be tried again\n"
    assert store.counts().dead == {}


def test_what_is_pending_is_dropped_by_its_number(queue, store, url):
    assert run("drop", str(queue["pending"]), "--store", url).stdout == "1 dropped\n"
    assert store.counts().pending == {}
    result = run("drop", str(queue["pending"]), str(queue["waiting"]), "--store", url)
    assert (result.exit_code, result.stdout) == (1, "0 dropped\n")
    assert f"neither failed nor dead nor pending: {queue['pending']}, {queue['waiting']}" in result.stderr


def test_all_for_one_sink_are_dropped(queue, store, url):
    result = run("drop", str(queue["failed"]), "--sink", "hook", "--store", url)
    assert (result.exit_code, result.stdout) == (1, "0 dropped\n")
    assert f"nothing for hook: {queue['failed']}" in result.stderr
    assert run("drop", "--all", "--sink", "hook", "--yes", "--store", url).stdout == "2 dropped\n"
    assert (store.counts().failed, store.counts().pending, store.counts().dead) == (1, {}, {})


@pytest.mark.usefixtures("queue", "terminal")
def test_a_terminal_is_asked_before_all_for_one_sink_are_dropped(store, url):
    result = run("drop", "--all", "--sink", "hook", "--store", url, stdin="n\n")
    assert "Drop 1 message pending for hook, 1 dead?" in result.output
    assert (result.exit_code, store.counts().pending) == (1, {"hook": 1})


def test_all_are_dropped_without_a_question(queue, url):
    assert queue
    assert run("drop", "--all", "--yes", "--store", url).stdout == "2 dropped\n"
    assert rows("--store", url) == []


@pytest.mark.usefixtures("queue", "terminal")
@pytest.mark.parametrize(("answer", "exit_code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("", 1, 1)])
def test_a_terminal_is_asked_before_all_are_dropped(store, url, answer, exit_code, left):
    result = run("drop", "--all", "--store", url, stdin=answer)
    assert "Drop 1 message that failed, 1 that are dead?" in result.output
    assert (result.exit_code, store.counts().failed) == (exit_code, left)


@pytest.mark.usefixtures("queue")
def test_where_nobody_can_be_asked_nothing_is_dropped(store, url):
    result = run("drop", "--all", "--store", url)
    assert result.exit_code == 2
    assert "--yes was expected" in result.stderr
    assert store.counts().failed == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "which? numbers of messages (octavo queue list) or --all was expected"),
        (
            ("3", "--all"),
            "numbers name some messages, and --all means every one: one of the two was",
        ),
    ],
)
@pytest.mark.parametrize("command", ["retry", "drop"])
def test_it_has_to_be_said_which(command, args, words):
    result = run(command, *args)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63)])
def test_what_is_no_number_of_a_message_is_told(number):
    assert run("retry", "--", number).exit_code == 2


# ---- which store ----


@pytest.mark.parametrize("args", [("list",), ("retry", "--all"), ("drop", "--all", "--yes"), ("drop", "1")])
def test_a_store_that_is_not_there_is_not_made(tmp_path, monkeypatch, args):
    monkeypatch.chdir(tmp_path)
    result = run(*args)
    assert result.exit_code == 1
    assert "there is no such store" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_store_of_serve_is_the_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:octavo.db")
    store.put([row(1)], NOW, NOW)
    store.close()
    assert len(rows("--state", "waiting")) == 1


def test_a_configuration_names_the_store(tmp_path):
    store = open_store(str(tmp_path / "kept.db"))
    store.put([row(1)], NOW, NOW)
    store.close()
    config = tmp_path / "octavo.toml"
    needed = '[[secrets]]\ntype = "bearer"\nvalue = "$NOT_AT_HAND"\n'
    config.write_text(f'store = "sqlite:kept.db"\n{needed}', encoding="utf-8")
    assert len(rows("--state", "waiting", "--config", str(config))) == 1
    result = run("list", "--config", str(config), "--store", str(tmp_path / "other.db"))
    assert "other.db: there is no such store" in result.stderr


CHANGES = [("list",), ("retry", "--all"), ("drop", "--all", "--yes")]


@pytest.mark.parametrize("args", CHANGES)
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (None, "this is no store of octavo"),
        ("CREATE TABLE theirs (a)", "this is no store of octavo"),
        ("PRAGMA user_version = 9", "a store of version 9; this octavo knows version 1"),
    ],
)
def test_a_file_that_is_no_store_for_us_is_told(tmp_path, args, statement, words):
    """Text, somebody else's database, a newer octavo's."""
    file = tmp_path / "some.db"
    file.write_text("no database at all, but a text" * 50 if statement is None else "", encoding="utf-8")
    if statement:
        with closing(sqlite3.connect(file)) as theirs:
            theirs.execute(statement)
    result = run(*args, "--store", str(file))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"some.db: {words}" in result.stderr


@posix
def test_a_store_that_a_receiver_works_with(tmp_path):
    (tmp_path / "octavo.toml").write_text('device = "bad.js"\n', encoding="utf-8")
    (tmp_path / "bad.js").write_text("function decodeUplink(i){ throw new Error('bad') }", encoding="utf-8")
    store = ("--config", str(tmp_path / "octavo.toml"))
    with Serving(tmp_path, "octavo.toml").start() as server:
        assert [server.post(numbered(n))[0] for n in range(3)] == [200] * 3
        until(lambda: len(rows(*store)) == 3 and server.open_work() == 0, "all fail, and that is passed on")
        assert run("drop", "1", *store).stdout == "1 dropped\n"
        (tmp_path / "bad.js").write_text("function decodeUplink(i){ return { data: { good: 1 } } }", encoding="utf-8")
        until(lambda: run("retry", "--all", *store).exit_code == 0 and server.open_work() == 0 and rows(*store) == [])
        assert {each["outcome"] for each in server.outcomes(3).values()} == {"decoded", "failed"}
        assert server.stop() == 0


def test_a_url_that_names_no_store_is_told_without_its_password():
    result = run("list", "--store", "mysql://octavo:opensesame@db/octavo")
    assert result.exit_code == 1
    assert "postgresql://" in result.stderr
    assert "opensesame" not in result.output
