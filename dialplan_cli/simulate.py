"""Sends a table of calls through two plans, and tells which answers change."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.service import ClickToDial
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED
from dialplan_cli.calls_file import (
    Call,
    NotCounted,
    RowCache,
    RowSalesforce,
    brings_facts,
    parameters,
)
from dialplan_cli.explain import FixedPlan, explain, with_plan
from dialplan_cli.output import print_line, show_table

AT_ONCE = 8  # Salesforce takes 25 long requests at a time, and the agents need some of them

Decide = Callable[[Call], str]
"""What jtel would get for a call, in one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """An answer that changes; `row` counts the calls of the file from 1."""

    row: int
    before: str
    after: str


def decide_by(plan: DialPlan, service: ClickToDial | None) -> Decide:
    """Decides calls by `plan`.

    A call whose row brings no facts is looked up through `service`, where there is one.
    """

    def decide(call: Call) -> str:
        if service is None or brings_facts(call):
            caller = ClickToDial(
                plans=FixedPlan(plan),
                cache=RowCache(call),
                salesforce=RowSalesforce(call),
                breaker=CircuitBreaker(),
                attempts=NotCounted(),
                pseudonym=str,
                time_budget=60.0,
            )
        else:
            caller = with_plan(service, plan)
        explanation = explain(caller, *parameters(call))
        body = explanation.body
        said = body.get("detail") or f"{body['ServiceNumber']} {body['ServiceNumberName']}"
        return f"{explanation.status} {said}"

    return decide


def assumptions(calls: Sequence[Call], plans: Sequence[DialPlan], looked_up: bool) -> list[str]:
    """What the answers take for granted, since it is neither in the rows nor `looked_up`.

    A call that brings no facts may be, with all that the system knows of its number.
    """
    if not calls or (looked_up and not brings_facts(calls[0])):
        return []
    asked = {
        LISTED: ("no number is on a list", any(plan.lists for plan in plans)),
        ATTEMPTS: ("no number was called before", any(plan.limits for plan in plans)),
    }
    return [
        f"Taken for granted: {what}, since the file has no column {column}."
        for column, (what, is_asked) in asked.items()
        if is_asked and column not in calls[0]
    ]


def changes(calls: Iterable[Call], before: Decide, after: Decide) -> Iterator[Change | None]:
    """For each call, in order, how its answer changes; None where it does not."""

    def decide(row: int, call: Call) -> Change | None:
        change = Change(row, before(call), after(call))
        return None if change.before == change.after else change

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(decide, itertools.count(1), calls)


def show(found: list[Change], total: int) -> None:
    """Which answers change into which, the most frequent first."""
    if not found:
        print_line(f"No answer changes in {total} calls.", "green")
        return
    print_line(f"{len(found)} of {total} answers change.", "yellow")
    counts = Counter((change.before, change.after) for change in found)
    first = {(change.before, change.after): change.row for change in reversed(found)}
    rows = [
        (count, before, after, first[before, after])
        for (before, after), count in counts.most_common()
    ]
    show_table(("calls", "before", "after", "first in row"), rows)
