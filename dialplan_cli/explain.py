"""Explain a decision: decide a call with the code of the function, and show the rules and facts."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from click_to_dial.deadline import Deadline
from click_to_dial.decision import api
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.number_lookups import counts
from click_to_dial.decision.service import ClickToDial, Report, Request
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED
from click_to_dial.dynamodb.number_lists import StoredForNumber, to_list_entry
from click_to_dial.errors import (
    BadParameterError,
    ClickToDialError,
    SalesforceUnavailableError,
)
from click_to_dial.model import RuleTrace, Scalar
from click_to_dial.ports import (
    CachedFacts,
    SalesforceRequest,
    SalesforceResult,
    StoredItem,
)
from dialplan_cli.output import print_line, print_table
from dialplan_cli.plan.hours import home_zone


@dataclass(slots=True)
class FixedPlan:
    """The port `DialPlans` for one plan, which need not be published."""

    plan: DialPlan
    failure: ClickToDialError | None = None

    def get(self, deadline: Deadline) -> DialPlan:
        """Return the plan."""
        return self.plan


class UncountedAttempts:
    """The port `Attempts` that counts nothing, because an explained call is not placed."""

    def read(self, key: str) -> None:
        """Return None: no calls are stored."""

    def replace(self, key: str, before: StoredItem | None, after: StoredItem) -> bool:
        """Store nothing, and report success."""
        return True


class DownSalesforce:
    """The port `Salesforce` during an outage."""

    def prepare(self, deadline: Deadline) -> None:
        """Do nothing: there is no connection."""

    def fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """Raise SalesforceUnavailableError."""
        raise SalesforceUnavailableError("outage", "with --outage, Salesforce is not asked.")


@dataclass(frozen=True, slots=True)
class NoCopies:
    """The port `FactsCache` without records and agents. Nothing is stored.

    `items` reads the list entries and the attempts with the given keys.
    """

    items: Callable[[Sequence[str]], CachedFacts]

    def read(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, others: Sequence[str] = ()
    ) -> CachedFacts:
        """Return only the items of the keys `others`. Raises DynamoDBError."""
        cached = self.items(others)
        return CachedFacts(items=cached.items, failure=cached.failure)

    def write(
        self,
        plan: DialPlan,
        record_id: str | None,
        agent_uid: str,
        result: SalesforceResult,
        asked_at: float,
    ) -> None:
        """Store nothing."""


@dataclass(frozen=True, slots=True)
class OnList:
    """A list that contains the called number, with the reason and the source of its entry."""

    list: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer that jtel would get, as status and body, and the report that led to it.

    `report` is None if the request is malformed. `on_lists` are the lists of the rules that contain
    the number, in any of its readings. `at` is the time that was given, with its zone. In
    an outage, `without_copies` is the explanation for a call whose record and agent have no copies
    in the table, or None if there are no copies anyway.
    """

    status: int
    body: dict[str, Any]
    report: Report | None = None
    on_lists: tuple[OnList, ...] = ()
    at: datetime | None = None
    without_copies: "Explanation | None" = None

    @property
    def facts(self) -> dict[str, Scalar]:
        """The facts that the rules were evaluated with."""
        return {} if self.report is None else dict(self.report.facts.values)

    @property
    def trace(self) -> tuple[RuleTrace, ...]:
        """The rules that were evaluated. It is empty if the record does not exist."""
        if self.report is None or self.report.decision is None:
            return ()
        return self.report.decision.trace


def with_plan(service: ClickToDial, plan: DialPlan) -> ClickToDial:
    """Return the service with another plan."""
    return replace(service, plans=FixedPlan(plan))


def explain_outage(
    service: ClickToDial, record: str, number: str, agent: str, at: datetime | None = None
) -> Explanation:
    """Decide one call as the function would while Salesforce cannot be reached.

    Raises DialPlanError.
    """
    down = replace(service, salesforce=DownSalesforce(), breaker=CircuitBreaker())
    explanation = explain(down, record, number, agent, at)
    report = explanation.report
    if report is None or not {"cached", "stale"} & {
        report.gathered.record_from,
        report.gathered.agent_from,
    }:
        return explanation
    plan = service.plans.get(Deadline(service.time_budget))
    no_copies = NoCopies(partial(service.cache.read, plan, None, ""))
    without_copies = replace(down, cache=no_copies, breaker=CircuitBreaker())
    other = explain(without_copies, record, number, agent, at)
    return replace(explanation, without_copies=other)


def explain(
    service: ClickToDial, record: str, number: str, agent: str, at: datetime | None = None
) -> Explanation:
    """Decide one call as the function would, at the time `at`. Default: now.

    A time without a zone is in the home zone of the plan, or in UTC if the plan does not tell it.
    Raises DialPlanError.
    """
    service = replace(service, attempts=UncountedAttempts())
    report = None
    on_lists: tuple[OnList, ...] = ()
    try:
        if at is not None and at.tzinfo is None:
            plan = service.plans.get(Deadline(service.time_budget))
            zone = plan.home_zone or home_zone(plan.numbering.home_region) or "UTC"
            at = at.replace(tzinfo=ZoneInfo(zone))
        if at is not None:
            service = replace(service, clock=at.timestamp)
        report = service.decide(to_request(record, number, agent))
        on_lists = find_lists(service.plans.get(Deadline(service.time_budget)), report)
    except BadParameterError as error:
        response = api.bad_parameter(error)
    else:
        response = api.answer(report)
    return Explanation(response["statusCode"], json.loads(response["body"]), report, on_lists, at)


