function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 4) {
    return { errors: ['expected 4 bytes, got ' + b.length] };
  }
  var seconds = b[0] * 0x1000000 + ((b[1] << 16) | (b[2] << 8) | b[3]);
  return { data: { hour: new Date(seconds * 1000).getUTCHours(), weekday: new Date(seconds * 1000).getUTCDay() } };
}
