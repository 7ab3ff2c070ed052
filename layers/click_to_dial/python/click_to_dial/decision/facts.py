"""Facts by the names that the dial plan uses."""

from collections.abc import Mapping

from click_to_dial.decision.fact_sources import GatheredFacts
from click_to_dial.decision.number_lookups import (
    Calls,
    attempts_facts,
    attempts_key,
    calls_of,
    listed_facts,
)
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED
from click_to_dial.model import Callee, Click, Facts, Scalar
from click_to_dial.ports import StoredItem
from click_to_dial.pseudonym import Pseudonym

Values = Mapping[str, Scalar | None]
"""Facts by name; None if missing."""


def to_facts(
    plan: DialPlan,
    click: Click,
    gathered: GatheredFacts,
    pseudonym: Pseudonym,
    now: float,
) -> Facts:
    """Return the facts about a click at `now` (seconds since 1970)."""
    callee, record, agent = click.callee, gathered.record, gathered.agent
    values = dict(_callee_facts(plan, callee, now))
    if record is not None:
        values |= _prefixed("record", {"object": record.object_name, **record.attributes})
    if agent is not None:
        values |= _prefixed("agent", {"known": agent.known, **agent.attributes})
    unknown = set()
    if gathered.record_from in ("unasked", "unknown"):
        unknown.add("record")
    if agent is None:
        unknown.add("agent")
    if plan.lists or plan.limits:
        if gathered.items is None and callee.number is not None:
            unknown |= {LISTED, ATTEMPTS}
        else:
            items = gathered.items or {}
            values |= listed_facts(plan, callee, items, pseudonym, now)
            calls = _calls(callee, items, pseudonym)
            if calls is None:
                unknown.add(ATTEMPTS)
            else:
                values |= attempts_facts(plan, calls, pseudonym(click.agent_uid), now)
    present = {name: value for name, value in values.items() if value is not None}
    return Facts(present, frozenset(unknown), now)


def _callee_facts(plan: DialPlan, callee: Callee, now: float) -> Values:
    values = {
        "callee.kind": callee.kind,
        "callee.country": callee.country,
        "callee.number": callee.number,
    }
    if not plan.hours:
        return values
    from click_to_dial.decision.hours_facts import hours_facts  # reads time zones

    return {**values, **hours_facts(plan, callee, now)}


def _prefixed(group: str, attributes: Values) -> Values:
    return {f"{group}.{name}": value for name, value in attributes.items()}


def _calls(callee: Callee, items: Mapping[str, StoredItem], pseudonym: Pseudonym) -> Calls | None:
    """Return the earlier calls to the number, or None if they are unknown."""
    if callee.number is None:
        return []
    return calls_of(items.get(attempts_key(callee.number, pseudonym)))
