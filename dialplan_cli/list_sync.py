"""Read the lists kept in Salesforce now, and tell what changed. Nothing is printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.errors import ClickToDialError
from click_to_dial.sync.lists import Due, ListSynced
from click_to_dial.sync.mappings import MAX_LOSS
from click_to_dial.sync.wiring import LISTS_SECONDS
from dialplan_cli.number_lists import ListError
from dialplan_cli.plan.source import unknown_name
from dialplan_cli.targets import Target


@dataclass(frozen=True, slots=True)
class UnreadableNumber:
    """A number that cannot be on a list: its record and field, and the reason."""

    object: str
    record: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListChange:
    """Effect of a run on one list.

    `numbers` is the number of entries that the run has seen, `added` of those that are new, and
    `removed` of those that the last completed run had seen and this one has not. Removed numbers
    count until the next run completes. `unreadable_numbers` are those that this command has read,
    fewer than `unreadable` if it has continued a run. `completed_at` is the beginning of the last
    completed run. With a `failure`, the list keeps its entries.
    """

    list: str
    rows: int
    numbers: int
    added: int
    removed: int
    unreadable: int
    seconds: int
    completed_at: str | None
    unreadable_numbers: "tuple[UnreadableNumber, ...]"
    failure: str | None

    @property
    def failure_message(self) -> str | None:
        """The failure in a sentence, or None."""
        if self.failure is None:
            return None
        return f"List '{self.list}' keeps its current entries: {self.failure}"


def sync_lists(
    target: Target, *, max_loss: float, dry_run: bool, name: str | None = None
) -> list[ListChange]:
    """Read all lists of the active plan that are kept in Salesforce, or one of them.

    `max_loss` is the largest share of its entries that a list may lose. Raises NoDialPlanError,
    DynamoDBError, and ListError if the plan keeps no such list in Salesforce.
    """
    lists = target.list_sync
    if name is not None:
        names = [each.name for each in lists.lists()]
        if name not in names:
            raise ListError(f"{unknown_name('list', name, names)} (kept in Salesforce)")
    deadline = Deadline(LISTS_SECONDS)
    if dry_run:
        results = lists.preview(deadline, name)
    else:
        results = lists.sync(deadline, Due(name=name), max_loss)
    return [to_change(each) for each in results if each.run or each.failure]


def read_new_lists(
    target: Target, document: Mapping[str, Any], *, ask: bool
) -> tuple[list[ListChange], list[str]]:
    """Read the lists of a newly active plan that have other sources in Salesforce than before.

    Return the changes, and a message for each list that was not read. Such a list is unknown until
    the function has read it.
    """
    names = list(document.get("salesforce_lists", {}))
    if not names:
        return [], []
    if not ask:
        return [], [f"Not read from Salesforce: {', '.join(names)}. To read now: dialplan sync"]
    due = Due(only_new_sources=True)
    try:
        results = target.list_sync.sync(Deadline(LISTS_SECONDS), due, MAX_LOSS)
    except ClickToDialError as error:
        return [], [f"The lists kept in Salesforce were not read: {error}"]
    changes = [to_change(each) for each in results if each.run or each.failure]
    return changes, [each.failure_message for each in changes if each.failure_message]


def to_change(result: ListSynced) -> ListChange:
    """Return the effect of a run as it is shown."""
    run, completed = result.run, result.completed
    began_at = None if completed is None else datetime.fromtimestamp(completed.began_at, UTC)
    return ListChange(
        list=result.name,
        rows=run.rows if run else 0,
        numbers=run.entries if run else 0,
        added=run.added if run else 0,
        removed=run.removed if run else 0,
        unreadable=run.unreadable if run else 0,
        seconds=round(run.moved_at - run.began_at) if run else 0,
        completed_at=None if began_at is None else began_at.isoformat(timespec="seconds"),
        unreadable_numbers=tuple(UnreadableNumber(*each) for each in result.unreadable),
        failure=None if result.failure is None else str(result.failure),
    )
