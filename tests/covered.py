"""What Node says of a script that is run: c8's lines, istanbul's counts."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from octavo.formatters.dialects import dialect_table
from octavo.formatters.rules import RAW_MEMBERS

RUNS = Path(__file__).parent / "scripts" / "coverage_runs.cjs"
FILE = "file:///octavo/script.js"


@cache
def has_node():
    return shutil.which("node") is not None


@cache
def has_istanbul():
    """Whether Node finds istanbul-lib-instrument: NODE_PATH says where it is."""
    command = ["node", "-e", "require.resolve('istanbul-lib-instrument')"]
    return has_node() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def calls_of(subject):
    """The calls that a formatter's examples make: functions' names, each with its arguments."""
    table = dialect_table(subject.dialect or "tts")
    texts = tuple(subject.scripts().values())
    functions = {each.name: each for op in table.operations.values() for each in (*op.functions, *op.after)}
    calls = []
    for check in (check for example in subject.examples for check in example.checks):
        function = functions[table.raw_function(check.operation, texts)]
        members = [RAW_MEMBERS.get(name, name) for name in function.inputs]
        calls.append(
            [function.name, [check.input.get(name) for name in members] if function.positional else [check.input]]
        )
    return calls


def ran(text, calls, *, apart=False, istanbul=False, **environment):
    asked = json.dumps({"file": FILE, "text": text, "calls": calls, "apart": apart, "istanbul": istanbul})
    done = subprocess.run(
        ["node", RUNS], input=asked, capture_output=True, text=True, encoding="utf-8", check=True,
        env=os.environ | environment,
    )  # fmt: skip
    return done.stdout


def lines_by_v8(text, calls, folder):
    """How often each line ran, from V8's ranges by the rule of v8-to-istanbul 9.3.0, ``applyCoverage``.

    Every line counts 1, and then what each range says, in V8's order, that holds all of the line.
    """
    ran(text, calls, NODE_V8_COVERAGE=str(folder))
    (report,) = folder.iterdir()
    (script,) = [each for each in json.loads(report.read_text("utf-8"))["result"] if each["url"] == FILE]
    units = text.rstrip().encode("utf-16-le")
    lines, at = [], 0
    for line in units.decode("utf-16-le").split("\n"):
        size = len(line.encode("utf-16-le")) // 2
        lines.append((at, at + size - line.endswith("\r")))
        at += size + 1
    hits = [1] * len(lines)
    for found in (each for function in script["functions"] for each in function["ranges"]):
        start, end = found["startOffset"], min(found["endOffset"], len(units) // 2)
        for number, (begins, ends) in enumerate(lines):
            if start <= begins and end >= ends and start < max(ends, begins + 1):
                hits[number] = found["count"]
    return hits
