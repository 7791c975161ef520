"""``octavo xray``: which bits of a payload feed which field, for any formatter."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from octavo import payload
from octavo.cli import findings, inputs, options, output, progress
from octavo.cli.failures import Failure, Misuse, counted, say
from octavo.errors import Error
from octavo.examples.formats import YAML_SUFFIXES
from octavo.lab.subjects import Subject
from octavo.sandbox.many import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.segment import Segment

    from octavo.cli.inputs import Item
    from octavo.examples import Row
    from octavo.lab.xray import Frame, Xray

    Looker = Callable[[Subject, Callable[[], bool]], Xray]

EXAMPLES = """\b
Examples:
  octavo xray my.js
  octavo xray my.js CBF60B0D0376010ADD7FFF -p 2
  octavo xray formatters:dragino/lht65 CBF60B0D0376010ADD7FFF -p 2 --svg lht65.svg
  octavo xray my.js @webhook.json --json
  octavo xray formatters/

FORMATTER is a .js script, a codec .yaml, a .py declaration (of which the generated JavaScript is looked at), or an id
of `octavo list`. PAYLOAD is what `octavo decode` takes. Without it the payloads of the examples are looked at, one for
each port, length and set of fields; where there are none, such as the formatter accepts. Of a FOLDER, and of several
formatters, there is a line for each payload, and --json tells all of it.
"""

SUFFIXES = (".js", ".py", *YAML_SUFFIXES)
"""How the names of formatters end that are files, so that they are no PAYLOAD."""

COLUMNS = ("port", "bytes", "fields", "explained", "dead", "discriminator", "overlap")
"""The numbers of each payload in the table of several formatters; the last three are bits."""

LEAST_SHOWN = 16
"""Hex digits of a payload that are shown there however narrow the terminal is."""


@click.command("xray", short_help="Show which bits feed which field.", epilog=EXAMPLES)
@click.argument("given", nargs=-1, required=True, metavar="FORMATTER [PAYLOAD] | FORMATTER|FOLDER...")
@options.port_option("FPort of the payload; for messages: instead of their own. Without PAYLOAD: that port's only.")
@options.input_option
@options.dialect_option
@click.option(
    "--svg",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the pictures of one formatter into an SVG file.",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="What random values are drawn from.")
@options.json_option
def xray_command(
    given: tuple[str, ...],
    *,
    f_port: int | None,
    how: str,
    dialect: str | None,
    target: Path | None,
    seed: int,
    as_json: bool,
) -> int:
    """Show which bits of a payload feed which field, by changing bits and comparing what comes out.

    Prints the bytes with the field of each, then what each field is as far as its values tell: width, sign, byte order,
    scale and offset of what is linear; discriminators, bits whose change makes an error or changes the set of fields;
    bits of several fields; bits without an effect. Exit 1 when there is no payload, or one is refused.
    """
    output.use_utf8()
    from octavo.lab.xray import xray  # noqa: PLC0415 - V8 is loaded when it is used

    targets, text = _parted(given)
    wanted = Wanted(None, None) if text is None else _wanted(text, how)
    port = wanted.f_port if f_port is None else f_port
    look = partial(xray, payload=wanted.payload, f_port=port, dialect=dialect, seed=seed)
    found = findings.named(targets, dialect)
    if len(targets) > 1 or Path(targets[0]).is_dir():
        _refuse(text, target)
        return _all(found, lambda subject, stopped: look(subject, stopped=stopped), as_json=output.wants_json(as_json))
    return _one(look(_only(found)), target, as_json=output.wants_json(as_json))


def _parted(given: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """The formatters, and the payload: what stands behind one formatter and is neither file nor folder of these."""
    is_payload = len(given) == 2 and not _is_formatter(given[1])  # noqa: PLR2004 - a formatter and a payload
    return (given[:1], given[1]) if is_payload else (given, None)


def _is_formatter(text: str) -> bool:
    try:
        return bool(text) and (text.endswith(SUFFIXES) or Path(text).is_dir())
    except (OSError, ValueError):  # too long for a name, or with a zero in it
        return False


def _refuse(text: str | None, target: Path | None) -> None:
    """What is of one formatter only."""
    if text is not None:
        raise Misuse(f"a payload is looked at with one formatter, not with a folder of them: {text!r}")
    if target is not None:
        raise Misuse("--svg draws one formatter, not several")


class Wanted(NamedTuple):
    """What was given to look at; None where nothing was."""

    payload: bytes | None
    f_port: int | None


def _only(found: list[Subject | Row]) -> Subject:
    """The one formatter of a name."""
    for each in found:
        if isinstance(each, Subject):
            return each
    raise Failure("; ".join(_unread(row) for row in found if not isinstance(row, Subject)))


def _unread(row: Row) -> str:
    return str(row.error or f"{row.file}: it cannot be read")


def _wanted(text: str, how: str) -> Wanted:
    """The payload that a text holds, and its port where it says one."""
    items = [item for batch in inputs.from_arguments((text,), how) for item in batch]
    if len(items) != 1:
        raise Misuse(f"{counted(len(items), 'payload')}: one was expected")
    (item,) = items
    if item.error:
        raise Failure(inputs.sentence(item, item.error))
    if item.is_message:
        return _of_message(item)
    reading = item.reading or payload.Reading(b"", how)
    if reading.alternatives:
        others = " or ".join(each.how for each in (reading, *reading.alternatives))
        say(f"the text may be {others}, and is taken for {reading.how}; --input decides")
    elif reading.doubt:
        say(f"{reading.doubt}; --input decides")
    if not reading.data:
        raise Misuse("the payload is empty: there are no bits to look at")
    return Wanted(reading.data, None)


def _of_message(item: Item) -> Wanted:
    from octavo.networks import KINDS  # noqa: PLC0415 - a plain payload needs no networks
    from octavo.networks.recognition import recognise  # noqa: PLC0415 - as above

    found = recognise(item.message, topic=item.topic)
    if found.kind is None:
        raise Failure(found.reason)
    incoming = KINDS[found.kind].read(item.message, found.kind, found.topic)
    if not incoming.frm_payload or incoming.encrypted:
        raise Failure("the message has no payload that could be looked at")
    return Wanted(incoming.frm_payload, incoming.f_port)


# ---- one formatter ----


def _one(found: Xray, target: Path | None, *, as_json: bool) -> int:
    """Show the x-rays of a formatter; the exit code."""
    if target:
        _write(target, found)
    if as_json:
        output.write_row(found.to_dict())
    else:
        _show(found)
    for frame in found.left_out:
        say(f"left out: {_place(frame)}: {frame.error}")
    if found.error:
        say(f"{found.subject}: {found.error}")
    return int(not found.is_whole)


def _write(target: Path, found: Xray) -> None:
    from octavo.lab.xray.drawing import to_svg  # noqa: PLC0415 - construct is loaded when it is used

    output.write_file(target, to_svg(found))


def _show(found: Xray) -> None:
    from octavo.cli import terminal  # noqa: PLC0415 - rich is loaded for terminals only

    out = terminal.console()
    for number, frame in enumerate(found.frames):
        terminal.show(out, _drawn(frame, out, is_first=number == 0))


def _drawn(frame: Frame, out: Console, *, is_first: bool) -> Iterator[Segment]:
    """The bytes, the fields in words, and what bits do that are no field's."""
    from octavo.cli import layout, terminal  # noqa: PLC0415 - as above
    from octavo.cli.render import INDENT  # noqa: PLC0415 - as above
    from octavo.lab.xray import drawing, wording  # noqa: PLC0415 - as above

    if not is_first:
        yield from terminal.line()
    yield from terminal.line((payload.shown(frame.payload.hex()), "bold"), _heading(frame))
    if frame.error:
        yield from terminal.line(("error: ", "bold red"), frame.error)
        return
    yield from layout.picture(out, frame.payload, drawing.frame_places(frame))
    rows = [(field.path, *_said(field, frame.size)) for field in frame.fields]
    yield from terminal.table(out, rows, header=("field", "is", "declared as"), indent=INDENT)
    others = [("discriminator", *each) for each in drawing.decisions(frame)]
    others += [("overlap", wording.places(each.mask, frame.size), ", ".join(each.paths)) for each in frame.overlaps]
    others += [("dead", wording.places(frame.dead, frame.size), "no effect")] if frame.dead else []
    if others:
        yield from terminal.table(out, others, header=("bits", "bytes", "what they do"), indent=INDENT)


