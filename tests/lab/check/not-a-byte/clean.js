function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10 } };
}

function encodeDownlink(input) {
  var interval = input.data.interval;
  if (typeof interval !== 'number' || interval % 1 !== 0 || interval < 1 || interval > 255) {
    return { errors: ['interval: expected a whole number from 1 to 255'] };
  }
  return { bytes: [0x02, interval], fPort: 10 };
}
