"""Nothing passes from one message to the next, whichever two they are: every answer is that of a fresh machine."""

import itertools
import random

import pytest

from octavo.sandbox.toplevel import only_declares, takes_back

from .carriers import EVERY, LATER, QUICK, SLOW, program
from .fresh import answers, formatter
from .processes import written

pytestmark = pytest.mark.usefixtures("warm_pool")

GROUPS = {
    "seen by a quick look": QUICK[:52],
    "found by a careful look": SLOW,
    "with work for later": [*LATER, *QUICK[::5], "noMap", "frozenJSON"],
}
# The group, messages in a batch (None: all in one), and how many messages (None: all pairs). In small
# batches there is only a sample: all pairs are met in the large one.
RUNS = [
    ("seen by a quick look", None, None),
    ("seen by a quick look", 2, 900),
    ("seen by a quick look", 1, 900),
    ("found by a careful look", None, None),
    ("found by a careful look", 2, 300),
    ("found by a careful look", 1, 600),
    ("with work for later", None, None),
    ("with work for later", 2, 300),
    ("with work for later", 1, 300),
]
# What a script tries in vain.
IN_VAIN = ["lexicalByEval", "caller", "template", "constants"]


class Ways:
    """A script of some ways, and what a fresh machine answers to each."""

    def __init__(self, names, fresh):
        self.names = list(names)
        self.text = program(self.names)
        self.right = fresh((self.text, bytes([way])) for way in range(len(self.names)))

    def differences(self, sequence, found):
        """What was answered otherwise than by fresh machines, place by place, and after which way."""
        wrong = []
        for position, (way, answer) in enumerate(zip(sequence, found, strict=True)):
            if answer != self.right[way]:
                before = self.names[sequence[position - 1]] if position else "nothing"
                wrong.append(f"{self.names[way]} after {before}: {self.places(answer, self.right[way])}")
        return wrong

    def places(self, answer, right):
        names = [*self.names, "whether it threw", "what it did"]
        pairs = zip(names, answer.split("\n"), right.split("\n"), strict=False)
        return [f"{name} is {seen!r} and not {wanted!r}" for name, seen, wanted in pairs if seen != wanted]


@pytest.fixture(scope="module")
def groups(fresh):
    return {title: Ways(names, fresh) for title, names in GROUPS.items()}


@pytest.fixture(scope="module")
def every(fresh):
    return Ways(EVERY, fresh)


def all_pairs(count):
    """The shortest sequence in which every ordered pair stands side by side: a de Bruijn sequence of order two."""
    words = ([i] + [k for j in range(i + 1, count) for k in (i, j)] for i in range(count))
    return [*itertools.chain.from_iterable(words), 0]


def check(tmp_path, ways, sequence, size):
    """Also that the realm has learned what to put back, or many of the first messages would be run one at a time."""
    with formatter(written(tmp_path, ways.text)) as device:
        assert answers(device, [bytes([way]) for way in range(len(ways.names))]) == ways.right
        found = answers(device, [bytes([way]) for way in sequence], size)
    wrong = ways.differences(sequence, found)
    assert not wrong, f"{len(wrong)} differ\n" + "\n".join(wrong[:20])


def test_every_ordered_pair_stands_in_the_sequence():
    sequence = all_pairs(7)
    assert set(itertools.pairwise(sequence)) == set(itertools.product(range(7), repeat=2))
    assert len(sequence) == 50


def test_there_are_enough_ways():
    assert len(EVERY) > 150
    assert len(GROUPS["seen by a quick look"]) > 50
    assert not EVERY.keys() & LATER.keys()


def test_each_group_is_looked_at_as_its_title_says():
    quick, careful, later = (program(names) for names in GROUPS.values())
    assert only_declares(quick)
    assert not takes_back(quick)
    assert takes_back(careful)
    assert "async function" in later


def test_what_is_done_shows_where_it_is_looked_for(every):
    answers = [answer.split("\n") for answer in every.right]
    unseen = [name for way, name in enumerate(every.names) if answers[way][way] == answers[way][-1]]
    assert unseen == IN_VAIN


@pytest.mark.parametrize(
    ("group", "size", "most"), RUNS, ids=[f"{group}, in batches of {size or 'all'}" for group, size, _ in RUNS]
)
def test_every_way_after_every_other(tmp_path, groups, group, size, most):
    ways = groups[group]
    sequence = all_pairs(len(ways.names))
    if most is not None:
        sequence = random.Random(size).choices(range(len(ways.names)), k=most)  # noqa: S311 - a sample, no secret
    check(tmp_path, ways, sequence, size)


def test_each_way_twice_and_others_between_in_a_batch(tmp_path, every):
    count = len(every.names)
    check(tmp_path, every, [w for way in range(count) for w in (way, way, (way * 7) % count, way)], None)


def test_each_way_twice_one_at_a_time_in_reverse(tmp_path, every):
    check(tmp_path, every, [w for way in reversed(range(len(every.names))) for w in (way, way)], 1)
