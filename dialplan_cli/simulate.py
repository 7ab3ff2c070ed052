"""Simulate a table of calls with two plans, and show which answers change.

The table is a CSV file with jtel's parameters. Columns such as `record.kind` bring the facts of a
call; calls without them are looked up.
"""

import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from click_to_dial.deadline import Deadline
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.service import ClickToDial
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED
from click_to_dial.model import Agent, Record, Scalar
from click_to_dial.ports import CachedFacts, SalesforceRequest, SalesforceResult, StoredItem
from dialplan_cli.csv_files import CsvFileError, open_csv
from dialplan_cli.explain import FixedPlan, UncountedAttempts, explain, with_plan
from dialplan_cli.output import print_line, print_table
from dialplan_cli.plan.facts import LOOKUPS
from dialplan_cli.plan.source import as_list

CONCURRENCY = 8
"""Calls decided at a time. Salesforce takes 25 long requests, and the agents need some of them."""

PARAMETERS = ("SalesForceID", "CallerID", "AgentUID")

ANY_RECORD = "001000000000000AAA"
"""Record id of the calls that bring the facts of their record."""

Call = Mapping[str, str]
"""A row of the table: the cells by the names of their columns."""

Decide = Callable[[Call], str]
"""Returns the answer that jtel would get for a call, in one line."""


@dataclass(frozen=True, slots=True)
class Change:
    """A changed answer. `row` is the number of the call in the file, from 1."""

    row: int
    before: str
    after: str


# The table of calls -------------------------------------------------------------------------------


def read_calls(path: Path) -> list[Call]:
    """Return the calls in a CSV file. Raises CsvFileError."""
    with open_csv(path) as reader:
        calls: list[Call] = []
        for row in reader:
            line = f"{path}: line {reader.line_num}"
            if "" in row:
                raise CsvFileError(f"{line} has more cells than there are columns")
            if not (row.get(ATTEMPTS) or "0").isdecimal():
                raise CsvFileError(f"{line}: {ATTEMPTS} must be a whole number")
            calls.append(row)
        columns = reader.fieldnames or ()
    unknown = [name for name in columns if name not in PARAMETERS and not _is_fact(name)]
    if "CallerID" not in columns or unknown:
        problem = f"has the column '{unknown[0]}'" if unknown else "has no column CallerID"
        raise CsvFileError(
            f"{path} {problem}. Columns are {', '.join(PARAMETERS)} (the number to be called is "
            f"CallerID), and facts such as record.kind, agent.extension or {LISTED}."
        )
    return calls


def _is_fact(column: str) -> bool:
    return column.startswith(("record.", "agent.")) or column in LOOKUPS


def _brings_facts(call: Call) -> bool:
    """Return True if the row has facts. Then nothing is looked up for the call."""
    return any(_is_fact(name) for name in call)


# The facts of one call as ports -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowSalesforce:
    """The port `Salesforce` that returns the facts in the row of a call."""

    call: Call

    def prepare(self, deadline: Deadline) -> None:
        """Do nothing: there is no connection."""

    def fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """Return the facts in the types that the plan compares them with.

        An empty cell is a missing fact.
        """
        record = self._facts(plan, "record.")
        agent = self._facts(plan, "agent.")
        object_name = record.pop("object", None)
        known = agent.pop("known", bool(agent))
        return SalesforceResult(
            record=Record(True, None if object_name is None else str(object_name), record),
            agent=Agent(known in (True, "true"), agent),
        )

    def _facts(self, plan: DialPlan, group: str) -> dict[str, Scalar]:
        return {
            name.removeprefix(group): _parse_cell(plan, name, cell)
            for name, cell in self.call.items()
            if name.startswith(group) and cell
        }


