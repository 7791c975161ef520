"""The program ``octavo``, and ``python -m octavo``."""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""128 + SIGINT, as shells count."""


def run() -> None:
    """Run the command line; Ctrl-C also ends it quietly where its modules are still being imported."""
    try:
        from octavo.cli import main  # noqa: PLC0415 - what takes the time that is meant

        main(prog_name="octavo")
    except KeyboardInterrupt:
        sys.stderr.write("octavo: interrupted\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    run()
