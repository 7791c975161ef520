"""Scripts that attack: each costs itself only; the host lives, stays small, and the next message is right."""

import gc

import pytest

from octavo.errors import LimitError, ScriptError
from octavo.formatters import Formatter

from .hostile import GOOD, HASTY, HEAD, MOST_GROWTH, TIME_OR_MEMORY, cases, inside, resident
from .processes import written

# One-line scripts that stop or end a process that runs V8 itself.
ONE_LINERS = {
    "endless loop": ("while(true){}", {"script_timeout"}),
    "split of half a gigabyte": ('"a".repeat(2**29-24).split("")', TIME_OR_MEMORY),
    "fill of the longest array": ("new Array(4294967295).fill(0).length", TIME_OR_MEMORY),
    "array buffers for ever": ("var a=[];for(;;)a.push(new ArrayBuffer(64*1024*1024))", TIME_OR_MEMORY),
    "array buffers for ever, each error caught": (
        "var a=[];for(;;){try{a.push(new ArrayBuffer(64*1024*1024))}catch(e){}}",
        TIME_OR_MEMORY,
    ),
    "asynchronous loop": ("(async function(){for(;;){await null}})()", {"script_timeout"}),
    "endless chain of promises": (
        "Promise.resolve().then(function f(){return Promise.resolve().then(f)})",
        TIME_OR_MEMORY,
    ),
    "arrays for ever": ("var a=[];for(;;)a.push(new Array(100000).fill(1.5))", TIME_OR_MEMORY),
    "objects for ever": ("var a={};for(;;)a={a:a,b:[a]}", TIME_OR_MEMORY),
    "strings for ever": ('var s="ab";var a=[];for(;;){s+=s.slice(0,1000000);a.push(s+a.length)}', TIME_OR_MEMORY),
    "keys for ever": ("var o={};for(var i=0;;i++)o['k'+i]=i", TIME_OR_MEMORY),
    "global names for ever": ("for(var i=0;;i++)globalThis['k'+i]=i", TIME_OR_MEMORY),
    "sets for ever": ("var s=new Set();for(var i=0;;i++)s.add({i:i})", TIME_OR_MEMORY),
    "squares of a big integer": ("var n=12345678901234567890n;for(;;)n=n*n", TIME_OR_MEMORY),
    "sort with a looping comparator": (
        "var a=[];for(var i=0;i<100000;i++)a.push(i);a.sort(function(){for(;;){}})",
        {"script_timeout"},
    ),
    "catastrophic regular expression": ("/^(a+)+$/.test('a'.repeat(40)+'b')", {"script_timeout"}),
    "huge regular expression": ("new RegExp('(a|b)*'.repeat(200000)).test('ab')", TIME_OR_MEMORY),
    "deeply nested regular expression": (
        "new RegExp('('.repeat(500000)+')'.repeat(500000)).test('ab')",
        TIME_OR_MEMORY,
    ),
    "loop of toLocaleString": ("for(;;)(123456.789).toLocaleString()", {"script_timeout"}),
    "endless recursion": ("(function f(){f()})()", {"script"}),
    "endless recursion through a getter": ("var o={get a(){return this.a}};o.a", {"script"}),
    "endless recursion that catches itself": ("(function f(){try{f()}finally{f()}})()", TIME_OR_MEMORY),
    "wait of an atomic": ("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0)", {"script"}),
    "no WebAssembly": ("WebAssembly.Memory", {"script"}),
    "no timers": ("setTimeout(function(){for(;;){}},0)", {"script"}),
    "looping generator": ("for(var x of (function*(){for(;;)yield 1})()){}", {"script_timeout"}),
    "spread of an endless generator": ("[...(function*(){for(;;)yield 1})()]", TIME_OR_MEMORY),
    "array with an endless length": ("Array.from({length:2**32-1})", TIME_OR_MEMORY),
    "padded string": ("'a'.padEnd(2**29-25).padStart(2**29-24,'xy').split('x').length", TIME_OR_MEMORY),
    "endless concatenation": ("var s='a';for(;;)s+=s", TIME_OR_MEMORY),
    "program for ever": ("for(var i=0;;i++)Function('return '+i+'+'+'1+'.repeat(1000)+'1')()", TIME_OR_MEMORY),
    "eval for ever": ("for(;;)eval('(function(){var a=1;return a})')", {"script_timeout"}),
    "endless proxy": ("var p=new Proxy({},{get:function(t,k,r){return r[k]}});p.a", {"script"}),
    "endless prototype chain": (
        "var p=new Proxy({},{getPrototypeOf:function(){return new Proxy({},this)}});for(;;)p=Object.getPrototypeOf(p)",
        TIME_OR_MEMORY,
    ),
}


