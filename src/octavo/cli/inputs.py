"""What a command reads, from arguments, files and standard input: payloads, messages, ``topic json`` lines.

Standard input is read as it comes: each piece that is there becomes a batch at once, so that a slow
pipe is answered line by line, a fast one in large batches, and memory stays bounded.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from octavo import payload
from octavo.cli.failures import Misuse
from octavo.cli.output import is_terminal
from octavo.errors import ContentError, Error, PayloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octavo.cli.output import Progress

CHUNK_BYTES = 1 << 18
"""Bytes taken from a file or pipe at once."""

LINE_BYTES = 16 * 1024 * 1024
"""The longest line, and the longest message over several lines."""

BLOCK_LINES = 5000
"""Lines that one message may span."""

LEVEL = re.compile(r"[^/:]/")
"""Where a level of a topic ends; ``https://`` has none."""

JSON_BEGINS = re.compile(r"\(null\)$|[\[{\"tfn0-9-]")
"""How what follows a topic begins; ``mosquitto_sub`` prints an empty message as ``(null)``."""

STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?')
"""A string of JSON, or the begin of one; possessive, so that no odd quote is looked at twice."""

JSON_TOKENS = re.compile(
    r'(?:[ \t\r\n{}\[\]:,]|"(?:[^"\\]++|\\.)*+"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?!\w)'
    r"|(?:true|false|null)(?!\w))*+"
)
"""Whole tokens of JSON only, in any order: what a line of a message over several lines consists of."""

STDIN = "standard input"


class Item(NamedTuple):
    """One thing to work on.

    Attributes:
        where: which one it was, in words: ``line 3``; empty where there is one only.
        reading: a payload text that was read, or None.
        message: a JSON value, where it is one (`is_message`).
        topic: the MQTT topic that stood before the message, or None.
        error: why it could not be read, or None.
        file: the file it comes from, or None.
        line: its line there, or None.
    """

    where: str
    reading: payload.Reading | None = None
    message: Any = None
    is_message: bool = False
    topic: str | None = None
    error: Error | None = None
    file: str | None = None
    line: int | None = None

    def broken(self, error: Error) -> Item:
        """The item with an error in place of what it held."""
        return Item(self.where, error=error, file=self.file, line=self.line)


def from_arguments(texts: tuple[str, ...], how: str) -> Iterator[list[Item]]:
    """Batches of items from the arguments of a command: texts, ``@FILE`` and ``-``; none at all is ``-``."""
    for number, text in enumerate(_or_stdin(texts), start=1):
        where = f"payload {number}" if len(texts) > 1 else ""
        yield from _from_argument(text, where, how)


def _or_stdin(texts: tuple[str, ...]) -> tuple[str, ...]:
    if texts:
        return texts
    if is_terminal(sys.stdin):
        raise Misuse("no payload: give hex, base64, a list of integers, a message, @FILE, or - for standard input")
    return ("-",)


