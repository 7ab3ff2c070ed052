"""The published form of a plan: JSON with all defaults filled in, read by `dialplan.load`."""

import datetime
import zoneinfo
from typing import Any

from click_to_dial.dialplan.conditions import ATTEMPTS
from dialplan_cli.plan.hours import CALLEE, days_everywhere, days_of, published
from dialplan_cli.plan.rules import (
    AgentNumber,
    Expected,
    MappedNumber,
    Operators,
    Outcome,
    Refusal,
    Rule,
    Signal,
)
from dialplan_cli.plan.schema import Mapping, MappingInPlan, Plan, ServiceNumber
from dialplan_cli.plan.types import seconds
from dialplan_cli.plan.zone import home_zone

Document = dict[str, Any]


def to_document(plan: Plan) -> Document:
    """The plan as JSON; durations are whole seconds."""
    return {
        "version": plan.version,
        "home_region": plan.home_region,
        "without_record": plan.without_record,
        "service_numbers": {
            key: _service_number(number, plan) for key, number in plan.service_numbers.items()
        },
        "mappings": {name: _mapping(mapping) for name, mapping in plan.mappings.items()},
        "objects": plan.objects,
        **({"lists": plan.lists} if plan.lists else {}),
        **_hours(plan),
        "agents": plan.agents.model_dump(),
        "rules": [_rule(rule) for rule in plan.rules],
        "outage": _outcome(plan.outage),
        "freshness": {key: seconds(value) for key, value in plan.freshness.model_dump().items()},
    }


def _service_number(number: ServiceNumber, plan: Plan) -> Document:
    """Days become seconds since 1970 here, so that deciding takes no calendar."""
    days = {"valid_from": (number.valid_from, 0), "valid_to": (number.valid_to, 1)}
    return {
        "number": number.number,
        "name": number.name or number.number,
        **{key: _start_of(day, after, plan) for key, (day, after) in days.items() if day},
        **({"regions": number.regions} if number.regions else {}),
    }


def _start_of(day: str, days_later: int, plan: Plan) -> int:
    midnight = datetime.datetime.fromisoformat(day) + datetime.timedelta(days=days_later)
    zone = home_zone(plan.home_region, plan.home_zone)
    return int(midnight.replace(tzinfo=zoneinfo.ZoneInfo(zone or "UTC")).timestamp())


def _hours(plan: Plan) -> Document:
    if not plan.hours:
        return {}
    home = home_zone(plan.home_region, plan.home_zone)
    zones = {CALLEE: None, "home": home}
    year = datetime.datetime.now(datetime.UTC).year
    windows = {}
    for name, window in plan.hours.items():
        regions = window.holidays if isinstance(window.holidays, list) else [window.holidays]
        windows[name] = {
            "zone": zones.get(window.zone, window.zone),
            "open": published(window.open),
            "holidays": {region: days_of(region, year) for region in regions if region != CALLEE},
            "holidays_of_callee": CALLEE in regions,
        }
    hours: Document = {"home_zone": home, "hours": windows}
    if any(window["holidays_of_callee"] for window in windows.values()):
        hours["holidays"] = days_everywhere(year)
    return hours


def _mapping(mapping: Mapping) -> Document:
    if isinstance(mapping, MappingInPlan):
        return {"entries": mapping.entries, "default": mapping.default}
    return {"salesforce": mapping.salesforce.model_dump(), "default": mapping.default}


def _rule(rule: Rule) -> Document:
    when = {fact: _expected(expected) for fact, expected in (rule.when or {}).items()}
    if ATTEMPTS in when:
        attempts = when[ATTEMPTS]
        when[ATTEMPTS] = {"by": "anyone", **attempts, "within": seconds(attempts["within"])}
    return {"id": rule.id, "when": when, **_outcome(rule)}


def _expected(expected: Expected) -> Any:
    if isinstance(expected, Operators):
        return expected.model_dump(by_alias=True, exclude_unset=True)
    return expected


def _outcome(outcome: Outcome | Rule) -> Document:
    if isinstance(outcome, Refusal):
        return {"refuse": outcome.refuse}
    document: Document = {"signal": _signal(outcome.signal)}
    if outcome.otherwise is not None:
        document["otherwise"] = _outcome(outcome.otherwise)
    return document


def _signal(signal: Signal) -> Document:
    if isinstance(signal, MappedNumber):
        return {"mapping": signal.mapping, "key": signal.key}
    if isinstance(signal, AgentNumber):
        return {"agent": signal.agent, "prefix": signal.prefix or "", "name": signal.name or ""}
    return {"number": signal}
