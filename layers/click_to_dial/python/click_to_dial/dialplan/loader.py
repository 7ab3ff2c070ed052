"""Load a dial plan from the published JSON document.

The document was validated when it was published (dialplan_cli/plan/). If it cannot be loaded, it
was published by another version of this software, which has other keys.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from click_to_dial.dialplan.conditions import Condition, condition
from click_to_dial.dialplan.model import (
    DialPlan,
    Fields,
    Freshness,
    Outcome,
    Refuse,
    Rule,
    SalesforceList,
    SignalAgent,
    SignalMapping,
    SignalNumber,
    SignalRecord,
)
from click_to_dial.errors import UNREADABLE, UnreadableDialPlanError
from click_to_dial.model import CompletedRun, Numbering, ServiceNumber
from click_to_dial.phone_numbers import comparable

if TYPE_CHECKING:
    from click_to_dial.dialplan.calling_hours import Days, Window

Document = Mapping[str, Any]
Entries = Mapping[str, str]
Numbers = Mapping[str, ServiceNumber]
Mappings = Mapping[str, tuple[Numbers, ServiceNumber | None]]
"""Entries and default of each mapping."""

AGENT_ID = "agent.id"
"""A fact that every plan has without an attribute: the id of the agent's User."""


def kept_in_salesforce(document: Document) -> list[str]:
    """Return the names of the mappings whose entries are kept in Salesforce."""
    return [name for name, mapping in document["mappings"].items() if "salesforce" in mapping]


