"""``octavo prove``: a declaration and everything that is derived from it, held against one another."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from octavo import devices
from octavo.cli import options, output
from octavo.cli.failures import Misuse, say
from octavo.formatters.dialects import DIALECTS

if TYPE_CHECKING:
    from octavo.proof import Difference, Proof

EXAMPLES = """\b
Examples:
  octavo prove dragino/lht65
  octavo prove codecs/acme/probe.py --frames 1000000 --seed 7
  octavo prove milesight/em300-th --javascript console.js --dialect tts
"""


@click.command("prove", short_help="Prove that all that is derived from a declaration agrees.", epilog=EXAMPLES)
@click.argument("names", nargs=-1, required=True, metavar="DEVICE...")
@click.option(
    "--frames",
    "count",
    type=click.IntRange(min=1),
    default=20_000,  # as octavo.proof.FRAMES, which would load V8 to tell
    show_default=True,
    metavar="N",
    help="How many frames, and data to encode, in all.",
)
@click.option("--seed", type=int, metavar="S", help="What the frames are made from; any, and said, without it.")
@click.option(
    "--javascript",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A script to hold against the declaration in place of the one that is generated.",
)
@click.option(
    "--dialect",
    "dialects",
    type=click.Choice(DIALECTS),
    multiple=True,
    help="Run the JavaScript under this network only; may be given again.",
)
@options.json_option
def prove_command(
    names: tuple[str, ...],
    *,
    count: int,
    seed: int | None,
    javascript: Path | None,
    dialects: tuple[str, ...],
    as_json: bool,
) -> int:
    """Compare what construct reads and writes with the generated JavaScript under every network, and the columns.

    The frames are drawn from the declaration: such as fit, with every branch and boundary, such as are cut or
    changed, and bytes of pure chance. The first 2000 of each operation run under every network, the others under one
    in turn. The first difference is shown, as small as it can be made; exit 1.
    """
    output.use_utf8()
    from octavo.formatters.formatter import read_script  # noqa: PLC0415 - V8 and construct are loaded when they are used
    from octavo.proof import has_columns, prove  # noqa: PLC0415 - V8 and construct are loaded when they are used

    if javascript and len(names) > 1:
        raise Misuse("--javascript is held against one DEVICE")
    if not has_columns():
        say('the columns are left out: pip install "octavo[columns]" for them')
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    script = read_script(javascript) if javascript else None
    good = True
    for name in names:
        progress = output.Progress("frames")
        try:
            proof = prove(
                devices.declared(name),
                frame_count=count,
                seed=seed,
                javascript=script,
                dialects=dialects or DIALECTS,
                progress=progress.show,
            )
        finally:
            progress.clear()
        _tell(name, proof, javascript, as_json=output.wants_json(as_json))
        good = good and proof.holds
    return int(not good)


def _tell(name: str, proof: Proof, javascript: Path | None, *, as_json: bool) -> None:
    if as_json:
        output.write_row(_row(name, proof))
        return
    counts = ", ".join(f"{operation} {count}" for operation, count in proof.inputs.items())
    if proof.difference is None:
        click.echo(f"{name}: all equal: {counts} (seed {proof.seed}; {', '.join(proof.sides)})")
        return
    for line in _lines(name, proof.difference, javascript):
        click.echo(line)
    say(f"{name}: a difference after {counts or 'the first frames'} (seed {proof.seed})")


def _lines(name: str, found: Difference, javascript: Path | None) -> list[str]:
    verb = "encode" if found.operation == "encode_downlink" else "decode"
    way = " --downlink" if found.operation == "decode_downlink" else ""
    given = found.input.hex() if isinstance(found.input, bytes) else json.dumps(found.input, ensure_ascii=False)
    again = f"{way} -p {found.f_port} -- '{given}'"
    script = f" and octavo {verb} {javascript} --dialect {found.side}{again}" if javascript else ""
    return [
        f"{name}: {found.side} differs from the declaration",
        f"  {found.operation}, port {found.f_port}: {given or '(no bytes)'}",
        f"  declared: {found.declared}",
        f"  {found.side}: {found.got}",
        f"  again: octavo {verb} {name}{again}{script}",
    ]


def _row(name: str, proof: Proof) -> dict[str, Any]:
    found = proof.difference
    return {
        "device": name,
        "seed": proof.seed,
        "inputs": proof.inputs,
        "accepted": proof.accepted,
        "compared": proof.compared,
        "difference": None
        if found is None
        else {
            "operation": found.operation,
            "side": found.side,
            "f_port": found.f_port,
            "hex": found.input.hex() if isinstance(found.input, bytes) else None,
            "data": None if isinstance(found.input, bytes) else found.input,
            "received_ms": found.received_ms,
            "declared": found.declared,
            "got": found.got,
        },
    }
