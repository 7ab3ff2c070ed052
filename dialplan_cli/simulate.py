"""Simulate a table of calls with two plans, and show which answers change."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.service import ClickToDial
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, ON_RECORD
from click_to_dial.errors import SalesforceError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import CachedFacts, SalesforceRequest, SalesforceResult, StoredItem
from dialplan_cli.explain import Explanation, FixedPlan, NoCopies, UncountedAttempts, explain
from dialplan_cli.output import counted, print_line, print_table, track
from dialplan_cli.simulate_calls import Call
from dialplan_cli.simulate_lookups import KnownFacts, look_up
from dialplan_cli.targets import Target

TIME_BUDGET = 60.0
"""Time budget of a decision, in seconds. Its facts are in memory."""


class Answer(NamedTuple):
    """The answer that jtel would get, in one line.

    It is `undecided` if the request is malformed or the record does not exist, whatever the rules
    are, and `unknown` if facts could not be looked up. Then `text` is the reason.
    """

    text: str
    kind: Literal["decided", "undecided", "unknown"]

    @classmethod
    def of(cls, explanation: Explanation) -> "Answer":
        """Return the answer in an explanation."""
        body, report = explanation.body, explanation.report
        detail = body.get("detail") or f"{body['ServiceNumber']} {body['ServiceNumberName']}"
        text = f"{explanation.status} {detail}"
        if report is None:
            return cls(text, "undecided")
        errors = (*report.gathered.failures, *report.gathered.cache_failures)
        if errors:
            reason = f" ({errors[0].reason})" if isinstance(errors[0], SalesforceError) else ""
            return cls(f"not looked up{reason}: {errors[0]}", "unknown")
        if report.decision is None:
            return cls(text, "undecided")
        return cls(text, "unknown" if report.decision.cause == "outage" else "decided")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answers to a call by both plans. `row` is the number of the call in the table, from 1."""

    row: int
    before: Answer
    after: Answer

    @property
    def is_known(self) -> bool:
        """True if the facts of the call were there for both plans."""
        return "unknown" not in (self.before.kind, self.after.kind)

    @property
    def is_decided(self) -> bool:
        """True if both plans decided the call."""
        return self.before.kind == self.after.kind == "decided"


@dataclass(frozen=True, slots=True)
class Simulation:
    """The outcome of each call, and the number of API calls to Salesforce that it took."""

    outcomes: Sequence[Outcome]
    api_calls: int = 0

    @property
    def changes(self) -> list[Outcome]:
        """The calls whose answer changes. Those that could not be looked up are not among them."""
        return [each for each in self.outcomes if each.is_known and each.before != each.after]

    @property
    def undecided(self) -> list[Outcome]:
        """The calls that were not decided by both plans."""
        return [each for each in self.outcomes if not each.is_decided]

    @property
    def unknown(self) -> list[Outcome]:
        """The calls that could not be looked up. They are undecided too."""
        return [each for each in self.outcomes if not each.is_known]

    @property
    def matrix(self) -> Counter[tuple[str, str]]:
        """The number of calls by their answers before and after. Unchanged ones are included."""
        return Counter((each.before.text, each.after.text) for each in self.outcomes)


def show_progress(calls: Sequence[Call]) -> Iterable[Call]:
    """Yield the calls and show a progress bar in a terminal."""
    return track(calls, "Deciding", len(calls))


def simulate(
    calls: Sequence[Call],
    before: DialPlan,
    after: DialPlan,
    target: Target | None = None,
    progress: Callable[[Sequence[Call]], Iterable[Call]] = show_progress,
) -> Simulation:
    """Decide each call by both plans, with the same facts and as of the same time.

    Calls without facts are looked up in the system `target`, once for both plans. Nothing is
    looked up without a target. `progress` yields the calls that it gets.
    """
    now = time.time()
    looked_up = None
    if target is not None and any(call.facts is None for call in calls):
        parameters = [(call.record_id, call.number, call.agent_uid) for call in calls]
        looked_up = look_up(target, (before, after), parameters, now)

    def decide(plan: DialPlan, call: Call) -> Answer:
        if looked_up is not None:
            facts = looked_up.facts
        else:
            facts = KnownFacts(partial(result_of, call), partial(items_of, call, now))
            plan = with_numbers_of(call, plan)
        service = ClickToDial(
            plans=FixedPlan(plan),
            cache=NoCopies(facts.items),
            salesforce=facts,
            breaker=CircuitBreaker(),
            attempts=UncountedAttempts(),
            pseudonym=target.pseudonym if looked_up and target else str,
            time_budget=TIME_BUDGET,
            clock=lambda: now,
        )
        return Answer.of(explain(service, call.record_id, call.number, call.agent_uid))

    return Simulation(
        [Outcome(call.row, decide(before, call), decide(after, call)) for call in progress(calls)],
        api_calls=looked_up.api_calls if looked_up else 0,
    )


