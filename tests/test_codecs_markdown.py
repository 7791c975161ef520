"""Payload tables for a datasheet."""

import pytest
from construct import Bytes, Int8ub, Int16sb, Int16ub, Padding, Struct

from octavo.codecs import Bit, Bits, Choice, Codec, Flag, Missing, Scaled, load_codec
from octavo.codecs.to_markdown import to_markdown
from octavo.errors import ContentError

from .test_codecs_samples import CODECS, LAYOUTS

TS1 = Codec(
    name="acme/ts1",
    description="Acme TS1: thermometer",
    uplink={
        2: Struct(
            Bits(Int8ub, "low" / Flag(Bit(7)) * "battery | low", "level" / Scaled(Bit(0, 4), unit="%", maximum=10)),
            "temperature" / Missing(Scaled(Int16sb, per_unit=10, unit="°C", minimum=-40), 0x7FFF) * "air temperature",
            Padding(1),
            "state" / Choice(Int8ub, {number: f"s{number}" for number in range(5)}),
        )
    },
)

TABLE = """\
# Acme TS1: thermometer

## Uplink, FPort 2

| byte | bits | name | type | value | unit | values | description |
| --- | --- | --- | --- | --- | --- | --- | --- |
| 0 | 7 | `low` | 1 bit |  |  | 0 false, others true | battery \\| low |
| 0 | 3–0 | `level` | 4 bits |  | % | at most 10 |  |
| 1–2 |  | `temperature` | int16, big-endian | raw / 10 | °C | at least -40, 0x7fff no reading | air temperature |
| 3 |  |  | not used |  |  |  |  |
| 4 |  | `state` | uint8 |  |  | see below |  |

Values of `state`:

| number | value |
| --- | --- |
| 0 | `s0` |
| 1 | `s1` |
| 2 | `s2` |
| 3 | `s3` |
| 4 | `s4` |

An example, `8a 00 d7 00 00`:

```json
{
  "low": true,
  "level": 10,
  "temperature": 21.5,
  "state": "s0"
}
```
"""  # noqa: RUF001 - en dashes are ranges


def test_the_page_of_a_small_codec():
    assert to_markdown(TS1) == TABLE


def tables(text):
    """Every table of a page as rows of cells."""
    found, rows = [], []
    for line in (*text.splitlines(), ""):
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.replace("\\|", "/").strip("|").split("|")])
        elif rows:
            found.append(rows)
            rows = []
    return found


EVERYTHING = to_markdown(Codec(name="acme/all", uplink=LAYOUTS))


def test_tables_have_rows_and_no_empty_columns():
    for table in tables(EVERYTHING):
        assert len({len(row) for row in table}) == 1
        assert len(table) > 2
        assert all(any(column) for column in zip(*table[2:], strict=True))


@pytest.mark.parametrize(
    "line",
    [
        "| 2 | `step` | uint8 | raw × 5 − 100 |",  # noqa: RUF001 - a minus sign and a times sign
        "| 4 | constant | 0x07 |",
        "|  | `p` | computed | = u ** 2 |",
        "The payload may end before any of these:",
        "Each of `fixes`, counted from where it begins:",
        "| 0 | `fixes[].x` | int8 |",
        "| 1 | `fixes` | list | as many as the number before them says |",
        "| 0x02 |  | `b` | list | one for each such item |",
        "| 2 | 0–1 | `c` | uint16, big-endian |",  # noqa: RUF001 - a range
        "| 0x67 | 0–1 | `temperature_<channel>` | int16, big-endian | raw / 10 |",  # noqa: RUF001 - as above
        "Where `has_fix` is `false`:",
        "Where the payload is exactly this:",
        "Where byte 0 is 0x02:",
        "An example, `00 00`:",
    ],
)
def test_every_kind_of_layout_has_its_words(line):
    assert line in EVERYTHING.replace(" |  |", " |").replace(" |  |", " |") or line in EVERYTHING


def test_a_checksum_stands_at_the_end():
    (table,) = [rows for rows in tables(EVERYTHING) if any("checksum of all before" in cell for cell in rows[-1])]
    assert "CRC-16, polynomial 0x1021, initial 0xffff" in table[-1][-1]


@pytest.mark.parametrize("path", CODECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_shipped_codecs_have_a_page_with_every_port(path):
    codec = load_codec(path, f"{path.parent.name}/{path.stem}")
    text = to_markdown(codec)
    ports = [f"## Uplink, FPort {port}\n" for port in codec.uplink] + [
        f"## Downlink, FPort {port}\n" for port in codec.downlink
    ]
    assert all(port in text for port in ports)
    assert text.count("```json") == len(ports)


def test_what_no_table_shows_is_an_error():
    codec = Codec(name="a/b", uplink={1: Struct("raw" / Scaled(Int16ub), "blob" / Bytes(2))})
    with pytest.raises(ContentError, match=r"uplink\[1\]: a table cannot express Bytes"):
        to_markdown(codec)
