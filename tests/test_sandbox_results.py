"""What hostile scripts return and throw: refused by name, or answered as the network does."""

import pytest

from octavo.errors import ScriptError

from .hostile import HEAD, MEMORY, TIME_OR_MEMORY, cases, inside

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
    outcome = attack(f"{HEAD}return {expression};}}", endless="script_timeout" in names)
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


# ---- what is thrown --------------------------------------------------------------------------------------------------

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
    outcome = attack(inside(f"throw {{{text}{member}}};"), endless=True)
    assert outcome.name == "script_timeout"


def test_stack_overflow_is_a_script_error_with_a_place(attack):
    outcome = attack(f"function f(){{f()}}\n{inside('f();')}")
    assert outcome.name == "script"
    assert outcome.message == "RangeError: Maximum call stack size exceeded"
    assert outcome.line == 1


# ---- the legacy network, whose results are JSON ----------------------------------------------------------------------

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
    text = f"function Decoder(bytes,port){{return {expression};}}"
    outcome = attack(text, dialect="ttn2", endless="script_timeout" in names)
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
