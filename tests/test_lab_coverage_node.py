"""Coverage beside Node's: V8's ranges by c8's rule, c8 itself, and istanbul's counts where these are installed."""

import json
from pathlib import Path

import pytest

from octavo.lab.coverage import measure
from octavo.lab.subjects import subjects

from . import covered

FORMATTERS = Path(__file__).parents[1] / "formatters"
FIVE = ("adeunis/ftd", "decentlab/dl-trs12", "dragino/lht65", "mcci/catena-4430", "mclimate/16ads")

needs_node = pytest.mark.skipif(not covered.has_node(), reason="there is no node to compare with")
needs_istanbul = pytest.mark.skipif(
    not covered.has_istanbul(), reason="node does not find istanbul-lib-instrument; NODE_PATH says where it is"
)
needs_c8 = pytest.mark.skipif(not covered.has_c8(), reason="node does not find c8; NODE_PATH says where it is")


@pytest.fixture(scope="module")
def measured(warm_pool):  # noqa: ARG001 - workers that are there already
    """The subject and the coverage of each of the five, by name."""
    found = {name: next(iter(subjects(str(FORMATTERS / f"{name}.yaml")))) for name in FIVE}
    return {name: (subject, measure(subject)) for name, subject in found.items()}


@needs_node
@pytest.mark.parametrize("name", FIVE)
def test_lines_are_those_of_v8_by_the_rule_of_c8(measured, name, tmp_path):
    subject, coverage = measured[name]
    (script,) = coverage.scripts
    hits = covered.lines_by_v8(script.text, covered.calls_of(subject), tmp_path)
    assert [count > 0 for count in script.lines] == [count > 0 for count in hits]
    assert 0 < script.share("lines").hit < len(hits), "something ran, and something did not"


@needs_c8
@pytest.mark.parametrize("name", FIVE)
def test_lines_are_those_that_c8_reports(measured, name, tmp_path):
    subject, coverage = measured[name]
    (script,) = coverage.scripts
    told = covered.lines_by_c8(script.text, covered.calls_of(subject), tmp_path)
    ours = {line: count > 0 for line, count in enumerate(script.lines, 1)}
    assert ours == {line: told[line] > 0 for line in ours}
    assert set(told) - set(ours) <= {len(ours) + 1}, "an empty last line"


@needs_istanbul
@pytest.mark.parametrize("name", FIVE)
def test_statements_branches_and_functions_are_those_of_istanbul(measured, name):
    subject, coverage = measured[name]
    (script,) = coverage.scripts
    told = json.loads(covered.ran(script.text, covered.calls_of(subject), apart=True, istanbul=True))
    statements = [(told["statementMap"][key]["start"]["line"], hits) for key, hits in told["s"].items()]
    assert sorted((place.line, place.hits) for place in script.statements) == sorted(statements)
    branches = [(fork["type"], fork["loc"]["start"]["line"], told["b"][key]) for key, fork in told["branchMap"].items()]
    ours = [(branch.kind, branch.line, [arm.hits for arm in branch.arms]) for branch in script.branches]
    assert sorted(ours) == sorted(branches)
    functions = [(each["loc"]["start"]["line"], told["f"][key]) for key, each in told["fnMap"].items()]
    assert sorted((place.line, place.hits) for place in script.functions) == sorted(functions)
