"""`octavo decode` called in process."""

import json

from click.testing import CliRunner

from octavo.cli import main


def run(*args, stdin=None):
    result = CliRunner().invoke(main, ["decode", *args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]
