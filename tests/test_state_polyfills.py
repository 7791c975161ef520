"""Scripts that add to built-ins what some server lacks: every message finds what a fresh machine has."""

# ruff: noqa: E501 - one-line scripts are read best in one line

import pytest

from octavo.sandbox.toplevel import only_declares

ORDER = [0, 1, 2, 0, 1, 1, 2, 2, 0, 0, 2, 1, 0, 1, 2, 2, 1, 0]

# `give` gets the bytes and the first of them.
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
def test_polyfills_give_what_fresh_machines_give(as_fresh, text):
    as_fresh(ANSWER + text, ORDER)


@pytest.mark.parametrize("name", ["Object.assign", "Array.prototype.readInt8", "Number.prototype.round", "all three"])
def test_plain_polyfills_stay_hollow_between_messages(name):
    assert only_declares(ANSWER + POLYFILLS[name])


@pytest.mark.parametrize("name", [name for name in POLYFILLS if name.startswith(("seen ", "that is undefined"))])
def test_polyfills_whose_absence_might_be_seen_do_not(name):
    assert not only_declares(ANSWER + POLYFILLS[name])


# ---- as scripts in the wild do it, with what they find before and after --------------------------------------------------

ASSIGN = "function (target, source) { for (var key in source) target[key] = source[key]; return target; }"
IN_THE_WILD = {
    "Object.assign by assignment": f"Object.assign = {ASSIGN};",
    "Object.assign where missing": f"if (!Object.assign) Object.assign = {ASSIGN};",
    "Object.assign defined": (
        f"Object.defineProperty(Object, 'assign', {{ value: {ASSIGN}, writable: true, configurable: true }});"
    ),
    "readInt8 by assignment": "Array.prototype.readInt8 = function (at) { return this[at] << 24 >> 24; };",
    "readInt8 where missing": (
        "var first = !Array.prototype.readInt8; if (first) { Array.prototype.readInt8 = "
        "function (at) { return this[at] << 24 >> 24; }; } note(first);"
    ),
    "readInt8 where not in the prototype": (
        "note('readInt8' in Array.prototype); if (!('readInt8' in Array.prototype)) "
        "Array.prototype.readInt8 = function (at) { return this[at]; };"
    ),
    "readInt8 where not own": (
        "var own = Array.prototype.hasOwnProperty('readInt8'); note(own); "
        "if (!own) Array.prototype.readInt8 = function (at) { return this[at] & 127; };"
    ),
    "readInt8 defined": (
        "Object.defineProperty(Array.prototype, 'readInt8', { configurable: true, "
        "value: function (at) { return this[at] - 1; } });"
    ),
    "readInt8 defined once more": (
        "try { Object.defineProperty(Array.prototype, 'readInt8', { value: 1, configurable: false }); note('new'); } "
        "catch (error) { note(error); }"
    ),
    "round by assignment": (
        "Number.prototype.round = function (places) { return Math.round(this * 10 ** places) / 10 ** places; };"
    ),
    "round twice": (
        "note(typeof (1).round); Number.prototype.round = function () { return 'first'; }; note((1).round()); "
        "Number.prototype.round = function () { return 'second'; };"
    ),
    "round or what is there": (
        "Number.prototype.round = Number.prototype.round || function () { return Math.round(this); };"
    ),
    "round while a message is decoded": (
        "later = function () { Number.prototype.round = function () { return 'late'; }; };"
    ),
    "keys walked before and after": (
        "for (var key in [5, 6]) note(key); Array.prototype.readInt8 = function (at) { return this[at]; }; "
        "for (var key in [7]) note(key);"
    ),
    "keys of the prototype": "note(Object.keys(Array.prototype).length); Array.prototype.readInt8 = function () {};",
    "toString of objects": "note({}); Object.prototype.toString = function () { return 'changed'; }; note({});",
    "includes replaced": "note('abc'.includes('b')); String.prototype.includes = function () { return 'replaced'; };",
    "filled by a loop": (
        "['round', 'twice'].forEach(function (name) { note(name in Number.prototype); "
        "Number.prototype[name] = function () { return name; }; });"
    ),
    "class that extends": (
        "class Buffer2 extends Array {} Buffer2.prototype.readInt8 = function () { return 2; }; "
        "note(typeof [].readInt8 + new Buffer2().readInt8());"
    ),
}
AROUND = """
var notes = "", later = function () {};
function note(value) { notes += value + ";"; }
POLYFILL
function decodeUplink(input) {
  var bytes = input.bytes, walked = "";
  note(typeof (1).round + typeof [].readInt8 + typeof Object.assign);
  later();
  for (var at in bytes) walked += at + ",";
  if (bytes[0] % 2 && (1).round) note((bytes[0] / 8).round(1));
  if (bytes[0] % 3 && bytes.readInt8) note(attempt(function () { return bytes.readInt8(0); }));
  var whole = Object.assign({ a: 1 }, { b: bytes[0] });
  return { data: { answer: notes + walked + Object.keys(whole) + whole.b + "abc".includes("z") } };
}
function attempt(read) { try { return read(); } catch (error) { return "!" + error; } }
"""


@pytest.mark.parametrize("polyfill", [pytest.param(text, id=name) for name, text in IN_THE_WILD.items()])
def test_polyfills_with_notes_give_what_fresh_machines_give(as_fresh, polyfill):
    as_fresh(AROUND.replace("POLYFILL", polyfill), [1, 200, 200, 1, 1, 1, 200, 1, 200, 200] * 3)
