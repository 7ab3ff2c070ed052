"""Why a call is decided as it is, by the very code that decides it in the function."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.decision import api as http
from click_to_dial.decision.service import ClickToDial, Report
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED
from click_to_dial.errors import BadParameterError, ClickToDialError, DialPlanError
from click_to_dial.model import RuleTrace, Scalar
from dialplan_cli.calls_file import NotCounted
from dialplan_cli.output import print_line, show_table


@dataclass(slots=True)
class FixedPlan:
    """The port `DialPlans`, for a plan that is not published (yet)."""

    plan: DialPlan
    failure: ClickToDialError | None = None

    def get(self, deadline: Deadline) -> DialPlan:
        """The plan."""
        return self.plan


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was known, which rules were evaluated, and what jtel would get: status and body.

    `report` is None where the call could not be read or there is no plan.
    """

    status: int
    body: dict[str, Any]
    report: Report | None = None

    @property
    def facts(self) -> dict[str, Scalar]:
        """The facts that the rules were judged by."""
        report = self.report
        return {} if report is None else dict(report.facts.values)

    @property
    def trace(self) -> tuple[RuleTrace, ...]:
        """Each rule that was evaluated; none if the record does not exist."""
        report = self.report
        return () if report is None or report.decision is None else report.decision.trace


def with_plan(service: ClickToDial, plan: DialPlan) -> ClickToDial:
    """The same service, deciding by another plan."""
    return replace(service, plans=FixedPlan(plan))


def explain(
    service: ClickToDial, record: str, number: str, agent: str, at: datetime | None = None
) -> Explanation:
    """Decides one call as the function would, now or `at` a time, and keeps what led to it."""
    if at is not None:
        service = replace(service, clock=at.timestamp)
    query = {"SalesForceID": [record], "CallerID": [number], "AgentUID": [agent]}
    try:
        report = replace(service, attempts=NotCounted()).decide(
            http.read_request({"multiValueQueryStringParameters": query})
        )
    except BadParameterError as error:
        return _explanation(http.bad_parameter(error))
    except DialPlanError as error:
        return _explanation(http.no_dial_plan(error))
    return replace(_explanation(http.answer(report)), report=report)


def _explanation(response: http.Response) -> Explanation:
    return Explanation(response["statusCode"], json.loads(response["body"]))


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation for machines."""
    report = explanation.report
    gathered = None if report is None else report.gathered
    return {
        "status": explanation.status,
        "body": explanation.body,
        "plan_version": None if report is None else report.plan_version,
        "callee": None if report is None else report.callee,
        "record_from": None if gathered is None else gathered.record_from,
        "agent_from": None if gathered is None else gathered.agent_from,
        "facts": explanation.facts,
        "rules": [
            {
                "rule": rule,
                "result": result,
                "fact": fact,
                "expected": expected,
                "value": explanation.facts.get(fact or ""),
            }
            for rule, result, fact, expected in explanation.trace
        ],
    }


def show(explanation: Explanation) -> None:
    """The explanation for people."""
    report = explanation.report
    if report is not None:
        gathered = report.gathered
        facts = sorted(explanation.facts.items())
        print_line(f"Facts (record: {gathered.record_from}, agent: {gathered.agent_from})", "bold")
        if report.callee is not None:
            print_line(f"The log has this number as {report.callee}")
        show_table(("fact", "value"), [(name, _shown(value)) for name, value in facts])
        for failure in gathered.failures:
            print_line(f"Salesforce: {failure.reason}: {failure}", "yellow")
        version = report.plan_version
        print_line(f"\nRules of {f'version {version}' if version else 'the file'}", "bold")
        show_table(
            ("rule", "", "because"), [_row(each, explanation.facts) for each in explanation.trace]
        )
    print_line("\nAnswer", "bold")
    print_line(f"{explanation.status} {_shown(explanation.body)}")


def _row(trace: RuleTrace, facts: Mapping[str, Scalar]) -> tuple[str, str, str]:
    rule, result, fact, expected = trace
    if fact is None and result == "unknown":
        return rule, result, "what its number takes is not known: `outage` decides"
    if fact is None:
        return rule, result, "all its conditions hold"
    met = f"it is {_shown(facts[fact])}" if fact in facts else "it is missing"
    if result == "unknown":
        looked_up = fact.startswith((LISTED, ATTEMPTS))
        asked = "the table could not be read" if looked_up else "Salesforce could not be asked"
        met = f"{asked}: `outage` decides"
    return rule, result, f"{fact} must be {_shown(expected)}; {met}"


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
