"""Numbers that jump: the shapes that are told, and those that makers choose on purpose, which are not."""

import pytest

from .examined import field, found, laid

pytestmark = pytest.mark.usefixtures("warm_pool")

WRONG = {
    "off by one, two bytes": ("(v > 32767 ? v - 65535 : v)", 2, "sign-cliff"),
    "off by one, one byte": ("(b[0] > 127 ? b[0] - 255 : b[0])", 1, "sign-cliff"),
    "off by one, divided": ("(v > 32767 ? v - 65535 : v) / 100", 2, "sign-cliff"),
    "off by one, three bytes": ("(t > 0x7fffff ? t - 0xffffff : t)", 3, "sign-cliff"),
    "sign of the low byte": ("b[0] * 256 + (b[1] << 24 >> 24)", 2, "sign-cliff"),
    "little endian, sign of the low byte": ("b[1] * 256 + (b[0] << 24 >> 24)", 2, "sign-cliff"),
    "hex without zeros": ("parseInt(b[0].toString(16) + b[1].toString(16), 16)", 2, "unpadded-hex"),
    "hex without zeros, divided": ("parseInt(b[0].toString(16) + b[1].toString(16), 16) / 10", 2, "unpadded-hex"),
    "a shift of seven": ("(b[0] << 7) + b[1]", 2, "bytes-overlap"),
    "a shift of nine": ("(b[0] << 9 | b[1]) / 10", 2, "bytes-overlap"),
}

RIGHT = {
    "unsigned": ("v", 2),
    "two's complement": ("(v << 16 >> 16) / 10", 2),
    "two's complement of one byte": ("b[0] << 24 >> 24", 1),
    "two's complement of four bytes": ("v << 16 | b[2] << 8 | b[3]", 4),
    "sign and magnitude": ("(v & 0x8000 ? -1 : 1) * (v & 0x7fff)", 2),
    "a flag in the top bit": ("v & 0x7fff", 2),
    "whole and hundredths": ("b[0] + b[1] / 100", 2),
    "minutes and seconds": ("b[0] * 60 + b[1]", 2),
    "a sum": ("b[0] + b[1]", 2),
    "twelve bits": ("b[0] << 4 | b[1] >> 4", 2),
    "decimal digits": ("(b[0] >> 4) * 10 + (b[0] & 15)", 1),
    "rounded": ("Math.round((v << 16 >> 16) / 100 * 10) / 10", 2),
    "text of few digits": ("((v << 16 >> 16) / 100).toFixed(1)", 2),
    "no reading": ("(v === 0x7fff ? null : v << 16 >> 16)", 2),
    "a float": ("new DataView(new Uint8Array(b).buffer).getFloat32(0)", 4),
    "Fahrenheit": ("(v << 16 >> 16) / 10 * 1.8 + 32", 2),
    "padded hex": ("parseInt(('0' + b[0].toString(16)).slice(-2) + ('0' + b[1].toString(16)).slice(-2), 16)", 2),
    "seven bits a byte": ("(b[0] & 127) << 7 | (b[1] & 127)", 2),
}

JUMPS = {"sign-cliff", "unpadded-hex", "bytes-overlap", "never-negative"}


def jumps(folder, expression, size, example="1122334455667788"):
    subject = laid(folder, field(expression, size), [example[: 2 * size]])
    return {kind for kind, _ in found(subject, runs=1) if kind in JUMPS}


@pytest.mark.parametrize(("expression", "size", "kind"), WRONG.values(), ids=WRONG)
def test_what_no_maker_chooses_is_told(tmp_path, expression, size, kind):
    assert jumps(tmp_path, expression, size) == {kind}


@pytest.mark.parametrize(("expression", "size"), RIGHT.values(), ids=RIGHT)
def test_what_makers_choose_is_not(tmp_path, expression, size):
    assert jumps(tmp_path, expression, size) == set()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("temperature", True),
        ("air_temperature", True),
        ("TempC_SHT", True),
        ("tempCelsius", True),
        ("temperature_threshold", False),
        ("temperature_raw", False),
        ("temperature_k", True),
        ("template", False),
        ("attempts", False),
        ("humidity", False),
        ("temporary", False),
    ],
)
def test_a_temperature_without_a_sign_is_told_by_its_name(tmp_path, name, told):
    script = field("0", 2).replace("level: 0", f"{name}: (b[0] << 8 | b[1]) / 10")
    subject = laid(tmp_path, script, ["00e1"])
    assert (("never-negative", name) in found(subject, runs=1)) is told
