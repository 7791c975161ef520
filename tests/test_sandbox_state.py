"""Nothing passes from one message to another: every answer is that of a fresh machine."""

# ruff: noqa: E501, Q003 - one-line scripts are read best in one line, with quotes as JavaScript has them

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from octavo.errors import Error
from octavo.formatters import Formatter
from octavo.formatters.dialects import TTS_3_32
from octavo.sandbox.toplevel import only_declares, takes_back

SCRIPTS = Path(__file__).parent / "scripts"
CARRY_OVER = SCRIPTS / "carry_over.js"
PAIRED = 52  # ways of the script tried in all pairs of order; the later ones are the same way at another object
pytestmark = pytest.mark.usefixtures("warm_pool")


def fresh(requests):
    """The answers of machines made for one message each: pairs of script text and payload."""
    lines = [
        json.dumps(
            {
                "text": text,
                "bytes": list(payload),
                "globals": TTS_3_32.global_names,
                "absent": TTS_3_32.absent,
                "trailer": TTS_3_32.trailer,
            }
        )
        for text, payload in requests
    ]
    program = [sys.executable, str(SCRIPTS / "fresh_vm.py")]
    done = subprocess.run(program, input="\n".join(lines), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def formatter(file):
    return Formatter(file, name="state", dialect="tts-3.32")


def answers(device, payloads):
    return [answer(outcome) for outcome in device.decode_uplinks([(payload, 1) for payload in payloads])]


def answer(outcome):
    return outcome if isinstance(outcome, Error) else outcome.data["answer"]


@pytest.fixture(scope="module")
def carry_over():
    with formatter(CARRY_OVER) as device:
        yield device


@pytest.fixture(scope="module")
def untouched():
    """What every message must find, whatever came before it; and in how many ways that is tried."""
    text = CARRY_OVER.read_text(encoding="utf-8")
    return fresh([(text, b"\0")])[0]


@pytest.fixture(scope="module")
def count(carry_over):
    return carry_over.decode_uplink(b"\0").data["ways"]


def differences(found, expected):
    pairs = zip(found.split("\n"), expected.split("\n"), strict=True)
    return {place: (seen, right) for place, (seen, right) in enumerate(pairs) if seen != right}


def check(sequence, found, expected):
    for position, (way, text) in enumerate(zip(sequence, found, strict=True)):
        assert isinstance(text, str), (position, way, text)
        before = sequence[position - 1] if position else None
        assert text == expected, (position, before, way, differences(text, expected))


def all_pairs(ways):
    """A sequence in which each way follows each, itself included."""
    return [way for i in range(ways) for j in range(i, ways) for way in ((i, j) if j > i else (i,))]


def test_all_pairs_are_in_the_sequence():
    sequence = [*all_pairs(7), 0]
    assert set(itertools.pairwise(sequence)) == {(a, b) for a in range(7) for b in range(7)}


def test_there_are_enough_ways(count, untouched):
    assert count > PAIRED > 50
    assert len(untouched.split("\n")) == count


def test_every_way_after_every_other_one_at_a_time(carry_over, untouched):
    sequence = [*all_pairs(PAIRED), 0]
    found = [answer(next(carry_over.decode_uplinks([(bytes([way]), 1)]))) for way in sequence]
    check(sequence, found, untouched)


def test_every_way_after_every_other_in_batches(carry_over, untouched):
    sequence = [*all_pairs(PAIRED), 0]
    check(sequence, answers(carry_over, [bytes([way]) for way in sequence]), untouched)


def test_each_way_twice_and_others_between_in_a_batch(carry_over, untouched, count):
    sequence = [w for way in range(count) for w in (way, way, (way * 7) % count, way)]
    check(sequence, answers(carry_over, [bytes([way]) for way in sequence]), untouched)


def test_each_way_one_at_a_time_in_reverse(carry_over, untouched, count):
    sequence = [w for way in reversed(range(count)) for w in (way, way)]
    found = [answer(next(carry_over.decode_uplinks([(bytes([way]), 1)]))) for way in sequence]
    check(sequence, found, untouched)


# ---- what one message leaves and the next takes away again ---------------------------------------------------------------

# `b` is the payload's first byte; the code gives the answer.
TAKEN_BACK = {
    "property of a prototype": "var p=Array.prototype,r=p.x;if(r){delete p.x}else{p.x=1}return String(r)",
    "property of a function": "var r=[].push.x;if(r){delete [].push.x}else{[].push.x=1}return String(r)",
    "property of the global object": "var r=typeof x;if(r==='number'){delete globalThis.x}else{globalThis.x=1}return r",
    "by Reflect": "var r=Math.x;if(r){Reflect.deleteProperty(Math,'x')}else{Math.x=1}return String(r)",
    "by a proxy": "var r=Math.x,k='deleteP'+'roperty';if(r){Reflect[k](new Proxy(Math,{}),'x')}else{Math.x=1}return String(r)",
    "by a reviver": (
        "var r=JSON.x;if(r){JSON.parse('[1,2]',function(k,v){if(k==='0')this[1]=JSON;return k==='x'?undefined:v})}"
        "else{JSON.x=1}return String(r)"
    ),
    "by eval": "var r=Math.x;if(r){(0,globalThis['ev'+'al'])('del'+'ete Math.x')}else{Math.x=1}return String(r)",
    "by direct eval": "var r=Math.x;if(r){eval('del'+'ete Math.x')}else{Math.x=1}return String(r)",
    "by escaped eval": "var r=Math.x;if(r){\\u0065val('del'+'ete Math.x')}else{Math.x=1}return String(r)",
    "by Function": "var r=Math.x;if(r){Function('del'+'ete Math.x')()}else{Math.x=1}return String(r)",
    "by a constructor": "var r=Math.x;if(r){decodeUplink['const'+'ructor']('del'+'ete Math.x')()}else{Math.x=1}return String(r)",
    "by a generator's constructor": (
        "var c=Object.getPrototypeOf(function*(){}).constructor,r=Math.x;"
        "if(r){c('del'+'ete Math.x')().next()}else{Math.x=1}return String(r)"
    ),
    "by the constructor behind a constructor": (
        "var c=Object.getPrototypeOf(Object.getPrototypeOf(function*(){}).constructor),r=Math.x;"
        "if(r){c('del'+'ete Math.x')()}else{Math.x=1}return String(r)"
    ),
    "by pop": "var f=Math.max,r=f[1];if(r){try{[].pop.call(f)}catch(e){}}else{f[1]=1}return String(r)",
    "by a callback that pops": "var f=Math.max,r=f[1];if(r){try{[1].forEach([].pop,f)}catch(e){}}else{f[1]=1}return String(r)",
    "by shift": "var f=isNaN,r=f[0];if(r){try{[].shift.call(f)}catch(e){}}else{f[0]=1}return String(r)",
    "by splice": "var f=isNaN,r=f[0];if(r){try{[].splice.call(f,0,1)}catch(e){}}else{f[0]=1}return String(r)",
    "by copyWithin": "var f=Math.max,r=f[1];if(r){try{[].copyWithin.call(f,1,0,1)}catch(e){}}else{f[1]=1}return String(r)",
    "by reverse and pop": "var f=Math.max,r=f[0];if(r){[].reverse.call(f);try{[].pop.call(f)}catch(e){}}else{f[0]=1}return String(r)",
    "by the length of Array.prototype": "var p=Array.prototype,r=p[0];if(r){p.length=0}else{p[0]=1}return String(r)",
    "by popping Array.prototype": "var p=Array.prototype,r=p[0];if(r){p.pop()}else{p.push(1)}return String(r)",
    "value put back": "var l=Error.stackTraceLimit,r=l;Error.stackTraceLimit=l===10?9:10;return String(r)",
    "text put back": "var r=Error.prototype.message;Error.prototype.message=r?'':'x';return r",
    "two functions swapped": "var r=Math.max(1,2),m=Math.max;Math.max=Math.min;Math.min=m;return String(r)",
    "same function elsewhere": (
        "var r=typeof Number.parseInt('1');Number.parseInt=Number.parseInt===parseInt?function(){return 'x'}:parseInt;return r"
    ),
    "global put back": "var r=typeof Array;Array=Array===[].constructor?1:[].constructor;return r",
    "attribute put back": (
        "var d=Object.getOwnPropertyDescriptor(Math,'sin').enumerable;"
        "Object.defineProperty(Math,'sin',{enumerable:!d});return String(d)"
    ),
    "name stamped and put back": (
        "class B{constructor(o){return o}}class S extends B{name='x'}var r=Math.abs.name;"
        "if(r==='x'){Object.defineProperty(Math.abs,'name',{value:'abs',writable:false,enumerable:false})}"
        "else{new S(Math.abs)}return r"
    ),
    "attribute put back through a proxy": (
        "var d=Object.getOwnPropertyDescriptor(Math,'sin').enumerable;"
        "Object.defineProperty(new Proxy(Math,{}),'sin',{enumerable:!d});return String(d)"
    ),
    "prototype put back": (
        "var r=Object.getPrototypeOf(Math)===Object.prototype;Object.setPrototypeOf(Math,r?{}:Object.prototype);return String(r)"
    ),
    "prototype put back by assignment": (
        "var r=Math.__proto__===Object.prototype;Math.__proto__=r?{}:Object.prototype;return String(r)"
    ),
    "only on request": "var r=Math.x;if(b===1)Math.x=1;if(b===2)delete Math.x;return String(r)",
    "only on request, found through the keys": (
        "var r=Object.keys(String.prototype).join();if(b===1)String.prototype.x=1;if(b===2)delete String.prototype.x;return r"
    ),
    "slow, and only then seen": (
        "var r=Math.x;if(b===1){Math.x=1;for(var t=Date.now();Date.now()-t<4;);}if(b===2)delete Math.x;return String(r)"
    ),
    "slow, counted": "var r=Math.n;Math.n=(r||0)+1;for(var t=Date.now();Date.now()-t<4;);return String(r)",
    "slow, and hangs when it comes again": (
        "if(Math.n)for(;;);Math.n=1;for(var t=Date.now();Date.now()-t<4;);return 'once'"
    ),
}
ORDER = [0, 1, 2, 0, 1, 1, 2, 2, 0, 0, 2, 1, 0, 1, 2, 2, 1, 0]


def script(code):
    return (
        f"function give(b){{{code}}}\nfunction decodeUplink(input){{return {{data:{{answer:give(input.bytes[0])}}}}}}"
    )


def compare(tmp_path, text, order=ORDER):
    """A batch, the same again, and one at a time: all as fresh machines answer."""
    payloads = [bytes([way]) for way in order]
    kinds = sorted(set(payloads))
    right = dict(zip(kinds, fresh([(text, kind) for kind in kinds]), strict=True))
    expected = [right[payload] for payload in payloads]
    file = tmp_path / "state.js"
    file.write_text(text, encoding="utf-8")
    with formatter(file) as device:
        assert answers(device, payloads) == expected
        assert answers(device, payloads) == expected
        assert [answers(device, [payload])[0] for payload in payloads] == expected
    return expected


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in TAKEN_BACK.items()])
def test_what_is_taken_back_was_never_seen(tmp_path, code):
    expected = compare(tmp_path, script(code))
    assert len(set(expected)) == 1