def list_definition(document: Document, name: str) -> str:
    """Return a hash of everything that the entries of a list kept in Salesforce depend on."""
    keys = ("home_region", "internal_digits", "plain_numbers")
    parts = [document["salesforce_lists"][name], *(document.get(key) for key in keys)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def load(
    document: Document,
    salesforce_mappings: Mapping[str, Entries] | None = None,
    version: int = 0,
    completed_runs: Mapping[str, CompletedRun] | None = None,
) -> DialPlan:
    """Return the plan.

    `salesforce_mappings` has the entries of mappings kept in Salesforce, and `completed_runs` the
    last completed run of lists kept there.

    Raises UnreadableDialPlanError if the document has an unknown form.
    """
    try:
        parts = _Parts(document, salesforce_mappings or {})
        rules = tuple(parts.rule(rule) for rule in document["rules"])
        outage = parts.outage(document["outage"])
        conditions = [each for rule in (*rules, *outage) for each in rule.conditions]
        # If conditions on one fact differ, the one that needs the most calls comes last.
        limits = sorted(
            (each.limit.enough, each.fact, each.limit) for each in conditions if each.limit
        )
        attributes = _fields(document["agents"]["attributes"])
        if AGENT_ID in {each.fact for each in conditions} | _compared(conditions):
            attributes = {"id": "Id", **attributes}
        return DialPlan(
            numbering=_numbering(document),
            without_record=document["without_record"] == "allow",
            objects={_text(name): _fields(each) for name, each in document["objects"].items()},
            agent_match=_text(document["agents"]["match"]),
            agent_attributes=attributes,
            case_sensitive_agents=document["agents"].get("case_sensitive", False),
            rules=rules,
            outage=outage,
            freshness=Freshness(
                **{name: int(each) for name, each in document["freshness"].items()}
            ),
            hours=_hours(document),
            home_zone=_zone(document.get("home_zone")) or "",
            lists={each.fact: each.lists for each in conditions if each.lists},
            limits={fact: limit for _, fact, limit in limits},
            numbers={
                _text(name): tuple(map(_text, fields))
                for name, fields in document.get("numbers", {}).items()
            },
            salesforce_lists={
                _text(name): _salesforce_list(document, name, (completed_runs or {}).get(name))
                for name in document.get("salesforce_lists", {})
            },
            version=version,
        )
    except UNREADABLE as error:
        raise UnreadableDialPlanError(
            "The published dial plan was written by another version of click-to-dial "
            f"({type(error).__name__}: {error}). Deploy that version or publish the plan again."
        ) from error


def _text(value: Any) -> str:
    """Return a text of the document. What is not checked here would fail in a decision."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _fields(document: Document) -> Fields:
    return {_text(name): _text(path) for name, path in document.items()}


def _seconds(value: Any) -> int | None:
    return None if value is None else int(value)


def _zone(name: Any) -> str | None:
    """Return the name of a time zone, which this version may not know, or None."""
    if not name:
        return None
    from zoneinfo import ZoneInfo  # slows down a cold start

    return ZoneInfo(_text(name)).key


def _days(document: Any) -> "Mapping[str, Days]":
    """Return ISO dates by region."""
    if not all(isinstance(days, str | list) for days in document.values()):
        raise TypeError("holidays are neither a list nor a text")
    return {_text(region): days for region, days in document.items()}


def _salesforce_list(document: Document, name: str, run: CompletedRun | None) -> SalesforceList:
    if run is None:
        return SalesforceList()
    return SalesforceList(run.previous, run.definition == list_definition(document, name))


def _numbering(document: Document) -> Numbering:
    shortest, longest = document.get("internal_digits") or (1, 0)
    return Numbering(
        home_region=_text(document["home_region"]),
        internal_digits=range(shortest, longest + 1) or None,
        plain_numbers=document.get("plain_numbers", "international"),
    )


def _service_number(document: Document) -> ServiceNumber:
    regions = document.get("regions")
    return ServiceNumber(
        number=_text(document["number"]),
        name=_text(document["name"]),
        valid_from=_seconds(document.get("valid_from")),
        valid_to=_seconds(document.get("valid_to")),
        regions=None if regions is None else frozenset(regions),
    )


def _compared(conditions: Iterable[Condition]) -> set[str]:
    """Return the facts that other facts are compared with."""
    return {fact for each in conditions for fact, _ in each.compared}


class _Parts:
    """The rules and outcomes of a document, which refer to its service numbers and mappings."""

    def __init__(self, document: Document, salesforce_mappings: Mapping[str, Entries]) -> None:
        numbers = {
            key: _service_number(value) for key, value in document["service_numbers"].items()
        }
        self._numbers = numbers
        self._mappings: Mappings = {}
        for name, mapping in document["mappings"].items():
            entries = mapping.get("entries", salesforce_mappings.get(name, {}))
            default = mapping["default"]
            self._mappings[name] = (  # an entry that names no service number is left out
                {key: numbers[value] for key, value in entries.items() if value in numbers},
                None if default is None else numbers[default],
            )
        self._numbering = _numbering(document)
        self._zone: str = document.get("home_zone") or "UTC"

    def rule(self, document: Document) -> Rule:
        """Return a rule. Its `when` is a set of conditions, or a list of such sets."""
        when, name = document["when"], _text(document["id"])
        sets = [
            [condition(fact, expected, self._zone, name) for fact, expected in conditions.items()]
            for conditions in (when if isinstance(when, list) else [when])
        ]
        return Rule(
            id=name,
            # Limits are checked last: a call counts only if all other conditions hold.
            condition_sets=tuple(
                tuple(sorted(conditions, key=lambda each: each.limit is not None))
                for conditions in sets
            ),
            outcome=self._outcome(document),
        )

    def outage(self, document: Any) -> tuple[Rule, ...]:
        """Return the rules of `outage`, which is a list of rules or a single outcome."""
        entries = document if isinstance(document, list) else [document]
        return tuple(self.rule({"id": "outage", "when": {}, **entry}) for entry in entries)

    def _outcome(self, document: Document) -> Outcome:
        if "refuse" in document:
            return Refuse(_text(document["refuse"]))
        signal, otherwise = document["signal"], document.get("otherwise")
        if otherwise is not None and otherwise != "next":
            otherwise = self._outcome(otherwise)
        if "number" in signal:
            return SignalNumber(self._numbers[signal["number"]], otherwise)
        if "mapping" in signal:
            entries, default = self._mappings[signal["mapping"]]
            return SignalMapping(_text(signal["key"]), entries, default, otherwise)
        if "record" in signal:
            fact = f"record.{signal['record']}"
            return SignalRecord(fact, self._comparable_numbers, otherwise)
        prefix, name = _text(signal["prefix"]), _text(signal["name"])
        return SignalAgent(f"agent.{signal['agent']}", prefix, name, otherwise)

    @cached_property
    def _comparable_numbers(self) -> Mapping[str, tuple[ServiceNumber, ...]]:
        """Return the service numbers by their comparable spelling, in the order of the plan."""
        found: dict[str, tuple[ServiceNumber, ...]] = {}
        for number in self._numbers.values():
            spelling = comparable(number.number, self._numbering)
            if spelling is not None:
                found[spelling] = (*found.get(spelling, ()), number)
        return found


def _hours(document: Document) -> "Mapping[str, Window]":
    hours = document.get("hours")
    if not hours:
        return {}
    from click_to_dial.dialplan.calling_hours import Window

    if not document["home_zone"]:
        raise ValueError("home_zone is empty")
    public_holidays = _days(document.get("holidays", {}))
    return {
        name: Window(
            zone=_zone(window["zone"]),
            spans={
                int(day): [(int(start), int(end)) for start, end in spans]
                for day, spans in window["open"].items()
            },
            holidays=_days(window["holidays"]),
            by_country=public_holidays if window.get("holidays_of_callee") else None,
        )
        for name, window in hours.items()
    }
