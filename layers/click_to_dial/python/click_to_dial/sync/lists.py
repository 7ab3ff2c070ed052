"""Synchronise the lists that are kept in Salesforce, in full runs.

A run reads all rows of a list, in the order of their ids, and writes its number into the entry of
each phone number. Entries count that one of the last two completed runs has seen. So a run that
fails, or does not take place, makes nobody callable. A run that is cut off is continued by the next
one, and a run that would lose too many entries is not completed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import list_definition, load
from click_to_dial.errors import (
    BadParameterError,
    ClickToDialError,
    NoDialPlanError,
    OutOfTimeError,
    PlanConflictError,
    RunLostError,
)
from click_to_dial.list_keys import number_key, numbers_on_lists
from click_to_dial.model import CompletedRun, Numbering
from click_to_dial.phone_numbers import clean, read_number
from click_to_dial.ports import (
    MAX_SECONDS_AHEAD,
    ActivePlan,
    CompletedRuns,
    ListReader,
    ListRow,
    ListRun,
    ListRuns,
    Origins,
    StoredRun,
)
from click_to_dial.pseudonym import Pseudonym
from click_to_dial.sync.mappings import SyncRefusedError

MAX_TRIES = 3
LEASE_SECONDS = 300.0
"""Time for which nobody else continues a run. It is renewed for each page of rows."""
MAX_PAUSE_SECONDS = 3600.0
"""A run without progress for longer begins again, because what it has read is too old."""
PAGE_SECONDS = 20.0
"""No page is begun if less time is left. It takes a few seconds to read and write one."""


class Due(NamedTuple):
    """Lists to read: those whose last run began `seconds` ago, or only those with new sources.

    Lists with new sources, and those whose last run was cut off, are always read. If `name` is
    given, only this list is read.
    """

    seconds: float = 0.0
    only_new_sources: bool = False
    name: str | None = None


class UnreadableNumber(NamedTuple):
    """A number that cannot be on a list: the record, its field, and the reason."""

    object_name: str
    record_id: str
    field: str
    reason: str


@dataclass(frozen=True)
class ListSynced:
    """Effect of a sync on one list.

    `run` is the run that took place, or None if the list was not due. `completed` is the last
    completed run, and `age` the seconds since it began, or since the plan became active. The
    numbers that this sync could not read are `unreadable`. With a `failure`, the run has not
    completed.
    """

    name: str
    run: ListRun | None
    completed: CompletedRun | None
    age: float
    unreadable: tuple[UnreadableNumber, ...] = ()
    failure: ClickToDialError | None = None


class Page(NamedTuple):
    """Entries of some rows of a list, and the state of the run after them."""

    origins: Origins
    unreadable: Sequence[UnreadableNumber]
    following: ListRun


class SyncedList(NamedTuple):
    """A list of the active plan: its sources in Salesforce, and its last completed run."""

    name: str
    definition: str
    sources: Sequence[Mapping[str, Any]]
    numbering: Numbering
    completed: CompletedRun | None
    active_since: float


@dataclass(frozen=True)
class ListSync:
    """The synchronisation of the active plan's lists. `clock` is in seconds since 1970."""

    store: CompletedRuns
    runs: ListRuns
    read_rows: ListReader
    pseudonym: Pseudonym
    clock: Callable[[], float]

    def sync(self, deadline: Deadline, due: Due, max_loss: float) -> list[ListSynced]:
        """Read the lists that are due, and return the state of all lists.

        A run that would lose a larger share of its entries than `max_loss` is not completed. Raises
        NoDialPlanError, DynamoDBError.
        """
        return [self._sync_list(each, deadline, due, max_loss) for each in self.lists()]

    def preview(self, deadline: Deadline, name: str | None = None) -> list[ListSynced]:
        """Read all lists, or one, and return what a sync would do. Nothing is written.

        Raises NoDialPlanError, DynamoDBError.
        """
        return [
            self._preview_list(each, deadline) for each in self.lists() if name in (None, each.name)
        ]

    def lists(self) -> list[SyncedList]:
        """Return the lists of the active plan that are kept in Salesforce."""
        active = self.store.active()
        if active is None:
            raise NoDialPlanError("No dial plan is published, so there are no lists to read.")
        document, _ = self.store.load(active)
        sources = document.get("salesforce_lists", {})
        numbering = load(document).numbering if sources else Numbering("")
        return [
            SyncedList(
                name=name,
                definition=list_definition(document, name),
                sources=sources[name],
                numbering=numbering,
                completed=active.lists.get(name),
                active_since=_timestamp(active),
            )
            for name in sources
        ]

    def _sync_list(
        self, synced: SyncedList, deadline: Deadline, due: Due, max_loss: float
    ) -> ListSynced:
        name, completed = synced.name, synced.completed
        stored: StoredRun | None = None
        unreadable: list[UnreadableNumber] = []
        failure: ClickToDialError | None = None
        try:
            last = self.runs.read(name)
            if not is_due(synced, last, due, self.clock()):
                return self._synced(synced, None, completed)
            stored = self._begin(synced, last)
            for page in self._pages(synced, stored.run, deadline):
                seen = self.runs.see(stored.run, page.origins)
                unreadable += page.unreadable
                run = page.following._replace(
                    entries=stored.run.entries + seen.new,
                    kept=stored.run.kept + seen.kept,
                    moved_at=self.clock(),
                )
                stored = self.runs.write(name, run, stored, self.clock() + LEASE_SECONDS)
            failure = _refusal(stored.run, max_loss)
            if failure is not None:
                run = stored.run._replace(state="refused")
                stored = self.runs.write(name, run, stored, 0.0)
            else:
                completed = self._complete(synced, stored.run)
                run = stored.run._replace(state="completed")
                stored = self.runs.write(name, run, stored, 0.0)
                self.runs.delete_older(name, completed.previous)
        except ClickToDialError as error:
            failure = error
            if stored is not None and not isinstance(error, RunLostError):
                with suppress(ClickToDialError):  # the lease ends by itself
                    self.runs.write(name, stored.run, stored, 0.0)
        run_of_sync = None if stored is None else stored.run
        return self._synced(synced, run_of_sync, completed, unreadable, failure)

    def _preview_list(self, synced: SyncedList, deadline: Deadline) -> ListSynced:
        run = _new_run(synced, None, self.clock())
        keys: set[str] = set()
        unreadable: list[UnreadableNumber] = []
        failure: ClickToDialError | None = None
        try:
            for page in self._pages(synced, run, deadline):
                run = page.following
                keys |= page.origins.keys()
                unreadable += page.unreadable
            kept = self.runs.count_seen(run.last_completed, list(keys))
            run = run._replace(entries=len(keys), kept=kept)
        except ClickToDialError as error:
            failure = error
        return self._synced(synced, run, synced.completed, unreadable, failure)

    def _synced(
        self,
        synced: SyncedList,
        run: ListRun | None,
        completed: CompletedRun | None,
        unreadable: Sequence[UnreadableNumber] = (),
        failure: ClickToDialError | None = None,
    ) -> ListSynced:
        since = synced.active_since if completed is None else completed.began_at
        age = max(0.0, self.clock() - since)
        return ListSynced(synced.name, run, completed, age, tuple(unreadable), failure)

    def _begin(self, synced: SyncedList, last: StoredRun | None) -> StoredRun:
        """Continue the last run or begin another one. Raises RunLostError if it takes place now."""
        now = self.clock()
        lease = 0.0 if last is None else last.lease_until - now
        if 0 < lease <= LEASE_SECONDS + MAX_SECONDS_AHEAD:  # a later end is that of a wrong clock
            raise RunLostError("Another run of the list takes place at the moment.")
        run = last.run if last is not None and _can_continue(synced, last.run, now) else None
        if run is None:
            run = _new_run(synced, last, now)
        return self.runs.write(synced.name, run, last, now + LEASE_SECONDS)

    def _pages(self, synced: SyncedList, run: ListRun, deadline: Deadline) -> Iterator[Page]:
        """Yield the pages that a run has not read yet."""
        while run.source < len(synced.sources):
            if deadline.remaining() < PAGE_SECONDS:
                raise OutOfTimeError("The list is not read completely; the next run continues.")
            source = synced.sources[run.source]
            rows = deadline.run(partial(self.read_rows, source, run.after, deadline))
            origins, unreadable = read_numbers(synced, source, rows, self.pseudonym)
            run = run._replace(
                source=run.source if rows else run.source + 1,
                after=rows[-1].record_id if rows else None,
                pages=run.pages + 1,
                rows=run.rows + len(rows),
                unreadable=run.unreadable + len(unreadable),
            )
            yield Page(origins, unreadable, run)

    def _complete(self, synced: SyncedList, run: ListRun) -> CompletedRun:
        """Make a run that has read everything the last completed one."""
        for _ in range(MAX_TRIES):
            active = self.store.active()
            current = {each.name: each for each in self.lists()}.get(synced.name)
            if active is None or current is None or current.definition != run.definition:
                raise PlanConflictError(
                    "The list has changed in the dial plan since the run began."
                )
            last = active.lists.get(synced.name)
            if last is not None and last.number == run.number:
                return last  # the response to an earlier try was lost
            if (0 if last is None else last.number) != run.last_completed:
                raise RunLostError("Another run of the list has completed in the meantime.")
            completed = CompletedRun(
                number=run.number,
                previous=run.last_completed or run.number,
                definition=run.definition,
                entries=run.entries,
                began_at=run.began_at,
                ended_at=self.clock(),
            )
            try:
                self.store.complete_run(active, synced.name, completed)
            except PlanConflictError:
                continue
            return completed
        raise PlanConflictError(
            "The dial plan is being changed by others. The next run tries again."
        )


