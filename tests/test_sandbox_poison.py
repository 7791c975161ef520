"""Scripts that poison every built-in: the driver works on, and gives their own right answer."""

# ruff: noqa: E501 - one-line scripts are read best in one line

import re

import pytest

from octavo.errors import Error, OutputError

from .hostile import HEAD

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
