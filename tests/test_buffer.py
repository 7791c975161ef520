"""`Buffer` as scripts find it: Node's documentation by example, and Node itself, where there is one, call by call."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from octavo.sandbox import worker

HERE = Path(__file__).parent
CALLS = HERE / "scripts" / "buffer_calls.js"
SEED = 20
COUNT = 10_000

# V8 with nothing in it but the texts that it is given; the last one's value is JSON text.
ALONE = """
import json, sys
from py_mini_racer import MiniRacer
with MiniRacer() as isolate:
    for text in json.load(sys.stdin):
        answer = isolate.eval(text)
print(answer)
"""
ASK = f"JSON.stringify(HARNESS.calls({SEED}, {COUNT}).map((call) => [call.text, HARNESS.answer(call.text)]))"
HELPERS = """
globalThis.failure = (call) => {
  try { call(); } catch (error) { return `${error.name}: ${error.code}: ${error.message}`; }
};
globalThis.names = (buffer) => { const found = []; for (const name in buffer) found.push(name); return found; };
globalThis.wrote = (size, method, ...given) => {
  const buffer = Buffer.alloc(size);
  return [buffer[method](...given), buffer.toString("hex")];
};
''"""


def alone(*texts):
    command = [sys.executable, "-c", ALONE]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def load_buffer():
    return f"globalThis.Buffer = {worker._node()}.buffer.Buffer; ''"


def essence(answer):
    """An answer without what differs between releases of Node: the sentences of errors."""
    answer = json.loads(answer)
    if isinstance(answer, dict) and "error" in answer:
        return [answer["error"], answer["code"], answer["known"], answer["keys"]]
    return answer


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node to compare with")
def test_random_calls_answer_as_in_node():
    harness = f"globalThis.HARNESS = {CALLS.read_text(encoding='utf-8')}; ''"
    command = ["node", "--no-deprecation", "-"]
    program = f"{harness}; process.stdout.write({ASK})"
    done = subprocess.run(command, input=program, capture_output=True, text=True, encoding="utf-8", check=True)
    node = json.loads(done.stdout)
    ours = alone(load_buffer(), harness, ASK)
    assert len(node) == len(ours) == COUNT
    differences = [
        (text, theirs, own)
        for (text, theirs), (_, own) in zip(node, ours, strict=True)
        if essence(theirs) != essence(own)
    ]
    assert differences == []


# What https://nodejs.org/docs/latest-v20.x/api/buffer.html says or shows, section by section.
EXAMPLES = {
    "Buffers and character encodings": [
        ('Buffer.from("hello world", "utf8").toString("hex")', "68656c6c6f20776f726c64"),
        ('Buffer.from("hello world").toString("base64")', "aGVsbG8gd29ybGQ="),
        ('Buffer.from("fhqwhgads", "utf16le").toString("hex")', "660068007100770068006700610064007300"),
        ('Buffer.from("1ag123", "hex").toString("hex")', "1a"),
        ('Buffer.from("1a7", "hex").toString("hex")', "1a"),
        ('Buffer.from("1634DA", "hex").toString("hex")', "1634da"),
        ('Buffer.from("aGVs\\tbG8gd29y\\n bGQ=", "base64").toString()', "hello world"),
        ('Buffer.from([0xfb, 0xff, 1]).toString("base64url")', "-_8B"),
        ('Buffer.from("-_8B", "base64").equals(Buffer.from("+/8B", "base64url"))', True),
        ('Buffer.from([0xe9, 0x61]).toString("latin1") + Buffer.from([0xe9, 0x61]).toString("ascii")', "éaia"),
        ("Buffer.from([0x61, 0xe2, 0x82, 0xff, 0xf0, 0x9f, 0x98, 0x80]).toString()", "a\ufffd\ufffd😀"),
        ("['e080', 'eda080', 'f08080', 'f4908080', 'c080'].map((text) => Buffer.from(text, 'hex').toString().length)",
         [2, 3, 3, 4, 2]),
        (r'Buffer.from("a\ud800b").toString("hex")', "61efbfbd62"),
    ],
    "Buffers and TypedArrays": [
        ("Buffer.from([1]) instanceof Uint8Array", True),
        ("[...Buffer.from([1, 2, 3])]", [1, 2, 3]),
        ("(() => { const b = Buffer.from([1, 2]); b.slice(0, 1)[0] = 9; return b[0]; })()", 9),
        ("(() => { const b = Buffer.from([1, 2]); b.subarray(1).fill(7); return b[1]; })()", 7),
        ("(() => { const b = Buffer.from([1]); return b.parent === b.buffer && b.offset === b.byteOffset; })()", True),
        ("names(Buffer.of(5)).slice(0, 1)", ["0"]),
        ("['readInt8', 'readUintBE', 'slice', 'parent'].every((name) => names(Buffer.of(5)).includes(name))", True),
        ("names(Buffer.of(5)).includes('constructor')", False),
    ],
    "Buffer.from, new Buffer": [
        ("Buffer.from([257, 257.5, -255, '1']).toString('hex')", "01010101"),
        ("Buffer.from('tést').toString('hex') + Buffer.from('tést', 'latin1').toString('hex')", "74c3a9737474e97374"),
        ("Buffer.from('7468697320697320612074c3a97374', 'hex').toString()", "this is a tést"),
        ("Buffer.from(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2).toString('hex')", "0203"),
        ("(() => { const m = new Uint8Array(2); const b = Buffer.from(m.buffer); m[0] = 8; return b[0]; })()", 8),
        ("(() => { const b = Buffer.from('buffer'); Buffer.from(b)[0] = 0x61; return b.toString(); })()", "buffer"),
        ("Buffer.from(new String('this is a test')).toString()", "this is a test"),
        ("Buffer.from({ [Symbol.toPrimitive]() { return 'a test'; } }, 'utf8').toString()", "a test"),
        ("Buffer.from(JSON.parse(JSON.stringify(Buffer.from([1, 2])))).toString('hex')", "0102"),
        ("[new Buffer(2), new Buffer([1, 2]), new Buffer('02', 'hex'), Buffer('a')].map(String)",
         ["\0\0", "\1\2", "\2", "a"]),
        ("Buffer.of(1, 2, 300).toString('hex')", "01022c"),
    ],
    "Buffer.alloc, byteLength, compare, concat, isBuffer, isEncoding": [
        ("Buffer.alloc(5, 'a').toString()", "aaaaa"),
        ("Buffer.alloc(11, 'aGVsbG8gd29ybGQ=', 'base64').toString()", "hello world"),
        ("Buffer.byteLength('½ + ¼ = ¾')", 12),
        ("['YQ==', 'YWI=', 'YWJj'].map((text) => Buffer.byteLength(text, 'base64'))", [1, 2, 3]),
        ("[Buffer.from('1234'), Buffer.from('0123')].sort(Buffer.compare).map(String)", ["0123", "1234"]),
        ("Buffer.concat([Buffer.alloc(10), Buffer.alloc(14), Buffer.alloc(18)], 42).length", 42),
        ("Buffer.concat([Buffer.of(1, 2), Buffer.of(3)], 2).toString('hex')", "0102"),
        ("[Buffer.alloc(1), new Uint8Array(1), 'a', [], {}].map(Buffer.isBuffer)", [True, False, False, False, False]),
        ("['utf8', 'hex', 'utf/8', ''].map(Buffer.isEncoding)", [True, True, False, False]),
    ],
    "buf.compare, copy, equals, fill, write": [
        ("['ABC', 'BCD', 'ABCD'].map((text) => Buffer.from('ABC').compare(Buffer.from(text)))", [0, -1, -1]),
        ("Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9]).compare(Buffer.from([5, 6, 7, 8, 9, 1, 2, 3, 4]), 5, 9, 0, 4)", 0),
        ("(() => { const b = Buffer.from('abcdefghijklmnopqrstuvwxyz'); b.copy(b, 0, 4, 10); return b.toString(); })()",
         "efghijghijklmnopqrstuvwxyz"),
        ("Buffer.from('ABC').equals(Buffer.from('414243', 'hex'))", True),
        (r"Buffer.alloc(5).fill('\u0222').toString('hex')", "c8a2c8a2c8"),
        ("Buffer.alloc(5).fill('aazz', 'hex').toString('hex')", "aaaaaaaaaa"),
        ("Buffer.alloc(256).write('½ + ¼ = ¾', 0)", 12),
        ("Buffer.alloc(10).write('abcd', 8)", 2),
        ("wrote(4, 'write', 'a€€')", [4, "61e282ac"]),
        ("wrote(3, 'write', 'a€€')", [1, "610000"]),
    ],
    "buf.includes, indexOf, lastIndexOf": [
        ("['this', 'is', 97, 'buffer example'].map((v) => Buffer.from('this is a buffer').includes(v))",
         [True, True, True, False]),
        ("['this', 'is', Buffer.from('a buffer'), 97, 'no'].map((v) => Buffer.from('this is a buffer').indexOf(v))",
         [0, 2, 8, 8, -1]),
        (r"[0, -2].map((at) => Buffer.from('\u039a\u03a3\u03a3', 'ucs2').indexOf('\u03a3', at, 'ucs2'))", [2, 4]),
        (r"Buffer.from('\u039a\u0391\u03a3\u03a3', 'utf16le').lastIndexOf('\u03a3', 'utf16le')", 6),
        ("[99.9, 256 + 99].map((v) => Buffer.from('abcdef').indexOf(v))", [2, 2]),
        ("[undefined, {}, null, []].map((at) => Buffer.from('abcdef').lastIndexOf('b', at))", [1, 1, -1, -1]),
        ("[null, 5, 4].map((at) => Buffer.from('this buffer is a buffer').lastIndexOf('buffer', at))", [-1, 5, -1]),
        ("Buffer.from('this buffer is a buffer').lastIndexOf('buffer')", 17),
        ("Buffer.from('abc').indexOf('', 9)", 3),
    ],
    "buf.read…": [
        ("Buffer.from([0xff, 5]).readInt8(0)", -1),
        ("[Buffer.of(0x80).readInt8(), Buffer.of(0x7f).readInt8()]", [-128, 127]),
        ("[Buffer.from([0, 5]).readInt16BE(0), Buffer.from([0, 5]).readInt16LE(0)]", [5, 1280]),
        ("[Buffer.from([0, 0, 0, 5]).readInt32BE(), Buffer.from([0, 0, 0, 5]).readInt32LE()]", [5, 83886080]),
        ("Buffer.from('1234567890ab', 'hex').readIntLE(0, 6).toString(16)", "-546f87a9cbee"),
        ("Buffer.from('1234567890ab', 'hex').readUIntBE(0, 6).toString(16)", "1234567890ab"),
        ("Buffer.from('1234567890ab', 'hex').readUintLE(0, 6).toString(16)", "ab9078563412"),
        ("Buffer.from([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]).readBigUInt64BE(0).toString()", "4294967295"),
        ("Buffer.from([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]).readBigInt64LE(0).toString()", "-4294967296"),
        ("Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).readDoubleBE(0)", 8.20788039913184e-304),
        ("Buffer.from([1, 2, 3, 4]).readFloatLE(0)", 1.539989614439558e-36),
    ],
    "buf.write…": [
        ("wrote(8, 'writeBigInt64BE', 0x0102030405060708n, 0)", [8, "0102030405060708"]),
        ("wrote(8, 'writeBigUInt64LE', 0xdecafafecacefaden, 0)", [8, "defacecafefacade"]),
        ("wrote(8, 'writeDoubleBE', 123.456, 0)", [8, "405edd2f1a9fbe77"]),
        ("wrote(4, 'writeFloatLE', 0xcafebabe, 0)", [4, "bbfe4a4f"]),
        ("wrote(4, 'writeInt16LE', 0x0304, 2)", [4, "00000403"]),
        ("wrote(2, 'writeInt8', -2, 1)", [2, "00fe"]),
        ("wrote(6, 'writeIntLE', 0x1234567890ab, 0, 6)", [6, "ab9078563412"]),
        ("wrote(6, 'writeUIntBE', 0x1234567890ab, 0, 6)", [6, "1234567890ab"]),
        ("wrote(4, 'writeUint32BE', 0xfeedface)", [4, "feedface"]),
    ],
    "buf.slice, swap, toJSON, toString": [
        ("[[-6, -1], [-6, -2], [-5, -2]].map(([a, z]) => Buffer.from('buffer').subarray(a, z).toString())",
         ["buffe", "buff", "uff"]),
        ("Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).swap16().toString('hex')", "0201040306050807"),
        ("Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).swap64().toString('hex')", "0807060504030201"),
        ("JSON.stringify(Buffer.from([1, 2, 3]))", '{"type":"Buffer","data":[1,2,3]}'),
        ("Buffer.from('tést').toString(undefined, 0, 3)", "té"),
    ],
    "errors": [
        ("failure(() => Buffer.alloc(5).readUInt16LE(4))",
         'RangeError: ERR_OUT_OF_RANGE: The value of "offset" is out of range. It must be >= 0 and <= 3. Received 4'),
        ("failure(() => Buffer.alloc(1).readInt16LE(0))",
         "RangeError: ERR_BUFFER_OUT_OF_BOUNDS: Attempt to access memory outside buffer bounds"),
        ("failure(() => Buffer.alloc(1).writeInt8(2 ** 40)).slice(-43)", "-128 and <= 127. Received 1_099_511_627_776"),
        ("failure(() => Buffer.alloc(1).readInt8('0'))",
         'TypeError: ERR_INVALID_ARG_TYPE: The "offset" argument must be of type number. Received type string (\'0\')'),
        ("failure(() => Buffer.from('a', 'nonsense'))", "TypeError: ERR_UNKNOWN_ENCODING: Unknown encoding: nonsense"),
        ("failure(() => Buffer.alloc(5).fill('zz', 'hex'))",
         "TypeError: ERR_INVALID_ARG_VALUE: The argument 'value' is invalid. Received 'zz'"),
        ("failure(() => Buffer.of(1, 2, 3).swap16())",
         "RangeError: ERR_INVALID_BUFFER_SIZE: Buffer size must be a multiple of 16-bits"),
        ("(() => { try { Buffer.from(5); } catch (error) { return String(error).slice(0, 57); } })()",
         "TypeError [ERR_INVALID_ARG_TYPE]: The first argument must"),
        ("failure(() => Buffer.alloc(-1)).slice(0, 29)", "RangeError: ERR_OUT_OF_RANGE:"),
    ],
}  # fmt: skip
TABLE = [
    pytest.param(expression, expected, id=f"{section}-{place}")
    for section, rows in EXAMPLES.items()
    for place, (expression, expected) in enumerate(rows, 1)
]


@pytest.fixture(scope="module")
def shown():
    """What our Buffer answers to each expression of the table, all of them in one isolate."""
    expressions = [row.values[0] for row in TABLE]
    answers = alone(load_buffer(), HELPERS, f"JSON.stringify([{', '.join(expressions)}])")
    return dict(zip(expressions, answers, strict=True))


@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_documented_example(shown, expression, expected):
    assert shown[expression] == expected


# A script may keep what it finds; all of that must be in sight of a look at `Buffer` and its prototype.
HIDDEN = """JSON.stringify((() => {
  const home = (call) => { try { call(); } catch (error) { return Object.getPrototypeOf(error); } };
  const { constructor } = Object.getPrototypeOf(Buffer.alloc(1));
  const own = [Buffer, Buffer.prototype].flatMap((owner) => Object.values(Object.getOwnPropertyDescriptors(owner)));
  const methods = own.map((slot) => slot.value).filter((value) => typeof value === "function" && value !== Buffer);
  return [
    home(() => Buffer.alloc("1")) === TypeError.prototype,
    home(() => Buffer.alloc(-1)) === RangeError.prototype,
    constructor === Buffer && Buffer[Symbol.species] === Buffer,
    methods.length > 90 && methods.every((method) => !Object.hasOwn(method, "prototype")),
    Buffer.allocUnsafe(64).every((byte) => byte === 0) && Buffer.from("a").buffer.byteLength === 1,
  ];
})())"""


def test_nothing_that_a_script_could_keep_is_out_of_sight():
    assert alone(load_buffer(), HIDDEN) == [True] * 5
