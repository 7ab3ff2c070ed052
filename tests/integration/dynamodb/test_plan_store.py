"""Published plans on DynamoDB: whole versions for every reader, no change lost."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from click_to_dial.aws import dynamodb_client
from click_to_dial.deadline import Deadline
from click_to_dial.decision.current_plan import CurrentPlan
from click_to_dial.dynamodb.plan_items import Move, move_key
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import DynamoDBError, NoDialPlanError, PlanConflictError
from click_to_dial.ports import ActivePlan
from tests.fakes import DOCUMENT, ChangedClient
from tests.integration.repeated import send_twice

IN_SALESFORCE = {"salesforce": {"object": "H__mdt", "key": "K__c", "value": "V__c"}}


class Now:
    """A clock for dates."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def store(table: Any, now: Now) -> PlanStore:
    return PlanStore(table.dynamodb, table.name, now)


def document(reason: str, *mappings: str) -> dict[str, Any]:
    """A plan whose outage says `reason`, with `mappings` kept in Salesforce."""
    in_salesforce = {name: {**IN_SALESFORCE, "default": None} for name in mappings}
    both = {**DOCUMENT["mappings"], **in_salesforce}
    return {**DOCUMENT, "mappings": both, "outage": {"refuse": reason}}


def publish(store: PlanStore, reason: str, *mappings: str) -> ActivePlan:
    active = store.active()
    return store.publish(
        document(reason, *mappings),
        f"# {reason}\n",
        author="jane",
        comment=f"because of {reason}",
        replaces=active.version if active else None,
    )


def bodies(table: Any) -> set[str]:
    pages = table.boto3.get_paginator("scan").paginate(TableName=table.name)
    keys = [item["pk"]["S"] for page in pages for item in page["Items"]]
    return {key for key in keys if key.startswith("body#")}


def test_nothing_is_published_at_first(store: PlanStore) -> None:
    assert store.active() is None
    assert store.versions() == []
    assert store.moves() == []
    with pytest.raises(NoDialPlanError, match="no version 1"):
        store.version(1)


def test_a_published_plan_is_active_and_in_the_history(store: PlanStore) -> None:
    publish(store, "grün")
    active = publish(store, "blau")
    assert (active.version, active.activated_by) == (2, "jane")
    assert store.active() == active
    assert store.load(active) == (document("blau"), {})
    newest, oldest = store.versions()
    assert (newest.number, oldest.number) == (2, 1)
    assert (newest.author, newest.comment) == ("jane", "because of blau")
    assert newest.published_at == "2026-11-24T09:30:00+00:00"
    assert store.source(oldest) == "# grün\n"
    assert store.document(oldest) == document("grün")


def test_a_plan_is_not_published_over_somebody_elses(store: PlanStore) -> None:
    publish(store, "one")
    publish(store, "two")
    for replaces in (1, 3, None):
        with pytest.raises(PlanConflictError, match="Version 2 of the dial plan is active"):
            store.publish(document("x"), "", author="joe", comment="", replaces=replaces)
    assert [each.number for each in store.versions()] == [2, 1]


def test_a_rollback_makes_an_older_version_active(store: PlanStore) -> None:
    publish(store, "one")
    publish(store, "two")
    active = store.rollback(1, author="joe", comment="", replaces=2)
    assert (active.version, active.activated_by) == (1, "joe")
    assert store.load(active)[0] == document("one")
    assert publish(store, "three").version == 3


def test_each_move_is_recorded(store: PlanStore, now: Now) -> None:
    publish(store, "one", "by-brand")
    now.now += timedelta(minutes=1)
    active = publish(store, "two", "by-brand")
    store.switch_mappings(active, {"by-brand": {"Alpha": "hotline"}})
    now.now += timedelta(minutes=1)
    store.rollback(1, author="joe", comment="two was wrong", replaces=2)
    assert store.moves() == [
        Move("rollback", 1, 2, "joe", "2026-11-24T09:32:00+00:00", "two was wrong"),
        Move("publish", 2, 1, "jane", "2026-11-24T09:31:00+00:00", "because of two"),
        Move("publish", 1, None, "jane", "2026-11-24T09:30:00+00:00", "because of one"),
    ]


