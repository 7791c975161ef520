"""The webhooks of docs/webhook.md, each run by its framework's own client, with what networks send and what not."""

import copy
import json
import re
import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from .chirpstack import UP
from .processes import forks
from .traffic import EXAMPLES
from .webhooks import FOLDER, GOOD, KEY, NEEDS, calling, event, loaded, network

PAGE = Path(__file__).parents[1] / "docs" / "webhook.md"
ANSWERING = ("fastapi_app", "flask_app", "lambda_handler")

WARM = {
    "end_device_ids": {"device_id": "ht-1", "application_ids": {"application_id": "app1"}},
    "uplink_message": {"f_port": 2, "frm_payload": "AQKIgKsCnA=="},
}
FROST = copy.deepcopy(WARM)
FROST["uplink_message"]["frm_payload"] = "AQFQgKsCnA=="
FIVE_MINUTES = "AgU="
V2 = EXAMPLES["v2-http-uplink"]["message"]
V2_FROST = V2 | {"dev_id": "ht-2", "port": 2, "payload_raw": "AQFQgKsCnA=="}
OURS = UP | {"deviceInfo": UP["deviceInfo"] | {"deviceName": "ht-3"}, "fPort": 2, "data": "AQKIgKsCnA=="}
# An uplink of The Things Stack in protocol buffers: its identifiers, tag 1, begin it.
PROTOBUF = bytes.fromhex("0a1a0a0468742d31120c0a0a6170706c69636174696f6e2208fffe") + b"\x1a\x02\x08\x02"


@pytest.fixture(scope="module", autouse=True)
def environment():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEBHOOK_KEY", KEY)
        patch.setenv("NO_PROXY", "*")
        yield


@pytest.fixture(scope="module", params=sorted(NEEDS))
def post(request, environment, warm_pool):  # noqa: ARG001 - both have to be there first
    with calling(request.param) as posted:
        yield posted


@pytest.fixture(scope="module", params=ANSWERING)
def answering(request, environment, warm_pool):  # noqa: ARG001 - likewise
    with calling(request.param) as posted:
        yield posted


@pytest.fixture
def tts():
    with network() as ours:
        yield ours


def dumped(message):
    return json.dumps(message).encode()


