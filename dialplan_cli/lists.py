"""Number lists: import, add, remove, check, export and count entries. Nothing is printed.

Each change is recorded before it is made, as unfinished, and once more when it is over.
"""

import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from click_to_dial.dialplan import load
from click_to_dial.dynamodb import number_lists
from click_to_dial.dynamodb.list_changes import ListAction, ListChange
from click_to_dial.dynamodb.number_lists import ListEntry
from click_to_dial.errors import ClickToDialError, DynamoDBError
from click_to_dial.list_keys import PREFIX_DIGITS, entry_keys, list_prefix, prefix_key
from click_to_dial.model import Numbering
from dialplan_cli.number_lists import (
    CheckedFile,
    Entry,
    ListError,
    RowProblem,
    hash_of_number_or_prefix,
    last_day,
    parse_prefix,
    read_entries,
    read_numbers,
)
from dialplan_cli.plan.source import unknown_name
from dialplan_cli.targets import Target

BATCH = number_lists.CHUNK * number_lists.CONCURRENCY
"""Number of entries that are written at a time."""

_NUMBER_IN_NAME = re.compile(r"[0-9]{9,}|[0-9](?:[ ()./-]*[0-9]){8,}")

Row = tuple[int, Entry]
"""An entry, and its line in the file."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Result of an import: numbers that were added, and those that were on the list already.

    The reason, source and end of the latter were replaced. `repeats` is the number of rows that
    repeat a number, `invalid` the number of rows that were left out. A `dry_run` changed nothing.
    """

    name: str
    file: str
    dry_run: bool
    rows: int
    repeats: int
    invalid: int
    added: int
    already_there: int
    warnings: list[RowProblem]


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """A stored entry: the hash of its number, or a prefix. `expires` is its last day, or empty."""

    hash_of_number_or_prefix: str
    reason: str
    source: str
    expires: str
    expired: bool


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Result of a search for a number in a list. `readings` are the numbers that were looked up."""

    name: str
    listed: bool
    readings: list[str]
    entries: list[ListedEntry]


@dataclass(frozen=True, slots=True)
class ListSummary:
    """A list: its valid entries, how many of them are prefixes, and its expired entries.

    `used` is True if the active dial plan names it. `changed_at` is the time of the last recorded
    change.
    """

    name: str
    entries: int
    prefixes: int
    expired: int
    used: bool
    changed_at: str | None


class ImportStoppedError(ListError):
    """An import ended early. `interrupted` is True if the user stopped it."""

    def __init__(self, message: str, *, interrupted: bool) -> None:
        super().__init__(message)
        self.interrupted = interrupted


class WriteCount:
    """Number of entries that were added to a list, were there already, or were removed.

    `repeated` are the keys of numbers that a file has more than once: only the first one counts.
    """

    def __init__(self, repeated: frozenset[str] = frozenset()) -> None:
        self.added = self.already_there = self.removed = 0
        self._repeated = repeated
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def on_written(self, added: Collection[str], replaced: Collection[str]) -> None:
        """Count the keys of entries that were written. Several threads call it."""
        with self._lock:
            self.added += len(set(added) - self._seen)
            self.already_there += len(set(replaced) - self._seen)
            self._seen |= self._repeated.intersection([*added, *replaced])

    def enter(self, change: ListChange, *, finished: bool = True) -> ListChange:
        """Return the change with these numbers."""
        return replace(
            change,
            added=self.added,
            already_there=self.already_there,
            removed=self.removed,
            finished=finished,
        )


def import_file(
    target: Target, change: ListChange, path: Path, checked: CheckedFile, rows: Iterable[Row]
) -> ImportReport:
    """Add `rows`, the entries of a file that was checked, to a list.

    Raises ImportStoppedError if it was interrupted: then some of them were written.
    """
    repeated = (Entry(number).key(change.name, target.pseudonym) for number in checked.repeated)
    counter = WriteCount(frozenset(repeated))
    remaining, line = iter(rows), 0
    with recorded(target, change, counter):
        try:
            while batch := list(itertools.islice(remaining, BATCH)):
                line = batch[0][0]
                entries = (each.to_stored(change.name, target.pseudonym) for _, each in batch)
                target.lists.write(entries, counter.on_written)
        except (ClickToDialError, KeyboardInterrupt) as error:
            reason = str(error) or "The import was interrupted."
            written = counter.added + counter.already_there
            raise ImportStoppedError(
                f"{reason} {written} numbers were written. To continue: --from-line {line}",
                interrupted=isinstance(error, KeyboardInterrupt),
            ) from error
    return to_report(change.name, path, checked, counter)


def to_report(
    name: str, path: Path, checked: CheckedFile, counter: WriteCount | None = None
) -> ImportReport:
    """Return the result of an import, or of a dry run if there is no counter."""
    return ImportReport(
        name=name,
        file=path.name,
        dry_run=counter is None,
        rows=checked.rows,
        repeats=checked.repeats,
        invalid=checked.invalid,
        added=0 if counter is None else counter.added,
        already_there=0 if counter is None else counter.already_there,
        warnings=checked.warnings,
    )


def rows_of(path: Path, from_line: int) -> Iterator[Row]:
    """Yield the valid rows of a file from a line on. Raises ListError, CsvFileError."""
    for line, entry in read_entries(path):
        if line >= from_line and isinstance(entry, Entry):
            yield line, entry


def add(target: Target, change: ListChange, entry: Entry) -> ListChange:
    """Add an entry to a list, or replace it. Return the recorded change."""
    counter = WriteCount()
    with recorded(target, change, counter):
        target.lists.write([entry.to_stored(change.name, target.pseudonym)], counter.on_written)
    return counter.enter(change)


def remove(target: Target, change: ListChange, entry: Entry) -> ListChange:
    """Remove an entry from a list. Return the recorded change. Raises ListError."""
    require_own(target, change.name)
    key = entry.key(change.name, target.pseudonym)
    if not target.lists.read([key]):
        require_known(target, change.name)
        raise ListError(
            f"It is not on the list {change.name}. A prefix of it may be: see dialplan list check"
        )
    counter = WriteCount()
    with recorded(target, change, counter):
        counter.removed = int(target.lists.delete(key))
    return counter.enter(change)


def new_change(name: str, action: ListAction, author: str, file: str = "") -> ListChange:
    """Return a change that begins now. Numbers in the name of the file are left out."""
    file = _NUMBER_IN_NAME.sub("…", file)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return ListChange(name=name, action=action, author=author, changed_at=now, file=file)


@contextmanager
def recorded(target: Target, change: ListChange, counter: WriteCount) -> Iterator[None]:
    """Record a change before the block as unfinished, and after it with the numbers of `counter`.

    Raises DynamoDBError.
    """
    key = target.list_changes.record(change)
    try:
        yield
    except BaseException:
        with suppress(DynamoDBError):  # the error of the block says more
            target.list_changes.record(counter.enter(change, finished=False), key)
        raise
    target.list_changes.record(counter.enter(change), key)


def check(target: Target, name: str, text: str) -> CheckResult:
    """Look for a number on a list, in all its readings, or for a prefix.

    Raises ListError if the text is no number or there is no such list.
    """
    prefix = parse_prefix(text)
    numbers = [] if prefix else read_numbers(text, published_numbering(target))
    keys = [key for number in numbers for key in entry_keys(name, number, target.pseudonym)]
    keys += [prefix_key(name, prefix[:digits]) for digits in PREFIX_DIGITS if digits <= len(prefix)]
    entries = [to_listed(each) for each in target.lists.read(list(dict.fromkeys(keys)))]
    valid = [each for each in entries if not each.expired]
    if not entries:
        require_known(target, name)
    return CheckResult(name, bool(valid), [f"+{prefix}*"] if prefix else numbers, valid)


def export(target: Target, name: str) -> Iterator[ListedEntry]:
    """Return all entries of a list. Raises ListError if there is no such list."""
    entries = target.lists.scan(list_prefix(name))
    first = list(itertools.islice(entries, 1))
    if not first:
        require_known(target, name)
    return map(to_listed, itertools.chain(first, entries))


def summaries(target: Target) -> list[ListSummary]:
    """Return all lists by name: those with entries, with changes, or in the active plan."""
    used = set(published_lists(target) or ())
    changed_at: dict[str, str] = {}
    for change in target.list_changes.newest_first():
        changed_at.setdefault(change.name, change.changed_at)
    counts: dict[str, Counter[str]] = {name: Counter() for name in {*used, *changed_at}}
    for entry in target.lists.scan("list#"):
        _, name, _ = entry.key.split("#", 2)
        listed = to_listed(entry)
        kind = "expired" if listed.expired else "entries"
        counts.setdefault(name, Counter())[kind] += 1
        if not listed.expired and listed.hash_of_number_or_prefix.endswith("*"):
            counts[name]["prefixes"] += 1
    return [
        ListSummary(
            name=name,
            entries=counts[name]["entries"],
            prefixes=counts[name]["prefixes"],
            expired=counts[name]["expired"],
            used=name in used,
            changed_at=changed_at.get(name),
        )
        for name in sorted(counts)
    ]


def history(target: Target, name: str | None) -> list[ListChange]:
    """Return the recorded changes of a list, or of all lists, the newest first."""
    changes = target.list_changes.newest_first()
    return [change for change in changes if name is None or change.name == name]


def published_lists(target: Target) -> list[str] | None:
    """Return the names of the lists in the active plan, or None if none is published."""
    active = target.store.active()
    return None if active is None else list(target.store.document(active).get("lists", []))


def salesforce_lists(target: Target) -> list[str]:
    """Return the names of the lists that the active plan keeps in Salesforce."""
    active = target.store.active()
    return [] if active is None else list(target.store.document(active).get("salesforce_lists", {}))


def require_own(target: Target, name: str) -> None:
    """Raise ListError if the active plan keeps the list in Salesforce."""
    if name in salesforce_lists(target):
        raise ListError(
            f"The list {name} is kept in Salesforce: change the records there, then: dialplan sync"
        )


def published_numbering(target: Target) -> Numbering | None:
    """Return how the active plan reads numbers, or None if none is published."""
    active = target.store.active()
    return None if active is None else load(target.store.document(active)).numbering


def require_known(target: Target, name: str) -> None:
    """Raise ListError unless the active plan names the list or a change of it was recorded."""
    published = published_lists(target)
    known = {*(published or ()), *(change.name for change in target.list_changes.newest_first())}
    if name in known:
        return
    if known:
        raise ListError(f"{unknown_name('list', name, known)} (all lists: dialplan list ls)")
    reason = "no dial plan is published" if published is None else "the active dial plan has none"
    raise ListError(f"unknown list '{name}': {reason}, and nothing was added to any list")


def to_listed(entry: ListEntry) -> ListedEntry:
    """Return a stored entry as it is shown."""
    return ListedEntry(
        hash_of_number_or_prefix=hash_of_number_or_prefix(entry.key),
        reason=entry.reason,
        source=entry.source,
        expires=last_day(entry.expires_at),
        expired=entry.expires_at is not None and entry.expires_at <= time.time(),
    )