def _said(field: Any, size: int) -> tuple[str, str]:
    from octavo.lab.xray.wording import words  # noqa: PLC0415 - as above

    told = words(field, size)
    return ", ".join(filter(None, (told.type, told.value))), field.declaration


def _heading(frame: Frame) -> str:
    told = f"  {counted(frame.size, 'byte')}, FPort {frame.f_port}"
    told += f", as {counted(frame.others, 'other example')}" if frame.others else ""
    return f"{told}; {counted(frame.asked, 'payload')} decoded"


# ---- several ----


def _all(found: list[Subject | Row], look: Looker, *, as_json: bool) -> int:
    """Look at formatters, and show each as soon as its turn comes; the exit code."""
    report = _Report(as_json=as_json)
    with progress.bar(len(found), report.out) as advance:
        for _, xray in in_order(found, partial(_looked, look)):
            advance()
            report.add(xray)
    return report.finish()


def _looked(look: Looker, subject: Subject | Row, stopped: Callable[[], bool]) -> Xray:
    from octavo.lab.xray import Xray  # noqa: PLC0415 - as above

    if not isinstance(subject, Subject):
        return Xray(subject.id, error=_unread(subject))
    try:
        return look(subject, stopped)
    except Error as error:
        return Xray(subject.name, error=str(error))