def kept(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_uplink_is_decoded_and_kept(post, capsys):
    assert post(dumped(WARM), GOOD) == (200, {"outcome": "decoded", "reason": None})
    (line,) = kept(capsys)
    assert (line["device"], line["kind"]) == ("ht-1", "v3.uplink_message")
    assert line["data"]["temperature"] == 24.8


def test_the_same_workers_serve_the_next_request(post, capsys):
    assert [post(dumped(message), GOOD)[0] for message in (WARM, FROST, WARM)] == [200, 200, 200]
    assert [line["data"]["temperature"] for line in kept(capsys)] == [24.8, -6.4, 24.8]


@pytest.mark.parametrize(
    "wrong", ["", "Bearer", "Bearer ", f"bearer {KEY}", f"Bearer {KEY}s", KEY, f"Basic {KEY}", "Bearer \xfcml\xe4ut"]
)
def test_a_wrong_secret_gets_nowhere(post, capsys, wrong):
    status, _ = post(dumped(WARM), GOOD | {"Authorization": wrong})
    assert (status, kept(capsys)) == (401, [])


def test_no_secret_gets_nowhere(post, capsys):
    status, _ = post(dumped(WARM), {"Content-Type": "application/json"})
    assert (status, kept(capsys)) == (401, [])


TAKEN = {
    "the user's uplink, which has no port": (EXAMPLES["v3-uplink_message"]["message"], "", "no_port"),
    "a join": (EXAMPLES["v3-join_accept"]["message"], "", "join"),
    "a downlink event": (EXAMPLES["v3-downlink_ack"]["message"], "", "event"),
    "a failed downlink": (EXAMPLES["v3-downlink_failed"]["message"], "", "event"),
    "an uplink of v2, of a device that is not known": (V2, "", "unknown_device"),
    "an uplink of v2": (V2_FROST | {"payload_raw": "AQKIgKsCnA=="}, "", "decoded"),
    "an event of ChirpStack": (OURS, "event=up", "decoded"),
    "an event of ChirpStack that is no uplink": ({"deviceInfo": OURS["deviceInfo"]}, "event=log", "event"),
    "a payload that the formatter refuses": (
        WARM | {"uplink_message": {"f_port": 2, "frm_payload": "/w=="}},
        "",
        "failed",
    ),
    "nothing known": ({"hello": "world"}, "", "unknown_kind"),
    "no object": ([1, 2], "", "ambiguous"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_gets_200_whatever_became_of_it(post, capsys, name):
    message, query, outcome = TAKEN[name]
    status, answer = post(dumped(message), GOOD, query)
    assert (status, answer["outcome"]) == (200, outcome)
    assert [line["outcome"] for line in kept(capsys)] == [outcome]


@pytest.mark.parametrize(
    "body", [b"", b"Hello?", dumped(WARM)[:-1], b"[" * 100_000], ids=["none", "text", "cut", "deep"]
)
def test_a_body_that_is_no_json_gets_400(post, capsys, body):
    status, answer = post(body, GOOD)
    assert (status, answer["outcome"]) == (400, "not_json")
    assert [line["outcome"] for line in kept(capsys)] == ["not_json"]


def test_protocol_buffers_get_400_and_what_to_set(post):
    status, answer = post(PROTOBUF, GOOD | {"Content-Type": "application/octet-stream"})
    assert (status, answer["outcome"]) == (400, "not_json")
    assert "webhook format to JSON" in answer["reason"]


# ---- answers to the sensor ----


def headers_of(tts):
    return GOOD | {"X-Downlink-Apikey": "NNSXS.KEY", "X-Downlink-Push": f"{tts.url}/down/push"}


def test_a_sensor_in_the_frost_is_answered(answering, tts):
    assert [answering(dumped(message), headers_of(tts))[0] for message in (WARM, FROST)] == [200, 200]
    downlink = {"f_port": 1, "frm_payload": FIVE_MINUTES}
    assert tts.taken == [("/down/push", "Bearer NNSXS.KEY", {"downlinks": [downlink]})]


def test_a_sensor_of_v2_is_answered_where_its_message_says(answering, tts, capsys, caplog):
    caplog.set_level("INFO")
    message = V2_FROST | {"downlink_url": f"{tts.url}/api/v2/down/app/process?key=ttn-account-v2.secret"}
    assert answering(dumped(message), GOOD)[0] == 200
    ((path, _, downlink),) = tts.taken
    assert path.endswith("?key=ttn-account-v2.secret")
    assert (downlink["dev_id"], downlink["payload_raw"]) == ("ht-2", FIVE_MINUTES)
    assert "answer to ht-2: HTTP 200" in caplog.text
    assert "ttn-account-v2" not in capsys.readouterr().out + caplog.text


@pytest.mark.parametrize("status", [403, 500])
def test_the_message_is_taken_though_the_network_refuses_the_answer(answering, tts, status):
    tts.status = status
    assert answering(dumped(FROST), headers_of(tts))[0] == 200
    assert len(tts.taken) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/?key=ttn-account-v2.secret", "http://[?key=ttn-account-v2.secret"])
def test_the_message_is_taken_though_the_answer_cannot_be_sent(answering, capsys, caplog, url):
    assert answering(dumped(V2_FROST | {"downlink_url": url}), GOOD)[0] == 200
    assert "no answer to ht-2" in caplog.text
    assert "ttn-account-v2" not in capsys.readouterr().out + caplog.text


def test_without_the_headers_there_is_no_answer(answering, caplog):
    assert answering(dumped(FROST), GOOD)[0] == 200
    assert "X-Downlink-Apikey" in caplog.text


# ---- Lambda's own ----


@pytest.mark.parametrize("binary", [False, True])
def test_bodies_cross_as_text_or_in_base64(binary, capsys):
    handler = loaded("lambda_handler").handler
    assert handler(event(dumped(WARM), GOOD, "", binary=binary), None)["statusCode"] == 200
    assert kept(capsys)[0]["data"]["humidity"] == 50


def test_an_event_without_body_and_headers(capsys):
    handler = loaded("lambda_handler").handler
    assert handler({"version": "2.0"}, None)["statusCode"] == 401
    bare = {"version": "2.0", "headers": {"authorization": f"Bearer {KEY}"}}
    assert handler(bare, None)["statusCode"] == 400
    assert [line["outcome"] for line in kept(capsys)] == ["not_json"]


# ---- processes ----

FORKING = """
    import os, sys
    sys.path.insert(0, {folder!r})
    from flask_app import app

    def temperature():
        answer = app.test_client().post("/webhook", data={body!r}, headers={headers!r})
        assert answer.json["outcome"] == "decoded", answer.json

    temperature()
    children = []
    for _ in range(2):
        if not (child := os.fork()):
            temperature()
            os._exit(0)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    temperature()
"""


@forks
def test_each_process_of_a_server_has_workers_of_its_own():
    """As gunicorn --preload does: loaded, and used, before the fork."""
    for needed in NEEDS["flask_app"]:
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    program = textwrap.dedent(FORKING).format(folder=str(FOLDER), body=dumped(WARM), headers=GOOD)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 4


# ---- the page ----


def test_the_page_shows_the_files():
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    files = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.py")}
    assert files.keys() == {f"{name}.py" for name in NEEDS}
    assert {re.match(r"# (.*)\n", block)[1]: block for block in blocks} == files


def test_what_is_typed_by_hand_is_what_the_tests_post():
    typed = re.search(r"--data '(.*?)'", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    uplink = json.loads(typed[1])["uplink_message"]
    assert uplink == WARM["uplink_message"]


def test_a_webhook_without_a_key_does_not_start(monkeypatch):
    monkeypatch.delenv("WEBHOOK_KEY")
    for needed in NEEDS["starlette_app"]:
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    with pytest.raises(KeyError, match="WEBHOOK_KEY"):
        runpy.run_path(str(FOLDER / "starlette_app.py"))
