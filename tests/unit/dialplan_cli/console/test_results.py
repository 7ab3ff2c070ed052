"""Charts and tables of the console about calls and simulations."""

import pytest

from dialplan_cli.console.calls import bars
from dialplan_cli.console.changes import AnswerChange, answer_changes, matrix
from dialplan_cli.console.jobs import Job, JobCancelledError
from dialplan_cli.decision_log import parse_line
from dialplan_cli.decision_statistics import statistics
from dialplan_cli.simulate import Answer, Outcome, Simulation
from tests.logged_calls import NOON, line

ALLOWED = Answer("200 4989 Hotline", "decided")
REFUSED = Answer("403 No.", "decided")
MISSING = Answer("404 No record.", "undecided")
UNKNOWN = Answer("not looked up", "unknown")


def test_bars_are_stacked_and_the_highest_fills_the_chart() -> None:
    times = [(NOON, "Allowed"), (NOON, "Refused"), (NOON, "Allowed"), (NOON + 60, "Nonsense")]
    calls = [parse_line(line(at, outcome=outcome)) for at, outcome in times]
    found = bars(statistics([each for each in calls if each], NOON, NOON + 120))
    first = found[0].x
    assert [(each.outcome, each.x - first) for each in found] == [
        ("Allowed", 0),
        ("Refused", 0),
        ("Errors", 10),
    ]
    assert [(round(each.y), round(each.height)) for each in found] == [(33, 67), (0, 33), (67, 33)]


def test_the_matrix_counts_kinds_of_answers() -> None:
    pairs = [(ALLOWED, REFUSED), (ALLOWED, REFUSED), (ALLOWED, ALLOWED), (MISSING, UNKNOWN)]
    found = Simulation([Outcome(row, *pair) for row, pair in enumerate(pairs, 1)])
    assert matrix(found) == {
        ("allowed", "refused"): 2,
        ("allowed", "allowed"): 1,
        ("not_decided", "unknown"): 1,
    }


def test_equal_changes_of_answers_are_one_with_its_first_row() -> None:
    changes = [Outcome(4, REFUSED, ALLOWED), Outcome(5, ALLOWED, REFUSED)]
    changes += [Outcome(9, ALLOWED, REFUSED)]
    assert answer_changes(changes) == [
        AnswerChange(ALLOWED, REFUSED, 2, 5),
        AnswerChange(REFUSED, ALLOWED, 1, 4),
    ]


def test_a_job_counts_items_until_it_is_cancelled() -> None:
    job = Job("jobs.working", "calls.show")
    items = job.track(range(10), 10)
    assert [next(items), next(items), next(items)] == [0, 1, 2]
    assert (job.done, job.total) == (2, 10)
    job.cancelled.set()
    with pytest.raises(JobCancelledError):
        next(items)
