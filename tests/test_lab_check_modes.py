"""Bits that say nothing: only where no mode of the payload uses them, and that an examination was not finished."""

import pytest

from octavo.lab.check import check

from .examined import found, laid

pytestmark = pytest.mark.usefixtures("warm_pool")

UNUSED = "bits-never-used"

MODES = """function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 3) { return { errors: ['size'] }; }
  var d = { battery: (b[0] & 0x3f) + 10 * (b[0] >> 7), mode: b[1] };
  if (b[1] === 1) { d.door = b[2] & 1; }
  if (b[1] === MODE) { d.leak = b[0] >> 6 & 1; }
  return { data: d };
}
"""


def bits(defects):
    return {defect.where: defect.message for defect in defects if defect.kind == UNUSED}


@pytest.mark.parametrize("mode", ["2", "49", "200"])
def test_a_bit_of_another_mode_is_used(tmp_path, mode):
    assert bits(check(laid(tmp_path, MODES.replace("MODE", mode), ["0a0101"]))) == {}


def test_a_bit_of_no_mode_is_not(tmp_path):
    told = bits(check(laid(tmp_path, MODES.replace("MODE", "900"), ["0a0101"])))
    assert list(told) == ["port 1, 3 bytes: byte 0"]
    assert "of port 1 bit 6 of byte 0 changes nothing" in told["port 1, 3 bytes: byte 0"]


def test_a_mode_that_brings_no_member_counts_too(tmp_path):
    script = """function decodeUplink(input) {
      var b = input.bytes;
      if (b.length !== 2) { return { errors: ['size'] }; }
      return { data: { level: b[1] === 8 ? b[0] : b[0] & 0xf7, mode: b[1] } };
    }"""
    assert bits(check(laid(tmp_path, script, ["0a01"]))) == {}


def test_what_another_port_uses_is_said(tmp_path):
    script = """function decodeUplink(input) {
      var b = input.bytes;
      if (b.length !== 1) { return { errors: ['size'] }; }
      return input.fPort === 1 ? { data: { level: b[0] & 0xf7 } } : { data: { status: b[0] } };
    }"""
    told = bits(check(laid(tmp_path, script, ["0a"])))
    assert told["port 1, 1 bytes: byte 0"].endswith("on port 2, 3, 4, 5, 6, 7, 8, 9 ... they do something")


ENDLESS = """function decodeUplink(input) {
  while (input.bytes[0] > 9) {}
  return { data: { n: input.bytes.length === 2 ? 0 / 0 : 1 } };
}
function encodeDownlink(input) { return { bytes: [300], fPort: 1 }; }
"""


def test_what_was_not_examined_is_told(tmp_path):
    (told,) = (each for each in check(laid(tmp_path, ENDLESS, ["01"], downlinks=[{}])) if each.kind == "not-examined")
    assert (told.severity, told.where, told.command) == ("note", "", "")
    assert "the rest of decode_uplink and encode_downlink was not examined" in told.message


def test_what_ends_is_examined_to_its_end(tmp_path):
    script = ENDLESS.replace("while (input.bytes[0] > 9) {}", "")
    assert {kind for kind, _ in found(laid(tmp_path, script, ["01"], downlinks=[{}]))} == {"not-a-number", "not-a-byte"}