def test_what_takes_back_is_known_by_its_words():
    assert takes_back("delete Math.x")
    assert takes_back("\\u0065val('x')")
    assert takes_back("class A extends B {}")
    assert not takes_back("map.delete(key); evaluate(x); deleted = extended;")


# ---- what runs late ------------------------------------------------------------------------------------------------------

LATE = {
    "promise": "var r=typeof late;Promise.resolve().then(function(){globalThis.late=1});return r",
    "promise reached otherwise": "var r=typeof late;globalThis['Pro'+'mise'].resolve().then(function(){globalThis.late=1});return r",
    "asynchronous function": "var r=typeof late;(async function(){await 1;globalThis.late=1})();return r",
    "asynchronous function made from text": "var r=typeof late;Function('(as'+'ync function(){aw'+'ait 1;late=1})()')();return r",
    "asynchronous generator": "var r=typeof late;(async function*(){globalThis.late=1})().next();return r",
    "import": "var r=typeof late;import('x').then(function(){late=1},function(){late=1});return r",
    "prototype, late": "var r=[].late;Promise.resolve().then(function(){Array.prototype.late=1});return String(r)",
    "taken back late": "var r=[].x;Promise.resolve().then(function(){delete Array.prototype.x});Array.prototype.x=1;return String(r)",
    "many, one after another": (
        "var r=typeof late,n=0;(function f(){if(n++<50)Promise.resolve().then(f);else globalThis.late=1})();return r"
    ),
    "patched then": (
        "var r=Promise.prototype.then.x;var t=Promise.prototype.then;Promise.prototype.then=function(){return t.apply(this,arguments)};"
        "Promise.prototype.then.x=1;return String(r)"
    ),
    "console, late": "var r=typeof console;Promise.resolve().then(function(){try{console.log(1)}catch(e){}});return r",
}


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in LATE.items()])
def test_what_runs_late_reaches_no_other_message(tmp_path, code):
    expected = compare(tmp_path, script(code))
    assert len(set(expected)) == 1


