"""The limits that one message runs under: each has its named error, and none is a batch's."""

import stat
import sys

import pytest

from octavo.errors import Error, LimitError
from octavo.formatters import Formatter
from octavo.limits import MIB, Limits
from octavo.sandbox.pool import Pool

TIGHT = Limits(time_s=2.0, memory_bytes=64 * MIB, result_bytes=10_000, depth=20, log_bytes=1_000)
# What each message does is told by its first byte; its second comes back, so that no answer is another's.
SCRIPT = """
function nested(levels){var value={};for(var i=1;i<levels;i++)value={a:value};return value}
function hoard(){var kept=[];for(;;){kept.push(new Array(100000).fill(1.5))}}
function buffers(){var kept=[];for(;;){kept.push(new Uint8Array(1<<20).fill(7))}}
function decodeUplink(input){
  var what=input.bytes[0],own=input.bytes[1];
  if(what===1)for(;;){}
  if(what===2)hoard();
  if(what===3)return {data:{text:'x'.repeat(20000)}};
  if(what===4)return {data:nested(40)};
  if(what===5)for(var i=0;i<100;i++)console.log('line '+i+' '+'x'.repeat(40));
  if(what===6)buffers();
  return {data:{own:own}};
}
"""
NAMES = {
    1: {"script_timeout"},
    2: {"limit_memory", "worker_lost"},  # V8 may end its process before anybody counts
    3: {"limit_output"},
    4: {"limit_depth"},
    6: {"limit_memory", "worker_lost", "script"},  # a refused buffer is a RangeError
}
CODES = {"script_timeout": "DEADLINE_EXCEEDED"}


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    file = tmp_path_factory.mktemp("limits") / "limits.js"
    file.write_text(SCRIPT, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def tight(script):
    with Formatter(script, name="tight", limits=TIGHT) as device:
        yield device


def formatter(tmp_path, text, **options):
    file = tmp_path / "script.js"
    file.write_text(text, encoding="utf-8")
    return Formatter(file, name="mine", **options)


def check(device, what):
    """The message meets its limit, and those around it do not."""
    outcomes = list(device.decode_uplinks([(bytes([0, 8]), 1), (bytes([what, 0]), 1), (bytes([0, 9]), 1)]))
    assert [outcomes[0].data, outcomes[2].data] == [{"own": 8}, {"own": 9}]
    error = outcomes[1]
    assert isinstance(error, Error), error
    assert error.name in NAMES[what]
    assert isinstance(error, LimitError) or error.name == "script"
    assert error.code == CODES.get(error.name, error.code)
    return error


@pytest.mark.parametrize("what", NAMES)
def test_each_limit_has_its_named_error(tight, script, what):
    error = check(tight, what)
    assert error.file == str(script)


def test_messages_say_which_limit(tight):
    assert check(tight, 1).message == "script timeout: more than 2 s"
    assert check(tight, 3).message == "the result is larger than 10000 bytes"
    assert check(tight, 4).message == "the result is nested deeper than 20 levels"


def test_a_single_message_raises_its_limit(tight):
    for what in (1, 3, 4):
        with pytest.raises(LimitError) as caught:
            tight.decode_uplink(bytes([what, 0]))
        assert caught.value.name in NAMES[what]
    assert tight.decode_uplink(bytes([0, 3])).data == {"own": 3}


@pytest.mark.parametrize("what", [2, 6])
def test_memory_poll_stands_in_for_the_kernel(script, what):
    pool = Pool(TIGHT, kernel_limits=False)
    device = Formatter(script, name="polled", limits=TIGHT)
    device._loan.release()
    device._loan.pool = pool
    try:
        assert check(device, what).name in {"limit_memory", "worker_lost"}
    finally:
        pool.close()


@pytest.fixture
def without_resource(tmp_path, monkeypatch):
    """Workers start in an interpreter that has no `resource` module, as on Windows."""
    start = tmp_path / "start.py"
    start.write_text(
        "import runpy, sys\n"
        "sys.modules['resource'] = None  # importing it raises ImportError\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n",
        encoding="utf-8",
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -ISB "{start}" "$4" "$5"\n', encoding="utf-8")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(python))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for the interpreter is a shell script")
@pytest.mark.usefixtures("without_resource")
def test_limits_without_the_resource_module(script):
    limits = Limits(time_s=2.5, memory_bytes=64 * MIB, result_bytes=10_000, depth=20)
    with Formatter(script, name="bare", limits=limits) as device:
        for what in NAMES:
            check(device, what)


@pytest.mark.parametrize("what", [3, 4])
def test_results_within_the_limits_pass(script, what):
    generous = Limits(time_s=2.0, result_bytes=30_000, depth=50)
    with Formatter(script, name="generous", limits=generous) as device:
        assert device.decode_uplink(bytes([what, 0])).data


def test_depth_is_exact(tmp_path):
    text = "function decodeUplink(i){var v={};for(var n=1;n<i.bytes[0];n++)v=n%2?{a:v}:{a:[]&&v};return {data:v}}"
    with formatter(tmp_path, text, limits=Limits(time_s=2.0, depth=12)) as device:
        outcomes = list(device.decode_uplinks([(bytes([levels]), 1) for levels in range(1, 40)]))
    kept = [not isinstance(outcome, Error) for outcome in outcomes]
    assert kept == sorted(kept, reverse=True)
    assert abs(kept.count(True) - 12) <= 1


def test_the_log_is_cut_with_a_note(tight):
    for outcome in tight.decode_uplinks([(bytes([5, 4]), 1)] * 3):
        assert outcome.data == {"own": 4}
        assert "the log was cut at 1000 bytes" in outcome.notes
        assert outcome.log[0].startswith("line 0 ")
        assert 500 < sum(map(len, outcome.log)) < 1200
    quiet = tight.decode_uplink(bytes([0, 4]))
    assert (quiet.log, [note for note in quiet.notes if "log" in note]) == ([], [])


BUSY = "function decodeUplink(i){var until=Date.now()+i.bytes[0];while(Date.now()<until);return {data:{n:i.bytes[1]}}}"


def test_time_is_a_message_s_and_never_a_batch_s(tmp_path):
    with formatter(tmp_path, BUSY, limits=Limits(time_s=0.5)) as device:
        outcomes = list(device.decode_uplinks((bytes([30, n]), 1) for n in range(60)))
    assert [outcome.data for outcome in outcomes] == [{"n": n} for n in range(60)]


def test_a_slow_script_is_told_of_the_network_s_limit(tmp_path, warm_pool):
    assert warm_pool.limits == Limits()
    with formatter(tmp_path, BUSY) as device:
        slow = device.decode_uplink(bytes([30, 1]))
        quick = list(device.decode_uplinks([(bytes([0, 1]), 1)] * 50))
    assert any("may exceed the 100 ms of The Things Stack" in note for note in slow.notes)
    assert slow.warnings == []
    assert slow.elapsed_s > 0.02
    assert any(outcome.notes == [] for outcome in quick)  # any, since a busy machine may slow one down
