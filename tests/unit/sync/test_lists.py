"""Runs of lists: reading numbers, the share of losses, leases, and what continues a run."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.errors import OutOfTimeError, PlanConflictError, RunLostError
from click_to_dial.model import Numbering
from click_to_dial.ports import ListRow
from click_to_dial.sync.lists import (
    LEASE_SECONDS,
    MAX_PAUSE_SECONDS,
    PAGE_SECONDS,
    Due,
    ListSync,
    ListSynced,
    SyncedList,
    read_numbers,
)
from click_to_dial.sync.mappings import SyncRefusedError
from tests.fakes import Clock, FakeListRuns
from tests.unit.sync.test_lists_over_time import KilledError, Plans, document

SOURCE = {"object": "Contact", "numbers": ["Phone", "MobilePhone"], "filter": "DoNotCall = true"}
HOURLY = Due(3600.0)
SYNCED = SyncedList("opted-out", "d", [SOURCE], Numbering("DE"), None, 0.0)


def rows(*numbers: str) -> list[ListRow]:
    return [ListRow(f"{at:03}", {"Phone": number}) for at, number in enumerate(numbers)]


@pytest.mark.parametrize(
    "text",
    [
        "+49 89 12345601",
        "+49 (0)89 12345601",
        "0049-89-12345601",
        "089 / 123456 01",
        "(089) 123456-01",
        "089.12345601",
        "+49\u00a089\u00a012345601",
        "\u202a+498912345601\u202c",
        "%2B498912345601",
        "\uff10\uff18\uff19 12345601",
    ],
)
def test_a_number_in_ten_spellings_is_one_entry(text: str) -> None:
    origins, unreadable = read_numbers(SYNCED, SOURCE, rows(text), str)
    assert list(origins) == ["list#opted-out#+498912345601"]
    assert unreadable == []


def test_each_reading_of_an_ambiguous_number_is_an_entry() -> None:
    origins, _ = read_numbers(SYNCED, SOURCE, rows("33142685304"), str)
    assert set(origins) == {"list#opted-out#+33142685304", "list#opted-out#+4933142685304"}


def test_an_entry_tells_where_it_comes_from() -> None:
    origins, _ = read_numbers(SYNCED, SOURCE, rows("+498912345601"), str)
    origin = {"reason": "DoNotCall = true", "source": "Contact in Salesforce"}
    assert list(origins.values()) == [origin]


def test_numbers_that_cannot_be_on_a_list_are_reported_by_record_and_field() -> None:
    found = [ListRow("001", {"Phone": "n/a", "MobilePhone": "217"}), *rows("089 12345601")]
    origins, unreadable = read_numbers(SYNCED, SOURCE, found, str)
    assert len(origins) == 1
    assert [each[:3] for each in unreadable] == [
        ("Contact", "001", "Phone"),
        ("Contact", "001", "MobilePhone"),
    ]
    assert "internal" in unreadable[1].reason


class World:
    """A list of one object in pages of 10 rows, and runs that can be killed at a page."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.plans = Plans()
        self.plans.document = document(["Contact"])
        self.runs = FakeListRuns()
        self.numbers = [f"+49891234{number:04}" for number in range(100)]
        self.pages = 0
        self.kill_at = 0

    def read_rows(
        self, source: Mapping[str, Any], after: str | None, deadline: Deadline
    ) -> Sequence[ListRow]:
        self.pages += 1
        return [
            ListRow(f"{at:05}", {"Phone": number})
            for at, number in enumerate(self.numbers)
            if after is None or f"{at:05}" > after
        ][:10]

    def before_write(self) -> None:
        if self.kill_at and self.pages >= self.kill_at:
            raise KilledError

    def sync(self, due: Due = HOURLY, max_loss: float = 0.5, seconds: float = 60.0) -> ListSynced:
        self.pages = 0
        self.runs.before_write = self.before_write
        lists = ListSync(self.plans, self.runs, self.read_rows, str, self.clock)
        (result,) = lists.sync(Deadline(seconds), due, max_loss)
        return result

    def killed(self, page: int) -> None:
        self.kill_at = page
        with pytest.raises(KilledError):
            self.sync()
        self.kill_at = 0


@pytest.fixture
def world() -> World:
    return World()


def test_a_run_counts_what_it_reads(world: World) -> None:
    world.numbers += ["nobody knows", *world.numbers[:20]]
    run = world.sync().run
    assert run is not None
    assert (run.rows, run.entries, run.added, run.removed) == (121, 100, 100, 0)
    assert (run.unreadable, run.state) == (1, "completed")
    world.numbers = [*world.numbers[30:100], "+498912349999"]
    world.clock.advance(3600)
    run = world.sync().run
    assert run is not None
    assert (run.entries, run.added, run.removed) == (71, 1, 30)


def test_a_list_is_read_again_after_its_interval(world: World) -> None:
    world.sync()
    world.clock.advance(3599)
    assert world.sync().run is None
    assert world.sync(Due(only_new_sources=True)).run is None
    world.clock.advance(1)
    assert world.sync().run is not None


def test_a_run_that_was_killed_is_continued_after_its_lease(world: World) -> None:
    world.killed(page=6)
    first = world.runs.stored["opted-out"].run
    assert (first.state, first.rows) == ("running", 50)
    assert isinstance(world.sync().failure, RunLostError), "the lease keeps two runs apart"
    world.clock.advance(LEASE_SECONDS + 1)
    result = world.sync()
    assert result.run is not None
    assert (result.run.number, result.run.state) == (first.number, "completed")
    assert (world.pages, result.run.rows, result.run.entries) == (6, 100, 100)