def test_a_refused_move_is_not_recorded(store: PlanStore) -> None:
    publish(store, "one")
    with pytest.raises(PlanConflictError):
        store.publish(document("x"), "", author="joe", comment="", replaces=None)
    assert [move.author for move in store.moves()] == ["jane"]


def test_moves_before_they_were_recorded_follow_from_the_versions(
    store: PlanStore, table: Any, now: Now
) -> None:
    """An earlier release wrote no items of moves."""
    for reason in ("one", "two"):
        publish(store, reason)
        now.now += timedelta(minutes=1)
    store.rollback(1, author="joe", comment="", replaces=2)
    for revision in (1, 2, 3):
        table.boto3.delete_item(TableName=table.name, Key=move_key(revision))
    unrecorded = [
        Move("rollback", 1, None, "joe", "2026-11-24T09:32:00+00:00", ""),
        Move("publish", 2, 1, "jane", "2026-11-24T09:31:00+00:00", "because of two"),
        Move("publish", 1, None, "jane", "2026-11-24T09:30:00+00:00", "because of one"),
    ]
    assert store.moves() == unrecorded
    now.now += timedelta(minutes=1)
    publish(store, "three")
    newest, *others = store.moves()
    assert (newest.version, newest.before) == (3, 1)
    assert others == unrecorded[1:], "a rollback is known only while it is in effect"


def test_moves_to_deleted_versions_are_deleted(store: PlanStore) -> None:
    for reason in ("one", "two", "three"):
        publish(store, reason)
    store.rollback(2, author="joe", comment="", replaces=3)
    assert store.prune(1) == [1]
    assert {(move.action, move.version) for move in store.moves()} == {
        ("rollback", 2),
        ("publish", 3),
        ("publish", 2),
    }


def test_a_rollback_is_not_made_over_somebody_elses_change(store: PlanStore) -> None:
    publish(store, "one")
    publish(store, "two")
    with pytest.raises(PlanConflictError):
        store.rollback(1, author="joe", comment="", replaces=1)
    with pytest.raises(NoDialPlanError, match="no version 9"):
        store.rollback(9, author="joe", comment="", replaces=2)


def test_cached_mappings_are_kept_as_long_as_the_plan_has_them(store: PlanStore) -> None:
    entries = {"Müller": "hotline", "Alpha": "hotline-at"}
    first = publish(store, "one", "by-brand")
    switched = store.switch_mappings(first, {"by-brand": entries, "by-team": {}})
    assert store.load(switched)[1] == {"by-brand": entries, "by-team": {}}
    assert switched.mappings["by-brand"].entries == 2
    assert switched.mappings["by-brand"].read_at == "2026-11-24T09:30:00+00:00"
    assert store.load(publish(store, "two", "by-brand", "new"))[1] == {"by-brand": entries}
    assert store.load(publish(store, "three"))[1] == {}


def test_mappings_are_not_switched_under_another_plan(store: PlanStore) -> None:
    first = publish(store, "one", "by-brand")
    publish(store, "two", "by-brand")
    with pytest.raises(PlanConflictError):
        store.switch_mappings(first, {"by-brand": {}})


def test_a_sync_in_between_is_no_conflict_for_who_publishes(store: PlanStore) -> None:
    first = publish(store, "one", "by-brand")
    store.switch_mappings(first, {"by-brand": {"Alpha": "hotline"}})
    active = store.publish(
        document("two", "by-brand"), "", author="jane", comment="", replaces=first.version
    )
    assert store.load(active)[1] == {"by-brand": {"Alpha": "hotline"}}


