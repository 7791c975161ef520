"""Archived messages against a device: which agree, which differ and where, which cannot be compared and why."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import octavo
from octavo.comparison import Archived, Tally, compare
from octavo.comparison.tally import MOST_PATHS, SAMPLES
from octavo.device import Device, as_uplink, in_place
from octavo.errors import ContentError, ScriptError
from octavo.messages import Decoded

from .archive import chirpstack4, tally_of, v2, v3

WARM = bytes.fromhex("03670110")
COLD = bytes.fromhex("0367ff9c")
PLACE = "/uplink_message/decoded_payload"


class Fixed(Device):
    """Decodes whatever bytes it gets to data that the test names; an error stands for itself."""

    def __init__(self, data, **members):
        self.name = "fixed"
        self.data = data
        self.members = members

    @property
    def operations(self):
        return frozenset({"decode_uplink"})

    def decode_uplinks(self, messages):
        return in_place(messages, as_uplink, self.answer)

    def answer(self, _uplink):
        return self.data if isinstance(self.data, ScriptError) else Decoded(self.data, **self.members)

    def decode_downlinks(self, messages):
        raise NotImplementedError

    def encode_downlinks(self, messages):
        raise NotImplementedError


@pytest.fixture
def lpp():
    return octavo.load("cayennelpp")


def paths(compared):
    return [(each.found.path, each.found.expected, each.found.got) for each in compared.diff]


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (v3(WARM, {"temperature_3": 27.2}), PLACE),
        (v2(WARM, {"temperature_3": 27.2}), "/payload_fields"),
    ],
    ids=["v3", "v2"],
)
def test_what_agrees_and_what_differs(lpp, message, place):
    other = json.loads(json.dumps(message).replace("27.2", "27.5"))
    (same, different), tally = tally_of(lpp, message, other)
    assert (same.outcome, same.diff, different.outcome) == ("agrees", (), "differs")
    assert paths(different) == [(f"{place}/temperature_3", 27.5, 27.2)]
    summary = tally.summary()
    assert (summary.messages, summary.compared, summary.agree, summary.differ) == (2, 2, 1, 1)
    (path,) = summary.paths
    assert (path.path, path.messages, path.file, path.line) == (f"{place}/temperature_3", 1, "a.jsonl", 2)
    assert not summary.holds


def test_a_message_of_chirpstack_is_compared_where_that_has_its_data(lpp):
    right, wrong = chirpstack4(WARM, {"temperatureSensor": {"3": 27.2}}), chirpstack4(WARM, {"temperature_3": 27.2})
    (same, different), _ = tally_of(lpp, right, wrong)
    assert (same.outcome, same.dialect) == ("agrees", "chirpstack4")
    assert [path for path, *_ in paths(different)] == ["/object/temperature_3", "/object/temperatureSensor"]


def test_the_order_of_members_and_1_0_for_1_are_no_difference():
    (compared,), tally = tally_of(Fixed({"a": 1, "b": 2.0}), v3(b"\0", {"b": 2, "a": 1.0}))
    assert compared.outcome == "agrees"
    assert tally.summary().holds


def test_list_positions_are_folded_and_names_that_look_like_them_are_not():
    ours = {"list": [{"v": 1}, {"v": 2}, {"v": 3}], "1": {"0": 5}}
    theirs = {"list": [{"v": 2}, {"v": 3}, {"v": 4}], "1": {"0": 6}}
    _, tally = tally_of(Fixed(ours), v3(b"\0", theirs), v3(b"\0", theirs))
    found = {path.path: (path.messages, path.explanation and path.explanation.name) for path in tally.summary().paths}
    assert found == {f"{PLACE}/list/*/v": (2, "offset"), f"{PLACE}/1/0": (2, None)}


def test_odd_names_are_escaped():
    (compared,), tally = tally_of(Fixed({"a/b": [{"~": 1}]}), v3(b"\0", {"a/b": [{"~": 2}]}))
    assert paths(compared) == [(f"{PLACE}/a~1b/0/~0", 2, 1)]
    assert [path.path for path in tally.summary().paths] == [f"{PLACE}/a~1b/*/~0"]


def test_warnings_are_compared():
    device = Fixed({"n": 1}, warnings=["low battery"])
    compared, tally = tally_of(
        device,
        v3(b"\0", {"n": 1}, decoded_payload_warnings=["low battery"]),
        v3(b"\0", {"n": 1}),
        v3(b"\0", {"n": 1}, decoded_payload_warnings=["LOW BATTERY"]),
        v2(b"\0", {"n": 1}),
    )
    assert [each.outcome for each in compared] == ["agrees", "differs", "differs", "agrees"]
    (path,) = tally.summary().paths
    assert (path.path, path.messages) == ("/uplink_message/decoded_payload_warnings/*", 2)


def test_normalized_payloads_are_compared_where_both_have_one():
    ours, theirs = [{"air": {"temperature": 20}}], [{"air": {"temperature": 21}}]
    message = v3(b"\0", {"n": 1}, normalized_payload=theirs)
    (compared,), tally = tally_of(Fixed({"n": 1}, normalized=ours), message)
    assert paths(compared) == [("/uplink_message/normalized_payload/0/air/temperature", 21, 20)]
    assert tally.summary().paths[0].path == "/uplink_message/normalized_payload/*/air/temperature"
    (compared,), _ = tally_of(Fixed({"n": 1}), message)
    assert compared.outcome == "agrees"
    (compared,), _ = tally_of(Fixed({"n": 1}, normalized=ours), v3(b"\0", {"n": 1}))
    assert compared.outcome == "agrees"


def test_the_tolerance_is_for_numbers():
    device = Fixed({"n": 20.0, "text": "20.0", "on": True})
    near = v3(b"\0", {"n": 20.5, "text": "20.0", "on": True})
    assert tally_of(device, near)[1].summary().differ == 1
    assert tally_of(device, near, tolerance=0.5)[1].summary().agree == 1
    far = v3(b"\0", {"n": 20.5, "text": "20.5", "on": 1})
    assert len(tally_of(device, far, tolerance=9)[0][0].diff) == 2


def test_what_our_device_cannot_decode_failed_only_where_the_server_could():
    boom = ScriptError("boom")
    (failed, neither), tally = tally_of(Fixed(boom), v3(b"\0", {"n": 1}), v3(b"\0"))
    assert (failed.outcome, failed.error, neither.outcome, neither.error) == (
        "failed",
        boom,
        "no_decoded_payload",
        None,
    )
    summary = tally.summary()
    assert (summary.compared, summary.failed, summary.not_compared) == (1, 1, {"no_decoded_payload": 1})


def test_a_normalizer_that_failed_hides_no_data():
    broken = ScriptError("the normalizer", decoded=Decoded({"n": 1}))
    compared, _ = tally_of(Fixed(broken), v3(b"\0", {"n": 1}), v3(b"\0", {"n": 2}))
    assert [each.outcome for each in compared] == ["agrees", "differs"]
    nothing = ScriptError("the decoder, which had logged something", decoded=Decoded(None, log=["x"]))
    assert tally_of(Fixed(nothing), v3(b"\0", {"n": 1}))[0][0].outcome == "failed"


def test_no_data_of_ours_differs_from_data_of_the_server():
    (compared,), _ = tally_of(Fixed(None), v3(b"\0", {"n": 1}))
    assert paths(compared) == [(PLACE, {"n": 1}, None)]


JOIN = {"end_device_ids": {"device_id": "probe-1"}, "join_accept": {"session_key_id": "AXBSH1Pk6Z0G166RlH16CQ=="}}
UNCOMPARED = {
    "join": JOIN,
    "no_port": v3(WARM, {"temperature_3": 27.2}, f_port=0),
    "encrypted": v3(WARM, app_s_key={"key": "AAAA"}),
    "no_decoded_payload": v3(WARM),
    "invalid": {"uplink_message": {"f_port": 1, "frm_payload": "%%%", "decoded_payload": {}}},
    "ambiguous": {},
    "unknown_kind": {"hello": 1},
}


def test_what_cannot_be_compared_is_counted_by_its_name(lpp):
    compared, tally = tally_of(lpp, *UNCOMPARED.values())
    assert [each.outcome for each in compared] == list(UNCOMPARED)
    assert tally.summary().not_compared == dict.fromkeys(UNCOMPARED, 1)
    assert not tally.summary().holds


def test_a_port_from_outside_compares_what_has_none(lpp):
    (compared,), _ = tally_of(lpp, UNCOMPARED["no_port"], f_port=1)
    assert (compared.outcome, compared.f_port) == ("agrees", 1)


def test_what_could_not_be_read_keeps_its_place(lpp):
    error = ContentError("not JSON", file="a.jsonl", line=1)
    unread = Archived(None, file="a.jsonl", error=error)
    good = Archived(v3(WARM, {"temperature_3": 27.2}))
    compared = list(compare([unread, good, unread, unread, good, unread], lpp))
    assert [each.outcome for each in compared] == ["not_json", "agrees", *["not_json"] * 2, "agrees", "not_json"]
    assert compared[0].error is error
    tally = Tally()
    for each in compared:
        tally.add(each)
    assert not tally.summary().holds, "not everything was read"


def test_it_is_lazy(lpp):
    endless = (Archived(v3(WARM, {"temperature_3": 27.2})) for _ in itertools.count())
    assert [each.outcome for each in itertools.islice(compare(endless, lpp), 1200)] == ["agrees"] * 1200


def test_the_tally_is_bounded():
    messages = [v3(b"\0", {f"k{number}": number}) for number in range(MOST_PATHS + 50)]
    _, tally = tally_of(Fixed({}), *messages)
    summary = tally.summary()
    assert (len(summary.paths), summary.paths_left_out, summary.differ) == (MOST_PATHS, 50, MOST_PATHS + 50)
    assert len(tally.samples[False]) == SAMPLES


def test_a_respelt_member_is_one_path():
    ours = {"battVoltage": 3.1, "Temp": {"c": 20}, "extra": 1}
    theirs = {"batt_voltage": 3.1, "temp": {"c": 20}, "Extra": 2}
    (compared,), tally = tally_of(Fixed(ours), v3(b"\0", theirs))
    assert len(compared.diff) == 6
    told = {path.path: path.explanation.message for path in tally.summary().paths if path.explanation.name == "respelt"}
    assert told == {
        f"{PLACE}/batt_voltage": "only the name differs: here it is battVoltage",
        f"{PLACE}/temp": "only the name differs: here it is Temp",
    }
    others = {path.path: path.explanation.name for path in tally.summary().paths}
    assert others[f"{PLACE}/Extra"] == "only_there"
    assert others[f"{PLACE}/extra"] == "only_here"
    assert len(others) == 4


def test_another_dialect_is_tried_with_a_sample(tmp_path):
    script = tmp_path / "x.js"
    script.write_text(
        "function decodeUplink(input) { return { data: { n: input.bytes[0], at: typeof input.recvTime } }; }"
    )
    messages = [v3(bytes([number]), {"n": number, "at": "undefined"}) for number in range(5)]
    messages.append(v3(b"\7", {"n": 7, "at": "object"}))
    with octavo.load(script) as device, octavo.load(script, dialect="tts-3.32") as other:
        _, tally = tally_of(device, *messages)
        assert (tally.summary().agree, tally.dialects) == (1, {"tts"})
        trial = tally.try_dialect("tts-3.32", other)
    assert trial.to_dict() == {"dialect": "tts-3.32", "messages": 6, "agree": 5, "before": 1}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=4), values, max_size=4)


@given(objects)
def test_the_same_data_agrees(data):
    (compared,), tally = tally_of(Fixed(data), v3(b"\0", json.loads(json.dumps(data))))
    assert compared.outcome == "agrees"
    assert tally.summary().holds


@given(objects, objects)
def test_any_two_payloads_agree_or_differ_and_can_be_told(theirs, ours):
    (compared,), tally = tally_of(Fixed(ours), v3(b"\0", theirs))
    assert compared.outcome == ("differs" if compared.diff else "agrees")
    summary = json.loads(json.dumps(tally.summary().to_dict(), allow_nan=False))
    assert summary["compared"] == 1
    assert bool(summary["paths"]) == (compared.outcome == "differs")
    json.dumps(compared.to_dict(), allow_nan=False)
