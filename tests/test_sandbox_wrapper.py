"""A script is run as a script: nothing of the wrapper and the driver around it shows, or lets anybody out."""

# ruff: noqa: E501, ISC004 - one-line scripts are read best in one line

import re

import pytest

from .hostile import GOOD, HEAD, cases, inside

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


# ---- what the script can reach ---------------------------------------------------------------------------------------

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
    outcome = attack(inside("console.log({toJSON:function(){for(;;)console.log('x')}})"), endless=True)
    assert outcome.name == "script_timeout"
