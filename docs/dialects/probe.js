// Asked under every dialect: the payload's first byte, or `ask` in the data to encode, says which question.
// One text for all of them, so every function that a network may look for is here.

var DECODE = [
  function () { return { data: { value: NaN } }; },
  function () { return { data: { value: new Date(0) } }; },
  function () { return { data: { value: undefined } }; },
  function () { return { data: { value: 1 }, errors: "text" }; },
  function () { return { data: [1, 2] }; },
  function () { undeclared = 1; return { data: { value: undeclared } }; },
  function (input) { return { data: { value: typeof input.recvTime === "object" ? "Date" : typeof (input.recvTime || input.time) } }; },
  function () { return { data: { value: typeof Buffer } }; },
  function () { return { data: { value: typeof exports } }; },
  function () { return { data: { value: 1 }, warnings: ["battery is low"] }; },
  function (input) { return { data: { value: input.fPort } }; }
];
var ENCODE = [
  function () { return { bytes: [300], fPort: 1 }; },
  function () { return { bytes: [-1], fPort: 1 }; },
  function () { return { bytes: [1.9], fPort: 1 }; },
  function () { return { bytes: [1] }; },
  function (input) { return { bytes: [input.fPort === undefined ? 0 : 1], fPort: 1 }; }
];

// With `time` it is ThingPark X, which takes the data itself; the older networks take it, or the bytes, too.
function decodeUplink(input) {
  var result = DECODE[input.bytes[0]](input);
  return "time" in input ? result.data : result;
}
function encodeDownlink(input) { return ENCODE[(input.data || input).ask](input); }
function Decoder(bytes, fPort) { return DECODE[bytes[0]]({ fPort: fPort }).data; }
function Encoder(object, fPort) { return ENCODE[object.ask]({ fPort: fPort }).bytes; }
function Decode(fPort, bytes) { return DECODE[bytes[0]]({ fPort: fPort }).data; }
function Encode(fPort, object) { return ENCODE[object.ask]({ fPort: fPort }).bytes; }
