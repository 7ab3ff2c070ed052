"""Conditions on what the table knows of a number: the lists it is on, the calls that it got."""

from collections.abc import Iterator, Mapping
from typing import Any

from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED
from dialplan_cli.plan.problems import Path, unknown

LOOKUPS = (LISTED, ATTEMPTS)
_BOUNDS = {"lt", "lte", "gt", "gte"}
_FORM = "must be written as {gte: 4, within: 30d}, with `by: others` for other agents' calls only"


def check_lookup(
    data: Mapping[str, Any], path: Path, fact: str, expected: Any
) -> Iterator[tuple[Path, str]]:
    """What is wrong with a condition on `fact`, which is one of LOOKUPS."""
    if fact == ATTEMPTS:
        if not _is_limit(expected):
            yield path, _FORM
        return
    named = expected
    if isinstance(expected, dict):
        if expected.keys() != {"not"}:
            yield path, "must be a list of numbers, several of them, or `{not: …}`"
            return
        named = expected["not"]
    lists = [name for name in data.get("lists") or () if isinstance(name, str)]
    for name in named if isinstance(named, list) else [named]:
        if name not in lists:
            yield path, unknown("list", name, lists)


def _is_limit(expected: Any) -> bool:
    if not isinstance(expected, dict) or "within" not in expected:
        return False
    bounds = expected.keys() - {"within", "by"}
    counts = [expected[name] for name in bounds]
    return bool(bounds) and bounds <= _BOUNDS and all(type(count) is int for count in counts)
