"""Every limit has its named error, is per message, and holds without the kernel's help."""

# ruff: noqa: E501 - one-line scripts are read best in one line

import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from octavo.errors import Error, LimitError
from octavo.formatters import Formatter
from octavo.limits import MIB, Limits
from octavo.sandbox import worker as worker_module
from octavo.sandbox.pool import Pool

HEAD = "function decodeUplink(input){var b=input.bytes;"
BUSY = "for(var t=Date.now();Date.now()-t<b[0];);return {data:{n:b[1]}}}"


@pytest.fixture
def device(tmp_path):
    """Makes formatters of script texts, and closes them."""
    made = []

    def make(text, **options):
        file = tmp_path / f"script_{len(made)}.js"
        file.write_text(text, encoding="utf-8")
        made.append(Formatter(file, name="limits", **options))
        return made[-1]

    yield make
    for formatter in made:
        formatter.close()


def outcome(formatter, payload=b"\0\0"):
    return next(formatter.decode_uplinks([(payload, 1)]))


# ---- time ----------------------------------------------------------------------------------------------------------------


def test_time_is_per_message_not_per_batch(device):
    formatter = device(HEAD + BUSY, limits=Limits(time_s=0.5))
    messages = [(bytes([100, n]), 1) for n in range(40)]
    assert [result.data["n"] for result in formatter.decode_uplinks(messages)] == list(range(40))


def test_too_slow_a_message_is_named_and_the_others_are_answered(device):
    formatter = device(f"{HEAD}if(b[0]===7)for(;;);return {{data:{{n:b[0]}}}}}}", limits=Limits(time_s=0.4))
    results = list(formatter.decode_uplinks([(bytes([n]), 1) for n in range(20)]))
    assert isinstance(results[7], LimitError)
    assert (results[7].name, results[7].code) == ("script_timeout", "DEADLINE_EXCEEDED")
    assert "0.4 s" in results[7].message
    assert [result.data["n"] for n, result in enumerate(results) if n != 7] == [n for n in range(20) if n != 7]


def test_several_too_slow_ones_in_one_batch(device):
    formatter = device(f"{HEAD}if(b[0]%7===3)for(;;);return {{data:{{n:b[0]}}}}}}", limits=Limits(time_s=0.3))
    results = list(formatter.decode_uplinks([(bytes([n]), 1) for n in range(20)]))
    assert [n for n, result in enumerate(results) if isinstance(result, Error)] == [3, 10, 17]


def test_what_hangs_after_its_answer_is_not_blamed_on_the_next(device):
    late = "var p=globalThis['Pro'+'mise'];if(b[0])p.resolve().then(function(){for(;;);});return {data:{n:b[0]}}}"
    formatter = device(HEAD + late, limits=Limits(time_s=0.4), workers=1)
    for _ in range(2):
        assert outcome(formatter, b"\x01").data == {"n": 1}
        assert outcome(formatter, b"\0").data == {"n": 0}


def test_slowness_is_noted_by_the_network_s_measure(device):
    slow = outcome(device(HEAD + BUSY), bytes([30, 0]))
    assert slow.elapsed_s >= 0.02
    assert any("may exceed the 100 ms of The Things Stack" in note for note in slow.notes)
    assert outcome(device(HEAD + BUSY), b"\0\0").notes == []


# ---- memory --------------------------------------------------------------------------------------------------------------

EATERS = {
    "arrays": "var a=[];for(;;)a.push(new Array(100000).fill(1.5))",
    "array buffers": "var a=[];for(;;)a.push(new Uint8Array(8*1024*1024).fill(1))",
    "text": "var a=[],s='x'.repeat(1e6);for(;;)a.push((s+a.length).split(''))",
}


@pytest.mark.parametrize("code", EATERS.values(), ids=list(EATERS))
def test_memory_by_the_kernel(device, code):
    error = outcome(device(f"{HEAD}{code}}}", limits=Limits(memory_bytes=64 * MIB, time_s=5)))
    assert error.name in {"limit_memory", "worker_lost"}


@pytest.mark.parametrize("code", EATERS.values(), ids=list(EATERS))
def test_memory_by_the_poll(device, code):
    limits = Limits(memory_bytes=64 * MIB, time_s=5)
    formatter = device(f"{HEAD}{code}}}", limits=limits)
    formatter.close()
    pool = Pool(limits, kernel_limits=False)
    formatter._loan = SimpleNamespace(pool=pool, release=pool.close)
    error = outcome(formatter)
    assert isinstance(error, LimitError)
    assert error.name == "limit_memory"
    assert "64 MiB" in error.message


def test_an_array_buffer_that_is_too_large_by_itself(device):
    error = outcome(device(f"{HEAD}new ArrayBuffer(200*1024*1024)}}", limits=Limits(memory_bytes=64 * MIB)))
    assert error.name == "limit_memory"


