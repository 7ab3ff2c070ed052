"""Warnings about facts that are always missing, or never as a condition expects them."""

from collections.abc import Mapping
from typing import Any

from click_to_dial.dialplan.conditions import ATTEMPTS, ON_RECORD, group_of
from click_to_dial.salesforce_id import STANDARD_OBJECTS
from dialplan_cli.plan.facts import COMPARISONS, NUMBERS, all_conditions, operands
from dialplan_cli.plan.references import outcomes
from dialplan_cli.plan.source import Findings, as_list, child, condition_sets

Document = Mapping[str, Any]

_IN_OUTAGE = "while Salesforce cannot be reached"


def warn_facts_of_outage(document: Document) -> Findings:
    """Warn of facts in `outage` that are not known without Salesforce."""
    for path, fact, expected in all_conditions(document):
        if path[0] != "outage":
            continue
        if _is_missing_in_outage(fact):
            yield path, f"is always missing {_IN_OUTAGE}; use callee., hours. or record.object"
        for place, operator, value in operands(path, expected):
            if operator in COMPARISONS and _is_missing_in_outage(value):
                yield place, f"{value} is always missing {_IN_OUTAGE}"
            elif fact == "record.object" and value not in STANDARD_OBJECTS.values():
                names = ", ".join(sorted(STANDARD_OBJECTS.values()))
                yield place, f"{value} is not recognised {_IN_OUTAGE}; only these are: {names}"


def warn_signals_of_outage(document: Document) -> Findings:
    """Warn of signals in `outage` that need the record or the agent."""
    for path, outcome in outcomes(document):
        if path[0] != "outage":
            continue
        signal = child(outcome, "signal")
        if "mapping" in signal and _is_missing_in_outage(signal["key"]):
            message = f"is always missing {_IN_OUTAGE}: the mapping's default applies to all calls"
            yield (*path, "signal", "key"), message
        for group in ("agent", "record"):
            if group in signal:
                message = f"finds no number {_IN_OUTAGE}: facts about the {group} are missing then"
                yield (*path, "signal", group), message


def _is_missing_in_outage(fact: object) -> bool:
    return fact != "record.object" and group_of(str(fact)) in ("record", "agent")


def warn_on_record(document: Document) -> Findings:
    """Warn of callee.on_record for objects without numbers."""
    numbers = document.get(NUMBERS, {})
    for index, rule in enumerate(document["rules"]):
        for place, conditions in condition_sets(rule):
            objects = conditions.get("record.object")
            named = [] if objects is None or isinstance(objects, dict) else as_list(objects)
            if ON_RECORD not in conditions:
                continue
            if not numbers:
                reason = f"no object has `{NUMBERS}`, the list of its fields with phone numbers"
            elif named and not any(name in numbers for name in named):
                reason = f"{' and '.join(map(str, named))} has no `{NUMBERS}`"
            else:
                continue
            yield ("rules", index, *place, ON_RECORD), f"is always missing: {reason}"


def warn_comparisons(document: Document) -> Findings:
    """Warn of comparisons that cannot be meant: with the same fact, a name with an id, lists."""
    fields = [(f"agent.{name}", path) for name, path in document["agents"]["attributes"].items()]
    for attributes in document["objects"].values():
        fields += [(f"record.{name}", path) for name, path in attributes.items()]
    for path, fact, expected in all_conditions(document):
        for place, operator, value in operands(path, expected):
            if operator in ("includes", "excludes") and ";" in str(value):
                values = ", ".join(str(value).split(";"))
                yield place, f"is one value; for several values write a list: [{values}]"
            elif operator in COMPARISONS and value == fact:
                yield place, f"compares {fact} with itself"
            elif operator in COMPARISONS and "agent.id" in (fact, value):
                other = value if fact == "agent.id" else fact
                names = (path for name, path in fields if name == other)
                no_ids = [name for name in names if not name.endswith(("Id", "__c"))]
                if no_ids:
                    message = f"agent.id is the Id of a user, but {other} is {no_ids[0]}; name the"
                    yield place, f"{message} field with the Id, such as OwnerId"


def warn_attempts(document: Document) -> Findings:
    """Warn of limits that every number of calls satisfies, or none."""
    for path, fact, expected in all_conditions(document):
        if fact != ATTEMPTS:
            continue
        if expected["within"] == 0:
            yield path, "counts no calls; write a longer time, such as within: 30d"
        elif expected.get("lt", 1) <= 0 or expected.get("lte", 0) < 0:
            yield path, "never holds: a number has never fewer than 0 calls"
        elif expected.get("gte", 1) <= 0 or expected.get("gt", 0) < 0:
            yield path, "holds for every call; the first call after another one is {gte: 1}"
