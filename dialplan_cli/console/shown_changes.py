"""The difference between two plans in words, for the pages that compare plans."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dialplan_cli.console.language import text
from dialplan_cli.console.shown_plan import zone_of
from dialplan_cli.console.words import ShownRule, Words, day, duration
from dialplan_cli.plan_changes import Document, EntryChange, PlanChanges, RuleChange, ValueChange

MAX_VALUES = 50
"""Maximum number of values, and of entries, that are shown of a difference."""


@dataclass(frozen=True, slots=True)
class ShownRuleChange:
    """A change of a rule, with the rule in words in both plans, or None."""

    change: RuleChange
    before: ShownRule | None
    after: ShownRule | None


@dataclass(frozen=True, slots=True)
class ShownChanges:
    """The differences between two plans. `outage` has the rules of both if they differ."""

    rules: Sequence[ShownRuleChange]
    entries: Sequence[EntryChange]
    settings: Sequence[ValueChange]
    outage: tuple[Sequence[ShownRule], Sequence[ShownRule]] | None
    zone: str

    def __bool__(self) -> bool:
        """Return whether there is a difference."""
        return bool(self.rules or self.entries or self.settings or self.outage)

    def value(self, change: ValueChange, value: Any) -> str:
        """Return a value as people write it."""
        key = change.path.rpartition(".")[2]
        if value is None:
            return text("changes.no_value")
        if key in ("valid_from", "valid_to") and isinstance(value, int):
            return day(value, ZoneInfo(self.zone))
        if change.path.startswith("freshness.") and isinstance(value, int):
            return duration(value)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shown_changes(changes: PlanChanges, before: Document, after: Document) -> ShownChanges:
    """Return the differences in the language of the request. `before` is empty without a plan."""
    now, zone = time.time(), zone_of(after)
    old = Words(before, zone_of(before), now) if before else None
    new = Words(after, zone, now)
    rules_before = {} if old is None else {each.id: each for each in old.rules()}
    rules_after = {each.id: each for each in new.rules()}
    is_outage = any(each.path.split(".")[0] == "outage" for each in changes.settings)
    return ShownChanges(
        rules=[
            ShownRuleChange(each, rules_before.get(each.id), rules_after.get(each.id))
            for each in changes.rules
        ],
        entries=changes.entries,
        settings=[each for each in changes.settings if each.path.split(".")[0] != "outage"],
        outage=(old.outage() if old else [], new.outage()) if is_outage else None,
        zone=zone,
    )
