"""A function of one's own: what it is given, what its answers do, and what becomes of its mistakes."""

import json
import socket
import threading
from dataclasses import replace

import pytest

from octavo.errors import ContentError
from octavo.live.config import Config, Downlinks
from octavo.live.intake import DownlinkKeys
from octavo.live.keys import KeyRing
from octavo.live.sinks import check_sink, handler, make_sink

from .live_parts import letter, sink_config, webhook

DEVICE = """
function decodeUplink(input) { return { data: {} }; }
function encodeDownlink(input) { return { bytes: [input.data.minutes], fPort: 3 }; }
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Makes sinks whose function is the text of a module; its name is new each time."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "device.js").write_text(DEVICE)
    opened = []

    def make(text, *, enabled=True, function="answer"):
        name = f"{tmp_path.name.replace('-', '_')}_{len(opened)}"
        (tmp_path / f"{name}.py").write_text(text)
        device = str(tmp_path / "device.js")
        store = f"sqlite:{tmp_path / 'octavo.db'}"
        config = Config(folder=tmp_path, store=store, device=device, downlinks=Downlinks(enabled=enabled))
        sink = make_sink(sink_config("handler", function=f"{name}:{function}"), config)
        sink.open()
        opened.append(sink)
        return sink

    yield make
    for sink in opened:
        sink.close()


def keep_keys(folder, **keys):
    with KeyRing(folder / "octavo-keys.db") as ring:
        ring.remember(DownlinkKeys(keys.pop("network", "v3"), "my-app-id", "my-dev-id", **keys))


def v3(number):
    return letter(number, network="v3", kind="v3.uplink_message")


def outcome_of(receipts):
    return [(receipt.state, receipt.reason) for receipt in receipts]


def test_the_function_is_given_the_outcome(made, tmp_path):
    text = (
        "import json\ndef answer(outcome):\n with open(r'{}', 'a') as file:\n  file.write(json.dumps(outcome) + '\\n')"
    )
    sink = made(text.format(tmp_path / "given"))
    letters = [letter(1), letter(2)]
    assert outcome_of(sink.send(letters)) == [("sent", "")] * 2
    lines = (tmp_path / "given").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [json.loads(each.content) for each in letters]


def test_an_answer_is_encoded_and_sent_where_the_message_said(made, tmp_path):
    with webhook() as (hook, url):
        push = f"{url}/devices/my-dev-id/down/push"
        keep_keys(tmp_path, api_key="NNSXS.KEY", push=push, replace=push.replace("push", "replace"))
        answer = {"data": {"minutes": 5}, "confirmed": True, "priority": "HIGH"}
        sink = made(f"def answer(outcome): return {answer!r}")
        assert outcome_of(sink.send([v3(1)])) == [("sent", "")]
        sink = made(f"def answer(outcome): return {answer | {'operation': 'replace', 'f_port': 7}!r}")
        assert outcome_of(sink.send([v3(2)])) == [("sent", "")]
    (path, headers, body), (second, _, _) = hook.requests
    assert (path, second) == ("/hook/devices/my-dev-id/down/push", "/hook/devices/my-dev-id/down/replace")
    assert {name.lower(): value for name, value in headers.items()}["authorization"] == "Bearer NNSXS.KEY"
    item = {"f_port": 3, "frm_payload": "BQ==", "confirmed": True, "priority": "HIGH"}
    assert body == {"downlinks": [item]}


def test_an_answer_to_the_things_network(made, tmp_path):
    with webhook() as (hook, url):
        keep_keys(tmp_path, network="v2", downlink_url=f"{url}?key=ttn-account-v2.secret")
        assert outcome_of(made("def answer(outcome): return {'data': b'\\1', 'f_port': 1}").send([letter(1)])) == [
            ("sent", "")
        ]
    ((_, _, body),) = hook.requests
    assert (body["dev_id"], body["port"], body["payload_raw"]) == ("my-dev-id", 1, "AQ==")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("5", "None, or a dict with data, was expected, not one of type int"),
        ("{'dta': 3, 'f_port': 1}", "None, or a dict with data, was expected, not one with dta, f_port"),
        ("{}", "None, or a dict with data, was expected, not an empty one"),
        ("{'data': {}, 'port': 5}", "no 'port' in an answer: one of confirmed, data, f_port, operation, priority"),
        ("{'data': {}, 'operation': []}", "operation: one of push, replace was expected"),
        ("{'data': {}, 'operation': 'clear'}", "operation: one of push, replace was expected"),
        ("{'data': {'minutes': 1}}", "no message of my-dev-id has brought keys for downlinks"),
    ],
)
def test_an_answer_that_cannot_be_sent_is_refused(made, answer, reason):
    ((state, told),) = outcome_of(made(f"def answer(outcome): return {answer}").send([v3(1)]))
    assert state == "refused"
    assert reason in told


@pytest.mark.parametrize("answer", [{"f_port": "5"}, {"f_port": None}, {"priority": {}}])
@pytest.mark.parametrize("data", [b"\1", {"minutes": 1}])
def test_an_answer_that_is_no_downlink_is_refused(made, tmp_path, answer, data):
    keep_keys(tmp_path, api_key="NNSXS.KEY", push="http://127.0.0.1:1/push", replace="http://127.0.0.1:1/replace")
    answer = {"data": data, "f_port": 1} | answer
    ((state, told),) = outcome_of(made(f"def answer(outcome): return {answer!r}").send([v3(1)]))
    assert state == "refused", told


def test_answers_need_the_keys(made):
    sink = made("def answer(outcome): return {'data': {'minutes': 1}}", enabled=False)
    ((state, told),) = outcome_of(sink.send([v3(1)]))
    assert (state, "[downlinks] enabled = true was expected" in told) == ("refused", True)


@pytest.mark.parametrize(("status", "state"), [(400, "refused"), (404, "refused"), (503, "down")])
def test_what_the_server_says(made, tmp_path, status, state):
    with webhook() as (hook, url):
        hook.statuses = [status] * 9
        hook.headers = {"Retry-After": "3600"}
        keep_keys(tmp_path, api_key="NNSXS.KEY", push=f"{url}/push", replace=f"{url}/replace")
        (receipt, *_) = made("def answer(outcome): return {'data': {'minutes': 1}}").send([v3(1), v3(2)])
    assert receipt.state == state
    assert f"answered {status}" in receipt.reason
    assert "NNSXS" not in receipt.reason


COUNTS = """
calls = []
def answer(outcome):
    calls.append(outcome['id'])
    return {'data': {'minutes': outcome['id']}}
