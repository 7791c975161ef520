"""``python -m octavo``: the same as the command ``octavo``."""

from octavo.cli import main

if __name__ == "__main__":
    main(prog_name="octavo")
