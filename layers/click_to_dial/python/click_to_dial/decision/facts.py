"""Facts by the names that the dial plan uses.

Time zones are imported only if the plan has calling hours: they slow down a cold start.
"""

from collections.abc import Mapping
from datetime import datetime

from click_to_dial.decision.fact_sources import GatheredFacts
from click_to_dial.decision.number_lookups import is_on_record, number_facts
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, ON_RECORD
from click_to_dial.model import Callee, Click, Facts, Scalar
from click_to_dial.pseudonym import Pseudonym
from click_to_dial.salesforce_id import STANDARD_OBJECTS, key_prefix


def to_facts(
    plan: DialPlan, click: Click, gathered: GatheredFacts, pseudonym: Pseudonym, now: float
) -> Facts:
    """Return the facts about a click at `now` (seconds since 1970)."""
    callee, record, agent = click.callee, gathered.record, gathered.agent
    values: dict[str, Scalar | None] = {
        "callee.kind": callee.kind,
        "callee.country": callee.country,
        "callee.number": callee.number,
    }
    unknown = set()
    if record is not None:
        values["record.object"] = record.object_name
        values |= {f"record.{name}": value for name, value in record.attributes.items()}
        if record.object_name in plan.numbers:
            values[ON_RECORD] = is_on_record(click, record.numbers, pseudonym)
    elif gathered.record_from != "none":
        unknown.add("record")
    if agent is not None:
        values["agent.known"] = agent.known
        values |= {f"agent.{name}": value for name, value in agent.attributes.items()}
    else:
        unknown.add("agent")
    if plan.hours:
        values |= hours_facts(plan, callee, now)
    if plan.lists or plan.limits:
        found = number_facts(plan, click, gathered.items, pseudonym, now)
        values |= found
        if not plan.lists.keys() <= found.keys():
            unknown.add(LISTED)
        if not plan.limits.keys() <= found.keys():
            unknown.add(ATTEMPTS)
    present = {name: value for name, value in values.items() if value is not None}
    clicked = STANDARD_OBJECTS.get(key_prefix(click.record_id)) if click.record_id else None
    if clicked is not None:
        clicked = plan.object_fields(clicked)[0]
    return Facts(present, frozenset(unknown), now, clicked)


def hours_facts(plan: DialPlan, callee: Callee, now: float) -> Mapping[str, Scalar]:
    """Return `hours.NAME` (open or not) of each window and, if closed, `hours.NAME.opens`.

    That is the time when it opens, in the home zone, such as `2026-11-30 10:00 Europe/Berlin`.
    """
    from zoneinfo import ZoneInfo

    from click_to_dial.dialplan.calling_hours import is_open, opens

    facts: dict[str, Scalar] = {}
    zones = callee_zones(plan, callee, now)
    for name, window in plan.hours.items():
        facts[f"hours.{name}"] = is_open(window, zones, callee.country, now)
        if not facts[f"hours.{name}"]:
            start = opens(window, zones, callee.country, now)
            if start is not None:
                local = datetime.fromtimestamp(start, ZoneInfo(plan.home_zone))
                facts[f"hours.{name}.opens"] = f"{local:%Y-%m-%d %H:%M} {plan.home_zone}"
    return facts


def callee_zones(plan: DialPlan, callee: Callee, now: float) -> tuple[str, ...]:
    """Return the zones that the callee may be in. Short and internal numbers are at home."""
    if callee.number is None:
        return (plan.home_zone,)
    from click_to_dial.time_zones import time_zones

    return time_zones(callee.number, callee.country, now)
