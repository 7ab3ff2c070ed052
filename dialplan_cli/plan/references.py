"""What one part of a plan says about another: names that must exist, the order of rules.

These checks read the raw data and pass over what has the wrong form (plan_form reports that), so
that an author sees all mistakes at once.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dialplan_cli.plan.facts import check_conditions, items, known_facts
from dialplan_cli.plan.numbers import check_service_numbers, is_restricted
from dialplan_cli.plan.problems import Fault, Path, unknown
from dialplan_cli.plan.source import YamlSource
from dialplan_cli.plan.zone import home_zone

Data = Mapping[str, Any]
Found = Iterator[tuple[Path, str]]


def check_references(source: YamlSource) -> Iterator[Fault]:
    """The faults, each with the line it stands in."""
    data = dict(items(source.data))
    for check in _CHECKS:
        for path, message in check(data):
            yield source.places[path].line, path, message


def part(data: object, *keys: str) -> dict[str, Any]:
    """The keys and values at `keys`; empty where there are none."""
    for key in keys:
        data = dict(items(data)).get(key)
    return dict(items(data))


def rules(data: Data) -> list[dict[str, Any]]:
    """The rules, in order; empty where one has the wrong form."""
    found = data.get("rules")
    return [dict(items(rule)) for rule in found] if isinstance(found, list) else []


def outcomes(data: Data) -> Iterator[tuple[Path, dict[str, Any]]]:
    """All that can come of a call: each rule, the outage, and each `otherwise` in them."""
    places: list[tuple[Path, Any]] = [(("outage",), data.get("outage"))]
    places += [(("rules", index), rule) for index, rule in enumerate(rules(data))]
    for path, outcome in places:
        while isinstance(outcome, dict):
            yield path, outcome
            path, outcome = (*path, "otherwise"), outcome.get("otherwise")


def _attributes(data: Data) -> Found:
    taken = "is a fact in any case; give the attribute another name"
    if "known" in part(data, "agents", "attributes"):
        yield ("agents", "attributes", "known"), f"agent.known {taken}"
    spelled: dict[str, str] = {}
    for name, fields in items(data.get("objects")):
        if "object" in dict(items(fields)):
            yield ("objects", name, "object"), f"record.object {taken}"
        first = spelled.setdefault(name.lower(), name)
        if first != name:
            yield (
                ("objects", name),
                f"is {first} once more: to Salesforce, case makes no difference",
            )


def _mappings(data: Data) -> Found:
    numbers = part(data, "service_numbers")
    for name, mapping in items(data.get("mappings")):
        named: list[tuple[Path, Any]] = [(("default",), part(mapping).get("default"))]
        named += [(("entries", key), value) for key, value in part(mapping, "entries").items()]
        for path, value in named:
            if isinstance(value, str) and value not in numbers:
                yield ("mappings", name, *path), unknown("service number", value, numbers)


def _signals(data: Data) -> Found:
    kinds = (
        ("mapping", "mapping", part(data, "mappings")),
        ("key", "fact", known_facts(data)),
        ("agent", "agent attribute", part(data, "agents", "attributes")),
    )
    numbers = part(data, "service_numbers")
    for path, outcome in outcomes(data):
        signal = outcome.get("signal")
        if isinstance(signal, str) and signal not in numbers:
            yield (*path, "signal"), unknown("service number", signal, numbers)
        known = isinstance(signal, str) and signal in numbers
        if known and "otherwise" in outcome and not is_restricted(numbers[str(signal)]):
            yield (*path, "otherwise"), "is never needed: this number can always be signalled"
        for key, what, names in kinds:
            name = part(signal).get(key)
            if isinstance(name, str) and name not in names:
                yield (*path, "signal", key), unknown(what, name, names)


def _hours(data: Data) -> Found:
    windows = part(data, "hours")
    if windows and home_zone(str(data.get("home_region")), data.get("home_zone")) is None:
        message = "needs the key `home_zone` in the plan, such as Europe/London: the country has "
        yield ("hours",), message + "several time zones, and refusals say when calling is allowed"
    for index, rule in enumerate(rules(data)):
        asked = any(fact.startswith("hours.") for fact in part(rule, "when"))
        if "{opens}" in str(rule.get("refuse")) and not asked:
            message = (
                "{opens} says when a window of `hours` opens; this rule has none in its `when`"
            )
            yield ("rules", index, "refuse"), message


def _rules(data: Data) -> Found:
    lines: dict[Any, int] = {}
    for index, rule in enumerate(rules(data)):
        name = rule.get("id")
        if not isinstance(name, str):
            continue
        if name in lines:
            yield (
                ("rules", index, "id"),
                f"the rule '{name}' is there already: rules[{lines[name]}]",
            )
        lines.setdefault(name, index)
    if rules(data) and "when" in rules(data)[-1]:
        last = len(rules(data)) - 1
        message = "the last rule must have no `when`: it decides what no other rule has decided"
        yield ("rules", last, "when"), message


_CHECKS = (
    _attributes,
    check_service_numbers,
    _mappings,
    _hours,
    _signals,
    check_conditions,
    _rules,
)
