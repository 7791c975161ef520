"""A formatter that is ready for many looks: its generated script is written once, its workers stay."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from octavo._files import temporary_file
from octavo.lab.lint.script import read
from octavo.limits import Limits
from octavo.sandbox.shared import borrow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from octavo.errors import Error
    from octavo.formatters import Formatter
    from octavo.lab.lint.script import Script
    from octavo.lab.subjects import Subject
    from octavo.messages import Decoded, Encoded


@dataclass(frozen=True, slots=True)
class Standing:
    """A formatter with its scripts.

    Attributes:
        subject: what is opened; for a declaration the generated script.
        scripts: parsed, under the names that people know.
        stopped: tells whether nobody waits for the result any more: what was found then does not matter.
    """

    subject: Subject
    scripts: tuple[Script, ...]
    stopped: Callable[[], bool]


@contextmanager
def standing(subject: Subject, texts: Mapping[str, str], stopped: Callable[[], bool] = bool) -> Iterator[Standing]:
    """Keep what every look at a formatter needs.

    Args:
        subject: the formatter.
        texts: those of its scripts.
        stopped: see `Standing`.
    """
    opened = subject
    with ExitStack() as stack:
        stack.callback(borrow(Limits()).release)
        if subject.declared:
            file = stack.enter_context(temporary_file(f"{subject.file.stem}.js", "".join(texts.values())))
            opened = replace(subject, file=file, declared=False)
        yield Standing(opened, tuple(read(file, text, stopped) for file, text in texts.items()), stopped)


def outcomes(
    formatter: Formatter, operation: str, messages: Iterable[Any], stopped: Callable[[], bool] = bool
) -> list[Decoded | Encoded | Error]:
    """What a formatter makes of messages: `octavo.Downlink` where the operation encodes, else `octavo.Uplink`.

    Of fewer messages where somebody asked to stop.
    """
    going = takewhile(lambda _: not stopped(), messages)
    if operation == "encode_downlink":
        return list(formatter.encode_downlinks(going))
    decode = formatter.decode_uplinks if operation == "decode_uplink" else formatter.decode_downlinks
    return list(decode(going))
