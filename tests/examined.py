"""Formatters written for one test, and what `octavo check` finds in them."""

import json

from octavo.lab.check import check
from octavo.lab.subjects import Subject, subjects


def laid(folder, script, payloads=(), *, dialect=None, f_port=1, downlinks=()):
    """A formatter as it is examined, with payloads, as hex, and data to encode as its examples."""
    (folder / "codec.js").write_text(script, encoding="utf-8")
    decoded = [{"input": {"bytes": list(bytes.fromhex(each)), "fPort": f_port}, "output": {}} for each in payloads]
    encoded = [{"input": {"data": each, "fPort": f_port}, "output": {}} for each in downlinks]
    ways = {
        "uplinkDecoder": {"fileName": "codec.js", "examples": decoded},
        "downlinkEncoder": {"fileName": "codec.js", "examples": encoded},
    }
    if "decodeDownlink" in script:
        ways["downlinkDecoder"] = {"fileName": "codec.js", "examples": []}
    told = {"dialect": dialect} if dialect else {}
    (folder / "codec.yaml").write_text(json.dumps(told | ways), encoding="utf-8")
    (subject,) = (each for each in subjects(str(folder / "codec.yaml")) if isinstance(each, Subject))
    return subject


def bare(folder, script):
    """A formatter without examples."""
    (folder / "codec.js").write_text(script, encoding="utf-8")
    (subject,) = subjects(str(folder / "codec.js"))
    return subject


def found(subject, **how):
    """The kinds and places of what is found."""
    return {(defect.kind, defect.where) for defect in check(subject, **how)}


def field(expression, size):
    """A decoder of one number from payloads of one size; ``v`` is of two bytes, ``t`` of three."""
    words = ("", "var v = b[0] << 8 | b[1];", "var v = b[0] << 8 | b[1], t = v << 8 | b[2];")
    return f"""function decodeUplink(input) {{
  var b = input.bytes;
  if (b.length !== {size}) {{ return {{ errors: ['size'] }}; }}
  {words[:size][-1]}
  return {{ data: {{ level: {expression} }} }};
}}
"""