# The facts in the row of a call -------------------------------------------------------------------


def result_of(call: Call, plan: DialPlan, request: SalesforceRequest) -> SalesforceResult:
    """Return the record and the agent in the row of a call. An agent with a fact is known."""
    facts = call.facts or {}
    record, agent = (
        {name.removeprefix(group): facts[name] for name in facts if name.startswith(group)}
        for group in ("record.", "agent.")
    )
    object_name = record.pop("object", None)
    known = agent.pop("known", bool(agent))
    return SalesforceResult(
        record=Record(
            found=True,
            object_name=None if object_name is None else str(object_name),
            attributes=record,
            numbers=(call.number,) if facts.get(ON_RECORD) else (),
        ),
        agent=Agent(bool(known), agent),
        calls=0,
    )


def with_numbers_of(call: Call, plan: DialPlan) -> DialPlan:
    """Return the plan as if the call's object had phone numbers only if the row has ON_RECORD.

    The row tells which lists contain the number, also those that are kept in Salesforce.
    """
    facts = call.facts or {}
    numbers: dict[Any, Sequence[str]] = {facts.get("record.object"): ()}
    numbers = numbers if ON_RECORD in facts else {}
    return plan._replace(numbers=numbers, salesforce_lists={})


def items_of(call: Call, now: float, keys: Sequence[str]) -> CachedFacts:
    """Return the items for the lists and attempts in the row of a call.

    There is an entry for each list, and all attempts were made at `now`, in seconds since 1970.
    """
    facts = call.facts or {}
    lists, attempts = str(facts.get(LISTED, "")).split(), int(facts.get(ATTEMPTS, 0))
    calls = StoredItem(json.dumps([[now, ""]] * attempts), None)
    kinds = {key: key.split("#")[:2] for key in keys}
    entries = {key: StoredItem("", None) for key, kind in kinds.items() if kind[1] in lists}
    return CachedFacts(items=entries | {key: calls for key in kinds if kinds[key][0] == "attempts"})


# The result ---------------------------------------------------------------------------------------


def as_json(simulation: Simulation, assumptions: Sequence[str]) -> Mapping[str, Any]:
    """Return the simulation as a JSON document."""

    def answers(outcome: Outcome) -> dict[str, Any]:
        return {
            "row": outcome.row,
            "before": outcome.before.text,
            "after": outcome.after.text,
        }

    return {
        "calls": len(simulation.outcomes),
        "changes": [answers(each) for each in simulation.changes],
        "undecided": [
            {**answers(each), "looked_up": each.is_known} for each in simulation.undecided
        ],
        "matrix": [
            {"before": before, "after": after, "calls": count}
            for (before, after), count in simulation.matrix.most_common()
        ],
        "assumptions": list(assumptions),
        "api_calls": simulation.api_calls,
    }


def print_simulation(simulation: Simulation, assumptions: Sequence[str]) -> None:
    """Print tables of the changes and of the undecided calls, the most frequent first."""
    total, changes, unknown = len(simulation.outcomes), simulation.changes, simulation.unknown
    if changes:
        print_line(f"{len(changes)} of {total} answers change.", "yellow")
        _print_outcomes(changes)
    elif unknown:
        print_line(f"No answer changes. {total - len(unknown)} of {total} calls were looked up.")
    else:
        print_line(f"No answer changes in {counted(total, 'call')}.", "green")
    if unknown:
        print_line(f"{len(unknown)} of {total} calls could not be looked up.", "red")
        _print_outcomes(unknown)
    no_decision = [each for each in simulation.undecided if each.is_known]
    if no_decision:
        print_line(f"{len(no_decision)} of {total} calls are not decided by the rules.", "yellow")
        _print_outcomes(no_decision)
    for assumption in assumptions:
        print_line(assumption, "yellow")
    if simulation.api_calls:
        print_line(f"The look-ups took {counted(simulation.api_calls, 'API call')} to Salesforce.")


def _print_outcomes(outcomes: Iterable[Outcome]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    first_row: dict[tuple[str, str], int] = {}
    for each in outcomes:
        answers = each.before.text, each.after.text
        counts[answers] += 1
        first_row.setdefault(answers, each.row)
    rows = [(count, *answers, first_row[answers]) for answers, count in counts.most_common()]
    print_table(("calls", "before", "after", "first in row"), rows)
