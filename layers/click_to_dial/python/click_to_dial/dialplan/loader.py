"""Load a dial plan from the published JSON document.

The document was validated when it was published (dialplan_cli/plan/). If it cannot be loaded, it
was published by another version of this software, which has other keys.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from click_to_dial.dialplan.conditions import condition
from click_to_dial.dialplan.model import (
    DialPlan,
    Freshness,
    Outcome,
    Refuse,
    Rule,
    SignalAgent,
    SignalMapping,
    SignalNumber,
)
from click_to_dial.errors import UnreadableDialPlanError
from click_to_dial.model import Numbering, ServiceNumber

if TYPE_CHECKING:
    from click_to_dial.dialplan.calling_hours import Window

Document = Mapping[str, Any]
Entries = Mapping[str, str]
Numbers = Mapping[str, ServiceNumber]
Mappings = Mapping[str, tuple[Numbers, ServiceNumber | None]]
"""Entries and default of each mapping."""


def kept_in_salesforce(document: Document) -> list[str]:
    """Return the names of the mappings whose entries are kept in Salesforce."""
    return [name for name, mapping in document["mappings"].items() if "salesforce" in mapping]


def load(
    document: Document, salesforce_mappings: Mapping[str, Entries] | None = None, version: int = 0
) -> DialPlan:
    """Return the plan; `salesforce_mappings` has the entries of mappings kept in Salesforce.

    Raises UnreadableDialPlanError if the document has an unknown form.
    """
    try:
        numbers = {
            key: _service_number(value) for key, value in document["service_numbers"].items()
        }
        mappings: dict[str, tuple[Numbers, ServiceNumber | None]] = {}
        for name, mapping in document["mappings"].items():
            entries = mapping.get("entries", (salesforce_mappings or {}).get(name, {}))
            default = mapping["default"]
            mappings[name] = (
                # An entry that names no service number is left out: the default applies.
                {key: numbers[value] for key, value in entries.items() if value in numbers},
                None if default is None else numbers[default],
            )
        rules = tuple(_rule(rule, numbers, mappings) for rule in document["rules"])
        conditions = [condition for rule in rules for condition in rule.conditions]
        return DialPlan(
            numbering=_numbering(document),
            without_record=document["without_record"] == "allow",
            objects=document["objects"],
            agent_match=document["agents"]["match"],
            agent_attributes=document["agents"]["attributes"],
            rules=rules,
            outage=_outcome(document["outage"], numbers, mappings),
            freshness=Freshness(**document["freshness"]),
            hours=_hours(document.get("hours", {}), document.get("holidays", {})),
            home_zone=document.get("home_zone") or "",
            lists={each.fact: each.lists for each in conditions if each.lists},
            limits={each.fact: each.limit for each in conditions if each.limit},
            version=version,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableDialPlanError(
            "The published dial plan was written by another version of click-to-dial "
            f"({type(error).__name__}: {error}). Deploy that version or publish the plan again."
        ) from error


def _numbering(document: Document) -> Numbering:
    shortest, longest = document.get("internal_digits") or (1, 0)
    return Numbering(
        home_region=document["home_region"],
        internal_digits=range(shortest, longest + 1) or None,
        plain_numbers=document.get("plain_numbers", "international"),
    )


def _service_number(document: Document) -> ServiceNumber:
    regions = document.get("regions")
    return ServiceNumber(
        number=document["number"],
        name=document["name"],
        valid_from=document.get("valid_from"),
        valid_to=document.get("valid_to"),
        regions=None if regions is None else frozenset(regions),
    )


def _rule(document: Document, numbers: Numbers, mappings: Mappings) -> Rule:
    conditions = [condition(fact, expected) for fact, expected in document["when"].items()]
    return Rule(
        id=document["id"],
        # Limits are checked last: a call counts only if all other conditions hold.
        conditions=tuple(sorted(conditions, key=lambda each: each.limit is not None)),
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
        entries, default = mappings[signal["mapping"]]
        return SignalMapping(signal["key"], entries, default, otherwise)
    return SignalAgent(f"agent.{signal['agent']}", signal["prefix"], signal["name"], otherwise)


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
