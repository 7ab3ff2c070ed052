"""Evaluation of a dial plan: the first rule that matches decides."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, Condition, group_of
from click_to_dial.dialplan.model import (
    DialPlan,
    Outcome,
    Refuse,
    Rule,
    SignalAgent,
    SignalMapping,
    SignalNumber,
    SignalRecord,
)
from click_to_dial.model import Decision, Facts, RuleTrace, ServiceNumber, as_text
from click_to_dial.phone_numbers import comparable, signalled_number

EMERGENCY = "emergency"
NEXT: Literal["next"] = "next"
NOT_FOR_EMERGENCY = frozenset(("record", "agent", "hours", LISTED, ATTEMPTS))
"""Groups of facts because of which an emergency call is never refused."""

UNRESOLVED = "No number can be signalled for this call. Please tell your administrator."


def evaluate(plan: DialPlan, facts: Facts) -> Decision:
    """Return the decision of the first rule that matches, with its trace.

    If the result of a rule depends on an unknown fact, the plan's `outage` decides: nothing is
    decided from missing data. An emergency call is not refused because of facts about the record,
    the agent, the time, lists or attempts.
    """
    emergency = facts.values.get("callee.kind") == EMERGENCY
    trace: list[RuleTrace] = []
    remaining = map(_for_emergency, plan.rules) if emergency else iter(plan.rules)
    while found := _next_rule(remaining, facts, trace):
        rule, unknown = found
        resolved = None if unknown else _resolve(plan, rule.outcome, rule.id, facts, emergency)
        if resolved == NEXT:
            trace.append((rule.id, "no-number", None, None))
            continue
        if isinstance(resolved, Decision):
            trace.append((rule.id, "decided", None, None))
            decision = _with_opening_time(resolved, rule, facts)
        else:
            fact, expected = (unknown.fact, unknown.expected) if unknown else (None, None)
            trace.append((rule.id, "unknown", fact, expected))
            decision = _outage(plan, rule, facts, emergency)
        limited = False
        if plan.limits:
            evaluated = plan.rules[: len(trace)]
            checked = map(_for_emergency, evaluated) if emergency else evaluated
            limited = any(_checks_limit(each, facts) for each in checked)
        return replace(decision, limited=limited, trace=tuple(trace))
    return Decision(rule="", reason=UNRESOLVED, cause="unresolved", trace=tuple(trace))


def _for_emergency(rule: Rule) -> Rule:
    """Return the rule. If it refuses, keep only condition sets that may refuse such a call."""
    if not isinstance(rule.outcome, Refuse):
        return rule
    sets = []
    for conditions in rule.condition_sets:
        groups = {each.group for each in conditions}
        groups |= {group_of(fact) for each in conditions for fact, _ in each.compared}
        if NOT_FOR_EMERGENCY.isdisjoint(groups):
            sets.append(conditions)
    return replace(rule, condition_sets=tuple(sets))


def _next_rule(
    rules: Iterator[Rule], facts: Facts, trace: list[RuleTrace]
) -> tuple[Rule, Condition | None] | None:
    """Return the next rule that matches or is unknown, with its unknown condition.

    It matches if one set of conditions holds. It is unknown if none holds and one is unknown. Rules
    that fail are added to the trace. This loop runs for all rules of a plan: keep it fast.
    """
    values = facts.values
    for rule in rules:
        failed: Condition | None = None
        unknown: Condition | None = None
        for conditions in rule.condition_sets:
            undecided: Condition | None = None
            for condition in conditions:
                value = values.get(condition.fact)
                if value is None or condition.compared:
                    holds = condition.holds(facts)
                else:
                    holds = condition.test(value)
                if holds:
                    continue
                if holds is None:
                    undecided = undecided or condition
                    continue
                failed = failed or condition
                break
            else:
                if undecided is None:
                    return rule, None
                unknown = unknown or undecided
        if unknown is not None:
            return rule, unknown
        trace.append((rule.id, "failed", None, None) if failed is None else failed.failure)
    return None


def _checks_limit(rule: Rule, facts: Facts) -> bool:
    """Return whether a limit was checked: limits are the last conditions of a set."""
    return any(
        conditions
        and conditions[-1].limit is not None
        and all(each.limit is not None or each.holds(facts) is not False for each in conditions)
        for conditions in rule.condition_sets
    )


def _resolve(
    plan: DialPlan, outcome: Outcome, rule: str, facts: Facts, emergency: bool
) -> Decision | Literal["next"] | None:
    """Return the decision of a rule that matches, or `next` to go on with the next rule.

    Return None if the number depends on an unknown fact.
    """
    if isinstance(outcome, Refuse):
        return Decision(rule, reason=outcome.reason)
    fact = "" if isinstance(outcome, SignalNumber) else outcome.fact
    if fact not in facts.values and group_of(fact) in facts.unknown:
        return None
    number = _signalled_number(plan, outcome, facts)
    if number is not None:
        return Decision(rule, number)
    otherwise = outcome.otherwise
    if otherwise == NEXT or (emergency and (otherwise is None or isinstance(otherwise, Refuse))):
        return NEXT
    if otherwise is None:
        return Decision(rule, reason=UNRESOLVED, cause="unresolved")
    return _resolve(plan, otherwise, rule, facts, emergency)


def _signalled_number(
    plan: DialPlan,
    outcome: SignalNumber | SignalMapping | SignalAgent | SignalRecord,
    facts: Facts,
) -> ServiceNumber | None:
    """Return the number to show, or None if there is none that may be shown now."""
    if isinstance(outcome, SignalNumber):
        return _if_available(outcome.service_number, facts)
    value = facts.values.get(outcome.fact)
    if isinstance(outcome, SignalMapping):
        entry = None if value is None else outcome.entries.get(as_text(value))
        number = entry or outcome.default
        return None if number is None else _if_available(number, facts)
    text = "" if value is None else as_text(value)
    if isinstance(outcome, SignalRecord):
        candidates = outcome.numbers.get(comparable(text, plan.numbering) or "", ())
        return next((number for number in candidates if _if_available(number, facts)), None)
    shown = signalled_number(text, outcome.prefix, plan.numbering)
    return None if shown is None else ServiceNumber(shown, outcome.name or shown)


def _if_available(number: ServiceNumber, facts: Facts) -> ServiceNumber | None:
    available = number.is_available(facts.now, facts.values.get("callee.country"))
    return number if available else None


def _outage(plan: DialPlan, rule: Rule, facts: Facts, emergency: bool) -> Decision:
    """Return what the plan's `outage` decides for a rule that needs an unknown fact.

    Facts about the record and the agent are missing, except `record.object`. If a rule of the
    outage needs an unknown fact about lists or attempts, the call is refused.
    """
    known = {
        fact: value for fact, value in facts.values.items() if group_of(fact) in ("callee", "hours")
    }
    if facts.clicked_object is not None:
        known["record.object"] = facts.clicked_object
    available = Facts(known, facts.unknown & {LISTED, ATTEMPTS}, facts.now)
    remaining = iter(plan.outage)
    while found := _next_rule(remaining, available, []):
        applied, unknown = found
        if unknown is not None:
            break
        resolved = _resolve(plan, applied.outcome, rule.id, available, emergency)
        if isinstance(resolved, Decision):
            return replace(resolved, cause="outage")
        if resolved is None:
            break
    return Decision(rule.id, reason=UNRESOLVED, cause="outage")


def _with_opening_time(decision: Decision, rule: Rule, facts: Facts) -> Decision:
    """Add to a refusal for calling hours when they begin, in place of `{opens}` or at the end.

    Only the set of conditions that holds counts: a person who opted out may not be called later.
    """
    if not decision.reason or decision.cause != "rule":
        return decision
    sets = (each for each in rule.condition_sets if all(one.holds(facts) for one in each))
    times = [facts.values.get(f"{condition.fact}.opens") for condition in next(sets, ())]
    opens = min((str(time) for time in times if time is not None), default=None)
    if "{opens}" in decision.reason:
        return replace(decision, reason=decision.reason.replace("{opens}", opens or "?"))
    if opens is None:
        return decision
    return replace(decision, reason=f"{decision.reason} Calling is allowed again from {opens}.")