def test_a_large_plan_is_kept_in_chunks(store: PlanStore, table: Any) -> None:
    entries = {f"{number:x} {hash(str(number)):x}": "hotline" for number in range(50_000)}
    rules = [
        {"id": f"r{number}", "when": {"record.kind": str(number)}, "refuse": f"reason {number}"}
        for number in range(1_000)
    ]
    large = document("large", "by-brand")
    large["mappings"]["by-account"] = {"entries": entries, "default": None}
    large["rules"] = [*rules, *DOCUMENT["rules"]]
    active = store.publish(large, "# large", author="jane", comment="", replaces=None)
    assert active.body.chunks > 1
    active = store.switch_mappings(active, {"by-brand": entries})
    plan = CurrentPlan(PlanStore(table.dynamodb, table.name)).get(Deadline(5))
    assert len(plan.rules) == 1_000 + len(DOCUMENT["rules"])


def test_pruning_keeps_the_newest_and_the_active_version(store: PlanStore, now: Now) -> None:
    for reason in ("one", "two", "three", "four", "five"):
        publish(store, reason)
    store.rollback(2, author="joe", comment="", replaces=5)
    now.now += timedelta(hours=2)
    assert store.prune(2) == [3, 1]
    assert [each.number for each in store.versions()] == [5, 4, 2]
    active = store.active()
    assert active is not None
    assert store.load(active)[0] == document("two")
    assert publish(store, "six").version == 6


def test_pruning_deletes_what_nothing_names_any_more(
    store: PlanStore, table: Any, now: Now
) -> None:
    first = publish(store, "one", "by-brand")
    store.switch_mappings(first, {"by-brand": {"old": "hotline"}})
    active = publish(store, "two", "by-brand")
    active = store.switch_mappings(active, {"by-brand": {"new": "hotline"}})
    everything = bodies(table)
    store.prune(1)
    assert bodies(table) == everything  # all are younger than an hour
    now.now += timedelta(hours=2)
    store.prune(1)
    assert len(everything) == 6
    assert len(bodies(table)) == 3
    assert store.load(active) == (document("two", "by-brand"), {"by-brand": {"new": "hotline"}})


def test_a_text_that_is_written_again_survives_a_clean_up_of_its_old_version(
    store: PlanStore, now: Now
) -> None:
    publish(store, "one")
    publish(store, "two")
    now.now += timedelta(hours=2)
    publish(store, "one")
    assert store.prune(1) == [2, 1]
    active = store.active()
    assert active is not None
    assert store.load(active)[0] == document("one")


def test_a_body_that_is_missing_or_damaged_is_not_served(store: PlanStore, table: Any) -> None:
    active = publish(store, "one")
    key = {"pk": {"S": f"body#{active.body.hash}"}, "sk": {"S": "00000"}}
    table.boto3.delete_item(TableName=table.name, Key=key)
    with pytest.raises(NoDialPlanError, match="is missing"):
        store.load(active)
    table.boto3.put_item(TableName=table.name, Item={**key, "data": {"B": b"damaged"}})
    with pytest.raises(NoDialPlanError, match="is missing"):
        store.load(active)


