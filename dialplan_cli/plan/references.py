"""Checks across the parts of a plan: known names, possible numbers, the order of rules.

The checks read the data as written and ignore what has the wrong form, which `read` reports. An
author thus sees all mistakes at once.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from click_to_dial.errors import BadParameterError
from click_to_dial.model import Numbering
from click_to_dial.phone_numbers import clean, is_mass_traffic, read_number
from dialplan_cli.plan.examples import (
    check_example_callees,
    check_example_facts,
    check_example_keys,
    check_example_records,
)
from dialplan_cli.plan.facts import (
    NUMBERS,
    check_conditions,
    compares_days,
    known_facts,
    list_names,
)
from dialplan_cli.plan.hours import home_zone
from dialplan_cli.plan.names import check_names
from dialplan_cli.plan.source import (
    Findings,
    Path,
    child,
    condition_sets,
    pairs,
    unknown_name,
)
from dialplan_cli.plan.suggestions import unknown_fact, unknown_service_number
from dialplan_cli.plan.types import is_date

Data = Mapping[str, Any]

_SPECIAL_KINDS = {
    "premium-rate": "is a premium-rate number",
    "emergency": "is an emergency number",
    "short-code": "is a short number, such as that of a directory",
    "internal": "is too short to be called from outside",
}
_NO_HOME_ZONE = (
    "needs the key `home_zone` in the plan, such as Europe/London: the country has several time "
    "zones, and"
)


def check_references(data: Any) -> Findings:
    """Run all checks."""
    for check in CHECKS:
        yield from check(dict(pairs(data)))


def rules(data: Data) -> list[dict[str, Any]]:
    """Return the rules in order; an empty one in place of a rule of the wrong form."""
    found = data.get("rules")
    return [dict(pairs(rule)) for rule in found] if isinstance(found, list) else []


def outcomes(data: Data) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each possible outcome of a call with its place: `outage`, rules, each `otherwise`."""
    outage = data.get("outage")
    places: list[tuple[Path, Any]] = (
        [(("outage", index), entry) for index, entry in enumerate(outage)]
        if isinstance(outage, list)
        else [(("outage",), outage)]
    )
    places += [(("rules", index), rule) for index, rule in enumerate(rules(data))]
    for path, outcome in places:
        while isinstance(outcome, dict):
            yield path, outcome
            path, outcome = (*path, "otherwise"), outcome.get("otherwise")


def is_restricted(number: object) -> bool:
    """Tell whether a service number may not be signalled at some times or in some countries."""
    return bool({"valid_from", "valid_to", "regions"} & child(number).keys())


def special_number_reason(number: str, region: str) -> str | None:
    """Return why a number must not be shown to a called party (in Germany: TKG section 120).

    Return None if it may be shown.
    """
    try:
        callee = read_number(clean(number), Numbering(region))[0]
    except BadParameterError:
        return "is not a possible telephone number"
    if is_mass_traffic(callee):
        return "is a number for mass calls (0137)"
    return _SPECIAL_KINDS.get(callee.kind)


def check_attributes(data: Data) -> Findings:
    """Find attributes named like a built-in fact, and objects whose names differ only in case."""
    taken = "is a built-in fact; give the attribute another name"
    agent = child(data, "agents", "attributes")
    if "known" in agent:
        yield ("agents", "attributes", "known"), f"agent.known {taken}"
    if agent.get("id", "Id") != "Id":
        yield (
            ("agents", "attributes", "id"),
            "agent.id is the Id of the user; give the attribute another name",
        )
    spellings: dict[str, str] = {}
    for name, fields in pairs(data.get("objects")):
        if "object" in child(fields):
            yield ("objects", name, "object"), f"record.object {taken}"
        for attribute, field in pairs(fields):
            if attribute == NUMBERS and not isinstance(field, list):
                message = (
                    "is reserved for a list of the fields that contain phone numbers, such as "
                    "[Phone, MobilePhone]; give an attribute another name"
                )
                yield ("objects", name, NUMBERS), message
            elif attribute != NUMBERS and isinstance(field, list):
                message = f"must be one field; only `{NUMBERS}` is a list of fields"
                yield ("objects", name, attribute), message
        first = spellings.setdefault(name.lower(), name)
        if first != name:
            message = f"is the same object as {first}: Salesforce ignores upper and lower case"
            yield ("objects", name), message


