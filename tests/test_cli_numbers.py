"""Options that are numbers: what is none is refused before anything is done."""

import pytest
from click.testing import CliRunner

from octavo.cli import main

COMMANDS = {
    "--timeout": ["downlink", "clear", "dev1", "--dry-run", "--server", "https://h.example", "--application", "app1"],
    "--tolerance": ["test", "acme/x"],
    "--fail-under": ["test", "acme/x", "--coverage"],
}


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-inf", "1e999", "-1", "x", ""])
@pytest.mark.parametrize("option", COMMANDS)
def test_what_is_no_number_of_the_range_is_refused(option, value):
    result = CliRunner().invoke(main, [*COMMANDS[option], option, value])
    assert (result.exit_code, f"Invalid value for '{option}'" in result.stderr) == (2, True)


def test_the_tolerance_of_a_comparison_is_a_number(tmp_path):
    (tmp_path / "a.jsonl").write_text("")
    result = CliRunner().invoke(main, ["compare", "acme/x", str(tmp_path / "a.jsonl"), "--tolerance", "nan"])
    assert (result.exit_code, "'nan' is no finite number" in result.stderr) == (2, True)


def test_no_time_at_all_is_refused():
    result = CliRunner().invoke(main, [*COMMANDS["--timeout"], "--timeout", "0"])
    assert (result.exit_code, "0.1<=x<=600" in result.stderr) == (2, True)
