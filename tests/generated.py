"""Declared codecs beside the JavaScript made from them: the same messages through both, and what differs."""

import json
from contextlib import contextmanager

from octavo.codecs.javascript import to_javascript
from octavo.errors import Error
from octavo.formatters import Formatter

RECEIVED = "2026-01-02T03:04:05.678Z"
PORTLESS = ("chirpstack4", "ts013", "actility")
"""Dialects that give an encoder no port."""

_PREFIXES = ("JS error: ", "execute js error: js vm error: ", "Error: ", "decodeUplink returned errors: ")
_ENCODED = "encodeDownlink returned errors: "


@contextmanager
def scripted(codec, folder, dialect="tts"):
    """The formatter that a codec makes."""
    file = folder / f"{dialect}.js"
    file.write_text(to_javascript(codec), encoding="utf-8")
    with Formatter(file, name="generated", dialect=dialect) as formatter:
        yield formatter


def differences(codec, formatter, operation, messages):
    """The messages that the two answer differently, with both answers."""
    both = zip(messages, getattr(codec, operation)(messages), getattr(formatter, operation)(messages), strict=True)
    rows = [(message, told(one), told(other)) for message, one, other in both]
    return [row for row in rows if row[1] != row[2]]


def told(outcome):
    """An answer as it is compared: of an error what was expected where."""
    if isinstance(outcome, Error) and outcome.name not in ("decode", "encode"):
        decoded = getattr(outcome, "decoded", None)
        if outcome.name == "output" and decoded is not None and decoded.data is not None:
            return told(decoded)  # a server that does not know a path of the normalized vocabulary
    if isinstance(outcome, Error):
        return without_found(outcome.message)
    if hasattr(outcome, "data"):
        return json.dumps(as_floats(outcome.data), sort_keys=True)
    return outcome.frm_payload.hex()


def without_found(message):
    """A message without what the network puts before it, up to what was found."""
    for prefix in (*_PREFIXES, _ENCODED):
        message = message.removeprefix(prefix)
    return message.split(", got")[0]


def as_floats(data):
    """Data whose numbers are those of JavaScript."""
    if isinstance(data, dict):
        return {name: as_floats(value) for name, value in data.items()}
    if isinstance(data, list):
        return [as_floats(value) for value in data]
    return float(data) if isinstance(data, int) and not isinstance(data, bool) else data


def spoiled(data, random):
    """Data with a member too many, too few or of another value."""
    copy = json.loads(json.dumps(data))
    places = list(_places(copy))
    if not places or random.random() < 0.1:
        copy["unknown_member"] = 1
        return copy
    holder, key = random.choice(places)
    kind = random.randrange(4)
    value = holder[key]
    if kind == 0 and isinstance(holder, dict):
        del holder[key]
    elif kind == 1 and isinstance(value, float | int) and not isinstance(value, bool):
        holder[key] = value + random.choice([-1, 1, 0.05, 0.5, -0.5, 1000, -1000, random.uniform(-100, 100)])
    else:
        holder[key] = random.choice(ODD)
    return copy


ODD = [None, True, False, "x", "", "NaN.NaN", "2026-02-30T00:00:00Z", -1, 0, 2, 0.5, 255, 256, 65536, 1e300, 2**40]
ODD += [[], {}, [1], {"toString": 1}, "0a", "1.2", -(2**31), 1e-320]


def _places(node):
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from _places(node[key])