class _Report:
    """Shows x-rays as they come, a line for each payload, and counts."""

    def __init__(self, *, as_json: bool) -> None:
        self.out = None if as_json else output.console()
        self.formatters = self.whole = self.payloads = self.fields = self.explained = 0

    def add(self, xray: Xray) -> None:
        """One more formatter."""
        if self.out is None:
            output.write_row(xray.to_dict())
            sys.stdout.flush()
        else:
            self._show(self.out, xray)
        self.formatters += 1
        self.whole += xray.is_whole
        self.payloads += len(xray.frames)
        self.fields += sum(len(frame.fields) for frame in xray.frames)
        self.explained += sum(frame.explained for frame in xray.frames)

    def finish(self) -> int:
        """Print the numbers; the exit code."""
        missing = self.formatters - self.whole
        told = f"{counted(self.formatters, 'formatter')}: {self.whole} x-rayed"
        told += f", {missing} not" if missing else ""
        told += f"; {counted(self.payloads, 'payload')}, {counted(self.fields, 'field')}, {self.explained} explained"
        click.echo(told, err=self.out is None)
        return int(missing > 0)

    def _show(self, out: Console, xray: Xray) -> None:
        from octavo.cli import terminal  # noqa: PLC0415 - as above

        if not self.formatters:
            terminal.show(out, terminal.line(("  ".join(("", *COLUMNS, "payload")), "dim")))
        terminal.show(out, terminal.line((xray.subject, "bold")))
        for frame in xray.frames:
            terminal.show(out, terminal.line(*_row(frame, out.width)))
        for frame in xray.left_out:
            told = f"{_place(frame)}: {frame.error}"
            terminal.show(
                out, terminal.line("  ", ("left out: ", "yellow"), _cut(told, out.width - len("  left out: ")))
            )
        if xray.error:
            terminal.show(out, terminal.line("  ", ("error: ", "bold red"), xray.error))


def _place(frame: Frame) -> str:
    return f"FPort {frame.f_port}, {_cut(frame.payload.hex(), LEAST_SHOWN) or 'an empty payload'}"


def _row(frame: Frame, width: int) -> Iterator[str | tuple[str, str]]:
    """A payload in the table, or why there is no x-ray of it."""
    from octavo.lab.xray.bits import union  # noqa: PLC0415 - as above

    if frame.error:
        told = f"{_place(frame)}: {frame.error}"
        yield from ("  ", ("error: ", "bold red"), _cut(told, width - len("  error: ")))
        return
    bits = (frame.dead, *(union(each.mask for each in several) for several in (frame.discriminators, frame.overlaps)))
    counts = (frame.f_port, frame.size, len(frame.fields), frame.explained, *(mask.bit_count() for mask in bits))
    told = "".join(f"  {count:>{len(name)}}" for name, count in zip(COLUMNS, counts, strict=True))
    yield f"{told}  {_cut(frame.payload.hex(), width - len(told) - 2)}"


def _cut(text: str, most: int) -> str:
    most = max(most, LEAST_SHOWN)
    return text if len(text) <= most else f"{text[: most - 1]}…"
