"""Read the mappings and lists kept in Salesforce now, and tell what changed. Nothing is printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.errors import ClickToDialError
from click_to_dial.salesforce.rows import read_mapping
from click_to_dial.sync import mappings
from click_to_dial.sync.wiring import SYNC_SECONDS
from dialplan_cli.list_sync import ListChange, sync_lists
from dialplan_cli.targets import Target


@dataclass(frozen=True, slots=True)
class ChangedEntry:
    """Value of an entry before and after a sync."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MappingChange:
    """Effect of a sync on one mapping.

    `added` and `removed` are entries. `left_out` tells which rows cannot be used, and why. With a
    `failure`, the mapping keeps its current entries.
    """

    mapping: str
    entries: int
    added: dict[str, str]
    removed: dict[str, str]
    changed: dict[str, ChangedEntry]
    left_out: list[str]
    failure: str | None

    @property
    def failure_message(self) -> str | None:
        """The failure in a sentence, or None."""
        if self.failure is None:
            return None
        return f"Mapping '{self.mapping}' keeps its current entries: {self.failure}"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Effect of a sync on mappings and lists kept in Salesforce. A `dry_run` changed nothing."""

    dry_run: bool
    mappings: list[MappingChange]
    lists: list[ListChange]


def sync(target: Target, *, max_loss: float, dry_run: bool) -> SyncReport:
    """Update the mappings and the lists of the active plan from Salesforce.

    `max_loss` is the largest share of its entries that a mapping or a list may lose. Raises
    NoDialPlanError, DynamoDBError, PlanConflictError.
    """
    changes = sync_mappings(target, max_loss=max_loss, dry_run=dry_run)
    return SyncReport(dry_run, changes, sync_lists(target, max_loss=max_loss, dry_run=dry_run))


def sync_mappings(target: Target, *, max_loss: float, dry_run: bool) -> list[MappingChange]:
    """Update the mappings as `sync` does."""
    changes = mappings.sync(
        target.store,
        partial(read_mapping, target.organisation),
        Deadline(SYNC_SECONDS),
        max_loss=max_loss,
        dry_run=dry_run,
    )
    return [to_change(change) for change in changes]


def read_new_mappings(target: Target, document: Mapping[str, Any], *, ask: bool) -> list[str]:
    """Read the mappings that a newly active plan keeps in Salesforce, if `ask` is true.

    Return a message for each mapping that was not read. Such a mapping keeps the entries of its
    last sync; without any, its default applies.
    """
    names = kept_in_salesforce(document)
    if not names:
        return []
    if not ask:
        return [f"Not read from Salesforce: {', '.join(names)}. To read now: dialplan sync"]
    try:
        changes = sync_mappings(target, max_loss=mappings.MAX_LOSS, dry_run=False)
    except ClickToDialError as error:
        return [f"The mappings kept in Salesforce were not read: {error}"]
    return [each.failure_message for each in changes if each.failure_message]


def to_change(change: mappings.Change) -> MappingChange:
    """Return the effect of a sync on one mapping as it is shown."""
    before, after = change.before, change.after
    return MappingChange(
        mapping=change.mapping,
        entries=len(after),
        added={key: value for key, value in after.items() if key not in before},
        removed={key: value for key, value in before.items() if key not in after},
        changed={
            key: ChangedEntry(before[key], value)
            for key, value in after.items()
            if before.get(key, value) != value
        },
        left_out=list(change.problems),
        failure=None if change.failure is None else str(change.failure),
    )