def _from_argument(text: str, where: str, how: str) -> Iterator[list[Item]]:
    if text == "-" or text.startswith("@"):
        with_items = False
        for batch in from_file(text.removeprefix("@"), lambda line, place: _line(line, place, how)):
            with_items = with_items or bool(batch)
            yield batch
        if not with_items:
            raise Misuse(f"{STDIN if text == '-' else text[1:]} is empty: payloads or messages were expected")
        return
    item = _line(text, Item(where), how)
    if item.error and _is_file(text):
        raise Misuse(f"{text!r} is the name of a file: did you mean @{text}?")
    yield [item]


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def from_file(name: str, read: Callable[[str, Item], Item]) -> Iterator[list[Item]]:
    """Batches of items from a file, or ``-``: a line each, or a JSON object over several lines.

    Args:
        name: path, or ``-`` for standard input.
        read: makes an item of a text at a place.

    Raises:
        Misuse: there is no such file, it is a folder, or it is not text.
    """
    if name == "-" and sys.stdin is None:
        raise Misuse(f"{STDIN} is closed")
    if name == "-":
        yield from _batches(sys.stdin.buffer, STDIN, read)
        return
    try:
        with Path(name).open("rb") as stream:
            yield from _batches(stream, name, read)
    except FileNotFoundError as error:
        raise Misuse(f"there is no file {name}") from error
    except IsADirectoryError as error:
        raise Misuse(f"{name} is a folder: a file was expected") from error
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise Misuse(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error


class MessageFiles:
    """The messages of files, in batches; a file that is missing or empty is said, and the others go on.

    Args:
        names: the files; ``-`` is standard input.
        progress: cleared before anything is said, and at the end.

    Attributes:
        unread: how many files could not be read.
    """

    def __init__(self, names: tuple[str, ...], progress: Progress) -> None:
        self.unread = 0
        self._names = names
        self._progress = progress

    def __iter__(self) -> Iterator[tuple[str, list[Item]]]:
        """Each batch with its file's name."""
        for name in self._names:
            try:
                yield from self._batches_of(name)
            except Misuse as error:
                self._progress.clear()
                error.show()
                self.unread += 1
        self._progress.clear()

    def _batches_of(self, name: str) -> Iterator[tuple[str, list[Item]]]:
        empty = True
        for batch in from_file(name, read_message):
            empty = empty and not batch
            yield name, batch
        if empty:
            raise Misuse(f"{STDIN if name == '-' else name} is empty: messages as JSON were expected")


def sentence(item: Item, error: Error) -> str:
    """What is said of a failure: where it was read, unless the error or the lone argument says it."""
    told = not item.where or (error.file is not None and error.file == item.file)
    said = with_options(str(error))
    return said if told else f"{item.where}: {said}"


def with_options(text: str) -> str:
    """The library's words with the option that does what they ask for."""
    return text.replace("give f_port", "give f_port (-p)")


def read_json(text: str, *, first_line: int = 1) -> Any:
    """A JSON text's value; raises `ContentError`, whose lines count from ``first_line``."""
    from octavo.networks.wire import parse_json  # noqa: PLC0415 - a plain payload needs no networks

    return parse_json(text, first_line=first_line)


def read_message(text: str, place: Item) -> Item:
    """A JSON text, with or without a topic before it, as an item."""
    topic, body = _split_topic(text)
    try:
        value = None if topic and body == "(null)" else read_json(body, first_line=place.line or 1)
    except ContentError as error:
        line = place.line and (error.line or place.line)
        return place.broken(ContentError(error.message, file=place.file, line=line, offset=error.offset))
    return _placed(place, message=value, is_message=True, topic=topic)


def _line(text: str, place: Item, how: str) -> Item:
    """A payload, a message, or a ``topic json`` line."""
    if how == "auto" and (text.lstrip().startswith("{") or _split_topic(text)[0]):
        return read_message(text, place)
    try:
        return _placed(place, reading=payload.parse(text, how))
    except PayloadError as error:
        return place.broken(PayloadError(error.message, file=place.file, line=place.line, offset=error.offset))


def _placed(place: Item, **values: Any) -> Item:
    return Item(place.where, file=place.file, line=place.line, **values)


def _split_topic(text: str) -> tuple[str | None, str]:
    """The topic that stands before a JSON text, if any, and the JSON text."""
    topic, *rest = text.split(None, 1) or [text]
    if not rest or not LEVEL.search(topic) or {"{", '"'} & set(topic):
        return None, text
    body = rest[0].rstrip()
    return (topic, body) if JSON_BEGINS.match(body) else (None, text)


def _batches(stream: BinaryIO, name: str, read: Callable[[str, Item], Item]) -> Iterator[list[Item]]:
    blocks = _Blocks(name, read)
    for lines in _pieces(stream, name):
        yield [item for number, line in lines for item in blocks.feed(number, line)]
    yield list(blocks.finish())


def _pieces(stream: BinaryIO, name: str) -> Iterator[list[tuple[int, bytes]]]:
    """The whole lines of each piece as it comes, numbered from 1."""
    number, rest = 0, b""
    while chunk := _read_some(stream):
        _check_text(chunk, name, first=number == 0)
        *lines, rest = (rest + chunk).split(b"\n")
        yield list(enumerate(lines, start=number + 1))
        number += len(lines)
        if len(rest) > LINE_BYTES:
            raise Misuse(f"{name}: line {number + 1} is longer than {LINE_BYTES} bytes")
    if rest:
        yield [(number + 1, rest)]


def _read_some(stream: Any) -> bytes:
    """What is there, without waiting for more."""
    chunk: bytes = stream.read1(CHUNK_BYTES)
    return chunk


def _check_text(chunk: bytes, name: str, *, first: bool) -> None:
    if b"\0" in chunk:
        utf16 = first and chunk[:2] in {b"\xff\xfe", b"\xfe\xff"}
        binary = "is binary: payloads as text were expected (`xxd -p` makes hex)"
        raise Misuse(f"{name} {'is UTF-16: save it as UTF-8' if utf16 else binary}")


class _Blocks:
    """Lines into items: a line each, but a JSON object that is still open takes the lines that follow."""

    def __init__(self, name: str, read: Callable[[str, Item], Item]) -> None:
        self.name = name
        self.read = read
        self.open: list[tuple[int, str]] = []
        self.depth = 0
        self.size = 0

    def feed(self, number: int, raw: bytes) -> Iterator[Item]:
        """The items that a line completes: mostly one."""
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            yield from self.finish()
            yield self.place(number).broken(self.error(number, f"not UTF-8 at byte {error.start}"))
            return
        if self.open:
            yield from self.extend(number, line)
        elif line.strip():
            yield from self.start(number, line)

    def finish(self) -> Iterator[Item]:
        """What is left: an object that never ended is an error, and its later lines stand for themselves."""
        if self.open:
            yield from self.give_up()

    def start(self, number: int, line: str) -> Iterator[Item]:
        item = self.read(line, self.place(number))
        depth = _open_brackets(line) if item.error else 0
        if depth > 0 and not _is_cut(line):
            self.open, self.depth, self.size = [(number, line)], depth, len(line)
        else:
            yield item

    def extend(self, number: int, line: str) -> Iterator[Item]:
        if self.is_ended_by(line):
            yield from self.give_up()
            if line.strip():
                yield from self.start(number, line)
            return
        self.open.append((number, line))
        self.depth += _depth(line)
        self.size += len(line)
        if self.depth <= 0:
            first = self.open[0][0]
            text = "\n".join(part for _, part in self.open)
            self.open = []
            yield self.read(text, self.place(first))
        elif len(self.open) > BLOCK_LINES or self.size > LINE_BYTES:
            yield from self.give_up()

    def is_ended_by(self, line: str) -> bool:
        """Whether a line shows that the open object never ends: another message begins, or no JSON goes on."""
        if _split_topic(line)[0] or (line.startswith("{") and _is_whole(line)):
            return True
        (_, first), (_, last) = self.open[0], self.open[-1]
        return _split_topic(first)[0] is not None and not _goes_on(last, line)

    def give_up(self) -> Iterator[Item]:
        (first, _), *others = self.open
        self.open = []
        yield self.place(first).broken(self.error(first, "not JSON: an object begins here that does not end"))
        yield from (self.read(line, self.place(number)) for number, line in others if line.strip())

    def place(self, number: int) -> Item:
        return Item(f"line {number}", file=self.name, line=number)

    def error(self, number: int, message: str) -> ContentError:
        return ContentError(message, file=self.name, line=number)


def _open_brackets(line: str) -> int:
    """How many brackets a line leaves open that begins a piece of JSON; 0 for any other line."""
    body = _split_topic(line)[1].lstrip()
    return _depth(body) if body[:1] in {"{", "["} else 0


def _depth(text: str) -> int:
    """How many brackets a piece of JSON leaves open."""
    bare = STRING.sub("", text)
    return sum(map(bare.count, "{[")) - sum(map(bare.count, "}]"))


def _is_cut(line: str) -> bool:
    """Whether a ``topic json`` line breaks off inside a string or a word, which no further line can mend."""
    topic, body = _split_topic(line)
    return topic is not None and not JSON_TOKENS.fullmatch(body)


def _goes_on(before: str, line: str) -> bool:
    """Whether a line may follow another one inside one JSON text."""
    begin, end = line.lstrip()[:1], before.rstrip()[-1:]
    if not begin:
        return True
    return JSON_TOKENS.fullmatch(line) is not None and (end in "{[,:" or begin in ",]}:")


def _is_whole(line: str) -> bool:
    try:
        return isinstance(read_json(line), dict)
    except ContentError:
        return False
