"""The difference between two published plans by meaning: rules, service numbers, mappings, others.

The order of keys and comments do not matter; the order of rules does.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

Document = Mapping[str, Any]
Kind = Literal["added", "removed", "changed", "moved"]

SECTIONS = (
    *("service_numbers", "mappings", "lists", "salesforce_lists"),
    *("objects", "numbers", "hours"),
)
"""Parts of a document with named entries."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value in an entry that differs. `path` has the keys with dots; None is no value."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that was added, removed, changed or moved; `kind` is `moved` if it is not changed.

    `before` and `after` are its places in the order of the rules, from 1, or None. `moved` is True
    if its place among the rules that are in both plans changed.
    """

    id: str
    kind: Kind
    before: int | None
    after: int | None
    moved: bool = False
    values: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryChange:
    """A named entry of a section, such as a service number, that was added, removed or changed."""

    section: str
    name: str
    kind: Kind
    values: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanChanges:
    """The differences between two plans. `settings` are those outside rules and SECTIONS."""

    rules: Sequence[RuleChange]
    entries: Sequence[EntryChange]
    settings: Sequence[ValueChange]

    def __bool__(self) -> bool:
        """Return whether there is a difference."""
        return bool(self.rules or self.entries or self.settings)


def compare(before: Document, after: Document) -> PlanChanges:
    """Return the differences between two documents. An empty document is no plan at all.

    The days of public holidays, which `publish` looks up, are left out.
    """
    others = {*before, *after} - {"rules", "version", "holidays", *SECTIONS}
    return PlanChanges(
        rules=_compare_rules(before.get("rules", ()), after.get("rules", ())),
        entries=[
            change
            for section in SECTIONS
            for change in _compare_section(section, _named(before, section), _named(after, section))
        ],
        settings=[
            change
            for key in sorted(others)
            for change in compare_values(before.get(key), after.get(key), key)
        ],
    )


def compare_values(before: Any, after: Any, path: str = "") -> Iterator[ValueChange]:
    """Yield the values that differ. Lists are compared as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            child = f"{path}.{key}" if path else str(key)
            yield from compare_values(before.get(key), after.get(key), child)
    elif json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True):
        # Compared as JSON, because true equals 1 in Python.
        yield ValueChange(path, before, after)


def _compare_rules(before: Sequence[Document], after: Sequence[Document]) -> list[RuleChange]:
    """Return the changes in the order of the new plan; removed rules come last."""
    old = {rule["id"]: (place, rule) for place, rule in enumerate(before, 1)}
    new = {rule["id"]: (place, rule) for place, rule in enumerate(after, 1)}
    kept_before = [rule for rule in old if rule in new]
    kept_after = [rule for rule in new if rule in old]
    matcher = SequenceMatcher(None, kept_before, kept_after, autojunk=False)
    in_order = {
        rule
        for block in matcher.get_matching_blocks()
        for rule in kept_after[block.b : block.b + block.size]
    }
    changes: list[RuleChange] = []
    for rule, (place, document) in new.items():
        if rule not in old:
            changes.append(RuleChange(rule, "added", None, place))
            continue
        was, old_document = old[rule]
        values = tuple(compare_values(old_document, document))
        moved = rule not in in_order
        if values or moved:
            kind: Kind = "changed" if values else "moved"
            changes.append(RuleChange(rule, kind, was, place, moved, values))
    removed = [(rule, place) for rule, (place, _) in old.items() if rule not in new]
    return changes + [RuleChange(rule, "removed", place, None) for rule, place in removed]


def _named(document: Document, section: str) -> Document:
    """Return the entries of a section by name. Lists may be only names; hours are as in YAML."""
    if section == "lists":
        lists = document.get(section, ())
        named = [each if isinstance(each, Mapping) else {"name": each} for each in lists]
        return {each["name"]: each for each in named}
    entries: Document = document.get(section, {})
    if section == "hours":
        readable: dict[str, Any] = {}
        for name, window in entries.items():
            opened = {
                WEEKDAYS[int(day)]: ", ".join(
                    f"{_clock(start)}-{_clock(end)}" for start, end in spans
                )
                for day, spans in window.get("open", {}).items()
            }
            holidays = sorted(window.get("holidays", ()))
            readable[name] = {**window, "open": opened, "holidays": holidays}
        return readable
    return entries


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _compare_section(section: str, before: Document, after: Document) -> Iterator[EntryChange]:
    for name in dict.fromkeys((*before, *after)):
        if name not in before:
            yield EntryChange(section, name, "added")
        elif name not in after:
            yield EntryChange(section, name, "removed")
        elif values := tuple(compare_values(before[name], after[name])):
            yield EntryChange(section, name, "changed", values)