def test_memory_that_is_used_and_let_go_does_not_add_up(device):
    formatter = device(
        f"{HEAD}new Uint8Array(3e7).fill(1);return {{data:{{n:b[0]}}}}}}",
        limits=Limits(memory_bytes=64 * MIB, time_s=5),
    )
    results = list(formatter.decode_uplinks([(bytes([n]), 1) for n in range(20)]))
    assert [result.data["n"] for result in results] == list(range(20))


def test_memory_of_one_formatter_does_not_count_against_another(device):
    limits = Limits(memory_bytes=64 * MIB, time_s=5)
    text = f"{HEAD}new Uint8Array(3e7).fill(1);return {{data:{{n:b[0]}}}}}}"
    formatters = [device(f"{text}//{n}", limits=limits, workers=1) for n in range(20)]
    for n, formatter in enumerate(formatters):
        assert outcome(formatter, bytes([n])).data == {"n": n}


# ---- size, depth, log ----------------------------------------------------------------------------------------------------


def test_result_just_within_and_just_over_its_size(device):
    limits = Limits(result_bytes=100_000)
    formatter = device(f"{HEAD}return {{data:{{s:'x'.repeat(b[0]*1000)}}}}}}", limits=limits)
    assert len(outcome(formatter, b"\x62").data["s"]) == 98_000
    error = outcome(formatter, b"\x65")
    assert (error.name, error.message) == ("limit_output", "the result is larger than 100000 bytes")
    assert isinstance(error, LimitError)


@pytest.mark.parametrize(
    "code",
    [
        "return {data:{a:new Array(200000).fill(0)}}",
        "return {data:{},warnings:new Array(100).fill('w'.repeat(2000))}",
        "return {errors:new Array(100).fill('e'.repeat(2000))}",
        "var o={};for(var i=0;i<20000;i++)o['key '+i]=i;return {data:o}",
    ],
    ids=["numbers", "warnings", "errors", "keys"],
)
def test_size_counts_everything(device, code):
    assert outcome(device(f"{HEAD}{code}}}", limits=Limits(result_bytes=100_000))).name == "limit_output"


@pytest.mark.parametrize(("character", "size"), [("x", 1), ("é", 2), ("€", 3), ("\U0001f40a", 4)])
def test_size_is_that_of_utf_8(device, character, size):
    text = f"{HEAD}return {{data:{{s:'{character}'.repeat(b[0]*10)}}}}}}"
    formatter = device(text, limits=Limits(result_bytes=100 * size + 10))
    assert outcome(formatter, b"\x0a").data["s"] == character * 100
    assert outcome(formatter, b"\x0c").name == "limit_output"


@pytest.mark.parametrize(("character", "size"), [("x", 1), ("é", 2), ("€", 3), ("\U0001f40a", 4)])
def test_size_of_the_log_is_that_of_utf_8(device, character, size):
    text = f"{HEAD}console.log('{character}'.repeat(b[0]));return {{data:{{}}}}}}"
    formatter = device(text, limits=Limits(log_bytes=10 * size))
    assert outcome(formatter, b"\x09").log == [character * 9]
    cut = outcome(formatter, b"\x0b")
    assert (cut.log, cut.notes) == ([character * 10 + "…"], [f"the log was cut at {10 * size} bytes"])


def test_size_of_bytes(device):
    text = "function encodeDownlink(input){return {bytes:new Array(input.data.n).fill(7),fPort:1}}"
    formatter = device(text, limits=Limits(result_bytes=100_000))
    small, large = formatter.encode_downlinks([({"n": 40_000},), ({"n": 60_000},)])
    assert small.frm_payload == b"\x07" * 40_000
    assert large.name == "limit_output"


def test_answers_of_many_large_results_come_in_pieces(device):
    formatter = device(f"{HEAD}return {{data:{{n:b[0],s:'x'.repeat(1e6)}}}}}}")
    results = list(formatter.decode_uplinks([(bytes([n]), 1) for n in range(30)]))
    assert [result.data["n"] for result in results] == list(range(30))
    assert all(len(result.data["s"]) == 1_000_000 for result in results)


def test_depth_just_within_and_just_over(device):
    formatter = device(
        f"{HEAD}var o={{}};for(var i=1;i<b[0];i++)o={{a:o}};return {{data:o}}}}", limits=Limits(depth=100)
    )
    deep = outcome(formatter, bytes([100])).data
    for _ in range(99):
        deep = deep["a"]
    assert deep == {}
    error = outcome(formatter, bytes([101]))
    assert (error.name, error.message) == ("limit_depth", "the result is nested deeper than 100 levels")


def test_circle_is_told_from_depth(device):
    error = outcome(device(f"{HEAD}var o={{}};o.o=[o];return {{data:o}}}}"))
    assert (error.name, error.cause) == ("output", "stack_depth_exceeded")


