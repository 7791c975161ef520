"""``octavo xray``: which bits of a payload feed which field, for any formatter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from octavo import payload
from octavo.cli import inputs, options, output
from octavo.cli.failures import Failure, Misuse, counted, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.segment import Segment

    from octavo.cli.inputs import Item
    from octavo.lab.subjects import Subject
    from octavo.lab.xray import Frame, Xray

EXAMPLES = """\b
Examples:
  octavo xray my.js
  octavo xray my.js CBF60B0D0376010ADD7FFF -p 2
  octavo xray formatters:dragino/lht65 CBF60B0D0376010ADD7FFF -p 2 --svg lht65.svg
  octavo xray my.js @webhook.json --json

FORMATTER is a .js script, a codec .yaml, a .py declaration (of which the generated JavaScript is looked at), or an id
of `octavo list`. PAYLOAD is what `octavo decode` takes. Without it the payloads of the examples are looked at, one for
each port, length and set of fields; where there are none, such as the formatter accepts.
"""


@click.command("xray", short_help="Show which bits feed which field.", epilog=EXAMPLES)
@click.argument("formatter")
@click.argument("given", required=False, metavar="[PAYLOAD]")
@options.port_option("FPort of the payload; for messages: instead of their own. Without PAYLOAD: that port's only.")
@options.input_option
@options.dialect_option
@click.option(
    "--svg",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the pictures into an SVG file.",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="What random values are drawn from.")
@options.json_option
def xray_command(
    formatter: str,
    given: str | None,
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
    bits of several fields; bits without an effect.
    """
    output.use_utf8()
    from octavo.lab.xray import xray  # noqa: PLC0415 - V8 is loaded when it is used

    subject = _subject(formatter, dialect)
    wanted = _wanted(given, how) if given is not None else Wanted(None, None)
    port = wanted.f_port if f_port is None else f_port
    found = xray(subject, wanted.payload, port, dialect=dialect, seed=seed)
    if target:
        _write(target, found)
    if output.wants_json(as_json):
        output.write_row(found.to_dict())
    else:
        _show(found)
    return _status(found)


class Wanted(NamedTuple):
    """What was given to look at; None where nothing was."""

    payload: bytes | None
    f_port: int | None


def _subject(name: str, dialect: str | None) -> Subject:
    """The one formatter of a name."""
    from octavo.lab.subjects import Subject, subjects  # noqa: PLC0415 - as above

    if Path(name).is_dir():
        raise Misuse(f"{name} is a folder: a formatter was expected")
    found = list(subjects(name, dialect))
    wrong = [each for each in found if not isinstance(each, Subject)]
    for each in found:
        if isinstance(each, Subject):
            return each
    raise Failure("; ".join(str(row.error or row.file) for row in wrong) or f"{name}: no formatter")


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


def _write(target: Path, found: Xray) -> None:
    from octavo.lab.xray.drawing import to_svg  # noqa: PLC0415 - construct is loaded when it is used

    output.write_file(target, to_svg(found))


def _status(found: Xray) -> int:
    """0 where there is an x-ray of everything that was asked for."""
    if not found.frames:
        say(f"{found.subject}: no payload that it accepts was found; give one")
    return int(not found.frames or any(frame.error for frame in found.frames))


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
