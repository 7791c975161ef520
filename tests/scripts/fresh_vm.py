"""The reference: each message in a V8 isolate of its own, without any of octavo.

Reads JSON lines ``{"text", "globals", "absent", "bytes", "trailer"}`` and prints, for each, the JSON text of
``data.answer``, or of ``!`` and what was thrown.
"""

import asyncio
import json
import sys

from py_mini_racer import JSEvalException, JSParseException, MiniRacer, init_mini_racer

CLEAR = """
(() => {
  const kept = new Set(GLOBALS), drop = Reflect.deleteProperty, keys = Reflect.ownKeys(globalThis);
  for (const key of keys) if (typeof key === "string" && !kept.has(key)) drop(globalThis, key);
  for (const [owner, holder, name] of ABSENT) {
    const object = holder === "" ? globalThis[owner] : globalThis[owner] && globalThis[owner][holder];
    if (object !== undefined) drop(object, name);
  }
})(); ""
"""
CALL = "try { decodeUplink({ bytes: BYTES, fPort: 1 }).data.answer } catch (error) { '!' + error }"


class Isolate(MiniRacer):
    """Without the timers that mini-racer installs."""

    def __init__(self):
        self.started = False
        super().__init__()
        self.started = True

    def eval(self, code, *args, **kwargs):
        return super().eval(code, *args, **kwargs) if self.started else None


def answer(request):
    with Isolate() as isolate:
        clear = CLEAR.replace("GLOBALS", json.dumps(request["globals"]))
        isolate.eval(clear.replace("ABSENT", json.dumps(request["absent"])))
        try:
            isolate.eval(f"{request['text']}\n{request['trailer']};''")
            return isolate.eval(CALL.replace("BYTES", json.dumps(request["bytes"])))
        except (JSEvalException, JSParseException) as error:
            return f"!{str(error).splitlines()[0]}"


async def main():
    init_mini_racer(flags=["--single-threaded"])
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(answer(json.loads(line)))}\n")
        sys.stdout.flush()


asyncio.run(main())
