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
    return _resolved("istanbul-lib-instrument") is not None


@cache
def has_c8():
    """Whether Node finds c8, likewise."""
    return _resolved("c8/bin/c8.js") is not None


def _resolved(module):
    """Where Node finds a module, or None."""
    if not has_node():
        return None
    command = ["node", "-p", f"require.resolve({json.dumps(module)})"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    return done.stdout.strip() if done.returncode == 0 else None


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


def ran(text, calls, *, apart=False, istanbul=False, file=FILE, by=("node",), cwd=None, **environment):
    asked = json.dumps({"file": file, "text": text, "calls": calls, "apart": apart, "istanbul": istanbul})
    done = subprocess.run(
        [*by, RUNS], input=asked, capture_output=True, text=True, encoding="utf-8", check=True,
        cwd=cwd, env=os.environ | environment,
    )  # fmt: skip
    return done.stdout


def lines_by_c8(text, calls, folder):
    """How often each line ran, by the number that c8 has for it in its own report (``--reporter=lcovonly``)."""
    file = folder / "script.js"
    file.write_text(text, encoding="utf-8")
    c8 = (_resolved("c8/bin/c8.js"), "--temp-directory=raw", "--reports-dir=.", "--reporter=lcovonly")
    ran(text, calls, file=file.as_uri(), by=("node", *c8, "node"), cwd=folder)
    report = (folder / "lcov.info").read_text("utf-8")
    told = [line.removeprefix("DA:").split(",") for line in report.splitlines() if line.startswith("DA:")]
    return {int(line): int(hits) for line, hits in told}


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