"""


def test_an_answer_that_waits_for_its_server_is_not_asked_for_again(made, tmp_path):
    with webhook() as (hook, url):
        hook.statuses = [503, 503, 400, 503]
        keep_keys(tmp_path, api_key="NNSXS.KEY", push=f"{url}/push", replace=f"{url}/replace")
        sink = made(COUNTS)
        found = [sink.send([v3(2)])[0].state for _ in range(2)]
        found += [sink.send([v3(number)])[0].state for number in (1, 2, 2)]  # one that was refused before is due again
        calls = sink._function.__globals__["calls"]
        assert (found, calls) == (["down", "down", "refused", "down", "sent"], [2, 1])
        assert outcome_of(sink.send([v3(1)])) == [("sent", "")]
        assert (calls, sink._calls) == ([2, 1, 1], {}), "one that was refused is asked for again"
    assert hook.bodies[-2]["downlinks"][0]["frm_payload"] == "Ag=="


def test_an_outcome_that_is_new_is_a_call_of_its_own(made, tmp_path):
    with webhook() as (hook, url):
        hook.statuses = [503]
        keep_keys(tmp_path, api_key="NNSXS.KEY", push=f"{url}/push", replace=f"{url}/replace")
        sink = made(COUNTS)
        sink.send([v3(1)])
        assert outcome_of(sink.send([replace(v3(1), made_ms=5)])) == [("sent", "")]
        assert sink._function.__globals__["calls"] == [1, 1]


@pytest.mark.parametrize(("operation", "state"), [("push", "dead"), ("replace", "down")])
def test_a_push_without_an_answer_is_not_pushed_twice(made, tmp_path, operation, state):
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=hang_up, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        keep_keys(tmp_path, api_key="NNSXS.KEY", push=f"{url}/push", replace=f"{url}/replace")
        (receipt,) = made(f"def answer(_): return {{'data': b'1', 'f_port': 1, 'operation': '{operation}'}}").send(
            [v3(1)]
        )
    assert receipt.state == state
    assert receipt.reason.endswith("; the downlink may be queued all the same")


def hang_up(server):
    """Take one request, and end without a word."""
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)


def test_a_mistake_of_the_function_is_the_letters_own(made, caplog):
    sink = made("def answer(outcome): return 1 / (outcome['id'] - 2)  # a dict was expected")
    receipts = sink.send([letter(2), letter(1)])
    assert receipts[0].state == receipts[1].state == "refused"
    assert receipts[0].reason.endswith(":answer raised ZeroDivisionError: division by zero")
    assert "message 2: " in caplog.text
    assert sink.send([letter(2)]) == receipts[:1]
    (raised,) = [each for each in caplog.records if each.event == "raised"]
    assert raised.facts == {"sink": "handler", "id": 2, "function": sink._named, "count": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1", ":answer cannot be loaded: the module test_a_function_that_cannot_be"),
        ("answer = 5", "has no function answer"),
        ("\nimport no_such_module", ".py:2: ModuleNotFoundError: No module named 'no_such_module'"),
        ("\n\n1 / 0", ".py:3: ZeroDivisionError: division by zero"),
        ("\ndef answer(outcome)\n    return None", ".py:2: SyntaxError: "),
        ("raise SystemExit('bye')", ".py:1: SystemExit: bye"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_down(made, text, reason):
    receipts = made(text).send([letter(1), letter(2)])
    assert [receipt.state for receipt in receipts] == ["down", "down"]
    assert reason in receipts[0].reason


def test_a_module_that_is_not_there_is_named(tmp_path):
    sink = sink_config("handler", function="no_such_module:answer")
    with pytest.raises(ContentError, match=r"sink handler: function: .* there is no module no_such_module, in .* or"):
        check_sink(sink, Config(folder=tmp_path))


def test_a_module_that_is_not_loaded_in_time_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(handler, "TIMEOUT_S", 0.05)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "never_loaded.py").write_text("import threading\nthreading.Event().wait()")
    with pytest.raises(ContentError, match="never_loaded:answer is not loaded after 0 s"):
        check_sink(sink_config("handler", function="never_loaded:answer"), Config(folder=tmp_path))


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        ("SystemExit(3)", "SystemExit: 3"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("ValueError('a\\nb')", "ValueError: a b"),
        ("type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "Odd: <exception str() failed>"),
    ],
)
def test_whatever_a_function_raises_is_the_letters_own_and_ends_nothing(made, raised, reason):
    sink = made(f"def answer(outcome):\n if outcome['id'] == 1: raise {raised}")
    receipts = sink.send([letter(1), letter(2)])
    assert [receipt.state for receipt in receipts] == ["refused", "sent"]
    assert reason in receipts[0].reason


def test_every_call_is_in_one_thread(made):
    """What a module opens may be bound to the thread that loaded it, as SQLite's connections are."""
    sink = made(
        "import threading\nhere = threading.get_ident()\ndef answer(outcome): assert threading.get_ident() == here"
    )
    assert outcome_of(sink.send([letter(1), letter(2)])) == [("sent", "")] * 2


