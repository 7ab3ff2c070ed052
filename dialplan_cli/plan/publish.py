"""The published form of a plan: JSON with all defaults, which `click_to_dial.dialplan` loads."""

import datetime
import zoneinfo
from typing import Any

from click_to_dial.dialplan.conditions import ATTEMPTS
from dialplan_cli.plan.facts import NUMBERS, compares_days
from dialplan_cli.plan.hours import home_zone, publish_hours
from dialplan_cli.plan.rules import (
    AgentNumber,
    Conditions,
    MappedNumber,
    Operators,
    Otherwise,
    OutageRule,
    RecordNumber,
    Refusal,
    Rule,
)
from dialplan_cli.plan.schema import MappingInPlan, Plan, ServiceNumber
from dialplan_cli.plan.types import digit_lengths, seconds

Document = dict[str, Any]


def to_document(plan: Plan) -> Document:
    """Return the plan as JSON. Durations are whole seconds, days are seconds since 1970."""
    zone = home_zone(plan.home_region, plan.home_zone)
    year = datetime.datetime.now(datetime.UTC).year
    document = {
        "version": plan.version,
        "home_region": plan.home_region,
        **_numbering(plan),
        "without_record": plan.without_record,
        "service_numbers": {
            key: _service_number(number, zone) for key, number in plan.service_numbers.items()
        },
        "mappings": {
            name: {"entries": mapping.entries, "default": mapping.default}
            if isinstance(mapping, MappingInPlan)
            else {"salesforce": mapping.salesforce.model_dump(), "default": mapping.default}
            for name, mapping in plan.mappings.items()
        },
        **_objects(plan),
        **_lists(plan),
        **publish_hours(plan.hours, zone, year),
        "agents": plan.agents.model_dump(
            exclude=set() if plan.agents.case_sensitive else {"case_sensitive"}
        ),
        "rules": [{"id": rule.id, **_rule(rule)} for rule in plan.rules],
        "outage": [_rule(rule) for rule in plan.outage]
        if isinstance(plan.outage, list)
        else _outcome(plan.outage),
        "freshness": {key: seconds(value) for key, value in plan.freshness.model_dump().items()},
    }
    if zone and compares_days(document):
        document["home_zone"] = zone
    return document


def _numbering(plan: Plan) -> Document:
    """Return the keys that differ from their defaults."""
    keys: Document = {}
    if plan.internal_digits is not None:
        lengths = digit_lengths(plan.internal_digits)
        keys["internal_digits"] = [lengths.start, lengths.stop - 1]
    if plan.plain_numbers == "national":
        keys["plain_numbers"] = plan.plain_numbers
    return keys


def _objects(plan: Plan) -> Document:
    """Return the attributes of each object and, as a key of its own, its number fields."""
    attributes: Document = {}
    numbers: Document = {}
    for name, fields in plan.objects.items():
        attributes[name] = {key: field for key, field in fields.items() if key != NUMBERS}
        if NUMBERS in fields:
            numbers[name] = fields[NUMBERS]
    return {"objects": attributes, **({"numbers": numbers} if numbers else {})}


def _lists(plan: Plan) -> Document:
    """Return the names of all lists and, as a key of its own, the sources in Salesforce."""
    sources = {
        each.name: [source.model_dump() for source in each.salesforce]
        for each in plan.lists
        if not isinstance(each, str)
    }
    names = [each if isinstance(each, str) else each.name for each in plan.lists]
    return {
        **({"lists": names} if names else {}),
        **({"salesforce_lists": sources} if sources else {}),
    }


def _service_number(number: ServiceNumber, zone: str | None) -> Document:
    document: Document = {"number": number.number, "name": number.name or number.number}
    if number.valid_from:
        document["valid_from"] = _midnight(number.valid_from, zone)
    if number.valid_to:
        document["valid_to"] = _midnight(number.valid_to, zone, days_later=1)
    if number.regions:
        document["regions"] = number.regions
    return document


def _midnight(day: str, zone: str | None, days_later: int = 0) -> int:
    """Return the start of a day, so that the function needs no calendar to decide."""
    midnight = datetime.datetime.fromisoformat(day) + datetime.timedelta(days=days_later)
    return int(midnight.replace(tzinfo=zoneinfo.ZoneInfo(zone or "UTC")).timestamp())


def _rule(rule: Rule | OutageRule) -> Document:
    if isinstance(rule.when, list):
        return {"when": [_conditions(each) for each in rule.when], **_outcome(rule)}
    return {"when": _conditions(rule.when or {}), **_outcome(rule)}


def _conditions(conditions: Conditions) -> Document:
    when: Document = {
        fact: expected.model_dump(by_alias=True, exclude_unset=True)
        if isinstance(expected, Operators)
        else expected
        for fact, expected in conditions.items()
    }
    if ATTEMPTS in when:
        attempts = when[ATTEMPTS]
        when[ATTEMPTS] = {"by": "anyone", **attempts, "within": seconds(attempts["within"])}
    return when


def _outcome(outcome: Rule | OutageRule | Otherwise) -> Any:
    if outcome == "next":
        return outcome
    if isinstance(outcome, Refusal):
        return {"refuse": outcome.refuse}
    signal = outcome.signal
    if isinstance(signal, MappedNumber):
        published = {"mapping": signal.mapping, "key": signal.key}
    elif isinstance(signal, AgentNumber):
        prefix, name = signal.prefix or "", signal.name or ""
        published = {"agent": signal.agent, "prefix": prefix, "name": name}
    elif isinstance(signal, RecordNumber):
        published = {"record": signal.record}
    else:
        published = {"number": signal}
    if outcome.otherwise is None:
        return {"signal": published}
    return {"signal": published, "otherwise": _outcome(outcome.otherwise)}
