"""What a top level adds to built-ins may stay between messages as a hollow ``undefined``: no script can tell.

Each of these would see a difference if a hollow property were there at the wrong time, in the wrong order, of the wrong
kind, or not filled and yet not gone.
"""

# ruff: noqa: E501 - one-line scripts are read best in one line

import pytest

from octavo.formatters import Formatter
from octavo.sandbox.toplevel import only_declares

from .processes import written

ORDER = [0, 1, 2, 0, 1, 1, 2, 2, 0, 0, 2, 1, 0, 3, 2, 2, 1, 0, 3, 3, 0]

# `see` tells all that can be told of a property, and of the keys beside it; `n` is the payload's first byte.
HEAD = """
function walk(object) { var all = ""; for (var key in object) all += key + ","; return all; }
function see(owner, name) {
  var slot = Object.getOwnPropertyDescriptor(owner, name), has = Object.prototype.hasOwnProperty;
  return [name in owner, has.call(owner, name), typeof owner[name], slot ? [slot.enumerable, slot.writable, typeof slot.get] : "none",
    Object.keys(owner), Object.getOwnPropertyNames(owner).length, Object.getOwnPropertySymbols(owner).length,
    Array.prototype.length, walk([7]), walk({ a: 1 })].join(";");
}
function decodeUplink(input) {
  return { data: { answer: String(give(input.bytes, input.bytes[0])) } };
}
"""
# Each text is one that only declares: what it adds to built-ins may become hollow.
HOLLOW = {
    "added by the body, always": "function give(b,n){var r=see(Array.prototype,'x');Array.prototype.x=1;return r+see(Array.prototype,'x')}",
    "added by the body on request": "function give(b,n){var r=see(Array.prototype,'x');if(n===1)Array.prototype.x=1;return r+see(Array.prototype,'x')}",
    "added by the body on request, undefined": "function give(b,n){var r=see(Array.prototype,'x');if(n===1)Array.prototype.x=undefined;return r+see(Array.prototype,'x')}",
    "filled and not filled": (
        "Array.prototype.one=1;function give(b,n){var p=Array.prototype,r=see(p,'one')+see(p,'two');"
        "if(n===1)p.two=2;if(n===2)p.one=undefined;return r+see(p,'one')+see(p,'two')}"
    ),
    "filled unless another is there": (
        "if(!Array.prototype.two){Array.prototype.one=1}function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===1)p.two=2;return r+see(p,'two')}"
    ),
    "one, else another": (
        "if(typeof Array.prototype.one=='undefined'){Array.prototype.one=1}else{Array.prototype.two=2}"
        "function give(b,n){return see(Array.prototype,'one')+see(Array.prototype,'two')}"
    ),
    "one, else another, with get in front": (
        "Object.prototype.get=1;if(typeof Object.one=='undefined'){Object.one=1}else{Object.prototype.two=2}"
        "function give(b,n){return see(Object,'one')+see(Object.prototype,'two')}"
    ),
    "replaced by a getter": (
        "Array.prototype.one=1;function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===1)Object.defineProperty(p,'one',{get:function(){return 5},configurable:true});return r+see(p,'one')}"
    ),
    "first of two replaced by a getter": (
        "Array.prototype.one=1;Array.prototype.two=2;function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===1)Object.defineProperty(p,'one',{get:function(){return 5},configurable:true});return r+see(p,'one')}"
    ),
    "first of two replaced by a getter later": (
        "Array.prototype.one=1;Array.prototype.two=2;function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===3)Object.defineProperty(p,'one',{get:function(){return 5},configurable:true});return r+see(p,'one')}"
    ),
    "replaced by a setter": (
        "Array.prototype.one=1;function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===1)p.__defineSetter__('one',function(){throw 1});return r+see(p,'one')}"
    ),
    "replaced by one that is not enumerable": (
        "Array.prototype.one=1;function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===1)Object.defineProperty(p,'one',{value:5,enumerable:false});return r+see(p,'one')}"
    ),
    "first of two made not enumerable": (
        "Array.prototype.one=1;Array.prototype.two=2;function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===1)Object.defineProperty(p,'one',{enumerable:false});return r+see(p,'one')}"
    ),
    "last of two made not enumerable": (
        "Array.prototype.one=1;Array.prototype.two=2;function give(b,n){var p=Array.prototype,r=see(p,'two');"
        "if(n===1)Object.defineProperty(p,'two',{enumerable:false});return r+see(p,'two')}"
    ),
    "replaced by one that is not writable": (
        "Array.prototype.one=1;function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===1)Object.defineProperty(p,'one',{value:5,writable:false});p.one=7;return r+see(p,'one')+p.one}"
    ),
    "made permanent": (
        "Array.prototype.one=1;function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===3)Object.defineProperty(p,'one',{configurable:false});return r+see(p,'one')}"
    ),
    "sealed with it": (
        "Math.one=1;Math.two=2;function give(b,n){var r=see(Math,'one')+Object.isSealed(Math);if(n===3)Object.seal(Math);"
        "return r+Object.isSealed(Math)}"
    ),
    "first of two hides what is inherited": (
        "Array.prototype.isPrototypeOf=function(){return 1};Array.prototype.two=2;"
        "function give(b,n){return see(Array.prototype,'two')+see(Array.prototype,'isPrototypeOf')}"
    ),
    "hides one added further up": (
        "Object.prototype.mine=1;var had=typeof Math.mine;Math.mine='own';function give(b,n){return had+Math.mine+see(Math,'mine')}"
    ),
    "hides one added further up, of a function": (
        "Object.prototype.mine=1;var had=typeof Math.max.mine,other=typeof parseInt.mine;Math.max.mine='own';"
        "function give(b,n){return had+other+Math.max.mine+parseInt.mine}"
    ),
    "hides one that the body adds further up": (
        "Math.mine='own';function give(b,n){if(n===1)Object.prototype.mine=1;return Math.mine+({}).mine+[].mine+see(Math,'mine')}"
    ),
    "hidden by one that the body adds further down": (
        "Object.prototype.mine=1;function give(b,n){if(n===1)Math.mine='own';return Math.mine+({}).mine+see(Math,'mine')}"
    ),
    "three generations": (
        "Object.prototype.mine=1;Function.prototype.mine=2;var had=Object.mine+'';Object.mine=3;"
        "function give(b,n){return [Object.mine,Math.max.mine,Math.mine,see(Object,'mine')].join()}"
    ).replace("Object.mine+''", "Object.mine"),
    "Object.prototype and for in": (
        "Object.prototype.first=1;Object.prototype.second=function(){return this.n};function give(b,n){"
        "var o={n:n,deep:{m:1}},r=walk(o)+walk(o.deep)+walk(b)+walk('ab')+walk(Math)+o.second();if(n===1)o.first=2;return r+walk(o)}"
    ),
    "Object.prototype and for in with hasOwnProperty": (
        "Object.prototype.first=1;function give(b,n){var r='';for(var k in b)if(b.hasOwnProperty(k))r+=k;return r+walk(b)+JSON.stringify({n:n})}"
    ),
    "Object.prototype and Array.prototype in an order": (
        "Array.prototype.c=1;Object.prototype.b=2;Array.prototype.a=3;Object.prototype.d=4;function give(b,n){return walk(b)+walk({})}"
    ),
    "names of a descriptor": (
        "Object.prototype.get=function(k){return this[k]};Object.prototype.set=function(k,v){this[k]=v};Object.prototype.value=7;"
        "function give(b,n){var o={};o.set('n',n);try{Object.defineProperty(o,'m',{enumerable:true})}catch(e){o.m=e.name}"
        "return o.get('n')+o.m+walk(o)}"
    ),
    "writable": "Object.prototype.writable=true;Object.prototype.enumerable=true;function give(b,n){return walk({})+walk(Object.getOwnPropertyDescriptor(Map.prototype,'size'))}",
    "replaced by value while others are added": (
        "Object.assign=function(t,s){for(var k in s)t[k]=s[k];return t};Object.merge=1;Math.trunc=function(v){return v<0?'up':'down'};"
        "Math.log9=function(){return 9};Number.isInteger=function(){return 'whole'};Array.prototype.first=function(){return this[0]};"
        "function give(b,n){var r=Math.trunc(n-1)+Math.log9()+b.first()+Number.isInteger(n)+JSON.stringify(Object.assign({},{n:n}))"
        "+Object.keys(Math)+Object.keys(Object);if(n===1){Object.assign=1;Math.log9=2;Math.other=3}return r+Object.assign.length+walk(Math)}"
    ),
    "replaced by value in the body while one is added": (
        "Math.log9=9;function give(b,n){var r=Math.trunc(1.5)+see(Math,'log9');if(n===1)Math.trunc=function(){return 'mine'};"
        "if(n===2)Math.log9=2;return r+Math.trunc(1.5)}"
    ),
    "property of a function that is replaced": (
        "Math.max=function(){return 'mine'};Math.max.one=1;Math.min.two=2;function give(b,n){return Math.max()+Math.max.one+see(Math.min,'two')+see(Math,'max')}"
    ),
    "index of Array.prototype": (
        "var length=Array.prototype.length;Array.prototype[5]=1;"
        "function give(b,n){return length+','+b[5]+[,,,,,,1].indexOf(1)+see(Array.prototype,'5')}"
    ),
    "index in quotes": (
        "var length=[].length;Array.prototype['5']=1;Array.prototype.late=1;"
        "function give(b,n){var r=length+see(Array.prototype,'5');if(n===1)Array.prototype[6]=1;return r+Array.prototype.length}"
    ),
    "index of Object.prototype": (
        "Object.prototype[2]='o';Object.prototype.x=1;Object.prototype[0]='z';"
        "function give(b,n){return [,1][0]+[].concat([,])[0]+walk({})+walk([7])+({})[2]+see(Object.prototype,'2')}"
    ),
    "index and length": (
        "Array.prototype[5]=1;Array.prototype.length=2;function give(b,n){return see(Array.prototype,'5')+Array.prototype.length}"
    ),
    "index of a function": "parseInt[0]=1;parseInt.length=5;function give(b,n){if(n===1)parseInt[1]=2;return see(parseInt,'0')+parseInt.length}",
    "symbol in the body": (
        "Array.prototype.one=1;function give(b,n){var p=Array.prototype,k=Symbol.for('x'),r=see(p,k.description)+String(p[k]);if(n===1)p[k]=1;return r+String(p[k])}"
    ),
    "globals of the names of built-ins that the server lacks": (
        "if(typeof setTimeout==='undefined'){setTimeout=function(){return 'mine'}}Intl=5;WebAssembly=null;Atomics=undefined;"
        "function give(b,n){var r=typeof setTimeout+typeof Intl+WebAssembly+('Atomics' in globalThis)+typeof Temporal;"
        "if(n===1){Temporal=1;setTimeout=2}return r+typeof Temporal+typeof setTimeout}"
    ),
    "global of a polyfill's name": (
        "Object.prototype.mine=2;mine=1;function give(b,n){var r=mine+','+({}).mine+globalThis.hasOwnProperty('mine');if(n===1)mine=3;return r+mine+[].mine}"
    ),
    "polyfill of a global's name": (
        "mine=1;Object.prototype.mine=2;var none=typeof other;Object.prototype.other=3;function give(b,n){return none+mine+({}).mine+other}"
    ),
    "polyfill found as a global": (
        "Object.prototype.mine=2;function give(b,n){var r=typeof mine+globalThis.mine+globalThis.hasOwnProperty('mine');"
        "if(n===1)mine=3;return r+mine+globalThis.hasOwnProperty('mine')}"
    ),
    "polyfill found as a global of strict code": (
        "'use strict';Object.prototype.mine=2;function give(b,n){var r=mine;if(n===1){try{mine=3}catch(e){r+=e.name}}"
        "if(n===2){try{nowhere=3}catch(e){r+=e.name}}return r+mine}"
    ),
    "two globals swapped": (
        "var t=parseInt;parseInt=parseFloat;parseFloat=t;function give(b,n){return parseInt('1.5')+','+parseFloat('1.5')+parseInt.name}"
    ),
    "two globals swapped by the body": (
        "function give(b,n){var r=parseInt('1.5')+','+parseFloat('1.5');if(n!==2){var t=parseInt;parseInt=parseFloat;parseFloat=t}"
        "return r+parseInt('1.5')+','+parseFloat('1.5')}"
    ),
    "two functions of Math swapped": (
        "var t=Math.floor;Math.floor=function(v){return t(v)+'f'};Math.mine=1;function give(b,n){var r=Math.max(1,2)+Math.floor(1.5);"
        "var s=Math.max;Math.max=Math.min;Math.min=s;return r+Math.max(1,2)+Math.min(1,2)+see(Math,'mine')}"
    ),
}  # fmt: skip
# These add to built-ins as well, but may see it: nothing is left hollow.
SOLID = {
    "deleted in the body on request": (
        "Array.prototype.one=1;Array.prototype.two=2;function give(b,n){var p=Array.prototype,r=see(p,'one');if(n===1)delete p.one;return r+see(p,'one')}"
    ),
    "deleted in the body and put back": (
        "Array.prototype.one=1;Array.prototype.two=2;function give(b,n){var p=Array.prototype,r=see(p,'one');"
        "if(n===1){delete p.one;p.one=3}return r+see(p,'one')}"
    ),
    "deleted by a text in the body": (
        "Array.prototype.one=1;Array.prototype.two=2;function give(b,n){var r=see(Array.prototype,'one');"
        "if(n===1)(0,eval)('de'+'lete Array.prototype.one');return r+see(Array.prototype,'one')}"
    ),
    "deleted by a reviver": (
        "Math.one=1;Math.two=2;function give(b,n){var r=see(Math,'one');"
        "if(n===1)JSON.parse('[1,2]',function(k,v){if(k==='0')this[1]=Math;return k==='one'?undefined:v});return r+see(Math,'one')}"
    ),
    "deleted by the length": (
        "Array.prototype[1]=1;Array.prototype.two=2;function give(b,n){var p=Array.prototype,r=see(p,'1');if(n===1)p.length=0;return r+see(p,'1')}"
    ),
    "two functions of Math swapped at the top": (
        "var t=Math.max;Math.max=Math.min;Math.min=t;function give(b,n){return Math.max(1,2)+','+Math.min(1,2)+Math.max.name}"
    ),
    "symbol": (
        "Array.prototype[Symbol.for('x')]=function(){return 'mine'};Array.prototype.one=1;"
        "function give(b,n){return b[Symbol.for('x')]()+see(Array.prototype,'one')}"
    ),
    "symbol unless it is there": (
        "var had=Symbol.for('x') in Array.prototype;if(!had)Array.prototype[Symbol.for('x')]=1;"
        "function give(b,n){if(n===1)Array.prototype[Symbol.for('y')]=1;return had+see(Array.prototype,'one')}"
    ),
    "iterator replaced": (
        "var real=Array.prototype[Symbol.iterator];Array.prototype[Symbol.iterator]=function(){note+=1;return real.call(this)};var note=0;Array.prototype.one=1;"
        "function give(b,n){var [x]=b;return x+','+note+see(Array.prototype,'one')}"
    ),
    "index by a loop": (
        "for(var i=3;i<6;i++)Array.prototype[i]='at '+i;function give(b,n){return walk(b)+b[4]+Array.prototype.length+[,,,].join()}"
    ),
    "not enumerable at the top": (
        "Object.defineProperty(Array.prototype,'one',{value:1,configurable:true,writable:true});Array.prototype.two=2;"
        "function give(b,n){var r=see(Array.prototype,'one');if(n===1)Array.prototype.one=3;return r+b.one}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOLLOW.items()])
def test_hollow_properties_are_never_seen(as_fresh, text):
    assert only_declares(HEAD + text)
    as_fresh(HEAD + text, ORDER)


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in SOLID.items()])
def test_properties_that_are_not_left_hollow(as_fresh, text):
    as_fresh(HEAD + text, ORDER)


@pytest.mark.parametrize("name", ["get", "set", "value", "writable"])
def test_what_is_handed_to_a_script_is_made_before_its_polyfills(tmp_path, name):
    """The 3.32 servers turn empty objects into null before they encode; ``get`` of Object.prototype is no part of that."""
    text = (
        f"Object.prototype.{name}=function(k){{return this[k]}};"
        f"function encodeDownlink(input){{return {{bytes:[input.data.{name}('a').b,input.data.c===null],fPort:1}}}}"
    )
    with Formatter(written(tmp_path, text), name="encoder", dialect="tts-3.32") as device:
        for _ in range(3):
            outcomes = list(device.encode_downlinks([({"a": {"b": 5}, "c": {}},)] * 4))
            assert [outcome.frm_payload for outcome in outcomes] == [b"\x05\x01"] * 4