# ---- polyfills -----------------------------------------------------------------------------------------------------------

ANSWER = "function decodeUplink(input){var b=input.bytes;return {data:{answer:String(give(b,b[0]))}}}\n"
POLYFILLS = {
    "Object.assign": (
        "Object.assign=function(target){for(var i=1;i<arguments.length;i++)for(var k in arguments[i])target[k]=arguments[i][k];"
        "return target};function give(b,n){return JSON.stringify(Object.assign({n:n},{b:b.length}))+Object.assign.length}"
    ),
    "Object.assign unless it is there": (
        "if(typeof Object.assign!='function'){Object.assign=function(){return 'mine'}}"
        "function give(b,n){return JSON.stringify(Object.assign({},{n:n}))}"
    ),
    "Object.assign by defineProperty": (
        "Object.defineProperty(Object,'assign',{value:function assign(t,s){return 'mine'},writable:true,configurable:true});"
        "function give(b,n){return Object.assign({},{n:n})+Object.keys(Object)}"
    ),
    "Array.prototype.readInt8": (
        "Array.prototype.readInt8=function(i){return this[i]>127?this[i]-256:this[i]};"
        "function give(b,n){var k=[];for(var i in b)k.push(i);return b.readInt8(0)+k.join()}"
    ),
    "Array.prototype.readInt8 by defineProperty": (
        "Object.defineProperty(Array.prototype,'readInt8',{value:function(i){return this[i]},configurable:true});"
        "function give(b,n){var k=[];for(var i in b)k.push(i);return b.readInt8(0)+k.join()}"
    ),
    "Array.prototype.readInt8 unless it is there": (
        "if(!Array.prototype.readInt8){Array.prototype.readInt8=function(i){return this[i]+1}}"
        "function give(b,n){return b.readInt8(0)}"
    ),
    "Array.prototype.readInt8 unless in": (
        "if(!('readInt8' in Array.prototype)){Array.prototype.readInt8=function(i){return this[i]+1}}"
        "function give(b,n){return b.readInt8(0)+Object.keys(Array.prototype)}"
    ),
    "Array.prototype.readInt8 unless its own": (
        "if(!Array.prototype.hasOwnProperty('readInt8')){Array.prototype.readInt8=function(i){return this[i]+1}}"
        "function give(b,n){return b.readInt8(0)}"
    ),
    "Number.prototype.round": (
        "Number.prototype.round=function(d){return Math.round(this*Math.pow(10,d))/Math.pow(10,d)};\n"
        "function give(b,n){return (n/7).round(2)}"
    ),
    "all three": (
        "Object.assign=function(t,s){for(var k in s)t[k]=s[k];return t};Array.prototype.readInt8=function(i){return this[i]};"
        "Number.prototype.round=function(d){return +this.toFixed(d)};"
        "function give(b,n){return JSON.stringify(Object.assign({a:b.readInt8(0)},{r:(n/7).round(2)}))}"
    ),
    "of Object.prototype": (
        "Object.prototype.get=function(k){return this[k]};Object.prototype.size=function(){return Object.keys(this).length};"
        "function give(b,n){var o={n:n},k=[];for(var i in o)k.push(i);return o.get('n')+k.join()+o.size()}"
    ),
    "that is undefined": "Array.prototype.none=void 0;function give(b,n){return 'none' in b}",
    "that is undefined by name": "var none;Array.prototype.none=none;function give(b,n){return ('none' in b)+Object.keys(Array.prototype)}",
    "that is undefined by a member": "var o={};Array.prototype.none=o.none;function give(b,n){return 'none' in b}",
    "that is null": "Array.prototype.none=null;function give(b,n){return ('none' in b)+String(b.none)}",
    "in an order": (
        "Array.prototype.one=1;Array.prototype.two=2;Array.prototype.three=3;"
        "function give(b,n){if(n===1)Array.prototype.zero=0;var k=Object.keys(Array.prototype).join();"
        "if(n===2)Array.prototype.four=4;return k}"
    ),
    "in another order on request": (
        "Array.prototype.one=1;Array.prototype.two=2;"
        "function give(b,n){var p=Array.prototype;if(n===1){delete p.one;p.one=1}return Object.keys(p).join()}"
    ),
    "taken away on request": (
        "Array.prototype.one=1;function give(b,n){if(n===1)delete Array.prototype.one;return Object.keys(Array.prototype).join()}"
    ),
    "that hides another": (
        "var had=Number.prototype.isPrototypeOf===Object.prototype.isPrototypeOf;Number.prototype.isPrototypeOf=function(){return 1};"
        "function give(b,n){return had}"
    ),
    "that hides one of its own": (
        "Object.prototype.mine=function(){return 1};var had=typeof Array.prototype.mine;Array.prototype.mine=function(){return 2};"
        "function give(b,n){return had+b.mine()+({}).mine()}"
    ),
    "made read-only on request": (
        "Array.prototype.mine=1;function give(b,n){var p=Array.prototype;if(n===1)Object.freeze(p);"
        "if(n===2)Object.defineProperty(p,'mine',{value:2,writable:false});return String(p.mine)+Object.isFrozen(p)}"
    ),
    "made a setter on request": (
        "Array.prototype.mine=1;function give(b,n){var p=Array.prototype,r=p.mine;"
        "if(n===1)Object.defineProperty(p,'mine',{get:function(){return 2},set:function(){throw 3},configurable:true});return r+p.mine}"
    ),
    "getter put on a built-in on request": (
        "function give(b,n){if(n===1)Object.defineProperty(Math,'max',{get:function(){throw 1},configurable:true});"
        "return typeof Object.getOwnPropertyDescriptor(Math,'max').get}"
    ),
    "seen by a conversion": (
        "var o={valueOf:function(){return 'mine' in Array.prototype?1:0}};var seen=+o;Array.prototype.mine=1;"
        "function give(b,n){return seen}"
    ),
    "seen by a template": (
        "var seen=`${'mine' in Array.prototype}`;Array.prototype.mine=1;function give(b,n){return seen}"
    ),
    "seen between regular expressions": (
        'var r=/"/;var seen=Object.keys(Array.prototype).length;var q=/"/;Array.prototype.mine=1;function give(b,n){return seen}'
    ),
    "seen between comments": (
        "<!-- `\nvar seen=Object.keys(Array.prototype).length;\n<!-- `\nArray.prototype.mine=1;function give(b,n){return seen}"
    ),
    "seen by a getter": (
        "var o={};Object.defineProperty(o,'x',{get:function(){return 'mine' in Array.prototype}});var seen=o.x;"
        "Array.prototype.mine=1;function give(b,n){return seen}"
    ),
    "seen by taking an array apart": (
        "var had;Array.prototype[Symbol.iterator]=function(){had=Object.keys(Array.prototype).join();"
        "return {next:function(){return {done:true}}}};var [x]=[1];Array.prototype.mine=1;function give(b,n){return had}"
    ),
    "seen by a key": (
        "var had,o={toString:function(){had='mine' in Array.prototype;return 'k'}},p={[o]:1};Array.prototype.mine=1;"
        "function give(b,n){return had}"
    ),
    "seen by a tag": (
        "function tag(){return 'mine' in Array.prototype}var seen=tag``;Array.prototype.mine=1;function give(b,n){return seen}"
    ),
    "seen by a class": (
        "class A{static seen='mine' in Array.prototype}Array.prototype.mine=1;function give(b,n){return A.seen}"
    ),
    "seen by a call in disguise": (
        "var seen;!function(){seen='mine' in Array.prototype}();Array.prototype.mine=1;function give(b,n){return seen}"
    ),
    "seen by a loop": ("var seen=0;for(var k in [])seen++;Array.prototype.mine=1;function give(b,n){return seen}"),
    "in two texts of one name": (
        "var Array=Array||{};Array.prototype.mine=function(){return 1};function give(b,n){return b.mine()}"
    ),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in POLYFILLS.items()])
