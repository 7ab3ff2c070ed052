"""From the published JSON document to the plan in memory.

The document was validated when it was published (dialplan_cli/), so a fault here means that it was
published by a version of this software that knows more, or other, keys.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from click_to_dial.dialplan.conditions import condition
from click_to_dial.dialplan.model import (
    DialPlan,
    Freshness,
    NumberMapping,
    Outcome,
    Refuse,
    Rule,
    SignalAgent,
    SignalMapping,
    SignalNumber,
)
from click_to_dial.errors import UnreadableDialPlanError
from click_to_dial.model import ServiceNumber

if TYPE_CHECKING:
    from click_to_dial.dialplan.calling_hours import Window

Document = Mapping[str, Any]
Entries = Mapping[str, str]
Numbers = Mapping[str, ServiceNumber]
Mappings = Mapping[str, NumberMapping]


def kept_in_salesforce(document: Document) -> list[str]:
    """The mappings of a document that has their source and not their entries."""
    return [name for name, mapping in document["mappings"].items() if "salesforce" in mapping]


def load(
    document: Document, salesforce_mappings: Mapping[str, Entries] | None = None, version: int = 0
) -> DialPlan:
    """The plan of `document`, with the entries of those mappings that are kept in Salesforce.

    Raises UnreadableDialPlanError where the document's form is not the one known here.
    """
    try:
        numbers = {
            key: _service_number(value) for key, value in document["service_numbers"].items()
        }
        mappings = {
            name: _mapping(mapping, (salesforce_mappings or {}).get(name, {}), numbers)
            for name, mapping in document["mappings"].items()
        }
        rules = tuple(_rule(rule, numbers, mappings) for rule in document["rules"])
        conditions = [condition for rule in rules for condition in rule.conditions]
        return DialPlan(
            home_region=document["home_region"],
            without_record=document["without_record"] == "allow",
            objects=document["objects"],
            agent_match=document["agents"]["match"],
            agent_attributes=document["agents"]["attributes"],
            rules=rules,
            outage=_outcome(document["outage"], numbers, mappings),
            freshness=Freshness(**document["freshness"]),
            hours=_hours(document.get("hours", {}), document.get("holidays", {})),
            home_zone=document.get("home_zone") or "",
            listed={each.fact: each.lists for each in conditions if each.lists},
            attempts={each.fact: each.attempts for each in conditions if each.attempts},
            version=version,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableDialPlanError(
            "The published dial plan was written by another version of click-to-dial "
            f"({type(error).__name__}: {error}). Deploy that version or publish the plan again."
        ) from error


def _service_number(document: Document) -> ServiceNumber:
    regions = document.get("regions")
    return ServiceNumber(
        number=document["number"],
        name=document["name"],
        valid_from=document.get("valid_from"),
        valid_to=document.get("valid_to"),
        regions=None if regions is None else frozenset(regions),
    )


def _hours(document: Document, by_country: Mapping[str, str]) -> "Mapping[str, Window]":
    if not document:
        return {}
    from click_to_dial.dialplan.calling_hours import Window

    return {
        name: Window(
            zone=window["zone"],
            spans={int(day): spans for day, spans in window["open"].items()},
            holidays=window["holidays"],
            by_country=by_country if window.get("holidays_of_callee") else None,
        )
        for name, window in document.items()
    }


def _mapping(document: Document, from_salesforce: Entries, numbers: Numbers) -> NumberMapping:
    """Entries that name no service number are left out: a default is better than a defect."""
    entries = document.get("entries", from_salesforce)
    default = document["default"]
    return NumberMapping(
        entries={key: numbers[value] for key, value in entries.items() if value in numbers},
        default=None if default is None else numbers[default],
    )


def _rule(document: Document, numbers: Numbers, mappings: Mappings) -> Rule:
    conditions = [condition(fact, expected) for fact, expected in document["when"].items()]
    return Rule(
        id=document["id"],
        # Limits last: a call counts only where all else that the rule asks for holds.
        conditions=tuple(sorted(conditions, key=lambda each: each.attempts is not None)),
        outcome=_outcome(document, numbers, mappings),
    )


def _outcome(document: Document, numbers: Numbers, mappings: Mappings) -> Outcome:
    if "refuse" in document:
        return Refuse(document["refuse"])
    signal = document["signal"]
    fallback = document.get("otherwise")
    otherwise = None if fallback is None else _outcome(fallback, numbers, mappings)
    if "number" in signal:
        return SignalNumber(numbers[signal["number"]], otherwise)
    if "mapping" in signal:
        return SignalMapping(mappings[signal["mapping"]], signal["key"], otherwise)
    return SignalAgent(f"agent.{signal['agent']}", signal["prefix"], signal["name"], otherwise)
