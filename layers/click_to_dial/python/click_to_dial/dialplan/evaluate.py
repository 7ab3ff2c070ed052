"""The decision: the first rule whose conditions all hold. Pure, and able to explain itself."""

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
from click_to_dial.model import Decision, Facts, RuleResult, RuleTrace, Scalar, ServiceNumber

UNRESOLVED = "No number can be signalled for this call. Please tell your administrator."


def evaluate(plan: DialPlan, facts: Facts) -> Decision:
    """Return the decision of the first rule that matches, with its trace.

    If a rule's result depends on an unknown fact, the plan's `outage` decides: nothing is decided
    from data that is not there.
    """
    trace: list[RuleTrace] = []
    limited = False
    for rule in plan.rules:
        condition, matches = _match(rule, facts)
        limited = limited or _checks_limit(rule, condition)
        if condition is not None:
            result: RuleResult = "unknown" if matches is None else "failed"
            trace.append((rule.id, result, condition.fact, condition.expected))
            if matches is False:
                continue
            decision = None
        else:
            decision = _resolve(rule.outcome, rule.id, facts)
            trace.append((rule.id, "unknown" if decision is None else "decided", None, None))
        if decision is None:
            decision = _outage(plan, rule, facts)
        else:
            decision = _with_opening_time(decision, rule, facts)
        return replace(decision, limited=limited, trace=tuple(trace))
    return Decision(rule="", reason=UNRESOLVED, cause="unresolved", trace=tuple(trace))


def _match(rule: Rule, facts: Facts) -> tuple[Condition | None, bool | None]:
    """Return the condition that settled the rule, and whether the rule matches.

    A condition that fails settles the rule even if others are unknown. The condition is None if all
    of them hold; the result is None if it depends on an unknown fact.
    """
    unknown: Condition | None = None
    for condition in rule.conditions:
        holds = condition.holds(facts)
        if holds is False:
            return condition, False
        if holds is None:
            unknown = unknown or condition
    return (None, True) if unknown is None else (unknown, None)


def _checks_limit(rule: Rule, settled: Condition | None) -> bool:
    """Return whether a limit was checked: limits are the last conditions of a rule."""
    if settled is not None:  # nearly every rule of a large plan: keep this fast
        return settled.attempts is not None
    return any(each.attempts for each in rule.conditions)


def _with_opening_time(decision: Decision, rule: Rule, facts: Facts) -> Decision:
    """A refusal for calling hours says when they begin: at `{opens}`, or at the end."""
    if not decision.reason or decision.cause != "rule":
        return decision
    times = [facts.values.get(f"{condition.fact}.opens") for condition in rule.conditions]
    opens = min((str(time) for time in times if time is not None), default=None)
    if "{opens}" in decision.reason:
        return replace(decision, reason=decision.reason.replace("{opens}", opens or "?"))
    if opens is None:
        return decision
    return replace(decision, reason=f"{decision.reason} Calling is allowed again from {opens}.")


def _outage(plan: DialPlan, rule: Rule, facts: Facts) -> Decision:
    decision = _resolve(plan.outage, rule.id, facts)
    if decision is None:  # even the outage needs a fact that cannot be had
        decision = Decision(rule=rule.id, reason=UNRESOLVED)
    return replace(decision, cause="outage")


def _resolve(outcome: Outcome, rule: str, facts: Facts) -> Decision | None:
    """The decision; None where it takes a fact that is unknown."""
    key = ""  # the fact that it depends on
    value: Scalar | None = None
    signalled: ServiceNumber | None
    match outcome:
        case Refuse(reason):
            return Decision(rule, reason=reason)
        case SignalNumber(service_number):
            signalled = service_number
        case SignalMapping(mapping, key):
            value = facts.values.get(key)
            found = None if value is None else mapping.entries.get(_as_key(value))
            signalled = found or mapping.default
        case SignalAgent(fact, prefix, name):
            key = fact
            value = facts.values.get(fact)
            number = "" if value is None else _as_key(value).strip()
            signalled = ServiceNumber(prefix + number, name or prefix + number) if number else None
    if value is None and key.partition(".")[0] in facts.unknown:
        return None
    if signalled is not None and _may_be_signalled(signalled, facts):
        return Decision(rule, signalled)
    if outcome.otherwise is not None:
        return _resolve(outcome.otherwise, rule, facts)
    return Decision(rule, reason=UNRESOLVED, cause="unresolved")


def _may_be_signalled(number: ServiceNumber, facts: Facts) -> bool:
    """Whether it is the company's to show, at this time and to callees in this country."""
    if number.valid_from is not None and facts.now < number.valid_from:
        return False
    if number.valid_to is not None and facts.now >= number.valid_to:
        return False
    return number.regions is None or facts.values.get("callee.country") in number.regions


def _as_key(value: Scalar) -> str:
    """A fact as the text that mappings are keyed by: `true`, `7` (also for 7.0), or itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
