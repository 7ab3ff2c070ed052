"""Evaluation of a dial plan: the first rule that matches decides."""

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
    limited = False
    for rule in plan.rules:
        if emergency and isinstance(rule.outcome, Refuse):
            rule = _for_emergency(rule)
        matches, condition = _match(rule, facts)
        if plan.limits:
            limited = limited or _checks_limit(rule, facts)
        fact, expected = (condition.fact, condition.expected) if condition else (None, None)
        if matches is False:
            trace.append((rule.id, "failed", fact, expected))
            continue
        resolved = _resolve(plan, rule.outcome, rule.id, facts, emergency) if matches else None
        if resolved == NEXT:
            trace.append((rule.id, "no-number", None, None))
            continue
        decision = resolved if isinstance(resolved, Decision) else None
        if decision is None:
            trace.append((rule.id, "unknown", fact, expected))
            decision = _outage(plan, rule, facts, emergency)
        else:
            trace.append((rule.id, "decided", fact, expected))
            decision = _with_opening_time(decision, rule, facts)
        return replace(decision, limited=limited, trace=tuple(trace))
    return Decision(rule="", reason=UNRESOLVED, cause="unresolved", trace=tuple(trace))


def _for_emergency(rule: Rule) -> Rule:
    """Return a refusing rule with only the condition sets that may refuse an emergency call."""
    sets = []
    for conditions in rule.condition_sets:
        groups = {each.group for each in conditions}
        groups |= {group_of(fact) for each in conditions for fact, _ in each.compared}
        if NOT_FOR_EMERGENCY.isdisjoint(groups):
            sets.append(conditions)
    return replace(rule, condition_sets=tuple(sets))


def _match(rule: Rule, facts: Facts) -> tuple[bool | None, Condition | None]:
    """Return whether the rule matches (None: unknown), and the condition that failed or is unknown.

    It matches if one set of conditions holds. It is unknown if none holds and one is unknown.
    """
    failed: Condition | None = None
    unknown: Condition | None = None
    for conditions in rule.condition_sets:
        undecided: Condition | None = None
        for condition in conditions:
            holds = condition.holds(facts)
            if holds:
                continue
            if holds is False:
                if failed is None:
                    failed = condition
                break
            undecided = undecided or condition
        else:
            if undecided is None:
                return True, None
            unknown = unknown or undecided
    return (None, unknown) if unknown is not None else (False, failed)


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
    decision: Decision | None = None
    for each in plan.outage:
        matches, _ = _match(each, available)
        if matches is False:
            continue
        resolved = _resolve(plan, each.outcome, rule.id, available, emergency) if matches else None
        if resolved == NEXT:
            continue
        decision = resolved if isinstance(resolved, Decision) else None
        break
    if decision is None:
        decision = Decision(rule.id, reason=UNRESOLVED)
    return replace(decision, cause="outage")


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