@pytest.mark.parametrize(("code", "names"), cases(ONE_LINERS))
def test_one_line_costs_itself_only(attack, code, names):
    outcome = attack(inside(code), endless="script_timeout" in names)
    assert isinstance(outcome, ScriptError)
    assert outcome.name in names
    assert outcome.file.endswith("hostile.js")


@pytest.mark.parametrize(
    "code",
    ["while(true){}", "new Array(4294967295).fill(0).length", '"a".repeat(2**29-24).split("")'],
)
def test_top_level_costs_itself_only(attack, code):
    outcome = attack(f"{code};\n{GOOD}", endless=True)
    assert outcome.name in TIME_OR_MEMORY


def test_limit_errors_are_of_their_class_and_have_the_network_s_code(attack):
    outcome = attack(inside("while(true){}"), endless=True)
    assert isinstance(outcome, LimitError)
    assert outcome.code == "DEADLINE_EXCEEDED"
    assert outcome.message.startswith("script timeout")


# ---- one batch -------------------------------------------------------------------------------------------------------

MIXED = {
    1: ("while(true){}", {"script_timeout"}),
    2: ('"a".repeat(2**29-24).split("")', TIME_OR_MEMORY),
    3: ("var a=[];for(;;)a.push(new Array(100000).fill(1.5))", TIME_OR_MEMORY),
    4: ("new Array(4294967295).fill(0).length", TIME_OR_MEMORY),
    5: ("return {data:{get a(){for(;;){}}}}", {"script_timeout"}),
    6: ("var o={};for(var i=0;i<1e6;i++)o={a:o};return {data:o}", {"limit_depth"}),
    7: ("return {data:{s:'a'.repeat(1e8)}}", {"limit_output"}),
    8: ("throw undefined", {"script"}),
    9: ("return {data:{n:10n}}", {"output"}),
    10: ("throw new Proxy({},{getPrototypeOf:function(){throw 1}})", {"script"}),
}


def mixed_script():
    branches = "".join(f"case {number}:{code};break;\n" for number, (code, _) in MIXED.items())
    return f"{HEAD}switch(bytes[0]){{{branches}}}return {{data:{{n:bytes[1]*256+bytes[2]}}}};}}"


def test_a_thousand_good_messages_with_ten_hostile_ones_among_them(tmp_path):
    hostile = {number * 97: number for number in MIXED}
    kinds = [hostile.get(position, 0) for position in range(1010)]
    messages = [(bytes([kind, position // 256, position % 256]), 1) for position, kind in enumerate(kinds)]
    before = resident()
    with Formatter(written(tmp_path, mixed_script()), name="mixed", limits=HASTY) as device:
        outcomes = list(device.decode_uplinks(messages))
    assert len(outcomes) == len(messages)
    for position, (kind, outcome) in enumerate(zip(kinds, outcomes, strict=True)):
        if kind:
            assert outcome.name in MIXED[kind][1], position
        else:
            assert outcome.data == {"n": position}
    gc.collect()
    assert resident() - before < MOST_GROWTH
