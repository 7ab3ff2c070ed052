"""Messages for names that a plan does not have, with the name that was probably meant."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from dialplan_cli.plan.source import child, pairs, unknown_name

Data = Mapping[str, Any]

_SYNONYMS = {
    **dict.fromkeys(("if", "condition", "conditions", "where"), "when"),
    **dict.fromkeys(("reject", "deny", "block", "forbid", "refusal"), "refuse"),
    **dict.fromkeys(("show", "allow", "dial", "service_number", "display"), "signal"),
    **dict.fromkeys(("else", "fallback", "default", "otherwise_signal"), "otherwise"),
    **dict.fromkeys(("from", "valid_since", "since"), "valid_from"),
    **dict.fromkeys(("until", "valid_until", "to"), "valid_to"),
    **dict.fromkeys(("countries", "country", "region"), "regions"),
    **dict.fromkeys(("timezone", "time_zone", "tz"), "zone"),
    **dict.fromkeys(("fields", "values"), "attributes"),
    **dict.fromkeys(("name", "rule"), "id"),
    "holiday": "holidays",
}
"""Words in place of a key. They are used only where the key is possible."""

_OPERATORS = {
    **dict.fromkeys(("startswith", "starts_with", "begins_with", "begins"), "prefix"),
    **dict.fromkeys(("ne", "!=", "<>", "not_in", "not_equal", "isnot", "is_not"), "not"),
    **dict.fromkeys((">", "greater", "greater_than", "more_than", "after"), "gt"),
    **dict.fromkeys((">=", "=>", "min", "at_least", "ge", "from", "since"), "gte"),
    **dict.fromkeys(("<", "less", "less_than", "before"), "lt"),
    **dict.fromkeys(("<=", "=<", "max", "at_most", "le", "until"), "lte"),
    **dict.fromkeys(("regex", "pattern", "like", "glob", "match"), "matches"),
    **dict.fromkeys(("exists", "is_set", "defined", "known"), "present"),
    **dict.fromkeys(("equals_fact", "equal_to_fact", "same"), "same_as"),
    **dict.fromkeys(("different", "not_same_as"), "differs_from"),
}
_OPERATOR_REMEDIES = {
    **dict.fromkeys(("endswith", "ends_with", "suffix"), 'use `matches` with a star: "*text"'),
    "contains": 'use `matches` with stars, "*text*", or `includes` for a multi-select picklist',
    "between": "use `gte` and `lte` together: {gte: 1, lte: 5}",
    **dict.fromkeys(("missing", "empty", "null", "is_null", "blank"), "use `present: false`"),
}
_EQUALS = ("equals", "equal", "eq", "is", "=", "==", "in", "any_of", "one_of", "value")
_OR = ("or", "any", "and", "all")


def likely_key(key: str, known: Iterable[str]) -> str | None:
    """Return the key among `known` that was probably meant, or None."""
    names = sorted(known)
    if _SYNONYMS.get(key.lower()) in names:
        return _SYNONYMS[key.lower()]
    same = [name for name in names if _plain(name) == _plain(key)]
    likely = same or difflib.get_close_matches(key.lower(), names, n=1, cutoff=0.6)
    return likely[0] if likely else None


def unknown_operator(fact: str, name: str, value: Any, known: Iterable[str]) -> str:
    """Return the message for an operator that does not exist."""
    word = name.lower()
    start = f"unknown operator '{name}'"
    if word in _EQUALS:
        values = json.dumps(value, ensure_ascii=False).replace('"', "")
        return f"{start}; write the value itself: {fact}: {values}"
    if word in _OR:
        return f"{start}; for several values write a list: {fact}: [first, second]"
    if word in _OPERATOR_REMEDIES:
        return f"{start}; {_OPERATOR_REMEDIES[word]}"
    likely = _OPERATORS.get(word) or likely_key(word, known)
    if likely:
        return f"{start}; use `{likely}`"
    return f"{start}; there are {', '.join(sorted(known))}"


def unknown_service_number(name: str, numbers: Data) -> str:
    """Return the message for a service number that does not exist, or that is given by digits."""
    digits = re.sub(r"\D", "", name)
    for key, number in numbers.items():
        if len(digits) > 3 and digits == re.sub(r"\D", "", str(child(number).get("number"))):
            return f"is a number, not the name of a service number; write {key}"
    return unknown_name("service number", name, numbers)


def unknown_fact(name: str, facts: Iterable[str], data: Data) -> str:
    """Return the message for a fact that does not exist.

    People leave out the group, name the object instead of it, or write the field's name instead of
    the attribute's.
    """
    names = sorted(facts)
    last = name.rpartition(".")[2]
    groups = [("agent", child(data, "agents", "attributes"))]
    groups += [("record", child(attributes)) for _, attributes in pairs(data.get("objects"))]
    fields = {
        f"{group}.{attribute}": str(field)
        for group, attributes in groups
        for attribute, field in attributes.items()
    }
    candidates = [
        [fact for fact in names if _plain(fact) == _plain(name)],
        [fact for fact in names if _plain(fact.partition(".")[2]) == _plain(last)],
        [fact for fact in names if _plain(fields.get(fact, "").rpartition(".")[2]) == _plain(last)],
    ]
    for likely in candidates:
        if likely:
            return f"unknown fact '{name}'; did you mean '{likely[0]}'?"
    return unknown_name("fact", name, names)


def _plain(name: str) -> str:
    """Return a name without what people write in different ways."""
    return re.sub(r"[_\W]", "", name.lower().removesuffix("__c"))
