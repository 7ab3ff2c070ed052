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
        fact, expected = (condition.fact, condition.expected) if condition else (None, None)
        last_checked = condition or next(reversed(rule.conditions), None)  # limits come last
        limited = limited or (last_checked is not None and last_checked.limit is not None)
        if matches is False:
            trace.append((rule.id, "failed", fact, expected))
            continue
        decision = _resolve(plan, rule.outcome, rule.id, facts) if matches else None
        if decision is not None:
            trace.append((rule.id, "decided", fact, expected))
            decision = _with_opening_time(decision, rule, facts)
        else:
            trace.append((rule.id, "unknown", fact, expected))
            decision = _resolve(plan, plan.outage, rule.id, facts)
            # Without a decision, the outage itself needs an unknown fact.
            decision = replace(decision or Decision(rule.id, reason=UNRESOLVED), cause="outage")
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


def _resolve(plan: DialPlan, outcome: Outcome, rule: str, facts: Facts) -> Decision | None:
    """Return the decision of a rule that matches; None if its number needs an unknown fact."""
    if isinstance(outcome, Refuse):
        return Decision(rule, reason=outcome.reason)
    if isinstance(outcome, SignalNumber):
        number: ServiceNumber | None = outcome.service_number
    else:
        value = facts.values.get(outcome.fact)
        if value is None and outcome.fact.partition(".")[0] in facts.unknown:
            return None
        number = _number_for(plan, outcome, value)
    if number is not None and number.is_available(facts.now, facts.values.get("callee.country")):
        return Decision(rule, number)
    if outcome.otherwise is not None:
        return _resolve(plan, outcome.otherwise, rule, facts)
    return Decision(rule, reason=UNRESOLVED, cause="unresolved")


def _number_for(
    plan: DialPlan, outcome: SignalMapping | SignalAgent, value: Scalar | None
) -> ServiceNumber | None:
    """Return the number that a mapping or an agent's attribute gives for the value of a fact.

    The keys of a mapping are text: `true`, or `7` also for 7.0.
    """
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, float) and value.is_integer():
        text = str(int(value))
    else:
        text = "" if value is None else str(value)
    if isinstance(outcome, SignalMapping):
        entry = None if value is None else outcome.entries.get(text)
        return entry or outcome.default
    number = signalled_number(text, outcome.prefix, plan.numbering)
    return None if number is None else ServiceNumber(number, outcome.name or number)


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
