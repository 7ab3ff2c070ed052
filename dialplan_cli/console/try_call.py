"""Screen "Try a call": the answer that jtel would get, and how it comes about."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, render_template, request

from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.fact_sources import GatheredFacts
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, ON_RECORD
from click_to_dial.model import Callee, RuleTrace, Scalar
from dialplan_cli.console.calling_day import ShownWindow, shown_windows
from dialplan_cli.console.context import Console, console
from dialplan_cli.console.language import has_text, text
from dialplan_cli.console.security import reads_only
from dialplan_cli.console.shown_plan import ShownPlan, plan_of_file, shown_plan
from dialplan_cli.console.words import Words, age, country_name, international
from dialplan_cli.explain import Explanation, explain, explain_outage, with_plan
from dialplan_cli.plan.read import parse_content

blueprint = Blueprint("try_call", __name__, url_prefix="/try")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The fields of the form, as they were typed. `at` is empty for now."""

    record: str = ""
    number: str = ""
    agent: str = ""
    at: str = ""
    outage: bool = False

    @property
    def time(self) -> datetime | None:
        """The time of the call in the home zone, or None for now. Raises ValueError."""
        if not self.at:
            return None
        found = datetime.fromisoformat(self.at).replace(tzinfo=None)
        if not 1970 <= found.year < 9999:
            raise ValueError(self.at)
        return found


@dataclass(frozen=True, slots=True)
class Step:
    """An evaluated rule in words. `required` has the condition that failed, or all that are met."""

    rule: str
    result: str
    required: str
    found: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the called number, with the evaluated rules."""

    callee: Callee
    written: str
    country: str
    kind: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact with its value and its origin in words."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Result:
    """A decided call. `readings` are two for an ambiguous number.

    `skipped` is the number of rules after the deciding one.
    """

    explanation: Explanation
    readings: tuple[Reading, ...]
    facts: tuple[ShownFact, ...]
    windows: tuple[ShownWindow, ...]
    skipped: int


@blueprint.get("/")
def show() -> str:
    """Show the form."""
    return _page(shown_plan(console()), Inputs(), None)


@blueprint.post("/")
@reads_only
def decide() -> str:
    """Decide the call of the form, with the shown plan or an uploaded one."""
    inputs = Inputs(
        record=request.form.get("record", "").strip(),
        number=request.form.get("number", "").strip(),
        agent=request.form.get("agent", "").strip(),
        at=request.form.get("at", "").strip(),
        outage=request.form.get("salesforce") == "down",
    )
    upload = request.files.get("plan")
    if upload is not None and upload.filename:
        plan = plan_of_file(console(), parse_content(upload.read(), upload.filename))
    else:
        plan = shown_plan(console())
    try:
        result = _decide(console(), plan, inputs)
    except ValueError:
        return _page(plan, inputs, None, text("try_call.bad_time"))
    return _page(plan, inputs, result)


def _page(plan: ShownPlan, inputs: Inputs, result: Result | None, error: str = "") -> str:
    return render_template("try_call.html", plan=plan, inputs=inputs, result=result, error=error)


def _decide(shown: Console, plan: ShownPlan, inputs: Inputs) -> Result | None:
    """Decide a call as the command `explain` does. Return None if no system runs."""
    if shown.target is None:
        return None
    service = replace(with_plan(shown.target.service, plan.plan), breaker=CircuitBreaker())
    decide_call = explain_outage if inputs.outage else explain
    explanation = decide_call(service, inputs.record, inputs.number, inputs.agent, inputs.time)
    report = explanation.report
    if report is None:
        return Result(explanation, (), (), (), 0)
    words = Words(plan.document, plan.zone, report.facts.now)
    values = report.facts.values
    readings = [_reading(words, report.click.callee, explanation.trace, values)]
    if report.other is not None:
        other = report.other
        trace = other.decision.trace
        readings.append(_reading(words, other.callee, trace, other.facts.values))
    return Result(
        explanation=explanation,
        readings=tuple(readings),
        facts=tuple(
            ShownFact(name, words.value(name, value), _origin(report.gathered, name))
            for name, value in sorted(values.items())
        ),
        windows=tuple(shown_windows(plan.plan, report.click.callee, report.facts.now)),
        skipped=len(plan.document["rules"]) - len(explanation.trace),
    )


def _reading(
    words: Words, callee: Callee, trace: tuple[RuleTrace, ...], values: Mapping[str, Scalar]
) -> Reading:
    return Reading(
        callee=callee,
        written=international(callee),
        country=country_name(callee.country) if callee.country else "",
        kind=words.value("callee.kind", callee.kind),
        steps=tuple(_step(words, each, values) for each in trace),
    )


def _step(words: Words, trace: RuleTrace, values: Mapping[str, Scalar]) -> Step:
    """Return how a rule was evaluated, with the value that the failed condition met."""
    rule, result, fact, expected = trace
    if fact is None:
        key = "unknown_number" if result == "unknown" else result
        met = "" if result == "failed" else words.conditions(rule)
        required = text("try_call.requires", condition=met) if met else ""
        return Step(rule, result, required, text(f"try_call.step_{key}"))
    required = text("try_call.requires", condition=words.condition(fact, expected))
    if result == "unknown":
        is_stored = fact.startswith((LISTED, ATTEMPTS))
        found = text("try_call.unknown_table" if is_stored else "try_call.unknown_salesforce")
    elif isinstance(values.get(fact), bool) and isinstance(expected, bool):
        found = text("try_call.found_that", condition=words.condition(fact, values[fact]))
    elif fact in values:
        found = text("try_call.found", value=words.value(fact, values[fact]))
    else:
        found = text("try_call.found_nothing")
    return Step(rule, result, required, found)


def _origin(gathered: GatheredFacts, name: str) -> str:
    """Return where a fact comes from, with the age of a copy."""
    if name.startswith((LISTED, ATTEMPTS)):
        return text("try_call.from_table")
    group = "record" if name == ON_RECORD else name.partition(".")[0]
    if group not in ("record", "agent"):
        return text(f"try_call.from_{group}") if has_text(f"try_call.from_{group}") else ""
    is_record = group == "record"
    origin = gathered.record_from if is_record else gathered.agent_from
    seconds = gathered.record_age if is_record else gathered.agent_age
    return text(f"try_call.from_{origin}", age=age(seconds))
