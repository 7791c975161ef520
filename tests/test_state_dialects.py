"""Nothing passes from one message to the next through what only some dialects give: Buffer, modules, exports, Intl."""

import itertools

import pytest

from octavo.formatters import Formatter

from .hostile import PATIENT
from .processes import written

pytestmark = pytest.mark.usefixtures("warm_pool")
# What to look at, and what to do: each is undone before the next message.
BUFFER = {
    "static": ("Buffer.mark", "Buffer.mark = 1"),
    "prototype": ("Buffer.from('a').mark", "Buffer.prototype.mark = 1"),
    "method": ("Buffer.prototype.readUInt8.mark", "Buffer.prototype.readUInt8.mark = 1"),
    "method replaced": ("Buffer.from('a').toString('hex')", "Buffer.prototype.toString = () => 'replaced'"),
    "method deleted": ("typeof Buffer.prototype.write", "delete Buffer.prototype.write"),
    "alias deleted": ("typeof Buffer.prototype.readUint8", "delete Buffer.prototype.readUint8"),
    "getter": (
        "typeof Object.getOwnPropertyDescriptor(Buffer.prototype, 'parent').get",
        "Object.defineProperty(Buffer.prototype, 'parent', { get: undefined })",
    ),
    "link": ("Object.getPrototypeOf(Buffer) === Uint8Array", "Object.setPrototypeOf(Buffer, null)"),
    "prototype's link": ("Buffer.from('a') instanceof Uint8Array", "Object.setPrototypeOf(Buffer.prototype, null)"),
    "frozen": ("Object.isFrozen(Buffer.prototype)", "Object.freeze(Buffer.prototype)"),
    "inherited": ("Buffer.from('a').fromBytes", "Uint8Array.prototype.fromBytes = 1"),
    "pool": ("Buffer.allocUnsafe(4).toString('hex')", "Buffer.allocUnsafe(4).fill(7)"),
    "poolSize": ("Buffer.poolSize", "Buffer.poolSize = 1"),
    "numbers": ("10n .mark", "BigInt.prototype.mark = 1"),
}
RUNNER = {
    "Buffer replaced": ("typeof Buffer.from", "Buffer = {}"),
    "Buffer deleted": ("typeof Buffer", "delete globalThis.Buffer"),
    "exports": ("typeof exports.mark", "exports.mark = 1"),
    "exports replaced": ("typeof exports", "exports = 5"),
    "driver": ("typeof driver", "globalThis.driver = {}"),
    "Intl": ("typeof Intl.NumberFormat", "Intl.NumberFormat = 1"),
    "Intl's segments": ("typeof Intl.Segmenter", "Intl.Segmenter = 1"),
    "Intl's prototype": ("new Intl.NumberFormat('en').mark", "Intl.NumberFormat.prototype.mark = 1"),
}
MODULE = {
    "module": ("typeof b64.mark", "try { b64.mark = 1; } catch {}"),
    "module's function": ("typeof b64.byteLength.mark", "b64.byteLength.mark = 1"),
    "function": ("typeof read.mark", "read.mark = 1"),
    "global": ("typeof globalThis.leaked", "globalThis.leaked = 1"),
    "Buffer of its own": ("typeof globalThis.Buffer", "globalThis.Buffer = 1"),
}
IMPORTS = "import * as b64 from 'base64-js';\nimport { read } from 'ieee754';\n"


def script(ways, dialect):
    cases = "".join(f"case {n + 1}: {do}; break;\n" for n, (_, do) in enumerate(ways.values()))
    seen = ", ".join(f"show(() => {see})" for see, _ in ways.values())
    return f"""{IMPORTS if dialect == "chirpstack4" else ""}
      function show(look) {{ try {{ return String(look()); }} catch (error) {{ return "threw"; }} }}
      function decodeUplink(input) {{
        const seen = [{seen}];
        switch (input.bytes[0]) {{ {cases} }}
        return {{ data: {{ seen }}, seen }};
      }}"""


@pytest.mark.parametrize(
    ("dialect", "ways"), [("ts013", BUFFER | RUNNER), ("actility", BUFFER | RUNNER), ("chirpstack4", BUFFER | MODULE)]
)
def test_every_message_sees_what_the_first_one_saw(tmp_path, dialect, ways):
    file = written(tmp_path, script(ways, dialect))
    numbers = range(1, len(ways) + 1)
    order = [0, *itertools.chain.from_iterable((first, second) for first in numbers for second in (first, 0))]
    for size in (1, 3, len(order)):
        with Formatter(file, name="carrying", dialect=dialect) as device:
            found = []
            for start in range(0, len(order), size):
                messages = [(bytes([number]), 1) for number in order[start : start + size]]
                found += [result.data["seen"] for result in device.decode_uplinks(messages)]
        changed = {
            (number, way)
            for number, seen in zip(order, found, strict=True)
            for way, one, other in zip(ways, seen, found[0], strict=True)
            if one != other
        }
        assert changed == set(), f"in batches of {size}"
        assert "threw" not in found[0]


SHIFTED = """function decodeUplink(input) {
  var T = Object.getPrototypeOf(Uint8Array.prototype), seen = String(Uint8Array.prototype[0]), n = input.bytes[0];
  if (n === 1) Uint8Array.prototype[0] = "secret";
  if (n === 2) {
    var kept = Object.getOwnPropertyDescriptor(T, "length");
    Object.defineProperty(T, "length", { get: function () { return 1; }, set: function () {}, configurable: true });
    Array.prototype.shift.call(Uint8Array.prototype);
    Object.defineProperty(T, "length", kept);
  }
  return { data: { seen: seen } };
}"""


def test_an_index_of_a_built_in_cannot_be_shifted_away_unseen(tmp_path):
    with Formatter(written(tmp_path, SHIFTED), name="shifting") as device:
        for _ in range(3):
            found = [result.data["seen"] for result in device.decode_uplinks([(bytes([n]), 1) for n in (0, 1, 2, 0)])]
            assert found == ["undefined"] * 4


LARGE = {
    "text": "{s: 'a'.repeat(100e6)}",
    "list": "{a: new Array(5e6).fill(1)}",
    "holes": "{a: new Array(4294967295)}",
    "tree": "(function () { var o = {}; for (var i = 0; i < 100; i++) o = {a: o, b: o}; return o; })()",
}


@pytest.mark.parametrize("data", LARGE.values(), ids=LARGE)
@pytest.mark.parametrize("dialect", ["ts013", "chirpstack3", "chirpstack4", "ttn2"])
def test_what_is_too_large_is_found_before_it_is_written(tmp_path, data, dialect):
    bare = f"function Decode() {{ return {data}; }} function Decoder() {{ return {data}; }}"
    text = f"function decodeUplink() {{ return {{data: {data}}}; }} {bare}"
    with Formatter(written(tmp_path, text), name="large", dialect=dialect, limits=PATIENT) as device:
        (error,) = device.decode_uplinks([(b"", 1)])
    assert error.name in {"limit_output", "limit_memory"}
