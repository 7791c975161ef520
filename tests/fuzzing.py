"""Messages that are nearly right, requests that are all wrong, and secrets planted in both. All from a seed."""

import base64
import json
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from .traffic import CHIRPSTACK, EXAMPLES, MESSAGE

API_KEY = "NNSXS.PLANTEDKEYIDENTIFIERAAAABBBBCCCC2222333344.PLANTEDKEYSECRETAAAABBBBCCCCDDDDEEEEFFFF2222333344445555"
URL_KEY = "ttn-account-v2.PlantedUrlKey-0123456789_abcdefghijklmnopqrst"
QUERY_KEY = "ttn-account-v2.PlantedQueryKey-0123456789_abcdefghijklmnop"
HEADER_SECRET = "PlantedHeaderSecret-0123456789"  # noqa: S105 - made up, as all of these
AUTHORIZATION = "PlantedAuthorization-0123456789"
PLANTED = (API_KEY, URL_KEY, QUERY_KEY, HEADER_SECRET, AUTHORIZATION)

DOWNLINK_URL = f"https://integrations.example/ttn-eu/api/v2/down/app1/proc?key={URL_KEY}"
WITH_KEYS = [
    {**EXAMPLES["v2-http-uplink"]["message"], "downlink_url": DOWNLINK_URL},
    {**EXAMPLES["v2-http-uplink"]["message"], "downlink_url": DOWNLINK_URL + "&mode=1#end"},
    {**EXAMPLES["v2-mqtt-uplink"]["message"], "attributes": {"url": DOWNLINK_URL, "key": API_KEY, URL_KEY: "x"}},
    {**MESSAGE, "uplink_message": {"f_port": 1, "decoded_payload": {"a": [f"the key is {API_KEY}.", DOWNLINK_URL]}}},
    {**MESSAGE, "end_device_ids": {"device_id": API_KEY, "application_ids": {"application_id": f"x?key={URL_KEY}"}}},
]
REAL = [each["message"] for each in EXAMPLES.values()] + [MESSAGE, CHIRPSTACK, *WITH_KEYS]
NAMES = sorted({name for message in REAL for name in message} | {"f_port", "frm_payload", "device_id", "payload"})

DEEP = json.loads("[" * 300 + "]" * 300)
ODD = [
    None, True, -1, 0, 256, 1.5, -0.0, 1e308, 10**300, 2**64, "", "0", "AQ==", "A", "\ud800", "a\udfff", "\0",
    "\x1b[2J",
    "x" * 3000, "é" * 300, "😀", "../../etc/passwd", "%00", [], {}, [[]], {"": {}}, {"\0": "\ud800"}, DEEP, [None] * 50,
    DOWNLINK_URL, API_KEY,
]  # fmt: skip
TAILS = [b"", b" ", b"\0", b"1", b"}", b"\xff", b"\n\n", b"//"]
NUMBERS = [b"1e999", b"-1e999", b"9" * 400, b"0." + b"1" * 400, b"1e-999", b"-0", b"01", b"NaN", b"-Infinity", b"0x10"]

PATHS = [
    "/", "/up", "//", "/a/../../etc/passwd", "/..%2f..%2fetc/passwd", "/\0",
    "/healthz/", "/healthz/../metrics", "/metrics//", "/" + "x" * 3000, "/%", "/a?b", "/a#b", "*", "", "http://other/in",
    f"/hook/{API_KEY}", "/é/😀", "/ readyz", "/openapi.json.bak", "/.octavo.db", "/octavo.db",
]  # fmt: skip
PAGES = ["/healthz", "/metrics", "/openapi.json"]
QUERIES = [
    b"", b"event=up", b"event=", b"event=%00", b"event=join&event=up", b"%ff=%fe", b"event=" + b"x" * 2000, b"&&&=",
    f"key={QUERY_KEY}".encode(), f"event=up&key={QUERY_KEY}".encode(), f"event={QUERY_KEY}".encode(),
    b"event=%ed%a0%80",
]  # fmt: skip
METHODS = ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "post", "FOO", "", "P\u00d6ST"]
BYTES = [
    b"",
    b"\xff",
    b"\0",
    b"a" * 5000,
    b"gzip",
    b"identity",
    b"-1",
    b"1e9",
    b"99999999999999999999",
    b"chunked",
    b"[",
    b"\xc3\xa9",
]
HEADERS = [
    b"host", b"content-type", b"content-length", b"content-encoding", b"transfer-encoding", b"expect", b"cookie",
    b"forwarded", b"x-forwarded-for", b"x-downlink-push", b"authorization", b"upgrade", b"\xff", b"", b"range",
]  # fmt: skip


@dataclass
class Sent:
    """A request."""

    method: str
    path: str
    query: bytes
    headers: list
    chunks: list
    is_cut_off: bool = False

    def messages(self):
        """As ASGI has it."""
        last = len(self.chunks) - 1
        sent = [
            {"type": "http.request", "body": chunk, "more_body": self.is_cut_off or number < last}
            for number, chunk in enumerate(self.chunks)
        ]
        return [*sent, {"type": "http.disconnect"}] if self.is_cut_off else sent