def check_service_numbers(data: Data) -> Findings:
    """Find numbers that must not be signalled, and periods that are impossible or ambiguous."""
    region = str(data.get("home_region"))
    has_zone = home_zone(region, data.get("home_zone")) is not None
    for key, value in pairs(data.get("service_numbers")):
        path: Path = ("service_numbers", key)
        service_number = child(value)
        number = service_number.get("number")
        if isinstance(number, str) and service_number.get("allow_special") is not True:
            reason = special_number_reason(number, region)
            if reason is not None:
                yield (*path, "number"), f"{reason}; to allow it anyway, add `allow_special: true`"
        days = [name for name in ("valid_from", "valid_to") if is_date(service_number.get(name))]
        if days and not has_zone:
            yield (*path, days[0]), f"{_NO_HOME_ZONE} a day begins in one of them"
        if len(days) == 2 and service_number["valid_from"] > service_number["valid_to"]:
            yield (*path, "valid_to"), "is before `valid_from`"


def check_mappings(data: Data) -> Findings:
    """Find mappings to unknown service numbers."""
    numbers = child(data, "service_numbers")
    for name, mapping in pairs(data.get("mappings")):
        named: list[tuple[Path, Any]] = [(("default",), child(mapping).get("default"))]
        named += [(("entries", key), value) for key, value in child(mapping, "entries").items()]
        for path, number in named:
            if isinstance(number, str) and number not in numbers:
                yield ("mappings", name, *path), unknown_service_number(number, numbers)


def check_lists(data: Data) -> Findings:
    """Find lists with the same name."""
    names: set[str] = set()
    for path, name in list_names(data):
        if name in names:
            yield path, f"duplicate list '{name}'"
        names.add(name)


def check_hours(data: Data) -> Findings:
    """Find hours without a home zone, and `{opens}` without a condition on hours."""
    zone = home_zone(str(data.get("home_region")), data.get("home_zone"))
    if child(data, "hours") and zone is None:
        yield ("hours",), f"{_NO_HOME_ZONE} refusals say when calling is allowed"
    if compares_days(data) and zone is None:
        yield ("rules",), f"{_NO_HOME_ZONE} a comparison with a day depends on it"
    for index, rule in enumerate(rules(data)):
        sets = condition_sets(rule)
        uses_hours = [any(fact.startswith("hours.") for fact in each) for _, each in sets]
        if "{opens}" in str(rule.get("refuse")) and not all(uses_hours):
            place = "this rule" if len(sets) == 1 else f"when[{uses_hours.index(False)}]"
            yield (
                ("rules", index, "refuse"),
                f"{{opens}} stands for the time when calling hours begin; {place} has no condition "
                "on `hours.`",
            )


def check_signals(data: Data) -> Findings:
    """Find signals with unknown names, and an `otherwise` without effect."""
    numbers = child(data, "service_numbers")
    record_attributes = {
        name for _, fields in pairs(data.get("objects")) for name in child(fields)
    } - {NUMBERS}
    known = (
        ("mapping", "mapping", child(data, "mappings")),
        ("key", "fact", known_facts(data)),
        ("agent", "agent attribute", child(data, "agents", "attributes")),
        ("record", "record attribute", record_attributes),
    )
    for path, outcome in outcomes(data):
        signal = outcome.get("signal")
        if isinstance(signal, str):
            if signal not in numbers:
                yield (*path, "signal"), unknown_service_number(signal, numbers)
            elif "otherwise" in outcome and not is_restricted(numbers[signal]):
                yield (*path, "otherwise"), "has no effect: this number can always be signalled"
        for key, kind, names in known:
            name = child(signal).get(key)
            if isinstance(name, str) and name not in names:
                is_fact = kind == "fact"
                message = (
                    unknown_fact(name, names, data) if is_fact else unknown_name(kind, name, names)
                )
                yield (*path, "signal", key), message


def check_rules(data: Data) -> Findings:
    """Find rules with the same id, and a last rule that does not decide every call."""
    ids: dict[str, int] = {}
    for index, rule in enumerate(rules(data)):
        rule_id = rule.get("id")
        if isinstance(rule_id, str) and (first := ids.setdefault(rule_id, index)) != index:
            yield ("rules", index, "id"), f"duplicate id '{rule_id}'; the first is rules[{first}]"
    outage = data.get("outage")
    for key, entries in (("rules", rules(data)), ("outage", outage)):
        if not isinstance(entries, list) or not entries:
            continue
        place: Path = (key, len(entries) - 1)
        last = child(entries[-1])
        if "when" in last:
            yield (
                (*place, "when"),
                "the last rule must have no `when`: it decides the calls that no other rule "
                "decides",
            )
        while isinstance(last.get("otherwise"), dict):
            place, last = (*place, "otherwise"), last["otherwise"]
        if last.get("otherwise") == "next":
            yield (*place, "otherwise"), "there is no next rule; write `signal` or `refuse`"


CHECKS = (
    check_attributes,
    check_names,
    check_service_numbers,
    check_mappings,
    check_lists,
    check_hours,
    check_signals,
    check_conditions,
    check_rules,
    check_example_facts,
    check_example_keys,
    check_example_records,
    check_example_callees,
)
