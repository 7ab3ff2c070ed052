"""The sync of mappings: which rows are used, and which mappings are switched."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.errors import (
    ClickToDialError,
    NoDialPlanError,
    OutOfTimeError,
    PlanConflictError,
    SalesforceConfigurationError,
    SalesforceUnavailableError,
)
from click_to_dial.ports import ActivePlan, BlobRef, MappingReader
from click_to_dial.salesforce.rows import read_mapping
from click_to_dial.sync.mappings import MAX_TRIES, Change, SyncRefusedError, entries_of, sync

BRAND = {"object": "Hotline__mdt", "key": "Brand__c", "value": "Number__r.Name", "filter": ""}
TEAM = {"object": "Team__c", "key": "Team__c", "value": "Number__c", "filter": "On__c = true"}
NUMBERS: Mapping[str, Any] = {"hotline": {}, "hotline-at": {}}
DOCUMENT: Mapping[str, Any] = {
    "service_numbers": NUMBERS,
    "mappings": {
        "by-country": {"entries": {"DE": "hotline"}, "default": None},
        "by-brand": {"salesforce": BRAND, "default": None},
        "by-team": {"salesforce": TEAM, "default": "hotline"},
    },
}
BRANDS = "SELECT Brand__c,Number__r.Name FROM Hotline__mdt"
TEAMS = "SELECT Team__c,Number__c FROM Team__c WHERE On__c = true"


def brand(key: Any, value: Any) -> dict[str, Any]:
    return {"Brand__c": key, "Number__r": {"Name": value}}


def team(key: Any, value: Any) -> dict[str, Any]:
    return {"Team__c": key, "Number__c": value}


@dataclass
class Salesforce:
    """A client with two tables; `error` fails all queries, `errors` some."""

    brands: list[Any] = field(default_factory=lambda: [brand("Alpha", "hotline")])
    teams: list[Any] = field(default_factory=lambda: [team("Sales", "hotline-at")])
    error: Exception | None = None
    errors: Mapping[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def select(self, soql: str, deadline: Deadline) -> list[Any]:
        if self.error:
            raise self.error
        if soql in self.errors:
            raise self.errors[soql]
        self.asked.append(soql)
        return {BRANDS: self.brands, TEAMS: self.teams}[soql]


@dataclass
class Plans:
    """The active plan and its cached mappings; `conflicts` publications come first."""

    cached: dict[str, Any] = field(default_factory=dict)
    conflicts: int = 0
    now: ActivePlan | None = field(
        default_factory=lambda: ActivePlan(
            1, 1, BlobRef("hash", 1), {}, "2026-11-24T09:30:00", "jane"
        )
    )
    switched: list[Mapping[str, Any]] = field(default_factory=list)

    def active(self) -> ActivePlan | None:
        return self.now

    def load(self, active: ActivePlan) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return DOCUMENT, self.cached

    def switch_mappings(self, active: ActivePlan, entries: Mapping[str, Any]) -> ActivePlan:
        assert self.now is not None
        if self.conflicts:
            self.conflicts -= 1
            self.now = self.now._replace(revision=self.now.revision + 1)
        if active != self.now:
            raise PlanConflictError("changed")
        self.switched.append(entries)
        self.cached |= entries
        return active


@pytest.fixture
def salesforce() -> Salesforce:
    return Salesforce()


@pytest.fixture
def plans() -> Plans:
    return Plans()


def reader(salesforce: Any) -> MappingReader:
    return partial(read_mapping, salesforce)


def run(plans: Plans, salesforce: Salesforce, max_loss: float = 0.5, **options: bool) -> Any:
    return sync(plans, reader(salesforce), Deadline(5), max_loss=max_loss, **options)


def entries_from(rows: list[Any]) -> Any:
    pairs = reader(Salesforce(brands=rows))(BRAND, Deadline(5))
    return entries_of(pairs, BRAND, NUMBERS)


BOTH = {"by-brand": {"Alpha": "hotline"}, "by-team": {"Sales": "hotline-at"}}


class TestRows:
    @pytest.mark.parametrize(
        ("rows", "entries", "problem"),
        [
            ([], {}, None),
            ([("a", "hotline"), ("b", "hotline-at")], {"a": "hotline", "b": "hotline-at"}, None),
            ([("a", "hotline"), ("a", "hotline")], {"a": "hotline"}, None),
            ([("a", "hotline"), ("A", "hotline")], {"a": "hotline", "A": "hotline"}, None),
            ([("a", "nobody")], {}, "'a': 'nobody' is not a service number of the plan"),
            ([("a", "hotline"), ("a", "nobody")], {"a": "hotline"}, "'nobody' is not a service"),
            (
                [("a", "hotline"), ("a", "hotline-at"), ("a", "hotline")],
                {},
                "'a': listed more than once, with different service numbers",
            ),
            ([(None, "hotline")], {}, "row 1: Brand__c is empty"),
            ([("b", "hotline"), ("a", None)], {"b": "hotline"}, "row 2: Number__r.Name is empty"),
            ([(5, "hotline")], {}, "row 1: Brand__c is not text"),
            ([("a", True)], {}, "row 1: Number__r.Name is not text"),
        ],
    )
    def test_a_row_is_used_or_left_out_with_a_reason(
        self, rows: list[tuple[Any, Any]], entries: dict[str, str], problem: str | None
    ) -> None:
        found, problems = entries_from([brand(*row) for row in rows])
        assert found == entries
        assert len(problems) == (problem is not None)
        assert problem is None or problem in problems[0]

    def test_a_missing_parent_is_an_empty_value(self) -> None:
        found, problems = entries_from([{"Brand__c": "a", "Number__r": None}])
        assert (found, problems) == ({}, ("row 1: Number__r.Name is empty",))

    def test_long_values_are_shortened_in_messages(self) -> None:
        _, (problem,) = entries_from([brand("x" * 500, "nobody")])
        assert len(problem) < 100

    @pytest.mark.parametrize("row", [{}, {"Brand__c": "a"}, [], 5, "row"])
    def test_rows_without_the_requested_fields_are_an_error(self, row: Any) -> None:
        with pytest.raises(SalesforceUnavailableError) as raised:
            entries_from([brand("a", "hotline"), row])
        assert raised.value.reason == "wrong-types"

    def test_a_compound_field_is_an_error_with_a_remedy(self) -> None:
        with pytest.raises(SalesforceConfigurationError, match="name one of its parts"):
            entries_from([brand("a", {"city": "Graz"})])


class TestSync:
    def test_the_first_sync_fills_all_mappings_at_once(
        self, plans: Plans, salesforce: Salesforce
    ) -> None:
        changes = run(plans, salesforce)
        assert plans.switched == [BOTH]
        assert salesforce.asked == [BRANDS, TEAMS]
        assert changes == [
            Change("by-brand", {}, BOTH["by-brand"], ()),
            Change("by-team", {}, BOTH["by-team"], ()),
        ]

    def test_a_mapping_without_rows_is_kept_too(self, plans: Plans) -> None:
        run(plans, Salesforce([], []))
        run(plans, Salesforce([], []))
        assert plans.switched == [{"by-brand": {}, "by-team": {}}]

    def test_nothing_is_switched_if_nothing_changed(
        self, plans: Plans, salesforce: Salesforce
    ) -> None:
        run(plans, salesforce)
        run(plans, salesforce)
        assert plans.switched == [BOTH]

    def test_only_what_changed_is_switched(self, plans: Plans, salesforce: Salesforce) -> None:
        run(plans, salesforce)
        salesforce.teams = [team("Sales", "hotline")]
        run(plans, salesforce)
        assert plans.switched[1:] == [{"by-team": {"Sales": "hotline"}}]

    def test_a_dry_run_returns_the_changes_without_making_them(
        self, plans: Plans, salesforce: Salesforce
    ) -> None:
        changes = run(plans, salesforce, dry_run=True)
        assert [change.after for change in changes] == list(BOTH.values())
        assert plans.switched == []

    def test_a_mapping_with_too_large_a_loss_keeps_its_entries(
        self, plans: Plans, salesforce: Salesforce
    ) -> None:
        plans.cached = {"by-brand": dict.fromkeys("abc", "hotline"), "by-team": {}}
        salesforce.brands = [brand("a", "hotline")]
        brands, teams = run(plans, salesforce)
        assert isinstance(brands.failure, SyncRefusedError)
        assert str(brands.failure).startswith("It would lose 67% of its 3 entries")
        assert teams.failure is None
        assert plans.switched == [{"by-team": BOTH["by-team"]}]
        run(plans, salesforce, max_loss=1.0)
        assert plans.cached["by-brand"] == {"a": "hotline"}

    def test_a_loss_at_the_limit_is_accepted(self, plans: Plans, salesforce: Salesforce) -> None:
        plans.cached = {"by-brand": dict.fromkeys("ab", "hotline")}
        salesforce.brands = [brand("a", "hotline-at")]
        run(plans, salesforce)
        assert plans.cached["by-brand"] == {"a": "hotline-at"}

    def test_rows_that_are_left_out_count_as_lost(
        self, plans: Plans, salesforce: Salesforce
    ) -> None:
        plans.cached = {"by-brand": {"Alpha": "hotline"}}
        salesforce.brands = [brand("Alpha", "no-such-number")]
        assert "rows left out: 1" in str(run(plans, salesforce)[0].failure)

    def test_a_dry_run_shows_a_refused_loss(self, plans: Plans, salesforce: Salesforce) -> None:
        plans.cached = {"by-brand": {"Alpha": "hotline"}}
        salesforce.brands = []
        (lost, _) = run(plans, salesforce, dry_run=True)
        assert (lost.loss(), type(lost.failure)) == (1.0, SyncRefusedError)

    def test_a_publish_in_between_is_read_again(self, plans: Plans, salesforce: Salesforce) -> None:
        plans.conflicts = MAX_TRIES - 1
        run(plans, salesforce)
        assert plans.cached == BOTH
        assert len(salesforce.asked) == 2 * MAX_TRIES

    def test_a_plan_that_changes_during_every_try_is_a_conflict(
        self, plans: Plans, salesforce: Salesforce
    ) -> None:
        plans.conflicts = MAX_TRIES
        with pytest.raises(PlanConflictError, match="The next sync tries again"):
            run(plans, salesforce)
        assert plans.cached == {}

    def test_without_a_plan_nothing_is_read(self, salesforce: Salesforce) -> None:
        with pytest.raises(NoDialPlanError):
            run(Plans(now=None), salesforce)
        assert salesforce.asked == []

    def test_a_failure_of_salesforce_changes_nothing(self, plans: Plans) -> None:
        error = SalesforceUnavailableError("refused", "The connection was refused.")
        assert [each.failure for each in run(plans, Salesforce(error=error))] == [error, error]
        assert plans.switched == []

    @pytest.mark.parametrize(
        "error",
        [
            SalesforceConfigurationError("invalid-field", "HTTP 400 INVALID_FIELD"),
            SalesforceUnavailableError("read-timeout", "No answer."),
            OutOfTimeError("The time is up."),
        ],
    )
    def test_a_mapping_that_cannot_be_read_does_not_affect_others(
        self, plans: Plans, salesforce: Salesforce, error: ClickToDialError
    ) -> None:
        plans.cached = {"by-brand": {"Old": "hotline"}}
        salesforce.errors = {BRANDS: error}
        brands, teams = run(plans, salesforce)
        assert brands == Change("by-brand", {"Old": "hotline"}, {"Old": "hotline"}, (), error)
        assert teams == Change("by-team", {}, BOTH["by-team"], ())
        assert plans.cached == {"by-brand": {"Old": "hotline"}, "by-team": BOTH["by-team"]}

    def test_a_slow_mapping_leaves_time_for_the_others(
        self, plans: Plans, salesforce: Salesforce
    ) -> None:
        release = threading.Event()

        class Slow(Salesforce):
            def select(self, soql: str, deadline: Deadline) -> list[Any]:
                if soql == BRANDS:
                    release.wait(5)
                return super().select(soql, deadline)

        brands, teams = sync(plans, reader(Slow()), Deadline(0.4), max_loss=0.5)
        release.set()
        assert isinstance(brands.failure, OutOfTimeError)
        assert (teams.failure, plans.cached) == (None, {"by-team": BOTH["by-team"]})

    def test_without_time_nothing_is_read(self, plans: Plans, salesforce: Salesforce) -> None:
        changes = sync(plans, reader(salesforce), Deadline(0), max_loss=0.5)
        assert [type(each.failure) for each in changes] == [OutOfTimeError, OutOfTimeError]
        assert plans.switched == []
