"""Values of a wrong form that people often write, each with the form that they meant.

These messages replace those of the schema for the same place and all places below it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dialplan_cli.plan.facts import KINDS, all_conditions
from dialplan_cli.plan.references import outcomes
from dialplan_cli.plan.schema import known_keys
from dialplan_cli.plan.source import Finding, Findings, Path, child, pairs
from dialplan_cli.plan.suggestions import unknown_service_number

Data = Mapping[str, Any]

SECTIONS = frozenset(
    "service_numbers mappings objects agents hours lists rules outage freshness examples".split()
)
"""Keys at the top of a plan that hold other keys or a list."""

_NAMED = ("service_numbers", "mappings", "objects", "hours")
_GROUPS = ("record", "agent", "callee", "hours")
_ANY = {"or", "any", "any_of", "anyof", "oder"}
_ALL = {"and", "all", "all_of", "allof", "und"}


def check_shapes(data: Any) -> Findings:
    """Run all checks except check_sections, after which the others make no sense."""
    for check in (check_facts, check_kinds, check_signals):
        yield from check(dict(pairs(data)))


def check_sections(data: Any) -> Findings:
    """Find sections that are read as part of another one, and those whose lines are not indented.

    The other checks would report each use of a name in such a section as an unknown name.
    """
    plan = dict(pairs(data))
    if not known_keys(()).issuperset(plan):
        for section in SECTIONS.intersection(plan):
            if plan[section] is None:
                yield (section,), "has no value; indent the lines that belong to it"
    for section in (*_NAMED, "agents"):
        for name, value in child(data, section).items():
            for key, below in pairs(value):
                if key in SECTIONS and key not in plan and below is None:
                    yield (section, name, key), _top_level(key)
            if section == "objects":
                fits = all(not isinstance(field, dict) for field in child(value).values())
            else:
                fits = not known_keys((section, name)).isdisjoint(child(value))
            if name in SECTIONS and not (fits and isinstance(value, dict)):
                yield (section, name), _top_level(name)


def _top_level(section: str) -> str:
    return f"`{section}` belongs to the top level of the plan; remove its indentation"


def check_facts(data: Data) -> Findings:
    """Find logical words, groups and operators in place of facts."""
    for path, fact, expected in all_conditions(data):
        message = _fact_message(fact, expected)
        if message:
            yield path, message


def _fact_message(fact: str, expected: Any) -> str | None:
    word = fact.lower()
    if word in _ANY:
        return (
            "for conditions of which one must hold, write `when` as a list: each starts with `- {`"
        )
    if word in _ALL:
        return "all conditions in one pair of braces must hold; write them without this word"
    if word == "not":
        return "`not` belongs to a fact: record.kind: {not: Customer}"
    if fact in _GROUPS and isinstance(expected, dict):
        names = ", ".join(f"{fact}.{name}" for name in expected)
        return f"a fact is written as one word: {names}"
    if re.search(r"\s|=|:", fact):
        return "write `fact: value`, with a colon and a blank"
    return None


def check_kinds(data: Data) -> Findings:
    """Find several kinds of callee in one text."""
    for path, fact, expected in all_conditions(data):
        if fact == "callee.kind" and isinstance(expected, str):
            kinds = re.split(r"\s*[,;|/]\s*", expected)
            if len(kinds) > 1 and KINDS & set(kinds):
                yield path, f"for any of several values, write a list: [{', '.join(kinds)}]"


def check_signals(data: Data) -> Findings:
    """Find numbers, mappings and attributes in place of a signal, and outcomes without a key."""
    numbers = child(data, "service_numbers")
    for path, outcome in outcomes(data):
        signal = outcome.get("signal")
        if type(signal) is int:
            yield (*path, "signal"), unknown_service_number(str(signal), numbers)
        elif isinstance(signal, str) and signal not in numbers:
            group, _, name = signal.partition(".")
            if signal in child(data, "mappings"):
                message = (
                    f"is a mapping; write {{mapping: {signal}, key: …}} with the fact to look up"
                )
                yield (*path, "signal"), message
            elif group in ("agent", "record") and name:
                yield (*path, "signal"), f"is an attribute; write {{{group}: {name}}}"
        for group in ("agent", "record"):
            name = str(child(signal).get(group))
            if name.startswith(f"{group}."):
                message = f"write the attribute without `{group}.`: {name.partition('.')[2]}"
                yield (*path, "signal", group), message
        if isinstance(outcome.get("otherwise"), str) and outcome["otherwise"] != "next":
            yield (*path, "otherwise"), f"must be {_outcome(outcome['otherwise'], numbers)} or next"
    if isinstance(data.get("outage"), str):
        yield ("outage",), f"must be {_outcome(data['outage'], numbers)}"


def _outcome(written: str, numbers: Data) -> str:
    return f"{{signal: {written}}}" if written in numbers else "{signal: …}, {refuse: …}"


def without_consequences(findings: list[Finding], causes: list[Finding]) -> Iterator[Finding]:
    """Yield the findings at other places than those of `causes` and the places below them."""
    places = {path for path, _ in causes}
    for path, message in findings:
        above: list[Path] = [path[:length] for length in range(len(path) + 1)]
        if places.isdisjoint(above):
            yield path, message