def test_polyfills_give_what_fresh_machines_give(tmp_path, text):
    compare(tmp_path, ANSWER + text, ORDER * 3)


@pytest.mark.parametrize("name", ["Object.assign", "Array.prototype.readInt8", "Number.prototype.round", "all three"])
def test_plain_polyfills_stay_hollow_between_messages(name):
    assert only_declares(ANSWER + POLYFILLS[name])


@pytest.mark.parametrize("name", [name for name in POLYFILLS if name.startswith(("seen ", "that is undefined"))])
def test_polyfills_whose_absence_might_be_seen_do_not(name):
    assert not only_declares(ANSWER + POLYFILLS[name])


DECLARES = [
    "var x = 1, y = {a: -1, b: [1, 2, {c: 3}]}; function f(a, b) { return a + b }",
    "if (!Array.prototype.a) { Array.prototype.a = function () {} }",
    'if (typeof Object.foo != "function") { Object.foo = function (a) { return /["]/.test(a) } }',
    "var f = (a) => { return a };",
    "var r = /[\"'{]/g; Array.prototype.b = 1;",
    "var s = 60 * 60 * 24;",
    'Array.prototype["x"] = function () {}',
    "var t = {'delete': 1, in: 2, default: 3}; t.x = function () {}",
    "'use strict'; /* c { */ var x = 1; // }",
]
DOES_MORE = [
    "f()", "new X", "var k = o + ''", "var {a} = b", "a[b] = 1", "x in y", "a?.()", "a?.[b]", "if (1) /\"/.x; f(); /\"/",
    "var x = function () {}\n(1)", "var o = {get a() { f() }}; o.a", "a == b", "a < b", "delete a.b",
    "function f() { delete a.b }", "a => f()", "a++ /\"/ f() /\"/", "Array.prototype.a = function () {}.x",
    "Array.prototype.a = 1 && x", "label: f ()", "x = 1\n;[1][f()]", "a.b ||= c", "[...a]", "let x = a\n`b`",
    "\\u0066()", "var a = `", "a.return /\"/ 2; f (); x /\"/ 1", "function", "({function: f(1)})", "x =>", "a.b += c",
    "class A { static { f() } }", "throw f", "x instanceof y",
]  # fmt: skip


@pytest.mark.parametrize("text", DECLARES)
def test_top_level_that_only_declares(text):
    assert only_declares(text)


@pytest.mark.parametrize("text", DOES_MORE)
def test_top_level_that_may_do_more(text):
    assert not only_declares(text)


def test_a_large_script_is_looked_at_quickly():
    assert not only_declares("var x = {a: {b: function () { return {}; }}};\n" * 100_000)
