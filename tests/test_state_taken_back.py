"""What one message leaves and another takes away again, and what runs late: no other message sees it."""

# ruff: noqa: E501 - one-line scripts are read best in one line

import pytest

from octavo.sandbox.toplevel import takes_back

ORDER = [0, 1, 2, 0, 1, 1, 2, 2, 0, 0, 2, 1, 0, 1, 2, 2, 1, 0]


def script(code):
    return (
        f"function give(b){{{code}}}\nfunction decodeUplink(input){{return {{data:{{answer:give(input.bytes[0])}}}}}}"
    )


# `b` is the payload's first byte; the code gives the answer.
TAKEN_BACK = {
    "text of a match": "var r=[RegExp.lastMatch,RegExp.$1,RegExp.input,RegExp.leftContext].join('|');/a(b)/.exec('xab');return r",
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


@pytest.mark.parametrize("code", [pytest.param(code, id=name) for name, code in TAKEN_BACK.items()])
def test_what_is_taken_back_was_never_seen(as_fresh, code):
    expected = as_fresh(script(code), ORDER)
    assert len(set(expected)) == 1


def test_what_takes_back_is_known_by_its_words():
    assert takes_back("delete Math.x")
    assert takes_back("\\u0065val('x')")
    assert takes_back("class A extends B {}")
    assert not takes_back("map.delete(key); evaluate(x); deleted = extended;")


# ---- what runs late ----------------------------------------------------------------------------------------------------

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
def test_what_runs_late_reaches_no_other_message(as_fresh, code):
    expected = as_fresh(script(code), ORDER)
    assert len(set(expected)) == 1