def is_due(synced: SyncedList, last: StoredRun | None, due: Due, now: float) -> bool:
    """Return whether a list is to be read: its sources are new, or its last run is long ago."""
    completed = synced.completed
    if due.name not in (None, synced.name):
        return False
    if last is None or last.run.definition != synced.definition:
        return True
    if completed is None and last.run.state == "completed":  # another release lost this
        return True
    if due.only_new_sources:
        return completed is None or completed.definition != synced.definition
    age = now - last.run.began_at
    return last.run.state == "running" or age >= due.seconds or age < -MAX_SECONDS_AHEAD


def read_numbers(
    synced: SyncedList, source: Mapping[str, Any], rows: Sequence[ListRow], pseudonym: Pseudonym
) -> tuple[Origins, list[UnreadableNumber]]:
    """Return the entries of all numbers in the rows, each in all its readings.

    The others are unreadable: texts that are no phone numbers, and short and internal numbers.
    """
    origin = {"reason": source["filter"] or "", "source": f"{source['object']} in Salesforce"}
    origins: dict[str, Mapping[str, str]] = {}
    unreadable: list[UnreadableNumber] = []
    for row in rows:
        for field, text in row.numbers.items():
            reason = "is no phone number"
            numbers: set[str] = set()
            with suppress(BadParameterError):
                callees = read_number(clean(text), synced.numbering)
                numbers = {number for callee in callees for number in numbers_on_lists(callee)}
                reason = f"is of the kind {callees[0].kind}, which lists do not contain"
            for number in numbers:
                origins[number_key(synced.name, number, pseudonym)] = origin
            if not numbers:
                unreadable.append(UnreadableNumber(source["object"], row.record_id, field, reason))
    return origins, unreadable


