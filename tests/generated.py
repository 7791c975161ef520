"""Declared codecs beside the JavaScript made from them: the same messages through both, and what differs."""

from contextlib import contextmanager

from octavo.codecs.javascript import to_javascript
from octavo.formatters import Formatter
from octavo.proof.outcomes import of_decoding, of_encoding
from octavo.proof.sides import prefixes_of, without_measurements

RECEIVED = "2026-01-02T03:04:05.678Z"
PORTLESS = ("chirpstack4", "ts013", "actility")
"""Dialects that give an encoder no port."""


@contextmanager
def scripted(codec, folder, dialect="tts"):
    """The formatter that a codec makes."""
    file = folder / f"{dialect}.js"
    file.write_text(to_javascript(codec), encoding="utf-8")
    with Formatter(file, name="generated", dialect=dialect) as formatter:
        yield formatter


def differences(codec, formatter, operation, messages):
    """The messages that the two answer differently, with both answers."""
    one, other = (getattr(device, operation)(messages) for device in (codec, formatter))
    prefixes = prefixes_of(formatter.dialect)
    rows = zip(messages, told(one, operation), told(other, operation, prefixes), strict=True)
    return [row for row in rows if row[1] != row[2]]


def told(results, operation, prefixes=()):
    """Answers as they are compared: of an error what was expected where."""
    if operation == "encode_downlinks":
        outcomes = [of_encoding(each, prefixes=prefixes, with_port=False) for each in results]
    else:
        outcomes = [of_decoding(without_measurements(each), prefixes=prefixes) for each in results]
    return [(outcome.ok, outcome.text) for outcome in outcomes]
