"""Writes the table of docs/dialects.md: one probe script, run under every dialect.

python docs/dialects/table.py            prints the table
python docs/dialects/table.py --write    puts it into the page
"""

import json
import sys
from pathlib import Path

import octavo
from octavo.errors import Error
from octavo.formatters import DIALECTS, Formatter

HERE = Path(__file__).parent
PAGE = HERE.parent / "dialects.md"
START, END = "<!-- table: docs/dialects/table.py -->\n", "<!-- end of the table -->\n"
DECODED = (
    "`NaN` in data",
    "a `Date` in data",
    "`undefined` in data",
    '`errors: "text"`',
    "a list as data",
    "an undeclared variable",
    "type of the time",
    "`typeof Buffer`",
    "`typeof exports`",
    "`warnings`",
)
ENCODED = (
    "a byte of 300",
    "a byte of -1",
    "a byte of 1.9",
    "port of a result without `fPort`, 10 asked for",
    "`fPort` in the encoder's input (1: yes)",
)
# Messages without an FPort, whose payload asks for it.
PORTLESS = (
    "`fPort` of an uplink that has none",
    {
        "tts": {"end_device_ids": {"device_id": "d"}, "uplink_message": {"frm_payload": "Cg=="}},
        "ttn2": {"app_id": "a", "dev_id": "d", "payload_raw": "Cg=="},
        "chirpstack4": {"deduplicationId": "d", "deviceInfo": {"devEui": "0102030405060708"}, "data": "Cg=="},
    },
)
UPLINKS = {"tts": "v3.uplink_message", "ttn2": "v2.uplink", "chirpstack4": "chirpstack4.up"}
NO_PORT = (3, "port of a result without `fPort`, none asked for")


def decoded(device, question):
    try:
        result = device.decode_uplink(bytes([question]), 10)
    except Error as error:
        return failed(error)
    shown = f"`{json.dumps(result.data)}`"
    return f"{shown}, and the warning" if result.warnings else shown


def encoded(device, question, f_port):
    try:
        result = device.encode_downlink({"ask": question}, f_port)
    except Error as error:
        return failed(error)
    return f"`{result.f_port if question == NO_PORT[0] else next(iter(result.frm_payload))}`"


def received(device):
    """What becomes of a message without an FPort; a dash where octavo knows no messages of the network."""
    message = PORTLESS[1].get(device.dialect.partition("-")[0])
    if message is None:
        return "-"
    out = octavo.process(message, device, kind=UPLINKS[device.dialect.partition("-")[0]])
    return f"`{json.dumps(out.decoded.data)}`" if out.decoded else f"not decoded: `{out.outcome}`"


def failed(error):
    reason = error.cause or error.message
    return f"error `{error.name}`: {reason}".replace("|", "\\|")


def rows():
    devices = [Formatter(HERE / "probe.js", name="probe", dialect=dialect) for dialect in DIALECTS]
    yield ["", *(f"`{dialect}`" for dialect in DIALECTS)]
    yield ["---"] * (1 + len(devices))
    for question, words in enumerate(DECODED):
        yield [words, *(decoded(device, question) for device in devices)]
    yield [PORTLESS[0], *map(received, devices)]
    for question, words in enumerate(ENCODED):
        yield [words, *(encoded(device, question, 10) for device in devices)]
    question, words = NO_PORT
    yield [words, *(encoded(device, question, 0) for device in devices)]
    for device in devices:
        device.close()


def table():
    return "".join(f"| {' | '.join(row)} |\n" for row in rows())


def main():
    text = table()
    if "--write" not in sys.argv:
        sys.stdout.write(text)
        return
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(START)
    PAGE.write_text(before + START + text + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