class Fuzz:
    """What comes next, by a `random.Random`."""

    def __init__(self, random):
        self.random = random

    def request(self):
        """Most reach the store, or come near it."""
        random = self.random
        if random.random() < 0.03:
            return Sent("GET", random.choice(PAGES), b"", [], [b""])
        method = random.choice(["POST"] * 16 + ["PUT"] * 3 + [random.choice(METHODS)])
        path = random.choice(["/up"] * 3 + [random.choice(PATHS)])
        query = random.choice([b"", b"event=up", random.choice(QUERIES), random.randbytes(8)])
        return Sent(method, path, query, self._headers(), self._chunks(self.body()), random.random() < 0.03)

    def _headers(self):
        random = self.random
        known = [(b"x-key", HEADER_SECRET.encode()), (b"authorization", f"Bearer {AUTHORIZATION}".encode())]
        shown = random.choice([known, known, known[:1], known[1:], [], [(b"x-key", b"wrong")]])
        keys = [(b"x-downlink-apikey", API_KEY.encode()), (b"X-Downlink-Push", b"https://tts.example/push")]
        odd = [(random.choice(HEADERS), random.choice(BYTES)) for _ in range(random.choice([0, 0, 0, 1, 3]))]
        many = [(f"x-{number}".encode(), b"1") for number in range(random.choice([0] * 50 + [500]))]
        return [*shown, *random.choice([[], keys]), *odd, *many]

    def _chunks(self, body):
        count = self.random.choice([1, 1, 1, 2, 7])
        size = max(1, len(body) // count)
        return [body[start : start + size] for start in range(0, max(1, len(body)), size)]

    def body(self):
        """A real message, with one thing or several that are wrong; now and then right."""
        random = self.random
        message = random.choice(random.choice([REAL, WITH_KEYS]))
        for _ in range(random.choice([0, 1, 1, 2, 5])):
            message = self._changed(message)
        text = json.dumps(message, separators=random.choice([(",", ":"), (", ", ": ")]))
        for _ in range(random.choice([0, 0, 1, 1, 2])):
            text = random.choice([self._doubled, self._escaped, self._numbered])(text)
        body = text.encode("utf-8", "surrogatepass")
        for _ in range(random.choice([0, 0, 0, 1, 3])):
            body = random.choice([self._flipped, self._cut, self._spliced, self._tailed, self._coded])(body)
        return body

    # ---- of the value ----

    def _changed(self, node):
        """A copy in which one place is not what it was."""
        random = self.random
        if not isinstance(node, dict | list) or not node or random.random() < 0.15:
            return random.choice(ODD) if random.random() < 0.9 else [node]
        if isinstance(node, list):
            place = random.randrange(len(node))
            return [*node[:place], self._changed(node[place]), *node[place + 1 :]]
        name = random.choice(list(node))
        return random.choice([self._inside, self._inside, self._inside, self._dropped, self._renamed, self._added])(
            node, name
        )

    def _inside(self, node, name):
        return {**node, name: self._changed(node[name])}

    def _dropped(self, node, name):
        return {key: value for key, value in node.items() if key != name}

    def _renamed(self, node, name):
        other = self.random.choice(
            [name.upper(), name + "s", name[:-1], self.random.choice(NAMES), "", "\0", "__proto__"]
        )
        return {(other if key == name else key): value for key, value in node.items()}

    def _added(self, node, _name):
        return {**node, self.random.choice(NAMES): self.random.choice(ODD)}

    # ---- of the text ----

    def _doubled(self, text):
        """A member twice: the second hides the first."""
        members = list(re.finditer(r'("\w+": ?)"[^"]*"', text))
        if not members:
            return text
        found, other = self.random.choice(members), self.random.choice(['""', "null", "17"])
        return f"{text[: found.end()]},{found[1]}{other}{text[found.end() :]}"

    def _escaped(self, text):
        """Letters of strings, written as JSON may write them."""
        letters = self.random.choice(["k", "ey", "?", "ttn", "=", "N", "key?=&.", "/"])
        return re.sub(f'[{re.escape(letters)}](?=[^"]*"[,:}}\\]])', lambda found: f"\\u{ord(found[0]):04x}", text)

    def _numbered(self, text):
        return re.sub(r"(?<=[:\[,])-?\d+(?=[,}\]])", lambda _: self.random.choice(NUMBERS).decode(), text, count=1)

    # ---- of the bytes ----

    def _flipped(self, body):
        changed = bytearray(body)
        for _ in range(self.random.choice([1, 1, 2, 8]) if body else 0):
            changed[self.random.randrange(len(changed))] ^= 1 << self.random.randrange(8)
        return bytes(changed)

    def _cut(self, body):
        return body[: self.random.randrange(len(body) + 1)]

    def _spliced(self, body):
        other = json.dumps(self.random.choice(REAL)).encode()
        return body[: self.random.randrange(len(body) + 1)] + other[self.random.randrange(len(other)) :]

    def _tailed(self, body):
        return self.random.choice([b"", b"\xef\xbb\xbf", b"\n"]) + body + self.random.choice(TAILS)

    def _coded(self, body):
        return body.decode("utf-8", "replace").encode(self.random.choice(["utf-16", "utf-32", "latin-1"]), "replace")


@cache
def forms(secret):
    """A secret as bytes may hold it: as it is, in base64 wherever it begins there, percent-encoded, in hex."""
    plain = secret.encode()
    found = {plain, quote(secret, safe="").encode(), plain.hex().encode(), plain.hex().upper().encode()}
    found |= {b"".join(f"%{byte:{case}}".encode() for byte in plain) for case in ("02x", "02X")}
    for before, start in ((0, 0), (1, 2), (2, 3)):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(bytes(before) + plain)[start:-4])
    return found


def leaks(data, secrets):
    """The secrets that stand in bytes."""
    return [secret for secret in secrets if any(form in data for form in forms(secret))]
