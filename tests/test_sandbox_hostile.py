"""Scripts that attack: each costs itself only; the host lives, stays small, and the next message is right."""

# ruff: noqa: E501, ISC004 - one-line scripts are read best in one line

import gc
import os
import re
import time
from pathlib import Path

import pytest

from octavo.errors import Error, LimitError, OutputError, ScriptError
from octavo.formatters import Formatter
from octavo.limits import MIB, Limits

LIMITS = Limits(time_s=0.6, memory_bytes=96 * MIB)
MOST_GROWTH = 50 * MIB
SOON_S = 20.0  # a bound for a machine under load; a spare worker answers in milliseconds
GOOD = "function decodeUplink(input){return {data:{sum:input.bytes[0]+input.bytes[1]}}}"
HEAD = "function decodeUplink(input){var bytes=input.bytes;"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A device that shares its workers with every hostile one."""
    file = tmp_path_factory.mktemp("good") / "good.js"
    file.write_text(GOOD, encoding="utf-8")
    with Formatter(file, name="good", limits=LIMITS) as device:
        yield device


@pytest.fixture
def attack(tmp_path, good):
    """Decodes one message with a hostile script and shows that nothing else was harmed."""

    def run(text, *, dialect="tts"):
        file = tmp_path / "hostile.js"
        file.write_text(text, encoding="utf-8")
        before = resident()
        with Formatter(file, name="hostile", dialect=dialect, limits=LIMITS) as hostile:
            outcome = next(hostile.decode_uplinks([(b"\x01\x02", 1)]))
        began = time.monotonic()
        assert good.decode_uplink(b"\x05\x06").data == {"sum": 11}
        assert time.monotonic() - began < SOON_S
        gc.collect()
        assert resident() - before < MOST_GROWTH
        return outcome

    return run


def resident():
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def inside(code):
    """A script whose decoder runs the code."""
    return f"{HEAD}{code}\nreturn {{data:{{done:true}}}};}}"


def cases(table):
    return [pytest.param(*row, id=name) for name, row in table.items()]


# ---- the table of one-line scripts that stop or end a process that runs V8 itself ------------------------------------

MEMORY = {"limit_memory", "worker_lost"}  # V8 ends its process, or refuses; which, is its own choice
TIME_OR_MEMORY = MEMORY | {"script_timeout", "script"}

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
    outcome = attack(inside(code))
    assert isinstance(outcome, ScriptError)
    assert outcome.name in names
    assert outcome.file.endswith("hostile.js")


@pytest.mark.parametrize(
    "code",
    ["while(true){}", "new Array(4294967295).fill(0).length", '"a".repeat(2**29-24).split("")'],
)
def test_top_level_costs_itself_only(attack, code):
    outcome = attack(f"{code};\n{GOOD}")
    assert outcome.name in TIME_OR_MEMORY


def test_limit_errors_are_of_their_class_and_have_the_network_s_code(attack):
    outcome = attack(inside("while(true){}"))
    assert isinstance(outcome, LimitError)
    assert outcome.code == "DEADLINE_EXCEEDED"
    assert outcome.message.startswith("script timeout")


# ---- results -----------------------------------------------------------------------------------------------------------

RESULTS = {
    "half a gigabyte of text": ("{data:{s:'a'.repeat(1<<28)}}", {"limit_output"}),
    "a hundred megabytes of text": ("{data:{s:'a'.repeat(100e6)}}", {"limit_output"}),
    "a hundred megabytes in pieces": ("{data:{s:new Array(1000).fill('a'.repeat(100000))}}", {"limit_output"}),
    "a hundred megabytes of warnings": ("{data:{},warnings:new Array(1e6).fill('a'.repeat(4000))}", {"limit_output"}),
    "a hundred megabytes of errors": ("{errors:new Array(1e6).fill('a'.repeat(4000))}", {"limit_output"}),
    "a hundred megabytes of key": ("{data:{['a'.repeat(100e6)]:1}}", MEMORY | {"limit_output"}),
    "half a gigabyte of escapes": ("{data:{s:'\\u0001'.repeat(1<<28)}}", {"limit_output"}),
    "half a gigabyte of surrogates": ("{data:{s:'\\ud800'.repeat(1<<28)}}", {"limit_output"}),
    "longest array": ("{data:{a:new Array(4294967295)}}", {"limit_output"}),
    "longest array of warnings": ("{data:{},warnings:new Array(4294967295)}", TIME_OR_MEMORY | {"limit_output"}),
    "list-like of endless length": ("{data:{},errors:{length:Infinity}}", TIME_OR_MEMORY | {"limit_output"}),
    "many numbers": ("{data:{a:new Array(5e6).fill(1)}}", {"limit_output"}),
    "nested a million deep": (
        "(function(){var o={};for(var i=0;i<1e6;i++)o={a:o};return {data:o}})()",
        {"limit_depth"},
    ),
    "arrays nested a million deep": (
        "(function(){var o=[];for(var i=0;i<1e6;i++)o=[o];return {data:{o:o}}})()",
        MEMORY | {"limit_depth"},
    ),
    "circle": ("(function(){var o={};o.o=o;return {data:o}})()", {"output"}),
    "circle through a map": ("(function(){var m=new Map();m.set('m',m);return {data:m}})()", {"output", "limit_depth"}),
    "wide and deep": (
        "(function(){var o={};for(var i=0;i<300;i++)o={a:o,b:o};return {data:o}})()",
        TIME_OR_MEMORY | {"limit_depth", "limit_output"},
    ),
    "wide within the depth": (
        "(function(){var o={};for(var i=0;i<100;i++)o={a:o,b:o};return {data:o}})()",
        {"limit_output"},
    ),
    "looping getter": ("{data:{get a(){for(;;){}}}}", {"script_timeout"}),
    "looping getter of the envelope": ("{get data(){for(;;){}}}", {"script_timeout"}),
    "throwing getter": ("{data:{get a(){throw new Error('mine')}}}", {"output"}),
    "throwing getter of the envelope": ("{get data(){throw new Error('mine')}}", {"output", "script"}),
    "getter that throws undefined": ("{data:{get a(){throw undefined}}}", {"output"}),
    "getter that throws a symbol": ("{data:{get a(){throw Symbol('mine')}}}", {"output"}),
    "proxy that loops over its keys": ("{data:new Proxy({},{ownKeys:function(){for(;;){}}})}", {"script_timeout"}),
    "proxy that throws": ("{data:new Proxy({},{ownKeys:function(){throw 1}})}", {"output"}),
    "proxy that throws for its prototype": ("{data:new Proxy({},{getPrototypeOf:function(){throw 1}})}", {"output"}),
    "proxy with a prototype without end": (
        "{data:new Proxy({},{getPrototypeOf:function(){return new Proxy({},this)}})}",
        TIME_OR_MEMORY | {"output"},
    ),
    "revoked proxy": ("(function(){var p=Proxy.revocable({},{});p.revoke();return {data:p.proxy}})()", {"output"}),
    "revoked proxy as the envelope": (
        "(function(){var p=Proxy.revocable({},{});p.revoke();return p.proxy})()",
        {"output", "script"},
    ),
    "proxy of an array without end": (
        "{data:{a:new Proxy([],{get:function(t,k){return k==='length'?Infinity:1}})}}",
        {"limit_output", "script_timeout"},
    ),
    "big integer": ("{data:{n:10n}}", {"output"}),
    "big integer as data": ("{data:10n}", {"output"}),
    "big integer as the envelope": ("10n", {"output", "script"}),
    "symbol as the envelope": ("Symbol('mine')", {"output", "script"}),
    "function inside": ("{data:{f:function(){}}}", {"output"}),
    "promise inside": ("{data:{p:Promise.resolve(1)}}", {"output"}),
    "array buffer": ("{data:{b:new ArrayBuffer(8)}}", {"output"}),
    "nothing": ("undefined", {"script"}),
    "endless iterator of warnings": (
        "{data:{},warnings:(function*(){for(;;)yield 'w'})()}",
        TIME_OR_MEMORY | {"limit_output"},
    ),
    "warning with a looping toString": ("{data:{},warnings:[{toString:function(){for(;;){}}}]}", {"script_timeout"}),
    "warning with a throwing toString": ("{data:{},warnings:[{toString:function(){throw 1}}]}", {"output"}),
    "errors that are a proxy": ("{errors:new Proxy([],{get:function(){throw 1}})}", {"output", "script"}),
    "not a number": ("{data:{n:NaN,i:[Infinity,-Infinity]}}", {"output_encoding"}),
    "a million not a numbers": ("{data:{n:new Array(1e6).fill(NaN)}}", {"output_encoding"}),
}


@pytest.mark.parametrize(("expression", "names"), cases(RESULTS))
def test_result_is_refused_by_name(attack, expression, names):
    outcome = attack(f"{HEAD}return {expression};}}")
    assert isinstance(outcome, ScriptError)
    assert outcome.name in names
    assert len(str(outcome)) < 100_000


ODD_RESULTS = {
    "proxy": ("{data:new Proxy({a:1},{})}", {"a": 1}),
    "generator": ("{data:(function*(){yield 1})()}", {}),
    "generator inside": ("{data:{g:(function*(){yield 1})()}}", {"g": {}}),
    "function as data": ("{data:function(){}}", {}),
    "set": ("{data:{s:new Set([1,2])}}", {"s": [1, 2]}),
    "map": ("{data:new Map([['a',1]])}", {"a": 1}),
    "typed array": ("{data:{b:new Uint8Array([1,2])}}", {"b": [1, 2]}),
    "no prototype": ("{data:Object.assign(Object.create(null),{a:1})}", {"a": 1}),
    "own key __proto__": ('{data:JSON.parse(\'{"__proto__":{"a":1}}\')}', {"__proto__": {"a": 1}}),
    "keys named as the driver's own": (
        "{data:{d:1,e:2,l:3,w:4,n:5,p:6,t:7,cut:8,bare:9}}",
        {"d": 1, "e": 2, "l": 3, "w": 4, "n": 5, "p": 6, "t": 7, "cut": 8, "bare": 9},
    ),
    "text that looks like JSON": ('{data:{s:\'"}],\\n{"d":{}}\'}}', {"s": '"}],\n{"d":{}}'}),
    "line separators": ("{data:{s:'\\u2028\\u2029\\r\\n\\0'}}", {"s": "\u2028\u2029\r\n\0"}),
    "lone surrogates": ("{data:{s:'\\ud800',t:'\\udc00x'}}", {"s": "\ufffd", "t": "\ufffdx"}),
    "toJSON is data": ("{data:{toJSON:1,a:2}}", {"toJSON": 1, "a": 2}),
    "huge number": (
        "{data:{n:1.7976931348623157e308,m:1e21,k:12345678901234567890}}",
        {"n": 1.7976931348623157e308, "m": 1e21, "k": 12345678901234567890.0},
    ),
    "symbol": ("{data:{s:Symbol('mine')}}", {"s": "mine"}),
    "a promise as the envelope": ("Object.assign(Promise.resolve(1),{data:{a:1}})", {"a": 1}),
}


@pytest.mark.parametrize(("expression", "data"), cases(ODD_RESULTS))
def test_odd_result_has_its_right_answer(attack, expression, data):
    assert attack(f"{HEAD}return {expression};}}").data == data


# ---- what is thrown ----------------------------------------------------------------------------------------------------

THROWN = {
    "undefined": ("undefined", "undefined"),
    "null": ("null", "null"),
    "number": ("42", "42"),
    "text": ("'mine'", "mine"),
    "symbol": ("Symbol('mine')", "Symbol(mine)"),
    "big integer": ("10n", "10"),
    "error": ("new RangeError('mine')", "RangeError: mine"),
    "function": ("function f(){}", "function f(){}"),
    "throwing toString": ("{toString:function(){throw 1}}", "uncaught exception"),
    "toString that gives an object": (
        "{toString:function(){return {}},valueOf:function(){return {}}}",
        "uncaught exception",
    ),
    "throwing stack": ("{toString:function(){return 'mine'},get stack(){throw 1}}", "mine"),
    "stack that is no text": ("{toString:function(){return 'mine'},stack:{}}", "mine"),
    "proxy that throws": (
        "new Proxy({},{get:function(){throw 1},getPrototypeOf:function(){throw 2}})",
        "uncaught exception",
    ),
    "proxy of an error": ("new Proxy(new Error('mine'),{})", "Error: mine"),
    "revoked proxy": ("(function(){var p=Proxy.revocable({},{});p.revoke();return p.proxy})()", "uncaught exception"),
    "error with a getter as message": (
        "Object.defineProperty(new Error('x'),'message',{get:function(){return 'mine'}})",
        "Error: mine",
    ),
    "text of ten megabytes": ("'mine'.repeat(2.5e6)", "minemine"),
    "look-alike of the driver's own failure": (
        "{name:'limit_memory',message:'mine',cause:'c',place:'p',toString:function(){return 'mine'}}",
        "mine",
    ),
    "suppressed error": (
        "(function(){try{using a={[Symbol.dispose](){throw 1}};throw 2}catch(e){return e}})()",
        "SuppressedError",
    ),
}


@pytest.mark.parametrize(("expression", "message"), cases(THROWN))
def test_whatever_is_thrown_is_a_script_error(attack, expression, message):
    outcome = attack(inside(f"throw {expression};"))
    assert outcome.name == "script"
    assert outcome.message.startswith(message)
    assert len(outcome.message) < 5000


@pytest.mark.parametrize("part", ["toString", "valueOf", "get stack", "get name", "get message"])
def test_thrown_object_that_loops_has_its_time_and_no_more(attack, part):
    member = f"{part}(){{for(;;){{}}}}"
    text = "" if part.startswith("to") else "toString:Error.prototype.toString,"
    if part == "valueOf":
        text = "toString:undefined,"
    outcome = attack(inside(f"throw {{{text}{member}}};"))
    assert outcome.name == "script_timeout"


def test_stack_overflow_is_a_script_error_with_a_place(attack):
    outcome = attack(f"function f(){{f()}}\n{inside('f();')}")
    assert outcome.name == "script"
    assert outcome.message == "RangeError: Maximum call stack size exceeded"
    assert outcome.line == 1


# ---- the wrapper -------------------------------------------------------------------------------------------------------

SYNTAX_ERRORS = {
    "closing the wrapper": f"}})(); globalThis.leak=1; (function(){{\n{GOOD}",
    "closing the wrapper as an arrow": f"}}; globalThis.leak=1; ()=>{{\n{GOOD}",
    "one brace too many": f"{GOOD}}}",
    "one brace too few": GOOD[:-1],
    "open comment": f"{GOOD}/*",
    "open text": f"{GOOD};'",
    "open template": f"{GOOD};`",
    "open expression": f"{GOOD};(",
    "top-level return": f"{GOOD};return 1;",
    "top-level return in a block": f"{GOOD};{{return}}",
    "top-level new.target": f"var t=new.target;{GOOD}",
    "top-level super": f"super.x;{GOOD}",
    "top-level await": f"await 1;{GOOD}",
    "top-level yield in strict code": f"'use strict';yield 1;{GOOD}",
    "import": f"import x from 'x';{GOOD}",
    "export": f"export {GOOD}",
    "import.meta": f"var m=import.meta;{GOOD}",
    "let main": f"let main=1;{GOOD}",
    "const main": f"const main=1;{GOOD}",
    "class main": f"class main{{}};{GOOD}",
    "let twice": f"let a;let a;{GOOD}",
    "let of a global that cannot be": f"let undefined;{GOOD}",
    "function of a global that cannot be": f"function NaN(){{}};{GOOD}",
    "break": f"break;{GOOD}",
    "with in strict code": f"'use strict';with({{}}){{}};{GOOD}",
    "octal in strict code": f"'use strict';var x=010;{GOOD}",
    "same parameter twice in strict code": f"'use strict';function f(a,a){{}};{GOOD}",
    "private name": f"var x=#y;{GOOD}",
    "escaped keyword": f"v\\u0061r x=1;tr\\u0079{{}};{GOOD}",
    "bad escape": f"var x='\\u{{110000}}';{GOOD}",
    "bad regular expression": f"var x=/(/;{GOOD}",
    "HTML comment, then a brace": f"<!-- comment\n}}\n{GOOD}",
    "brace after a line separator in a comment": f"// \u2028}};globalThis.leak=1;(()=>{{\n{GOOD}",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in SYNTAX_ERRORS.items()])
def test_text_that_is_no_script_by_itself_is_a_syntax_error(attack, text):
    outcome = attack(text)
    assert outcome.name == "script"
    assert re.match(r"SyntaxError: (?!SyntaxError)", outcome.message)


def test_syntax_error_names_its_line_and_column(attack):
    outcome = attack(f"var a = 1;\nvar b = = 2;\n{GOOD}")
    assert (outcome.line, outcome.column) == (2, 9)


SCRIPTS = {
    "function main": f"function main(){{return 1}}\n{GOOD}",
    "var main": f"var main;\n{GOOD}",
    "trailing comment": f"{GOOD}//",
    "trailing HTML comment": f"{GOOD}\n<!-- }}",
    "leading HTML comment": f"<!-- }})\n--> }})\n{GOOD}",
    "hashbang": f"#!/usr/bin/env node\n{GOOD}",
    "byte order mark": f"\ufeff{GOOD}",
    "carriage returns": f"// one\r// two\r\n{GOOD}",
    "sourceURL": f"//# sourceURL=https://example.com/evil.js\n{GOOD}\n//# sourceURL=file:///etc/passwd",
    "sourceMappingURL": f"{GOOD}\n//# sourceMappingURL=data:application/json;base64,e30=",
    "template literal": f"var t=`}})();${{`${{1}}`}}`;{GOOD}",
    "braces in texts": f"var t='}})()',r=/}}\\)/,u=\"\\u007d\";{GOOD}",
    "unicode escapes in names": "function d\\u0065code\\u{55}plink(input){return {data:{sum:input.bytes[0]+input.bytes[1]}}}",
    "names of the driver": f"var program,scripts,lookup,apply,create,global,progress,log,limits,names;{GOOD}",
    "names of the wrapper": f"var find,$found,$name,PROBE,octavo;{GOOD}",
    "arguments and await as names": f"var await=1,async=2,of=3,get=4,let_=5;{GOOD}",
    "let as a name": f"var let=1;{GOOD}",
    "yield as a name": f"var yield=1;{GOOD}",
    "directive prologue": f"'use strict';\n{GOOD}",
    "with": f"with({{a:1}}){{var b=a}};{GOOD}",
    "labels": f"main:for(;;){{break main}};{GOOD}",
    "NUL in a text": f"var s='a\0b';{GOOD}",
    "300 kB": "".join(f"var table_{i} = {{name: 'sensor {i}', unit: '%', scale: {i} / 10}};\n" for i in range(5000))
    + GOOD,
    "arrow functions": "const decodeUplink=(input)=>({data:{sum:input.bytes[0]+input.bytes[1]}})",
    "undeclared": "decodeUplink=function(input){return {data:{sum:input.bytes[0]+input.bytes[1]}}}",
    "through this": "this.decodeUplink=function(input){return {data:{sum:input.bytes[0]+input.bytes[1]}}}",
    "redeclared built-ins": f"var JSON=JSON||{{}};var Math=Math||null;var undefined;var NaN=1;{GOOD}",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in SCRIPTS.items()])
def test_text_that_is_a_script_is_run_as_one(attack, text):
    assert attack(text).data == {"sum": 3}


def test_300_kb_is_what_it_says():
    assert len(SCRIPTS["300 kB"]) > 300_000


def test_nesting_that_the_parser_cannot_take(attack):
    outcome = attack(f"var x={'(' * 100_000}1{')' * 100_000};{GOOD}")
    assert (outcome.name, outcome.message) == ("script", "RangeError: Maximum call stack size exceeded")


TOP_LEVEL = {
    "arguments": ("typeof arguments", "undefined"),
    "this is the global object": ("String(this===globalThis)", "true"),
    "sloppy code": ("(function(){return typeof this})()", "object"),
    "octal": ("String(010)", "8"),
    "delete of a name": ("(function(){var x=1;return String(delete x)})()", "false"),
    "found through this": ("typeof this.decodeUplink", "function"),
    "undeclared name": ("(function(){try{nowhere}catch(e){return e.name}})()", "ReferenceError"),
    "typeof of an undeclared name": ("typeof nowhere", "undefined"),
    "constructor.constructor": ("typeof this.constructor.constructor('return this')().process", "undefined"),
    "Function": ("typeof Function('return this')().require", "undefined"),
    "generator function constructor": (
        "typeof Object.getPrototypeOf(function*(){}).constructor('yield this')().next().value.process",
        "undefined",
    ),
    "indirect eval": ("(0,eval)('typeof process+typeof lookup+typeof program')", "undefinedundefinedundefined"),
    "direct eval": ("eval('typeof find+typeof $found+typeof octavo')", "undefinedundefinedundefined"),
    "no dynamic import": ("(function(){try{return typeof import('fs')}catch(e){return e.name}})()", "object"),
    "own globals": (
        "Object.getOwnPropertyNames(globalThis).filter(function(n){return /octavo|timer|racer|probe|shared/i.test(n)}).join()",
        "",
    ),
    "no timers, workers or memory of others": (
        "[typeof setTimeout,typeof SharedArrayBuffer,typeof Atomics,typeof WebAssembly,typeof Intl,typeof Temporal,"
        "typeof ShadowRealm,typeof __timer_manager,typeof WeakRef,typeof FinalizationRegistry].join()",
        ",".join(["undefined"] * 10),
    ),
    "no way to Temporal": ("typeof new Date().toTemporalInstant", "undefined"),
    "prototype of the global object": ("Object.keys(Object.getPrototypeOf(globalThis)).join()", ""),
    "stack tells nothing of the host": (
        "String(/\\/|py|home/.test(new Error('x').stack.replace(/octavo-script.js/g,'')))",
        "false",
    ),
}


@pytest.mark.parametrize(("expression", "answer"), cases(TOP_LEVEL))
def test_top_level_is_that_of_a_script(attack, expression, answer):
    text = f"var answer={expression};function decodeUplink(){{return {{data:{{answer:String(answer)}}}}}}"
    assert attack(text).data == {"answer": answer}


# ---- breaking out through what the script can reach --------------------------------------------------------------------

REACH = {
    "functions of the stack": (
        "Error.prepareStackTrace=function(e,c){return c};var c=new Error('x').stack;"
        "return {data:{n:c.filter(function(s){var f=s.getFunction();return f&&f!==decodeUplink}).length}}",
        {"n": 0},
    ),
    "receivers of the stack": (
        "Error.prepareStackTrace=function(e,c){return c};var c=new Error('x').stack;"
        "return {data:{n:c.filter(function(s){var t=s.getThis();return t&&t!==globalThis}).length}}",
        {"n": 0},
    ),
    "caller of the decoder": ("var f=decodeUplink.caller;return {data:{f:f===null||f===undefined}}", {"f": True}),
    "caller in the arguments": (
        "try{return {data:{f:typeof arguments.callee.caller}}}catch(e){return {data:{f:e.name}}}",
        {"f": "object"},
    ),
    "proxy behind the global object": (
        "var p=Object.getPrototypeOf(globalThis);p.x=1;try{Object.defineProperty(p,'y',{value:1})}catch(e){}"
        "return {data:{x:typeof x,y:typeof y,o:Object.getPrototypeOf(p)===Object.prototype}}",
        {"x": "undefined", "y": "undefined", "o": True},
    ),
    "a name through the proxy": (
        "Reflect.set(Object.getPrototypeOf(globalThis),'z',1,globalThis);return {data:{z:z}}",
        {"z": 1},
    ),
    "object that inherits from the global one": (
        "var o=Object.create(globalThis);o.q=1;return {data:{q:o.q,g:typeof q,t:typeof o.Math}}",
        {"q": 1, "g": "undefined", "t": "object"},
    ),
    "global object with another prototype": (
        "Object.setPrototypeOf(globalThis,{w:7});var r=w;late=3;return {data:{w:r,late:late}}",
        {"w": 7, "late": 3},
    ),
    "global object as a with scope": ("with(globalThis){deep=5}return {data:{deep:deep}}", {"deep": 5}),
    "proxy as a with scope": (
        "with(new Proxy({},{has:function(t,k){return k==='v'},get:function(t,k){return k==='v'?9:undefined}})){var r=v}"
        "return {data:{r:r}}",
        {"r": 9},
    ),
    "getter on the global object": (
        "Object.defineProperty(globalThis,'g',{get:function(){return 4},configurable:true});return {data:{g:g}}",
        {"g": 4},
    ),
    "keys of the global object": ("var n=0;for(var k in globalThis)n++;return {data:{n:n}}", {"n": 0}),
    "frozen everything": (
        "Object.getOwnPropertyNames(globalThis).forEach(function(n){var v=globalThis[n];"
        "if(v&&(typeof v==='object'||typeof v==='function')&&v!==globalThis){Object.freeze(v);Object.freeze(v.prototype)}});"
        "Object.freeze(globalThis);return {data:{f:Object.isFrozen(Array.prototype)}}",
        {"f": True},
    ),
    "deleted everything": (
        "var g=globalThis;Object.getOwnPropertyNames(g).forEach(function(n){try{delete g[n]}catch(e){}});"
        "return {data:{a:typeof Array,m:typeof Math,o:typeof Object}}",
        {"a": "undefined", "m": "undefined", "o": "undefined"},
    ),
    "everything redefined for good": (
        "var g=globalThis,o=Object;o.getOwnPropertyNames(g).forEach(function(n){try{o.defineProperty(g,n,"
        "{value:1,writable:false,configurable:false})}catch(e){}});return {data:{a:Array}}",
        {"a": 1},
    ),
    "constructor that returns a built-in": (
        "class Base{constructor(o){return o}}class Stamp extends Base{#p=1;push=2};new Stamp(Array.prototype);"
        "return {data:{p:[].push}}",
        {"p": 2},
    ),
    "captureStackTrace on built-ins": (
        "Error.captureStackTrace(Array.prototype);Error.captureStackTrace(globalThis);return {data:{s:typeof [].stack}}",
        {"s": "string"},
    ),
    "species of arrays": (
        "Object.defineProperty(Array,Symbol.species,{value:function(){return Math},configurable:true});"
        "[1].map(function(x){return x});return {data:{m:Math[0]}}",
        {"m": 1},
    ),
    "symbol keys on built-ins": (
        "Math[Symbol.for('k')]=1;JSON[Symbol.iterator]=2;return {data:{k:Math[Symbol.for('k')]}}",
        {"k": 1},
    ),
    "console spam": ("for(var i=0;i<1e5;i++)console.log('line '+i);return {data:{a:1}}", {"a": 1}),
    "console with a huge text": ("console.log('a'.repeat(5e7));return {data:{a:1}}", {"a": 1}),
    "console with odd values": (
        "var o={};o.o=o;console.log(o,Symbol('s'),10n,function(){},undefined,null,new Proxy({},{get:function(){throw 1}}));"
        "return {data:{a:1}}",
        {"a": 1},
    ),
    "console that is poisoned": ("console.log=1;console=null;return {data:{c:typeof console}}", {"c": "object"}),
}


@pytest.mark.parametrize(("code", "data"), cases(REACH))
def test_reaching_further_gives_what_a_fresh_machine_gives(attack, code, data):
    assert attack(f"{HEAD}{code}}}").data == data


def test_console_calls_back_without_end(attack):
    assert attack(inside("console.log({toJSON:function(){for(;;)console.log('x')}})")).name == "script_timeout"


# ---- poisoned built-ins ------------------------------------------------------------------------------------------------

NAMES = re.findall(
    r"\w+",
    "d e b f l w n p t cut bare rejected bytes value get set name message cause place then toJSON index writable "
    "enumerable configurable count object slot hollow failure make given fPort op messages normalizer build shape raw "
    "first entries flow script done next return has apply construct length 0 1 2 3",
)
READ = {"fPort", "then", "length"}  # what The Things Stack itself reads of a result, inherited or not


def poison(descriptor, names):
    """Defines a property of each name on Object.prototype; the descriptor inherits nothing itself."""
    return ";".join(
        f"Object.defineProperty(Object.prototype,'{name}',{{__proto__:null,{descriptor},configurable:true}})"
        for name in names
    )


POISON = {
    "setters on Object.prototype": poison("set:function(){},get:function(){}", NAMES),
    "throwing setters on Object.prototype": poison("set:function(){throw 1}", NAMES),
    "values on Object.prototype": ";".join(
        f"Object.prototype['{name}']=function(){{throw 1}}" for name in NAMES if name not in READ
    ),
    "read-only values on Object.prototype": poison("value:7,writable:false", [n for n in NAMES if n not in READ]),
    "setters on indices of Array.prototype": (
        "for(var i=0;i<40;i++)Object.defineProperty(Array.prototype,i,{set:function(){throw 1},get:function(){return 9},configurable:true})"
    ),
    "setters on indices of Object.prototype": (
        "for(var i=0;i<40;i++)Object.defineProperty(Object.prototype,i,{set:function(){throw 1},get:function(){return 9},configurable:true})"
    ),
    "methods of String": "Object.getOwnPropertyNames(String.prototype).forEach(function(n){if(n!=='length'&&n!=='constructor')String.prototype[n]=function(){throw 1}})",
    "methods of Array": (
        "var names=Object.getOwnPropertyNames(Array.prototype);for(var i=0;i<names.length;i++)"
        "if(names[i]!=='length')Array.prototype[names[i]]=function(){throw 1}"
    ),
    "methods of Function": "Function.prototype.call=Function.prototype.apply=Function.prototype.bind=function(){throw 1}",
    "methods of RegExp": (
        "RegExp.prototype.exec=RegExp.prototype.test=RegExp.prototype[Symbol.replace]=function(){throw 1};"
        "Object.defineProperty(RegExp.prototype,'flags',{get:function(){throw 1}})"
    ),
    "methods of Set and Map": (
        "[Set,Map].forEach(function(c){Object.getOwnPropertyNames(c.prototype).forEach(function(n){"
        "Object.defineProperty(c.prototype,n,{value:function(){throw 1},configurable:true})})})"
    ),
    "iterators": (
        "Array.prototype[Symbol.iterator]=Set.prototype[Symbol.iterator]=Map.prototype[Symbol.iterator]=function(){throw 1};"
        "Object.getPrototypeOf([].values()).next=function(){throw 1}"
    ).replace("Object.getPrototypeOf([].values()).next", "Object.getPrototypeOf(''[Symbol.iterator]()).next"),
    "Reflect": "Object.keys(Object.getOwnPropertyDescriptors(Reflect)).forEach(function(n){Reflect[n]=function(){throw 1}})",
    "Object": (
        "var keep=Object;keep.getOwnPropertyNames(keep).forEach(function(n){if(typeof keep[n]==='function'&&n!=='prototype')"
        "keep[n]=function(){throw 1}})"
    ),
    "JSON": "JSON.stringify=JSON.parse=function(){return 'poison'}",
    "Math": "Object.getOwnPropertyNames(Math).forEach(function(n){if(typeof Math[n]==='function')Math[n]=function(){return NaN}})",
    "Number": "Number=Number.isFinite=Number.prototype.valueOf=Number.prototype.toString=isFinite=function(){throw 1}",
    "Date": "Date.now=Date.prototype.getTime=function(){throw 1};Date=function(){throw 1}",
    "Error": (
        "Error.prepareStackTrace=function(){for(var i=0;i<10;i++);throw 1};Error.stackTraceLimit=Infinity;"
        "Error.prototype.toString=function(){throw 1}"
    ),
    "Promise": "Promise.prototype.then=Promise.resolve=function(){throw 1}",
    "Symbol": "Symbol.prototype.toString=function(){throw 1};Object.defineProperty(Symbol.prototype,'description',{get:function(){throw 1}})",
    "Proxy": "Proxy=function(){throw 1}",
    "typed arrays": (
        "var t=Object.getPrototypeOf(Uint8Array);Object.getOwnPropertyNames(t.prototype).forEach(function(n){"
        "if(n!=='constructor')Object.defineProperty(t.prototype,n,{value:function(){throw 1},configurable:true})})"
    ),
    "hasInstance": "Object.defineProperty(Object,Symbol.hasInstance,{value:function(){throw 1}})",
    "toPrimitive": "Object.prototype[Symbol.toPrimitive]=function(){throw 1}",
    "toStringTag": "Object.defineProperty(Object.prototype,Symbol.toStringTag,{get:function(){throw 1},configurable:true})",
    "isConcatSpreadable": "Array.prototype[Symbol.isConcatSpreadable]=false",
    "toJSON": "Object.prototype.toJSON=Array.prototype.toJSON=String.prototype.toJSON=function(){return 'poison'}",
    "prototype of Array.prototype": "Object.setPrototypeOf(Array.prototype,new Proxy({},{has:function(){return false},get:function(t,k){if(k==='toJSON')return function(){return 'poison'}}}))",
}
RETURN = "return {data:{a:[1,'two',{b:null}],c:'\\u00e9',d:-0.5},warnings:['w']};}"


@pytest.mark.parametrize("poison", [pytest.param(text, id=name) for name, text in POISON.items()])
@pytest.mark.parametrize("where", ["inside", "top level"])
def test_poisoned_built_ins_do_not_reach_the_driver(attack, poison, where):
    text = f"{HEAD}{poison};{RETURN}" if where == "inside" else f"{poison};\n{HEAD}{RETURN}"
    outcome = attack(text)
    assert not isinstance(outcome, Error), outcome
    assert outcome.data == {"a": [1, "two", {"b": None}], "c": "é", "d": -0.5}
    assert outcome.warnings == ["w"]


@pytest.mark.parametrize("poison", [pytest.param(text, id=name) for name, text in POISON.items()])
def test_poisoned_built_ins_do_not_reach_failures(attack, poison):
    outcome = attack(f"{HEAD}{poison};return {{data:{{n:10n}}}};}}")
    assert isinstance(outcome, OutputError)
    assert (outcome.name, outcome.cause) == ("output", "a bigint cannot be passed on")


@pytest.mark.parametrize("poison", [pytest.param(text, id=name) for name, text in POISON.items()])
def test_poisoned_built_ins_do_not_reach_undeclared_names(attack, poison):
    assert attack(f"{HEAD}{poison};undeclared=5;return {{data:{{u:undeclared}}}};}}").data == {"u": 5}


# ---- the legacy network, whose results are JSON ------------------------------------------------------------------------

V2_RESULTS = {
    "toJSON that gives something deep": (
        "{n:{toJSON:function(){var o={};for(var i=0;i<5000;i++)o={a:o};return o}}}",
        {"limit_depth", "output"},
    ),
    "toJSON that gives something large": ("{n:{toJSON:function(){return 'a'.repeat(2e7)}}}", {"limit_output"}),
    "toJSON that gives text": ("{toJSON:function(){return 'x'}}", {"output"}),
    "toJSON that loops": ("{toJSON:function(){for(;;){}}}", {"script_timeout"}),
    "toJSON that throws": ("{toJSON:function(){throw 1}}", {"output", "script"}),
    "raw JSON too large for a double": ("{n:JSON.rawJSON('1e999')}", {"output_encoding"}),
    "raw JSON of many digits": ("{n:JSON.rawJSON('1'.repeat(5000))}", {"output_encoding"}),
    "getter that gives something deep the second time": (
        "(function(){var k=0;return {get n(){var o={};for(var i=0;k&&i<5000;i++)o={a:o};k++;return o}}})()",
        {"limit_depth", "output"},
    ),
    "circle": ("(function(){var o={};o.o=o;return o})()", {"output", "limit_depth"}),
    "big integer": ("{n:10n}", {"output", "script"}),
    "array": ("[1]", {"output"}),
    "nothing": ("undefined", {"output"}),
    "not a number": ("{n:NaN}", {"output_encoding"}),
}


@pytest.mark.parametrize(("expression", "names"), cases(V2_RESULTS))
def test_json_result_is_refused_by_name(attack, expression, names):
    outcome = attack(f"function Decoder(bytes,port){{return {expression};}}", dialect="ttn2")
    assert isinstance(outcome, ScriptError)
    assert outcome.name in names


@pytest.mark.parametrize(
    ("expression", "data"),
    [
        ("{s:'\\ud800'}", {"s": "\ufffd"}),
        ("{n:1e20}", {"n": 1e20}),
        ("{d:new Date(0)}", {"d": "1970-01-01T00:00:00.000Z"}),
        ("{u:undefined,f:function(){}}", {}),
        ("JSON.parse('{\"__proto__\":1}')", {"__proto__": 1}),
    ],
    ids=["lone surrogate", "large number", "date", "left out", "own __proto__"],
)
def test_json_result_has_its_right_answer(attack, expression, data):
    assert attack(f"function Decoder(bytes,port){{return {expression};}}", dialect="ttn2").data == data


# ---- one batch ---------------------------------------------------------------------------------------------------------

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
    file = tmp_path / "mixed.js"
    file.write_text(mixed_script(), encoding="utf-8")
    hostile = {number * 97: number for number in MIXED}
    kinds = [hostile.get(position, 0) for position in range(1010)]
    messages = [(bytes([kind, position // 256, position % 256]), 1) for position, kind in enumerate(kinds)]
    before = resident()
    with Formatter(file, name="mixed", limits=LIMITS) as device:
        outcomes = list(device.decode_uplinks(messages))
    assert len(outcomes) == len(messages)
    for position, (kind, outcome) in enumerate(zip(kinds, outcomes, strict=True)):
        if kind:
            assert outcome.name in MIXED[kind][1], position
        else:
            assert outcome.data == {"n": position}
    gc.collect()
    assert resident() - before < MOST_GROWTH
