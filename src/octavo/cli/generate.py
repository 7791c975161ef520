"""``octavo generate``: what follows from a declaration, written to a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from octavo import devices
from octavo._files import temporary_file
from octavo.cli import output
from octavo.cli.failures import Misuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from octavo.codecs import Codec

EXAMPLES = """\b
Examples:
  octavo generate milesight/em300-th --to javascript -o em300-th.js
  octavo generate milesight/em300-th --to codec-yaml -o em300-th.yaml
  octavo generate milesight/em300-th --to schema --direction downlink
  octavo generate codecs/acme/ts1.py --to layout -o ts1.svg
"""

STDOUT = Path("-")


def _javascript(codec: Codec) -> str:
    from octavo.codecs.javascript import to_javascript  # noqa: PLC0415 - loaded when it is asked for

    return to_javascript(codec)


def _schema(codec: Codec, direction: str = "uplink") -> str:
    from octavo.codecs.to_schema import to_schema  # noqa: PLC0415 - as above

    return json.dumps(to_schema(codec, direction), ensure_ascii=False, indent=2) + "\n"


def _codec_yaml(codec: Codec) -> str:
    from octavo.codecs.to_codec_yaml import to_codec_yaml  # noqa: PLC0415 - as above

    script = _javascript(codec)
    return to_codec_yaml(codec, messages=lambda calls: _messages(script, codec, calls))


def _messages(script: str, codec: Codec, calls: Iterable[tuple[str, dict[str, Any]]]) -> list[str | None]:
    """The errors that the generated script reports, by running it."""
    from octavo.errors import Error  # noqa: PLC0415 - as above
    from octavo.formatters import Formatter  # noqa: PLC0415 - as above

    with temporary_file("generated.js", script) as file, Formatter(file, name=codec.name) as formatter:
        answers = list(formatter.call_raw(calls))
    failed = next((answer for answer in answers if isinstance(answer, Error)), None)
    if failed is not None:
        raise failed
    results = (json.loads(getattr(answer, "text", None) or "{}") for answer in answers)
    return [next(iter(result.get("errors", [])), None) for result in results]


def _layout(codec: Codec, form: str = "text") -> str:
    from octavo.codecs.layout import to_svg, to_text  # noqa: PLC0415 - as above

    return to_svg(codec) if form == "svg" else to_text(codec)


def _markdown(codec: Codec) -> str:
    from octavo.codecs.to_markdown import to_markdown  # noqa: PLC0415 - as above

    return to_markdown(codec)


KINDS: Mapping[str, Callable[..., str]] = {
    "javascript": _javascript,
    "schema": _schema,
    "codec-yaml": _codec_yaml,
    "layout": _layout,
    "markdown": _markdown,
}
"""What can be generated, and what writes it."""

OF_KIND = {"direction": "schema", "form": "layout"}
"""Options that only one kind takes."""


@click.command("generate", short_help="Write JavaScript, schema, pictures and more of a declaration.", epilog=EXAMPLES)
@click.argument("device")
@click.option("--to", "kind", type=click.Choice(list(KINDS)), required=True, help="What to write.")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    default=STDOUT,
    metavar="FILE",
    help="Where to write it, all at once, over what is there. Without it: standard output.",
)
@click.option(
    "--direction",
    type=click.Choice(["uplink", "downlink"]),
    help="Whose schema, uplink without it; the other kinds have both.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "svg"]),
    help="Of the layout. Without it: svg for a FILE.svg, else text.",
)
def generate_command(device: str, *, kind: str, target: Path, direction: str | None, form: str | None) -> None:
    """Write what follows from a declared codec.

    javascript: one file for The Things Stack, ChirpStack and the others. schema: JSON Schema of the data.
    codec-yaml: the Device Repository's codec definition with examples. layout: a picture of bytes and bits.
    markdown: tables for a datasheet.
    """
    output.use_utf8()
    options = {name: value for name, value in (("direction", direction), ("form", form)) if value}
    for name in options:
        if kind != OF_KIND[name]:
            raise Misuse(f"--{'format' if name == 'form' else name} is of --to {OF_KIND[name]}, not of --to {kind}")
    if kind == "layout" and not form and target.suffix.lower() == ".svg":
        options["form"] = "svg"
    text = KINDS[kind](devices.declared(device), **options)
    if target == STDOUT:
        sys.stdout.write(text)
    else:
        output.write_file(target, text)
