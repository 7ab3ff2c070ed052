"""Facts by the names that the dial plan uses."""

from collections.abc import Mapping

from click_to_dial.decision.fact_sources import GatheredFacts
from click_to_dial.decision.number_lookups import (
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
from click_to_dial.salesforce_id import STANDARD_OBJECTS, key_prefix

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
            values |= _number_facts(plan, click, gathered.items or {}, pseudonym, now)
    present = {name: value for name, value in values.items() if value is not None}
    clicked = STANDARD_OBJECTS.get(key_prefix(click.record_id)) if click.record_id else None
    return Facts(present, frozenset(unknown), now, clicked)


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


def _number_facts(
    plan: DialPlan, click: Click, items: Mapping[str, StoredItem], pseudonym: Pseudonym, now: float
) -> Values:
    number, agent = click.callee.number, pseudonym(click.agent_uid)
    calls = [] if number is None else calls_of(items.get(attempts_key(number, pseudonym)))
    listed = listed_facts(plan, click.callee, items, pseudonym, now)
    return {**listed, **attempts_facts(plan, calls, agent, now)}
