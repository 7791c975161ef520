// A made-up sensor for the demo. FPort 1, three bytes up: temperature (half degrees from -40 °C), luminosity (lux, 16 bits).
// One byte down: the minutes between uplinks.

function decodeUplink(input) {
  var bytes = input.bytes;
  if (bytes.length !== 3) {
    return { errors: ['expected 3 bytes, got ' + bytes.length] };
  }
  return { data: { temperature: bytes[0] / 2 - 40, luminosity: (bytes[1] << 8) | bytes[2] } };
}

function encodeDownlink(input) {
  return { bytes: [input.data.minutes], fPort: 1 };
}

function decodeDownlink(input) {
  return { data: { minutes: input.bytes[0] } };
}
