"""The decision: the first rule whose conditions all hold. Pure, and able to explain itself."""

from dataclasses import dataclass, replace
from typing import Literal

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
from click_to_dial.model import Decision, Facts, Scalar, ServiceNumber

UNRESOLVED = "No number can be signalled for this call. Please tell your administrator."


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule in an explanation.

    `condition` is the one that settled it: that failed, or that could not be judged because its
    fact is unknown; None where all hold, and the rule decided, or its number takes an unknown fact.
    `value` is what it met, None for a missing fact.
    """

    rule: str
    result: Literal["failed", "unknown", "decided"]
    condition: Condition | None = None
    value: Scalar | None = None


def decide(plan: DialPlan, facts: Facts, tried: list[RuleTrace] | None = None) -> Decision:
    """What becomes of a call; each rule that was looked at is added to `tried`.

    Rules are tried in order. Where an unknown fact leaves open whether a rule holds, or which
    number it signals, the plan's `outage` decides: nothing is decided from data that is not there.
    """
    limited = False
    for rule in plan.rules:
        settled, result = _judge(rule, facts)
        limited = limited or _looks_at_limit(rule, settled)
        resolved = _resolve(rule.outcome, rule.id, facts) if result == "decided" else None
        if result == "decided" and resolved is None:
            result = "unknown"
        if tried is not None:
            value = None if settled is None else facts.values.get(settled.fact)
            tried.append(RuleTrace(rule.id, result, settled, value))
        if result == "failed":
            continue
        decision = (
            _outage(plan, rule, facts) if resolved is None else _with_times(resolved, rule, facts)
        )
        return replace(decision, limited=True) if limited else decision
    return Decision(rule="", reason=UNRESOLVED, cause="unresolved")


def _looks_at_limit(rule: Rule, settled: Condition | None) -> bool:
    """Limits come last in a rule: they are looked at where nothing before them settles it."""
    if settled is not None:  # of a large plan nearly every rule: worth a shorter way
        return settled.attempts is not None
    return any(each.attempts for each in rule.conditions)


def _judge(
    rule: Rule, facts: Facts
) -> tuple[Condition | None, Literal["failed", "unknown", "decided"]]:
    """A condition that fails settles the rule, whatever is unknown of the others."""
    unknown: Condition | None = None
    for condition in rule.conditions:
        holds = condition.holds(facts)
        if holds is False:
            return condition, "failed"
        if holds is None:
            unknown = unknown or condition
    return (None, "decided") if unknown is None else (unknown, "unknown")


def _with_times(decision: Decision, rule: Rule, facts: Facts) -> Decision:
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