def test_what_a_killed_run_wrote_of_its_last_page_is_counted_once(world: World) -> None:
    world.sync()
    world.clock.advance(3600)
    writes = iter(range(1000))

    def die_within_a_page() -> None:
        if next(writes) == 55:
            raise KilledError

    world.before_write = die_within_a_page  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        world.sync()
    world.clock.advance(LEASE_SECONDS + 1)
    result = world.sync()
    assert result.run is not None
    assert (result.run.entries, result.run.kept, result.failure) == (100, 100, None)


def test_a_run_without_progress_for_too_long_begins_again(world: World) -> None:
    world.killed(page=6)
    world.clock.advance(MAX_PAUSE_SECONDS)
    result = world.sync()
    assert result.run is not None
    assert (result.run.number, result.run.rows, result.run.began_at) == (2, 100, world.clock())


def test_the_first_run_begins_again_if_the_list_was_not_in_the_plan_meanwhile(world: World) -> None:
    world.killed(page=6)
    listed = f"list#opted-out#{world.numbers[0]}"
    del world.runs.entries[listed]  # by `dialplan number --forget`
    world.clock.advance(LEASE_SECONDS + 1)
    world.plans.change(activated_at="2027-01-15T08:05:00+00:00")  # a rollback to the first plan
    result = world.sync()
    assert result.run is not None
    assert (result.run.number, result.run.state) == (2, "completed")
    assert listed in world.runs.entries


def test_a_run_with_too_little_time_is_continued_by_the_next_one(world: World) -> None:
    result = world.sync(seconds=PAGE_SECONDS / 2)
    assert isinstance(result.failure, OutOfTimeError)
    result = world.sync()
    assert (result.failure, result.run and result.run.number) == (None, 1)


@pytest.mark.parametrize("other", [[], ["+4917012340001", "+4917012340002"]])
def test_a_run_that_would_lose_too_much_is_not_completed(world: World, other: list[str]) -> None:
    before = world.sync().completed
    world.numbers = other
    for _ in range(3):  # what a refused run has seen does not make the next one harmless
        world.clock.advance(3600)
        result = world.sync()
        assert isinstance(result.failure, SyncRefusedError)
        assert "would lose 100% of its 100 numbers" in str(result.failure)
        assert result.completed == before
        assert len(world.runs.entries) == 100 + len(other)
    accepted = world.sync(Due(), max_loss=1.0)
    assert (accepted.failure, accepted.completed and accepted.completed.entries) == (
        None,
        len(other),
    )


def test_a_refused_run_is_repeated_after_the_interval_only(world: World) -> None:
    world.sync()
    world.numbers = []
    world.clock.advance(3600)
    world.sync()
    world.clock.advance(300)
    assert world.sync().run is None


def test_entries_are_deleted_when_two_completed_runs_have_not_seen_them(world: World) -> None:
    world.sync()
    gone = world.numbers.pop()
    for expected in (True, False):
        world.clock.advance(3600)
        world.sync()
        assert (f"list#opted-out#{gone}" in world.runs.entries) == expected


def test_a_run_does_not_complete_for_other_sources_than_it_has_read(world: World) -> None:
    def publish() -> None:
        if world.pages == 5:
            world.plans.document = document(["Contact", "Lead"])
            world.plans.change(version=2)

    world.before_write = publish  # type: ignore[method-assign]
    result = world.sync()
    assert isinstance(result.failure, PlanConflictError)
    assert result.completed is None
    result = world.sync(Due(only_new_sources=True))
    assert (result.failure, result.run and result.run.number) == (None, 2)


def test_a_publication_during_a_run_does_not_stop_it(world: World) -> None:
    world.before_write = lambda: world.plans.change(version=2)  # type: ignore[method-assign]
    assert world.sync().failure is None


def test_what_an_earlier_release_lost_is_read_again_at_once(world: World) -> None:
    world.sync()
    world.plans.change(lists={})
    result = world.sync()
    assert result.completed is not None
    assert (result.completed.number, result.completed.previous) == (2, 2)


def test_a_run_does_not_complete_if_its_counts_are_those_of_another_state(world: World) -> None:
    world.sync()
    world.clock.advance(3600)
    world.before_write = lambda: world.plans.change(lists={})  # type: ignore[method-assign]
    assert isinstance(world.sync().failure, RunLostError)
    world.before_write = lambda: None  # type: ignore[method-assign]
    world.clock.advance(LEASE_SECONDS + 1)
    result = world.sync()
    assert (result.failure, result.run and result.run.last_completed) == (None, 0)


def test_a_preview_writes_nothing(world: World) -> None:
    world.sync()
    world.numbers = [*world.numbers[:90], "+498912349999", "?"]
    entries, stored = dict(world.runs.entries), dict(world.runs.stored)
    lists = ListSync(world.plans, world.runs, world.read_rows, str, world.clock)
    (result,) = lists.preview(Deadline(60))
    assert result.run is not None
    assert (result.run.added, result.run.removed, result.run.unreadable) == (1, 10, 1)
    assert (world.runs.entries, world.runs.stored) == (entries, stored)
