"""Evaluation of a dial plan: the first rule that matches decides."""

from dataclasses import replace

from click_to_dial.dialplan.conditions import Condition
from click_to_dial.dialplan.model import (
    DialPlan,
    Outcome,
    Refuse,
    Rule,
    SignalAgent,
    SignalMapping,
    SignalNumber,
)
from click_to_dial.model import Decision, Facts, RuleTrace, Scalar, ServiceNumber
from click_to_dial.phone_numbers import signalled_number

UNRESOLVED = "No number can be signalled for this call. Please tell your administrator."


def evaluate(plan: DialPlan, facts: Facts) -> Decision:
    """Return the decision of the first rule that matches, with its trace.

    If the result of a rule depends on an unknown fact, the plan's `outage` decides: nothing is
    decided from missing data.
    """
    trace: list[RuleTrace] = []
    limited = False
    for rule in plan.rules:
        matches, condition = _match(rule, facts)
        limited = limited or _checks_limit(rule, condition)
        fact, expected = (condition.fact, condition.expected) if condition else (None, None)
        if matches is False:
            trace.append((rule.id, "failed", fact, expected))
            continue
        decision = _resolve(plan, rule.outcome, rule.id, facts) if matches else None
        if decision is None:
            trace.append((rule.id, "unknown", fact, expected))
            decision = _outage(plan, rule, facts)
        else:
            trace.append((rule.id, "decided", fact, expected))
            decision = _with_opening_time(decision, rule, facts)
        return replace(decision, limited=limited, trace=tuple(trace))
    return Decision(rule="", reason=UNRESOLVED, cause="unresolved", trace=tuple(trace))


def _match(rule: Rule, facts: Facts) -> tuple[bool | None, Condition | None]:
    """Return whether the rule matches (None: unknown), and the condition that failed or is unknown.

    A condition that fails settles the rule even if another one is unknown.
    """
    unknown: Condition | None = None
    for condition in rule.conditions:
        holds = condition.holds(facts)
        if holds is False:
            return False, condition
        if holds is None:
            unknown = unknown or condition
    return (True, None) if unknown is None else (None, unknown)


def _checks_limit(rule: Rule, settled_by: Condition | None) -> bool:
    """Return whether a limit was checked: limits are the last conditions of a rule."""
    if settled_by is not None:  # nearly every rule of a large plan: keep this fast
        return settled_by.limit is not None
    return any(condition.limit for condition in rule.conditions)


def _resolve(plan: DialPlan, outcome: Outcome, rule: str, facts: Facts) -> Decision | None:
    """Return the decision of a rule that matches; None if its number needs an unknown fact."""
    if isinstance(outcome, Refuse):
        return Decision(rule, reason=outcome.reason)
    fact = "" if isinstance(outcome, SignalNumber) else outcome.fact
    if fact not in facts.values and fact.partition(".")[0] in facts.unknown:
        return None
    number = _signalled_number(plan, outcome, facts)
    if number is not None and _is_available(number, facts):
        return Decision(rule, number)
    if outcome.otherwise is not None:
        return _resolve(plan, outcome.otherwise, rule, facts)
    return Decision(rule, reason=UNRESOLVED, cause="unresolved")


def _signalled_number(
    plan: DialPlan, outcome: SignalNumber | SignalMapping | SignalAgent, facts: Facts
) -> ServiceNumber | None:
    if isinstance(outcome, SignalNumber):
        return outcome.service_number
    value = facts.values.get(outcome.fact)
    if isinstance(outcome, SignalMapping):
        entry = None if value is None else outcome.entries.get(_as_text(value))
        return entry or outcome.default
    extension = "" if value is None else _as_text(value)
    number = signalled_number(extension, outcome.prefix, plan.numbering)
    return None if number is None else ServiceNumber(number, outcome.name or number)


def _is_available(number: ServiceNumber, facts: Facts) -> bool:
    """Return whether the number may be shown now and to a callee in this country."""
    if number.valid_from is not None and facts.now < number.valid_from:
        return False
    if number.valid_to is not None and facts.now >= number.valid_to:
        return False
    return number.regions is None or facts.values.get("callee.country") in number.regions


def _outage(plan: DialPlan, rule: Rule, facts: Facts) -> Decision:
    decision = _resolve(plan, plan.outage, rule.id, facts)
    if decision is None:  # the outage itself needs an unknown fact
        decision = Decision(rule=rule.id, reason=UNRESOLVED)
    return replace(decision, cause="outage")


def _with_opening_time(decision: Decision, rule: Rule, facts: Facts) -> Decision:
    """Add to a refusal for calling hours when they begin, in place of `{opens}` or at the end."""
    if not decision.reason or decision.cause != "rule":
        return decision
    times = [facts.values.get(f"{condition.fact}.opens") for condition in rule.conditions]
    opens = min((str(time) for time in times if time is not None), default=None)
    if "{opens}" in decision.reason:
        return replace(decision, reason=decision.reason.replace("{opens}", opens or "?"))
    if opens is None:
        return decision
    return replace(decision, reason=f"{decision.reason} Calling is allowed again from {opens}.")


def _as_text(value: Scalar) -> str:
    """Return a fact as a mapping's keys are written: `true`, `7` (also for 7.0), or the text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
