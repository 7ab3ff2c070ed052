"""Look-ups of many calls find what look-ups of single calls find, on the simulator."""

import time
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.decision.service import Request
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import SalesforceError
from click_to_dial.model import Record
from click_to_dial.ports import SalesforceRequest
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.failures import InvalidIdError
from click_to_dial.salesforce.records import SalesforceRecords
from click_to_dial.salesforce.session import SalesforceSession
from click_to_dial.salesforce_id import to_18
from dialplan_cli.simulate_lookups import BulkQueries, FetchedRows, fetch_rows
from local_stack.salesforce import Simulator
from tests.fakes import plan
from tests.integration.salesforce import test_consent, test_records
from tests.integration.salesforce.tokens import Tokens

RECORDS: dict[str, Any] = dict(test_records.ORG)
ORG: dict[str, Any] = {
    **test_consent.ORG,
    **RECORDS,
    "Contact": [
        {"Phone": "+49 89 1234567"} | row
        for row in (*RECORDS["Contact"], *test_consent.ORG["Contact"])
    ],
}
KNOWN = [row["Id"] for name in ("Account", "Contact", "Case", "Vehicle__c") for row in ORG[name]]
UNKNOWN = ["0030C0000000009QAA", "5000C0000000009QAA", "a0X0C0000000001UAA", test_records.NOTE]
AGENTS = [*(user["CommunityNickname"] for user in ORG["User"]), "JDOE", "nobody", "it's @{x}"]
PLANS = (
    test_records.PLAN,
    plan(
        objects={
            "Contact": {
                "name": "LastName",
                "consent": "IndividualId",
                "do_not_call": "Account.Type",
            },
            "Case": {"subject": "Subject", "consent": "Contact.IndividualId"},
            "Vehicle__c": {"fleet": "fleet__c"},
        },
        agents={"match": "Id", "attributes": {"login": "CommunityNickname"}},
        numbers={"Contact": ["Phone", "Account.Phone"]},
    ),
)


@pytest.fixture
def salesforce(simulator: Simulator) -> Simulator:
    return simulator


@pytest.fixture
def client(salesforce: Simulator) -> SalesforceClient:
    session = SalesforceSession(salesforce.url)
    return SalesforceClient(session, "62.0", Tokens(salesforce))


def requests(ids: list[str] | None = None, agents: list[str] | None = None) -> list[Request]:
    """Return a request for each record, and one for each agent."""
    ids, agents = ids or [*KNOWN, *UNKNOWN], agents or AGENTS
    return [Request(record_id, "1", agents[0]) for record_id in ids] + [
        Request(None, "1", agent) for agent in agents
    ]


def fetch(client: SalesforceClient, wanted: list[Request]) -> FetchedRows:
    return fetch_rows(BulkQueries(client), PLANS, wanted, time.time())


def facts(source: Any, of: DialPlan, request: Request) -> Any:
    """Return record and agent; an error as its reason."""
    asked = SalesforceRequest(request.record_id, request.agent_uid)
    if isinstance(source, FetchedRows):
        result = source.result(of, asked)
    else:
        result = source.fetch(of, asked, Deadline(30))
    return [
        each.reason if isinstance(each, SalesforceError) else each
        for each in (result.record, result.agent)
    ]


def test_many_records_and_agents_are_those_of_single_requests(client: SalesforceClient) -> None:
    fetched, single = fetch(client, requests()), SalesforceRecords(client)
    for of in PLANS:
        for request in requests():
            assert facts(fetched, of, request) == facts(single, of, request), request
    contact = Request(test_records.CONTACT, "1", "jdoe")
    assert facts(fetched, PLANS[0], contact)[0] == Record(
        True, "Contact", {"kind": "Kunde", "do_not_call": True}
    )
    opted_out = Request(test_consent.CONTACT, "1", "jdoe")
    assert facts(fetched, PLANS[1], opted_out)[0].attributes["consent"] == "opted-out"
    assert facts(fetched, PLANS[1], opted_out)[0].numbers == ("+49 89 1234567",)


def test_one_request_asks_for_a_thousand_records(
    client: SalesforceClient, salesforce: Simulator
) -> None:
    ids = [str(to_18(f"0030C0009{number:06d}")) for number in range(1000)]
    bulk = BulkQueries(client)
    fetch_rows(bulk, PLANS[:1], requests(ids, ["jdoe"]), time.time())
    assert bulk.api_calls == salesforce.api_calls == 2  # the second one asks for the agent


def test_each_key_is_asked_for_alone_if_the_rows_are_incomplete(
    client: SalesforceClient, salesforce: Simulator
) -> None:
    wanted = requests()
    expected = fetch(client, wanted)
    salesforce.page_size = 1
    try:
        found = fetch(client, wanted)
    finally:
        salesforce.page_size = 2000
    for of in PLANS:
        for request in wanted:
            if request.agent_uid != "twin":
                assert facts(found, of, request) == facts(expected, of, request), request
    assert facts(found, PLANS[0], Request(None, "1", "twin"))[1] == "more-rows"


def test_an_id_that_salesforce_refuses_affects_no_other_record(
    client: SalesforceClient, salesforce: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SalesforceClient.query_together

    def query_together(self: Any, queries: Any, deadline: Any) -> Any:
        results = dict(real(self, queries, deadline))
        for reference, query in queries.items():
            if test_records.ORPHAN in query:
                results[reference] = InvalidIdError("malformed-id")
        return results

    monkeypatch.setattr(SalesforceClient, "query_together", query_together)
    found = fetch(client, requests())
    orphan = facts(found, PLANS[0], Request(test_records.ORPHAN, "1", "jdoe"))[0]
    assert orphan == Record(False, "Contact")
    contact = facts(found, PLANS[0], Request(test_records.CONTACT, "1", "jdoe"))[0]
    assert contact.attributes["kind"] == "Kunde"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("unavailable-503", "unavailable"),
        ("reset", "reset"),
        ("quota", "quota"),
        ("wrong-types", "wrong-types"),
        ("login-page-200", "not-json"),
        ("query-timeout", "query-timeout"),
    ],
)
def test_a_failed_request_is_the_error_of_each_record(
    client: SalesforceClient, salesforce: Simulator, fault: str, reason: str
) -> None:
    wanted = requests([test_records.ACCOUNT, test_records.CONTACT], ["jdoe"])
    salesforce.fail(fault)
    found = fetch(client, wanted)
    for request in wanted[:2]:
        assert facts(found, PLANS[0], request) == [reason, reason]


def test_one_failed_query_does_not_affect_the_others(
    client: SalesforceClient, salesforce: Simulator
) -> None:
    wanted = requests([test_records.ACCOUNT, test_records.CONTACT], ["jdoe"])
    salesforce.fail("subrequest-query1", error="no-access")
    found = fetch(client, wanted)
    assert isinstance(facts(found, PLANS[0], wanted[0])[0], Record)
    assert facts(found, PLANS[0], wanted[1])[0] == "no-access"