def find_lists(plan: DialPlan, report: Report) -> tuple[OnList, ...]:
    """Return the lists that contain the number of a call."""
    found = []
    for key, item in report.gathered.items.items():
        kind, name, *_ = key.split("#")
        if kind == "list" and item is not None and counts(plan, name, item, report.facts.now):
            entry = to_list_entry(StoredForNumber(key, "", item))
            found.append(OnList(name, entry.reason, entry.source))
    return tuple(found)


def to_request(record: str, number: str, agent: str) -> Request:
    """Return the request that jtel would send. Raises BadParameterError."""
    query = {"SalesForceID": [record], "CallerID": [number], "AgentUID": [agent]}
    return api.read_request({"multiValueQueryStringParameters": query})


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as a JSON document."""
    report = explanation.report
    gathered = None if report is None else report.gathered
    return {
        "status": explanation.status,
        "body": explanation.body,
        "plan_version": None if report is None else report.plan_version,
        "callee": None if report is None else report.callee,
        "record_from": None if gathered is None else gathered.record_from,
        "agent_from": None if gathered is None else gathered.agent_from,
        "at": None if explanation.at is None else explanation.at.isoformat(),
        "facts": explanation.facts,
        "on_lists": [asdict(each) for each in explanation.on_lists],
        "rules": _rules_as_json(explanation.trace, explanation.facts),
        "without_copies": None
        if explanation.without_copies is None
        else as_json(explanation.without_copies),
        "other_reading": None
        if report is None or report.other is None
        else {
            "facts": dict(report.other.facts.values),
            "rules": _rules_as_json(report.other.decision.trace, report.other.facts.values),
        },
    }


def _rules_as_json(
    traces: tuple[RuleTrace, ...], facts: Mapping[str, Scalar]
) -> list[dict[str, Any]]:
    return [
        {
            "rule": rule,
            "result": result,
            "fact": fact,
            "expected": expected,
            "value": facts.get(fact or ""),
        }
        for rule, result, fact, expected in traces
    ]


def print_explanation(explanation: Explanation) -> None:
    """Print the facts, the evaluated rules and the answer."""
    report = explanation.report
    if explanation.at is not None:
        print_line(f"Time of the call: {explanation.at:%Y-%m-%d %H:%M} {explanation.at.tzname()}")
    if report is not None:
        gathered = report.gathered
        print_line(f"Facts (record: {gathered.record_from}, agent: {gathered.agent_from})", "bold")
        if report.callee is not None:
            print_line(f"Hash of the number in the log: {report.callee}")
        facts = [(name, _to_text(value)) for name, value in sorted(explanation.facts.items())]
        print_table(("fact", "value"), facts)
        for each in explanation.on_lists:
            print_line(f"On the list {each.list}: {each.reason or '-'} ({each.source or '-'})")
        for failure in gathered.failures:
            print_line(f"Salesforce: {failure.reason}: {failure}", "yellow")
        version = report.plan_version
        if explanation.trace:
            print_line(f"\nRules of {f'version {version}' if version else 'the file'}", "bold")
            _print_rules(explanation.trace, explanation.facts)
        if report.other is not None:
            print_line(
                "\nThe number is ambiguous: it is allowed only if both readings are. "
                "Facts and rules of the other reading",
                "bold",
            )
            values = report.other.facts.values
            callee = [(name, values[name]) for name in sorted(values) if name.startswith("callee.")]
            print_table(("fact", "value"), [(name, _to_text(value)) for name, value in callee])
            _print_rules(report.other.decision.trace, values)
    print_line("\nAnswer", "bold")
    print_line(f"{explanation.status} {_to_text(explanation.body)}")
    if explanation.without_copies is not None:
        print_line(
            "\nThis answer uses copies of record or agent. If they are too old or missing: ", "bold"
        )
        print_line(
            f"{explanation.without_copies.status} {_to_text(explanation.without_copies.body)}"
        )


def _print_rules(traces: tuple[RuleTrace, ...], facts: Mapping[str, Scalar]) -> None:
    rows = [(trace[0], trace[1], _reason(trace, facts)) for trace in traces]
    print_table(("rule", "", "because"), rows)


def _reason(trace: RuleTrace, facts: Mapping[str, Scalar]) -> str:
    """Return why the rule decided, failed or could not be evaluated."""
    _, result, fact, expected = trace
    if fact is None and result == "unknown":
        return "its service number depends on an unknown fact: `outage` decides"
    if fact is None:
        return "all its conditions hold"
    if result == "unknown" and fact.startswith((LISTED, ATTEMPTS)):
        found = "the table, or a list in Salesforce, was not read completely: `outage` decides"
    elif result == "unknown":
        found = "Salesforce could not be asked: `outage` decides"
    else:
        found = f"it is {_to_text(facts[fact])}" if fact in facts else "it is missing"
    return f"{fact} must be {_to_text(expected)}; {found}"


def _to_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