def test_unprocessed_keys_are_read_again(store: PlanStore, table: Any) -> None:
    publish(store, "one", "by-brand")
    active = store.switch_mappings(
        publish(store, "two", "by-brand"), {"by-brand": {"a": "hotline"}}
    )

    def busy(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        """Leaves all but one key of each read unprocessed."""
        ((name, wanted),) = RequestItems.items()
        first, *rest = wanted["Keys"]
        response = table.dynamodb.batch_get_item(RequestItems={name: {**wanted, "Keys": [first]}})
        left = {name: {**wanted, "Keys": rest}} if rest else {}
        return {**response, "UnprocessedKeys": left}

    client = ChangedClient(table.dynamodb, batch_get_item=busy)
    assert PlanStore(client, table.name).load(active) == store.load(active)


def test_an_error_of_dynamodb_is_named(table: Any) -> None:
    with pytest.raises(DynamoDBError, match=r"^The dial plans cannot be reached\.$") as raised:
        PlanStore(table.dynamodb, "no-such-table").active()
    assert raised.value.code == "ResourceNotFoundException"
    assert raised.value.request_id


class Storm:
    """Writers and readers of one table, each for a thread of its own."""

    def __init__(self, store: PlanStore) -> None:
        self.store = store
        self.changes: list[ActivePlan] = []
        self.seen: list[tuple[ActivePlan, Any, Any]] = []
        self.writing = True

    def attempt(self, change: Callable[..., ActivePlan], *arguments: Any, **named: Any) -> None:
        with contextlib.suppress(PlanConflictError, NoDialPlanError):
            self.changes.append(change(*arguments, **named))

    def active(self) -> ActivePlan:
        active = self.store.active()
        assert active is not None
        return active

    def publish(self, writer: str) -> None:
        for number in range(8):
            reason = "old" if number % 3 == 0 else f"{writer}{number}"
            arguments = document(reason, "left", "right"), f"# {reason}"
            replaces = self.active().version
            self.attempt(
                self.store.publish, *arguments, author=writer, comment="", replaces=replaces
            )

    def roll_back(self) -> None:
        for number in range(8):
            replaces = self.active().version
            self.attempt(
                self.store.rollback, number % 4 + 1, author="", comment="", replaces=replaces
            )

    def sync(self) -> None:
        for number in range(12):
            entries = {f"{number}": "hotline"}
            both = {"left": entries, "right": entries}
            self.attempt(self.store.switch_mappings, self.active(), both)

    def prune(self) -> None:
        for _ in range(6):
            self.store.prune(3)

    def read(self) -> None:
        while self.writing:
            active = self.active()
            with contextlib.suppress(NoDialPlanError):  # pruned between the two reads
                self.seen.append((active, *self.store.load(active)))

    def run(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            writers = [pool.submit(self.publish, name) for name in "abc"]
            writers += [pool.submit(job) for job in (self.roll_back, self.sync, self.prune)]
            readers = [pool.submit(self.read) for _ in range(2)]
            wait(writers)
            self.writing = False
        for each in (*writers, *readers):
            each.result()


def test_many_writers_and_readers_at_once(store: PlanStore, now: Now) -> None:
    for reason in ("old", "older"):  # texts that are pruned and written again
        publish(store, reason, "left", "right")
    now.now += timedelta(hours=2)
    storm = Storm(store)
    storm.run()

    last = storm.active()
    revisions = sorted(each.revision for each in storm.changes)
    assert revisions == list(range(3, last.revision + 1)), "each change counts, and counts once"
    bodies_of = {each.version: each.body for each in storm.changes}
    for active, found, entries in [*storm.seen, (last, *store.load(last))]:
        assert bodies_of.get(active.version, active.body) == active.body
        assert found == document(found["outage"]["refuse"], "left", "right")
        assert entries.get("left") == entries.get("right"), "both are switched together"
    for version in store.versions():
        assert store.source(version).strip() == f"# {store.document(version)['outage']['refuse']}"


def test_a_mapping_may_be_named_as_dynamodb_names_its_binary_type(store: PlanStore) -> None:
    active = store.switch_mappings(publish(store, "B", "B"), {"B": {"Acme": "hotline"}})
    assert store.active() == active
    assert store.load(active)[1] == {"B": {"Acme": "hotline"}}


def test_a_change_whose_first_answer_was_lost_counts_once(table: Any) -> None:
    client = dynamodb_client()
    send_twice(client, "TransactWriteItems")
    store = PlanStore(client, table.name)
    publish(store, "one", "by-brand")
    active = publish(store, "two", "by-brand")
    active = store.switch_mappings(active, {"by-brand": {"Alpha": "hotline"}})
    active = store.rollback(1, author="joe", comment="", replaces=active.version)
    assert (store.active(), active.revision) == (active, 4)
    assert [each.number for each in store.versions()] == [2, 1]
    assert store.prune(1) == []
    assert [each.number for each in store.versions()] == [2, 1]