@dataclass(frozen=True, slots=True)
class RowCache:
    """The port `FactsCache` that returns the lists and attempts in the row of a call."""

    call: Call

    def read(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, others: Sequence[str] = ()
    ) -> CachedFacts:
        """Return an entry for each list in the row, and its number of attempts, made just now."""
        lists, attempts = self.call.get(LISTED, "").split(), int(self.call.get(ATTEMPTS) or 0)
        calls = StoredItem(json.dumps([[time.time(), ""]] * attempts), None)
        kinds = {key: key.split("#")[:2] for key in others}
        entries = {key: StoredItem("", None) for key, kind in kinds.items() if kind[1] in lists}
        return CachedFacts(
            items=entries | {key: calls for key in kinds if kinds[key][0] == "attempts"}
        )

    def write(
        self,
        plan: DialPlan,
        record_id: str | None,
        agent_uid: str,
        result: SalesforceResult,
        asked_at: float,
    ) -> None:
        """Store nothing."""


def _parse_cell(plan: DialPlan, fact: str, cell: str) -> Scalar:
    """Return a cell as the type that the rules compare the fact with: CSV has no types."""
    types = set()
    for condition in (each for rule in plan.rules for each in rule.conditions if each.fact == fact):
        expected = condition.expected
        operands = expected.values() if isinstance(expected, Mapping) else [expected]
        types |= {type(value) for operand in operands for value in as_list(operand)}
    if bool in types and cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    if types & {int, float}:
        try:
            return float(cell)
        except ValueError:
            return cell
    return cell


# Decisions ----------------------------------------------------------------------------------------


def decide_by(plan: DialPlan, service: ClickToDial | None) -> Decide:
    """Return a function that decides calls by the plan.

    A call without facts in its row is looked up by `service`, if there is one.
    """

    def decide(call: Call) -> str:
        if service is None or _brings_facts(call):
            decider = ClickToDial(
                plans=FixedPlan(plan),
                cache=RowCache(call),
                salesforce=RowSalesforce(call),
                breaker=CircuitBreaker(),
                attempts=UncountedAttempts(),
                pseudonym=str,
                time_budget=60.0,
            )
        else:
            decider = with_plan(service, plan)
        brings_record = any(name.startswith("record.") for name in call)
        record = call.get("SalesForceID", "") or (ANY_RECORD if brings_record else "")
        answer = explain(decider, record, call["CallerID"], call.get("AgentUID", "") or "agent")
        body = answer.body
        detail = body.get("detail") or f"{body['ServiceNumber']} {body['ServiceNumberName']}"
        return f"{answer.status} {detail}"

    return decide


def find_changes(calls: Iterable[Call], before: Decide, after: Decide) -> Iterator[Change | None]:
    """Yield for each call, in order, the change of its answer, or None if it stays the same."""

    def compare(row: int, call: Call) -> Change | None:
        change = Change(row, before(call), after(call))
        return None if change.before == change.after else change

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        yield from pool.map(compare, itertools.count(1), calls)


def find_assumptions(
    calls: Sequence[Call], plans: Sequence[DialPlan], has_service: bool
) -> list[str]:
    """Return a message for each fact that a plan uses but neither the rows nor a look-up provide.

    A call without facts in its row is looked up if there is a service; then nothing is assumed.
    """
    if not calls or (has_service and not _brings_facts(calls[0])):
        return []
    candidates = {
        LISTED: ("no number is on a list", any(plan.lists for plan in plans)),
        ATTEMPTS: ("no number was called before", any(plan.limits for plan in plans)),
    }
    return [
        f"Assumption: {assumption}, because the file has no column {column}."
        for column, (assumption, is_used) in candidates.items()
        if is_used and column not in calls[0]
    ]


def print_changes(changes: list[Change], total: int) -> None:
    """Print a table of the changes, the most frequent first."""
    if not changes:
        print_line(f"No answer changes in {total} calls.", "green")
        return
    print_line(f"{len(changes)} of {total} answers change.", "yellow")
    counts = Counter((change.before, change.after) for change in changes)
    first_row = {(change.before, change.after): change.row for change in reversed(changes)}
    rows = [
        (count, before, after, first_row[before, after])
        for (before, after), count in counts.most_common()
    ]
    print_table(("calls", "before", "after", "first in row"), rows)