def test_a_function_that_does_not_return_is_waited_for(made, monkeypatch):
    monkeypatch.setattr(handler, "TIMEOUT_S", 0.05)
    sink = made(
        "import threading\nmay = threading.Event()\ncalls = []\ndef answer(outcome):\n calls.append(1)\n may.wait()"
    )
    letters = [letter(1), letter(2)]
    assert [receipt.state for receipt in sink.send(letters)] == ["down", "down"]
    calls, may = (sink._function.__globals__[name] for name in ("calls", "may"))
    assert [receipt.state for receipt in sink.send(letters)] == ["down", "down"]
    assert len(calls) == 1
    may.set()
    monkeypatch.setattr(handler, "TIMEOUT_S", 30)
    assert [receipt.state for receipt in sink.send(letters)] == ["sent", "sent"]
    assert len(calls) == 2


def test_what_the_encoder_remarks_of_an_answer_is_logged_once(made, tmp_path, caplog):
    with webhook() as (hook, url):
        keep_keys(tmp_path, api_key="NNSXS.KEY", push=f"{url}/down/push", replace=f"{url}/down/replace")
        sink = made("def answer(outcome): return {'data': {'minutes': 5}}")
        (tmp_path / "device.js").write_text(
            "function encodeDownlink(input) { return { bytes: [1], fPort: 3, warnings: ['too long'] }; }"
        )
        assert outcome_of(sink.send([v3(1), v3(2)])) == [("sent", "")] * 2
    assert len(hook.requests) == 2
    (told,) = [record for record in caplog.records if record.event == "remark"]
    assert told.facts == {"sink": "handler", "id": 1, "remark": "too long", "count": 1}


def test_no_key_is_in_the_words_of_an_exception_however_they_are_cut(made, monkeypatch):
    monkeypatch.setattr(handler, "WORDS_MAX", 60)
    sink = made("def answer(outcome): raise OSError('mqtt://octavo:SECRETSECRETSECRETSECRET@broker?api_key=SECRET')")
    ((state, told),) = outcome_of(sink.send([letter(1)]))
    assert (state, "SECRET" in told, "mqtt://***@broker?api_key=***" in told) == ("refused", False, True)
