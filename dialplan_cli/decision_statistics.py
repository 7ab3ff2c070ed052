"""Statistics of logged calls: outcomes over time, duration, and the share without Salesforce."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialplan_cli.decision_log import LoggedCall

OUTCOMES = ("Allowed", "Refused", "Unresolved", "DecidedAsOutage", "NoSuchRecord")
"""The outcomes of calls that were decided or whose record does not exist."""

ERRORS = "Errors"
"""All other outcomes, which are errors of the request or of the system."""

INTERVALS = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 24 * 3600)
"""Possible lengths of an interval in a chart, in seconds."""

MAX_INTERVALS = 60
"""Maximum number of intervals in a chart, unless they are the longest possible."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The number of calls by outcome in an interval from `start`, in seconds since 1970."""

    start: float
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """The number of calls."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of the calls in a period.

    `outcomes` are numbers of calls. `p50_ms` and `p99_ms` are durations of decisions in
    milliseconds, `without_salesforce` is a share from 0 to 1; they are None without decisions.
    `intervals` cover the period and are `seconds` long each.
    """

    outcomes: Mapping[str, int]
    rules: Mapping[str, int]
    p50_ms: int | None
    p99_ms: int | None
    without_salesforce: float | None
    seconds: int
    intervals: Sequence[Interval]

    @property
    def total(self) -> int:
        """The number of calls."""
        return sum(self.outcomes.values())


def group_of(outcome: str) -> str:
    """Return the outcome as it is counted: each of OUTCOMES, or ERRORS."""
    return outcome if outcome in OUTCOMES else ERRORS


def statistics(calls: Sequence[LoggedCall], since: float, until: float) -> Statistics:
    """Return the statistics of calls between two times, in seconds since 1970."""
    seconds = next((each for each in INTERVALS if until - since <= each * MAX_INTERVALS), None)
    seconds = seconds or INTERVALS[-1]
    first = math.floor(since / seconds)
    counts: dict[int, Counter[str]] = {
        number: Counter() for number in range(first, math.floor(until / seconds) + 1)
    }
    for call in calls:
        number = math.floor(call.at / seconds)
        if number in counts:
            counts[number][group_of(call.outcome)] += 1
    durations = sorted(call.duration_ms for call in calls if call.duration_ms is not None)
    asked = [call.salesforce_calls for call in calls if call.salesforce_calls is not None]
    return Statistics(
        outcomes=Counter(group_of(call.outcome) for call in calls),
        rules=Counter(call.rule for call in calls if call.rule),
        p50_ms=percentile(durations, 50),
        p99_ms=percentile(durations, 99),
        without_salesforce=asked.count(0) / len(asked) if asked else None,
        seconds=seconds,
        intervals=[Interval(number * seconds, each) for number, each in counts.items()],
    )


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """Return the nearest-rank percentile of ascending values, or None if there are none."""
    if not ordered:
        return None
    return ordered[math.ceil(percent / 100 * len(ordered)) - 1]
