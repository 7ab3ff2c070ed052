"""The sync from the simulator to DynamoDB, and its function."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.decision.current_plan import CurrentPlan
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import (
    OutOfTimeError,
    PlanConflictError,
    SalesforceConfigurationError,
)
from click_to_dial.observability import logger
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.rows import read_mapping
from click_to_dial.salesforce.session import SalesforceSession
from click_to_dial.sync import wiring as bootstrap_sync
from click_to_dial.sync.mappings import MAX_LOSS, Change, sync
from functions.sync import handler
from local_stack.salesforce import Simulator
from tests.fakes import DOCUMENT
from tests.integration.salesforce.tokens import Tokens

METADATA = {"object": "Hotline__mdt", "key": "Brand__c", "value": "Number__c", "filter": None}
FILTERED = {
    "object": "Team_Number__c",
    "key": "Team__r.Name",
    "value": "Number__c",
    "filter": "Active__c = true AND Number__c != 'unused'",
}
ORG: dict[str, Any] = {
    "Hotline__mdt": [
        {"Id": "m000C0000000001QAA", "Brand__c": "Müller & Söhne", "Number__c": "hotline"},
        {"Id": "m000C0000000002QAA", "Brand__c": "Alpha", "Number__c": "hotline-at"},
        {"Id": "m000C0000000003QAA", "Brand__c": "Beta", "Number__c": "no-such-number"},
    ],
    "Team__c": [{"Id": "a0T0C0000000001UAA", "Name": "Sales"}],
    "Team_Number__c": [
        {"Id": "a0N0C0000000001UAA", "Team__c": "a0T0C0000000001UAA", "Active__c": True}
        | {"Number__c": "hotline-at"},
        {"Id": "a0N0C0000000002UAA", "Team__c": "a0T0C0000000001UAA", "Active__c": False}
        | {"Number__c": "hotline"},
        {"Id": "a0N0C0000000003UAA", "Team__c": None, "Active__c": True, "Number__c": "unused"},
    ],
}
GOOD = {
    "by-brand": {"Müller & Söhne": "hotline", "Alpha": "hotline-at"},
    "by-team": {"Sales": "hotline-at"},
}


def document(**sources: Any) -> dict[str, Any]:
    """Return a plan whose mappings are kept in Salesforce."""
    mappings = {name: {"salesforce": each, "default": None} for name, each in sources.items()}
    both = {"by-country": DOCUMENT["mappings"]["by-country"], "by-brand": {}, **mappings}
    both["by-brand"] = both["by-brand"] or {"salesforce": METADATA, "default": None}
    return {**DOCUMENT, "mappings": both}


@pytest.fixture
def org() -> Any:
    return ORG


@pytest.fixture
def store(table: Any) -> PlanStore:
    store = PlanStore(table.dynamodb, table.name)
    plan = document(**{"by-brand": METADATA, "by-team": FILTERED})
    store.publish(plan, "# 1", author="jane", comment="", replaces=None)
    return store


@pytest.fixture
def organisation(salesforce: Simulator) -> SalesforceClient:
    return SalesforceClient(SalesforceSession(salesforce.url), "62.0", Tokens(salesforce))


def cached(store: PlanStore) -> Any:
    active = store.active()
    assert active is not None
    return store.load(active)[1]


def run(store: PlanStore, organisation: SalesforceClient, **options: Any) -> list[Change]:
    read = partial(read_mapping, organisation)
    return sync(store, read, Deadline(20), **{"max_loss": MAX_LOSS, **options})


def test_custom_metadata_and_a_filtered_object_with_a_relationship(
    store: PlanStore, organisation: SalesforceClient
) -> None:
    brand, team = run(store, organisation)
    assert cached(store) == GOOD
    assert brand.problems == ("'Beta': 'no-such-number' is not a service number of the plan",)
    assert team.problems == ()


def test_cached_entries_are_used_by_decisions(
    store: PlanStore, organisation: SalesforceClient, table: Any
) -> None:
    run(store, organisation)
    plan = CurrentPlan(PlanStore(table.dynamodb, table.name)).get(Deadline(5))
    assert plan.version == 1
    assert run(store, organisation)[0].before == GOOD["by-brand"]
    active = store.active()
    assert active is not None
    assert active.revision == 2, "a second sync changes nothing"


def test_more_rows_than_one_page_holds(
    table: Any, salesforce: Simulator, organisation: SalesforceClient
) -> None:
    rows = [
        {"Id": f"a0P0C000000{number:04}", "Account__c": f"4{number}", "Number__c": "hotline"}
        for number in range(4_500)
    ]
    for row in rows:
        salesforce.org.add("Account_Number__c", row)
    source = {"object": "Account_Number__c", "key": "Account__c", "value": "Number__c"}
    store = PlanStore(table.dynamodb, table.name)
    plan = document(**{"by-brand": {**source, "filter": None}})
    store.publish(plan, "", author="", comment="", replaces=None)
    salesforce.reset_stats()
    run(store, organisation)
    assert len(cached(store)["by-brand"]) == 4_500
    assert salesforce.requests == {"query": 3}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({**METADATA, "object": "Nothing__mdt"}, "INVALID_TYPE"),
        ({**METADATA, "value": "Nummer__c"}, r"field Nummer__c of Hotline__mdt"),
        ({**METADATA, "filter": "Active__c ="}, "MALFORMED_QUERY"),
        ({**METADATA, "key": "Brand__c FROM User--"}, "malformed field name"),
    ],
)
def test_a_source_that_cannot_be_read_is_named(
    table: Any, organisation: SalesforceClient, source: Any, message: str
) -> None:
    store = PlanStore(table.dynamodb, table.name)
    plan = document(**{"by-brand": source})
    store.publish(plan, "", author="", comment="", replaces=None)
    (change,) = run(store, organisation)
    assert isinstance(change.failure, SalesforceConfigurationError)
    assert re.search(message, str(change.failure))
    assert cached(store) == {}


def test_an_answer_that_drips_ends_with_the_deadline(
    store: PlanStore, salesforce: Simulator, organisation: SalesforceClient
) -> None:
    salesforce.fail("drip", path="query", seconds=30)
    changes = sync(store, partial(read_mapping, organisation), Deadline(0.5), max_loss=MAX_LOSS)
    assert {type(each.failure) for each in changes} == {OutOfTimeError}
    salesforce.heal()


def test_a_mapping_that_cannot_be_read_keeps_its_entries_while_others_change(
    store: PlanStore, organisation: SalesforceClient, salesforce: Simulator
) -> None:
    run(store, organisation)
    salesforce.org.set_field("Hotline__mdt.Brand__c", visible=False)
    salesforce.org.add("Team_Number__c", {**ORG["Team_Number__c"][0], "Number__c": "hotline"})
    brand, team = run(store, organisation)
    assert "field Brand__c of Hotline__mdt" in str(brand.failure)
    assert (team.failure, cached(store)) == (None, {**GOOD, "by-team": {"Sales": "hotline"}})


class TestFunction:
    """The handler with all its adapters."""

    @pytest.fixture
    def run(
        self,
        store: PlanStore,
        environment: Mapping[str, str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> Iterator[Callable[[], Any]]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        context = SimpleNamespace(
            function_name="sync",
            memory_limit_in_mb=512,
            invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:sync",
            aws_request_id="request-1",
        )

        def run() -> Any:
            monkeypatch.setattr(logger.registered_handler, "stream", sys.stdout)
            answer = handler.lambda_handler({}, context)
            log, metrics = map(json.loads, capsys.readouterr().out.splitlines())
            return answer, log, metrics

        bootstrap_sync.synchroniser.cache_clear()
        yield run
        bootstrap_sync.synchroniser.cache_clear()

    def test_it_fills_the_mappings(self, run: Any, store: PlanStore) -> None:
        answer, log, metrics = run()
        assert answer == {"entries": {"by-brand": 2, "by-team": 1}}
        assert (log["outcome"], log["rows_left_out"]) == ("SyncSucceeded", 1)
        assert metrics["SyncLeftOutRows"] == [1.0]
        assert cached(store) == GOOD

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            ("unavailable-503", "HTTP 503"),
            ("quota", "REQUEST_LIMIT_EXCEEDED"),
            ("invalid-field", "INVALID_FIELD"),
            ("login-page-200", "not JSON"),
            ("truncated", ""),
            ("reset", ""),
            ("wrong-types", "rows left out: 3"),
        ],
    )
    def test_a_failure_of_salesforce_keeps_the_entries_and_is_reported(
        self, run: Any, store: PlanStore, salesforce: Simulator, fault: str, code: str
    ) -> None:
        run()
        salesforce.org.add("Hotline__mdt", {**ORG["Hotline__mdt"][1], "Number__c": "hotline"})
        salesforce.fail(fault, path="query")
        answer, log, metrics = run()
        assert answer["failed"].keys() >= {"by-brand"}
        assert (log["level"], log["outcome"]) == ("ERROR", "SyncFailed")
        assert code in log["remedy"]
        assert metrics["SyncFailed"] == [1.0]
        assert cached(store) == GOOD
        salesforce.heal()
        assert run()[1]["outcome"] == "SyncSucceeded"
        assert cached(store)["by-brand"]["Alpha"] == "hotline"

    def test_a_failure_on_the_second_page_keeps_them_too(
        self, run: Any, store: PlanStore, salesforce: Simulator
    ) -> None:
        run()
        salesforce.page_size = 1
        salesforce.fail("server-error-html", path="query/")
        assert run()[1]["outcome"] == "SyncFailed"
        assert cached(store) == GOOD

    def test_a_mapping_whose_rows_vanish_keeps_its_entries(
        self, run: Any, store: PlanStore, salesforce: Simulator
    ) -> None:
        run()
        for row in ORG["Hotline__mdt"]:
            salesforce.org.add("Hotline__mdt", {**row, "IsDeleted": True})
        answer, log, _ = run()
        assert answer["entries"] == {"by-team": 1}
        assert "would lose 100% of its 2 entries" in answer["failed"]["by-brand"]
        assert log["error"] == "SyncRefusedError"
        assert cached(store) == GOOD


class Storm:
    """Syncs, publications, rollbacks and reads of one table in several threads.

    Generation g of the rows in Salesforce says `n<g>` in every row, so a mixture would show.
    """

    ROWS = 30

    def __init__(
        self, store: PlanStore, salesforce: Simulator, organisation: SalesforceClient
    ) -> None:
        self.store, self.salesforce, self.organisation = store, salesforce, organisation
        self.writing = True
        self.outcomes: list[tuple[str, bool]] = []
        self.seen: list[tuple[int, str, Any]] = []
        self.fill(0)

    def plan(self, reason: str) -> dict[str, Any]:
        source = {"object": "Row__c", "key": "Key__c", "value": "Value__c", "filter": None}
        mapping = {"salesforce": source, "default": None}
        numbers = {f"n{number}": {"number": str(number), "name": "x"} for number in range(20)}
        return {
            **DOCUMENT,
            "service_numbers": {**DOCUMENT["service_numbers"], **numbers},
            "mappings": {**DOCUMENT["mappings"], "rows": mapping},
            "outage": {"refuse": reason},
        }

    def fill(self, generation: int) -> None:
        with self.salesforce.lock:
            for number in range(self.ROWS):
                row = {"Id": f"a0R0C000000{number:04}", "Key__c": str(number)}
                self.salesforce.org.add("Row__c", {**row, "Value__c": f"n{generation}"})

    def attempt(self, what: str, change: Callable[[], Any]) -> None:
        try:
            change()
        except PlanConflictError:
            self.outcomes.append((what, False))
        else:
            self.outcomes.append((what, True))

    def version(self) -> int:
        active = self.store.active()
        assert active is not None
        return active.version

    def publish(self) -> None:
        for number in range(6):
            plan, replaces = self.plan(f"plan {number}"), self.version()
            self.attempt(
                "publish",
                lambda plan=plan, replaces=replaces: self.store.publish(  # type: ignore[misc]
                    plan, "", author="", comment="", replaces=replaces
                ),
            )

    def roll_back(self) -> None:
        for _ in range(6):
            replaces = self.version()
            self.attempt(
                "rollback",
                lambda replaces=replaces: self.store.rollback(  # type: ignore[misc]
                    1, author="", comment="", replaces=replaces
                ),
            )

    def synchronise(self) -> None:
        for generation in range(1, 11):
            self.fill(generation)
            self.attempt("sync", lambda: run(self.store, self.organisation))

    def read(self) -> None:
        while self.writing:
            active = self.store.active()
            assert active is not None
            document, entries = self.store.load(active)
            self.seen.append((active.revision, document["outage"]["refuse"], entries))


def test_syncs_publications_rollbacks_and_reads_at_once(
    table: Any, salesforce: Simulator, organisation: SalesforceClient
) -> None:
    store = PlanStore(table.dynamodb, table.name)
    salesforce.page_size = 7
    storm = Storm(store, salesforce, organisation)
    store.publish(storm.plan("plan"), "", author="", comment="", replaces=None)
    run(store, organisation)
    with ThreadPoolExecutor(5) as pool:
        jobs = (storm.publish, storm.roll_back, storm.synchronise)
        writers = [pool.submit(job) for job in jobs]
        readers = [pool.submit(storm.read) for _ in range(2)]
        wait(writers)
        storm.writing = False
    for each in (*writers, *readers):
        each.result()

    run(store, organisation)
    assert cached(store)["rows"] == dict.fromkeys(map(str, range(storm.ROWS)), "n10")
    assert storm.seen
    for _, reason, entries in storm.seen:
        assert reason.startswith("plan"), "a whole plan"
        assert len(entries["rows"]) == storm.ROWS, "no publication loses what is cached"
        assert len(set(entries["rows"].values())) == 1, "one generation of the rows"
