"""Consent, read together with the record in one request to the simulator."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import ClickToDialError, SalesforceConfigurationError, SalesforceError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import SalesforceRequest, SalesforceResult
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.records import SalesforceRecords
from click_to_dial.salesforce.session import SalesforceSession
from local_stack.salesforce import Simulator, running
from tests.fakes import plan

CONTACT, OTHER, PERSON = "003Tv00000Lx002IAB", "003Tv00000Lx003IAB", "0PKTv0000000001OAA"
PLAN = plan(
    objects={
        "Contact": {"name": "LastName", "consent": "IndividualId"},
        "Case": {"subject": "Subject", "consent": "Contact.IndividualId"},
    },
    agents={"match": "CommunityNickname", "attributes": {}},
)
NOW = datetime.fromisoformat("2026-11-24T12:00:00+01:00").timestamp()


def consent(status: str, start: str | None = None, end: str | None = None) -> dict[str, Any]:
    return {"PrivacyConsentStatus": status, "EffectiveFrom": start, "EffectiveTo": end}


class Tokens:
    """A token of the simulator."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get(self, deadline: Deadline, rejected: str | None = None) -> str:
        return self._token

    def take_failure(self) -> ClickToDialError | None:
        return None

    def give_up(self, token: str, error: SalesforceError) -> bool:
        raise AssertionError


CASE, ORPHAN, ANONYMOUS = "500Tv00000Rw001IAB", "500Tv00000Rw002IAB", "500Tv00000Rw003IAB"
ORG: dict[str, Any] = {
    "Contact": [
        {"Id": CONTACT, "LastName": "Huber", "IndividualId": PERSON},
        {"Id": OTHER, "LastName": "Maier", "IndividualId": None},
    ],
    "Case": [
        {"Id": CASE, "Subject": "Invoice", "ContactId": CONTACT},
        {"Id": ORPHAN, "Subject": "Invoice", "ContactId": None},
        {"Id": ANONYMOUS, "Subject": "Invoice", "ContactId": OTHER},
    ],
    "ContactPointTypeConsent": [
        {"Id": "0ZYTv0000000001OAA", "PartyId": PERSON, "ContactPointType": "Phone"}
        | consent("OptOut"),
        {"Id": "0ZYTv0000000003OAA", "PartyId": PERSON, "ContactPointType": "Email"}
        | consent("OptIn"),
        {"Id": "0ZYTv0000000002OAA", "PartyId": "0PKTv0000000009OAA", "ContactPointType": "Phone"}
        | consent("OptIn"),
    ],
    "User": [{"Id": "005Tv00000Ah001IAB", "CommunityNickname": "jdoe"}],
}


@pytest.fixture
def salesforce() -> Iterator[Simulator]:
    with running(ORG) as salesforce:
        yield salesforce


def ask(
    salesforce: Simulator, record_id: str, agent: str = "jdoe", of: DialPlan = PLAN
) -> SalesforceResult:
    tokens = Tokens(salesforce.log_in())
    client = SalesforceClient(SalesforceSession(salesforce.url), "62.0", tokens)
    return SalesforceRecords(client, lambda: NOW).fetch(
        of, SalesforceRequest(record_id, agent), Deadline(30)
    )


@pytest.mark.parametrize(
    ("record_id", "expected"),
    [
        (CONTACT, Record(True, "Contact", {"name": "Huber", "consent": "opted-out"})),
        (OTHER, Record(True, "Contact", {"name": "Maier", "consent": "none"})),
        (CASE, Record(True, "Case", {"subject": "Invoice", "consent": "opted-out"})),
        (ORPHAN, Record(True, "Case", {"subject": "Invoice", "consent": "none"})),
        (ANONYMOUS, Record(True, "Case", {"subject": "Invoice", "consent": "none"})),
        ("500Tv00000Rw009IAB", Record(False, "Case")),
    ],
    ids=["contact", "without person", "case", "without contact", "of no person", "no record"],
)
def test_consent_comes_with_the_record_also_through_a_relationship(
    salesforce: Simulator, record_id: str, expected: Record
) -> None:
    assert ask(salesforce, record_id) == SalesforceResult(expected, Agent(True), calls=1)
    assert salesforce.requests["composite"] == 1


@pytest.mark.parametrize("error", ["no-access", "invalid-field", "server-error-json"])
def test_a_failed_query_is_an_error_unless_the_record_has_no_person(
    salesforce: Simulator, error: str
) -> None:
    salesforce.fail("subrequest-consent", error=error)
    assert isinstance(ask(salesforce, CASE).record, SalesforceError)
    assert ask(salesforce, CASE).agent == Agent(True)
    assert ask(salesforce, ORPHAN).record == Record(
        True, "Case", {"subject": "Invoice", "consent": "none"}
    )


def test_a_record_is_valid_until_a_consent_begins_or_ends(salesforce: Simulator) -> None:
    moments = "2026-11-24T11:00:00.000+0000", "2026-11-24T13:00:00.000+0000"
    row = {"Id": "0ZYTv0000000002OAA", "PartyId": PERSON, "ContactPointType": "Phone"}
    salesforce.org.add("ContactPointTypeConsent", row | consent("OptIn", *moments))
    record = ask(salesforce, CASE).record
    assert isinstance(record, Record)
    assert (record.attributes["consent"], record.valid_until) == ("opted-out", NOW + 7200)


def test_consents_that_do_not_fit_on_a_page_are_unknown(salesforce: Simulator) -> None:
    row = {"Id": "0ZYTv0000000002OAA", "PartyId": PERSON, "ContactPointType": "Phone"}
    salesforce.org.add("ContactPointTypeConsent", row | consent("OptIn"))
    salesforce.page_size = 1
    result = ask(salesforce, CASE)
    assert isinstance(result.record, SalesforceError)
    assert (result.record.reason, result.agent) == ("more-rows", Agent(True))


@pytest.mark.parametrize("agent", ["@{record.records[0].Id}", "@{record.records[0].LastName}"])
def test_an_agent_uid_never_becomes_a_reference(salesforce: Simulator, agent: str) -> None:
    salesforce.org.add("User", {"Id": "005Tv00000Ah002IAB", "CommunityNickname": CONTACT})
    salesforce.org.add("User", {"Id": "005Tv00000Ah003IAB", "CommunityNickname": "Huber"})
    assert ask(salesforce, CONTACT, agent).agent == Agent(False)


def test_a_field_without_an_id_cannot_change_the_query(
    salesforce: Simulator,
) -> None:
    name = "x' OR PartyId != '"
    salesforce.org.add("Contact", {"Id": CONTACT, "LastName": name, "IndividualId": PERSON})
    by_name = plan(objects={"Contact": {"consent": "LastName"}})
    found = ask(salesforce, CONTACT, of=by_name).record
    assert isinstance(found, SalesforceConfigurationError)
    assert found.reason == "consent-of-no-person"


def test_a_consent_that_cannot_be_read_is_not_none() -> None:
    org = {"Contact": [{"Id": CONTACT, "LastName": "Huber"}], "User": []}
    hidden = plan(objects={"Contact": {"consent": "Nobody__c"}})
    with running(org) as salesforce:
        tokens = Tokens(salesforce.log_in())
        client = SalesforceClient(SalesforceSession(salesforce.url), "62.0", tokens)
        result = SalesforceRecords(client).fetch(
            hidden, SalesforceRequest(CONTACT, None), Deadline(30)
        )
        assert isinstance(result.record, SalesforceError)
