// The encoder writes the high byte first, the decoder reads the low one first.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10 } };
}

function encodeDownlink(input) {
  var interval = input.data.interval;
  if (typeof interval !== 'number' || interval % 1 !== 0 || interval < 1 || interval > 65535) {
    return { errors: ['interval: expected a whole number from 1 to 65535'] };
  }
  return { bytes: [interval >> 8, interval & 0xff], fPort: 10 };
}

function decodeDownlink(input) {
  var b = input.bytes;
  if (b.length !== 2 || b[0] + b[1] === 0) {
    return { errors: ['expected an interval of 2 bytes'] };
  }
  return { data: { interval: b[0] | (b[1] << 8) } };
}