def test_log_is_cut_with_a_note(device):
    text = f"{HEAD}for(var i=0;i<100;i++)console.log('0123456789');return {{data:{{a:1}}}}}}"
    result = outcome(device(text, limits=Limits(log_bytes=100)))
    assert result.data == {"a": 1}
    assert 9 <= len(result.log) <= 11
    assert result.notes == ["the log was cut at 100 bytes"]
    whole = outcome(device(text))
    assert len(whole.log) == 100
    assert whole.notes == []


def test_log_of_one_message_is_not_in_the_next(device):
    formatter = device(f"{HEAD}if(b[0]===1)console.log('one');return {{data:{{n:b[0]}}}}}}")
    first, second = formatter.decode_uplinks([(b"\x01", 1), (b"\x02", 1)])
    assert (first.log, second.log) == (["one"], [])


def test_log_comes_with_an_error_too(device):
    error = outcome(device(f"{HEAD}console.log('before');throw new Error('mine')}}"))
    assert error.decoded.log == ["before"]


# ---- platforms -----------------------------------------------------------------------------------------------------------

WITHOUT_RESOURCE = """
import runpy, sys
sys.modules["resource"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_worker_without_the_resource_module(device, tmp_path, monkeypatch):
    """As on Windows: the host's clock and the memory poll stand in for the kernel's limits."""
    starter = tmp_path / "without_resource.py"
    starter.write_text(WITHOUT_RESOURCE, encoding="utf-8")
    start = subprocess.Popen

    def popen(command, **options):
        at = next(i for i, part in enumerate(command) if str(part).endswith("worker.py"))
        return start([*command[:at], str(starter), *command[at:]], **options)

    monkeypatch.setattr(subprocess, "Popen", popen)
    formatter = device(
        f"{HEAD}if(b[0]===1)for(;;);if(b[0]===2){{{EATERS['arrays']}}}return {{data:{{n:b[0]}}}}}}",
        limits=Limits(time_s=2.0, memory_bytes=64 * MIB),
    )
    results = list(formatter.decode_uplinks([(bytes([n]), 1) for n in (0, 1, 2, 3)]))
    assert [result.name if isinstance(result, Error) else result.data["n"] for result in results] == [
        0,
        "script_timeout",
        "limit_memory",
        3,
    ]


def test_worker_s_doors_are_closed(device, warm_pool):
    assert outcome(device(f"{HEAD}return {{data:{{}}}}}}")).data == {}
    pid = warm_pool._workers[0].greeting()["pid"] if warm_pool._workers[0].hello else warm_pool._workers[1].hello["pid"]
    limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    table = dict(re.findall(r"^(.+?)\s{2,}(\S+)\s", limits, re.MULTILINE))
    assert table["Max core file size"] == "0"
    assert table["Max open files"] == "0"
    assert table["Max file size"] == str(MIB)
    assert table["Max data size"] != "unlimited"
    assert table["Max cpu time"] != "unlimited"
    environment = Path(f"/proc/{pid}/environ").read_text(encoding="ascii").split("\0")
    assert sorted(filter(None, environment)) == ["LC_ALL=C.UTF-8", "TZ=UTC"]
    assert len(list(Path(f"/proc/{pid}/fd").iterdir())) <= 8


def test_worker_imports_nothing_of_octavo():
    source = Path(worker_module.__file__).read_text(encoding="utf-8")
    assert not re.search(r"^\s*(from|import) octavo", source, re.MULTILINE)


def test_host_never_imports_v8(tmp_path):
    script = tmp_path / "s.js"
    script.write_text(f"{HEAD}return {{data:{{n:1}}}}}}", encoding="utf-8")
    program = (
        "import sys;from pathlib import Path;from octavo.formatters import Formatter\n"
        f"with Formatter(Path({str(script)!r}),name='s') as f: print(f.decode_uplink(b'x').data)\n"
        "print([name for name in sys.modules if 'racer' in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["{'n': 1}", "[]"]


def test_jitless_has_the_same_answers(device):
    text = f"{HEAD}var s=0;for(var i=0;i<1e4;i++)s+=i%7;return {{data:{{n:s+b[0],r:/a(b)/.exec('ab')[1]}}}}}}"
    payloads = [(bytes([n]), 1) for n in range(50)]
    plain, jitless = device(text), device(text, jitless=True)
    expected = [result.data for result in plain.decode_uplinks(payloads)]
    assert [result.data for result in jitless.decode_uplinks(payloads)] == expected


def test_jitless_worker_keeps_its_limits(device):
    formatter = device(f"{HEAD}for(;;);}}", limits=Limits(time_s=0.3), jitless=True)
    began = time.monotonic()
    assert outcome(formatter).name == "script_timeout"
    assert time.monotonic() - began < 20
