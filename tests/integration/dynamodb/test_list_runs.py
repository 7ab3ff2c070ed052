"""The contract of runs of lists, on the fake of the unit tests and on DynamoDB."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.dynamodb.list_runs import DynamoDBListRuns
from click_to_dial.dynamodb.number_lists import ListEntry, NumberLists
from click_to_dial.errors import RunLostError, UnreadableItemError
from click_to_dial.ports import ListRun, ListRuns, SeenEntries, StoredItem
from tests.fakes import ChangedClient, FakeListRuns, plan

RUN = ListRun(7, "d", began_at=1000.0, last_completed=6, before=2)
ORIGIN = {"reason": "DoNotCall = true", "source": "Contact in Salesforce"}


def key(number: int) -> str:
    return f"list#l#{number}"


def origins(*numbers: int) -> dict[str, dict[str, str]]:
    return {key(number): ORIGIN for number in numbers}


@pytest.fixture(params=["fake", "dynamodb"])
def runs(request: pytest.FixtureRequest, table: Any) -> ListRuns:
    if request.param == "fake":
        return FakeListRuns()
    return DynamoDBListRuns(table.dynamodb, table.name)


def test_a_run_is_stored_with_its_lease(runs: ListRuns) -> None:
    assert runs.read("l") is None
    stored = runs.write("l", RUN, None, 1300.0)
    assert (runs.read("l"), stored.run, stored.lease_until) == (stored, RUN, 1300.0)
    assert runs.read("m") is None


def test_only_one_of_two_takes_a_run(runs: ListRuns) -> None:
    first = runs.write("l", RUN, None, 1300.0)
    with pytest.raises(RunLostError):
        runs.write("l", RUN, None, 1300.0)
    taken = runs.write("l", RUN._replace(number=8), first, 1600.0)
    with pytest.raises(RunLostError):
        runs.write("l", RUN._replace(rows=1), first, 1600.0)
    assert runs.read("l") == taken


def test_entries_that_a_run_sees_are_counted_once(runs: ListRuns) -> None:
    assert runs.see(RUN._replace(number=6), origins(1, 2)) == SeenEntries(2, 0)
    assert runs.see(RUN, origins(2, 3)) == SeenEntries(2, 1)
    assert runs.see(RUN._replace(pages=1), origins(3, 4)) == SeenEntries(1, 0)


def test_a_page_that_is_read_again_is_counted_again(runs: ListRuns) -> None:
    runs.see(RUN._replace(number=6), origins(1, 2))
    assert runs.see(RUN, origins(2, 3)) == SeenEntries(2, 1)
    assert runs.see(RUN, origins(2, 3)) == SeenEntries(2, 1)


def test_a_run_that_did_not_complete_between_changes_no_count(runs: ListRuns) -> None:
    runs.see(RUN._replace(number=6), origins(1))
    runs.see(RUN, origins(1, 2))
    assert runs.see(RUN._replace(number=8), origins(1, 2, 3)) == SeenEntries(3, 1)


def test_an_earlier_run_cannot_hide_that_a_later_one_has_seen_an_entry(runs: ListRuns) -> None:
    runs.see(RUN, origins(1))
    with pytest.raises(RunLostError):
        runs.see(RUN._replace(number=6), origins(1))
    assert runs.count_seen(7, [key(1)]) == 1


def test_older_entries_are_deleted(runs: ListRuns) -> None:
    for number in (5, 6, 7):
        runs.see(RUN._replace(number=number), origins(number))
    runs.see(RUN._replace(number=5), {"list#lm#1": ORIGIN})
    assert runs.delete_older("l", 6) == 1
    assert [runs.count_seen(number, [key(number)]) for number in (5, 6, 7)] == [0, 1, 1]
    assert runs.count_seen(5, ["list#lm#1"]) == 1, "another list"


def test_nothing_is_seen_by_run_0(runs: ListRuns) -> None:
    runs.see(RUN._replace(last_completed=0), origins(1))
    assert runs.count_seen(0, [key(1), key(2)]) == 0
    assert runs.see(RUN._replace(last_completed=0), origins(1)) == SeenEntries(1, 0)


class TestDynamoDB:
    """Behaviour of the adapter that the fake does not have."""

    @pytest.fixture
    def runs(self, table: Any) -> DynamoDBListRuns:
        return DynamoDBListRuns(table.dynamodb, table.name)

    def test_a_decision_reads_the_number_of_the_run(self, runs: ListRuns, table: Any) -> None:
        runs.see(RUN, origins(1))
        items = DynamoDBFacts(table.dynamodb, table.name, "org").read(
            plan(), None, "a", [key(1), key(2)]
        )
        (item,) = items.items.values()
        assert isinstance(item, StoredItem)
        assert (item.run, item.expires_at) == (7, None)
        (entry,) = NumberLists(table.dynamodb, table.name).read([key(1)])
        assert (entry.reason, entry.source) == ("DoNotCall = true", "Contact in Salesforce")

    def test_an_imported_entry_becomes_one_of_the_run(self, runs: ListRuns, table: Any) -> None:
        NumberLists(table.dynamodb, table.name).write([ListEntry(key(1), "", "", 5)])
        assert runs.delete_older("l", 100) == 0
        assert runs.see(RUN, origins(1)) == SeenEntries(1, 0)
        (entry,) = NumberLists(table.dynamodb, table.name).read([key(1)])
        assert entry.expires_at is None

    def test_a_repeated_write_of_a_run_is_no_other_run(self, table: Any) -> None:
        def put_twice(**request: Any) -> Any:
            table.dynamodb.put_item(**request)
            return table.dynamodb.put_item(**request)

        client = ChangedClient(table.dynamodb, put_item=put_twice)
        runs = DynamoDBListRuns(client, table.name)
        assert runs.read("l") is None
        stored = runs.write("l", RUN, None, 1300.0)
        assert runs.write("l", RUN, stored, 1300.0).revision == 2
        assert runs.see(RUN, origins(1)) == SeenEntries(1, 0)

    def test_two_runs_at_the_same_time_leave_the_later_number(self, table: Any) -> None:
        def see(number: int) -> Callable[[], object]:
            runs = DynamoDBListRuns(table.dynamodb, table.name)

            def work() -> object:
                try:
                    return runs.see(RUN._replace(number=number), origins(*range(60)))
                except RunLostError as error:
                    return error

            return work

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda work: work(), [see(7), see(8)]))
        assert isinstance(outcomes[1], SeenEntries)
        runs = DynamoDBListRuns(table.dynamodb, table.name)
        assert runs.count_seen(8, [key(number) for number in range(60)]) == 60

    def test_a_run_in_an_unknown_form_is_replaced_by_one_with_a_larger_number(
        self, runs: ListRuns, table: Any
    ) -> None:
        runs.write("l", RUN, None, 1300.0)
        table.boto3.update_item(
            TableName=table.name,
            Key={"pk": {"S": "list-run#l"}, "sk": {"S": "run"}},
            UpdateExpression="SET #data = :other",
            ExpressionAttributeNames={"#data": "data"},
            ExpressionAttributeValues={":other": {"S": '{"another": "form"}'}},
        )
        stored = runs.read("l")
        assert stored is not None
        assert (stored.run.number, stored.run.definition) == (7, "")
        assert runs.write("l", RUN._replace(number=8), stored, 1300.0).run.number == 8

    def test_a_run_without_its_revision_is_named_so_that_it_can_be_deleted(
        self, runs: ListRuns, table: Any
    ) -> None:
        key = {"pk": {"S": "list-run#l"}, "sk": {"S": "run"}}
        table.boto3.put_item(TableName=table.name, Item={**key, "revision": {"S": "?"}})
        with pytest.raises(UnreadableItemError, match="list-run#l"):
            runs.read("l")
