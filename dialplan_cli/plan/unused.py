"""Things in a plan that nothing uses: warned of, since what is meant is likely spelt otherwise."""

from collections.abc import Iterator, Mapping
from typing import Any

from click_to_dial.dialplan.conditions import LISTED
from dialplan_cli.plan.facts import listed
from dialplan_cli.plan.problems import Path
from dialplan_cli.plan.references import outcomes, part

Document = Mapping[str, Any]
Found = Iterator[tuple[Path, str]]


def check_unused(document: Document) -> Found:
    """What stands in a plan and nothing in it uses."""
    numbers, mappings, facts = _used(document)
    for name in document["service_numbers"]:
        if name not in numbers:
            yield ("service_numbers", name), "nothing signals it"
    for name in document["mappings"]:
        if name not in mappings:
            yield ("mappings", name), "nothing uses it"
    for index, name in enumerate(document.get("lists", ())):
        if name not in _lists(document):
            yield ("lists", index), f"no rule uses the list {name}"
    attributes: list[tuple[str, Path, Mapping[str, Any]]]
    attributes = [("agent", ("agents", "attributes"), document["agents"]["attributes"])]
    attributes.append(("hours", ("hours",), document.get("hours", {})))
    attributes += [
        ("record", ("objects", key), names) for key, names in document["objects"].items()
    ]
    for group, path, names in attributes:
        for name in names:
            if f"{group}.{name}" not in facts:
                yield (*path, name), f"no rule uses {group}.{name}"


def _lists(document: Document) -> set[str]:
    compared = [rule["when"].get(LISTED, []) for rule in document["rules"]]
    named = [each["not"] if isinstance(each, dict) else each for each in compared]
    return {name for each in named for name in listed(each)}


def _used(document: Document) -> tuple[set[str], set[str], set[str]]:
    """The service numbers, mappings and facts that something names."""
    signals = [part(outcome, "signal") for _, outcome in outcomes(document)]
    mappings = document["mappings"].values()
    numbers = _named(signals, "number")
    for mapping in mappings:
        numbers |= {mapping["default"], *mapping.get("entries", {}).values()}
    if any("salesforce" in mapping for mapping in mappings):
        numbers |= set(document["service_numbers"])  # what Salesforce names is not known here
    facts = {fact for rule in document["rules"] for fact in rule["when"]}
    facts |= _named(signals, "key") | {f"agent.{name}" for name in _named(signals, "agent")}
    return numbers, _named(signals, "mapping"), facts


def _named(signals: list[dict[str, str]], key: str) -> set[str]:
    return {signal[key] for signal in signals if key in signal}
