"""Everything that the table has about a number, and its deletion: for data-protection requests.

A number is stored only as a keyed hash. The table is searched for the hash, so that entries of
lists that no plan names are found as well. Nothing is printed.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from click_to_dial.decision.number_lookups import ATTEMPTS_PREFIX, calls_of
from click_to_dial.dynamodb.number_lists import StoredForNumber, to_list_entry
from click_to_dial.list_keys import PREFIX_DIGITS
from dialplan_cli.lists import (
    ListedEntry,
    WriteCount,
    new_change,
    published_numbering,
    recorded,
    salesforce_lists,
    to_listed,
)
from dialplan_cli.number_lists import ListError, read_numbers
from dialplan_cli.targets import Target

LIST_PREFIX = "list#"


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that the text may mean, and its hash in the table and the log."""

    number: str
    hash: str


@dataclass(frozen=True, slots=True)
class NumberOnList:
    """An entry of the list `name`. A prefix is not personal, and is not deleted with a number."""

    name: str
    entry: ListedEntry


@dataclass(frozen=True, slots=True)
class StoredItem:
    """Another item: `calls` with the times of calls to the number, or a `copy` of a record.

    `newest` is the time of the last call. `count` and `newest` are None if the item has an unknown
    form. `expires_at` is the time after which it is deleted.
    """

    kind: str
    count: int | None
    newest: str | None
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class StoredNumber:
    """Everything that is stored about a number. `forgotten` is the number of deleted items."""

    readings: list[Reading]
    lists: list[NumberOnList]
    prefixes: list[NumberOnList]
    others: list[StoredItem]
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """Result of a search: what is shown, and the items of the table that can be deleted."""

    shown: StoredNumber
    items: list[StoredForNumber]


def find(target: Target, text: str) -> Search:
    """Search the table for a number in all its readings. Raises ListError, DynamoDBError.

    Entries of lists that the active plan keeps in Salesforce cannot be deleted: the number could be
    called until the next run.
    """
    from_salesforce = salesforce_lists(target)
    numbers = read_numbers(text, published_numbering(target))
    readings = [Reading(number, target.pseudonym(number)) for number in numbers]
    prefixes = {f"#prefix#{number[1 : 1 + n]}" for number in numbers for n in PREFIX_DIGITS}
    shown = StoredNumber(readings, [], [], [])
    items: list[StoredForNumber] = []
    for stored in target.lists.find([reading.hash for reading in readings], prefixes):
        if not stored.key.startswith(LIST_PREFIX):
            shown.others.append(to_item(stored))
            items.append(stored)
            continue
        _, name, rest = stored.key.split("#", 2)
        entry = NumberOnList(name, to_listed(to_list_entry(stored)))
        if not rest.startswith("prefix#"):
            shown.lists.append(entry)
            if name not in from_salesforce:
                items.append(stored)
        elif f"#{rest}" in prefixes:  # the search also finds longer ones
            shown.prefixes.append(entry)
    return Search(shown, items)


def require_one_reading(search: Search) -> None:
    """Raise ListError if the text can mean numbers of different people.

    A number without its surplus digits reaches the same person.
    """
    first, *others = (reading.number for reading in search.shown.readings)
    different = next((number for number in others if not first.startswith(number)), None)
    if different is not None:
        raise ListError(
            f"The number can be {first} or {different}, which may belong to different people. "
            "Write it with a plus and its country code"
        )


def forget(target: Target, search: Search, author: str) -> StoredNumber:
    """Delete the items that were found, and record for each list that a number was removed.

    Raises DynamoDBError.
    """
    keys = [each.key for each in search.items if each.key.startswith(LIST_PREFIX)]
    counts = Counter(key.split("#", 2)[1] for key in keys)
    for stored in search.items:
        if not stored.key.startswith(LIST_PREFIX):
            target.lists.delete_item(stored)
    for name in counts:
        counter = WriteCount()
        with recorded(target, new_change(name, "forget", author), counter):
            for stored in search.items:
                if stored.key.startswith(f"{LIST_PREFIX}{name}#"):
                    target.lists.delete_item(stored)
                    counter.removed += 1
    shown = search.shown
    return StoredNumber(
        shown.readings, shown.lists, shown.prefixes, shown.others, len(search.items)
    )


def to_item(stored: StoredForNumber) -> StoredItem:
    """Return an item that is not the entry of a list as it is shown."""
    expires_at = _to_time(stored.item.expires_at)
    if not stored.key.startswith(ATTEMPTS_PREFIX):
        return StoredItem("copy", None, None, expires_at)
    calls = calls_of(stored.item)
    if calls is None:
        return StoredItem("calls", None, None, expires_at)
    newest = max((at for at, _ in calls), default=None)
    return StoredItem("calls", len(calls), _to_time(newest), expires_at)


def _to_time(seconds: float | None) -> str | None:
    """Return a time as ISO 8601, in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