def _new_run(synced: SyncedList, last: StoredRun | None, now: float) -> ListRun:
    completed = synced.completed
    numbers = (0 if last is None else last.run.number, 0 if completed is None else completed.number)
    return ListRun(
        number=max(numbers) + 1,
        definition=synced.definition,
        began_at=now,
        last_completed=0 if completed is None else completed.number,
        before=0 if completed is None else completed.entries,
        moved_at=now,
    )


def _can_continue(synced: SyncedList, run: ListRun, now: float) -> bool:
    """Return whether a run that was cut off can be continued.

    The first run cannot be continued under a plan that became active later: if another plan without
    the list was active in between, entries that the run has seen may have been deleted.
    """
    last_completed = 0 if synced.completed is None else synced.completed.number
    return (
        run.state == "running"
        and run.definition == synced.definition
        and run.last_completed == last_completed
        and (synced.completed is not None or run.began_at >= synced.active_since)
        and -MAX_SECONDS_AHEAD <= now - run.moved_at < MAX_PAUSE_SECONDS
    )


def _refusal(run: ListRun, max_loss: float) -> SyncRefusedError | None:
    """Return an error if the run would lose too large a share of the entries."""
    loss = run.removed / run.before if run.before else 0.0
    if loss <= max_loss:
        return None
    return SyncRefusedError(
        f"It would lose {loss:.0%} of its {run.before} numbers, more than the {max_loss:.0%} that "
        "are allowed. Check the filter and the access of the integration user. dialplan sync "
        "--most-lost 100 accepts the loss."
    )


def _timestamp(active: ActivePlan) -> float:
    """Return when the plan became active, in seconds since 1970."""
    return datetime.fromisoformat(active.activated_at).timestamp()
