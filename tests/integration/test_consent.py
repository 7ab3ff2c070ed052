"""Consent: read beside the record, in one request, from the simulated Salesforce."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.errors import SalesforceError
from click_to_dial.model import Record
from click_to_dial.ports import Answer, Question
from click_to_dial.salesforce.consent import consent_of
from click_to_dial.salesforce.org import Organisation
from click_to_dial.salesforce.transport import Transport
from local.salesforce import Simulator, running
from tests.fakes import plan

CONTACT, OTHER, PERSON = "003Tv00000Lx002IAB", "003Tv00000Lx003IAB", "0PKTv0000000001OAA"
PLAN = plan(objects={"Contact": {"name": "LastName", "consent": "IndividualId"}})
NOW = datetime.fromisoformat("2026-11-24T12:00:00+01:00").timestamp()


def consent(status: str, start: str | None = None, end: str | None = None) -> dict[str, Any]:
    return {"PrivacyConsentStatus": status, "EffectiveFrom": start, "EffectiveTo": end}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "none"),
        ([consent("NotSeen"), consent("Seen")], "none"),
        ([consent("OptIn")], "opted-in"),
        ([consent("OptIn", "2026-11-24T11:00:00.000+0000")], "opted-in"),
        ([consent("OptIn", "2026-11-24T11:00:01.000+0000")], "none"),
        ([consent("OptIn", None, "2026-11-24T11:00:01.000+0000")], "opted-in"),
        ([consent("OptIn", None, "2026-11-24T11:00:00.000+0000")], "expired"),
        ([consent("OptOut"), consent("OptIn")], "opted-out"),
        ([consent("OptOut", None, "2020-01-01T00:00:00.000+0000"), consent("OptIn")], "opted-in"),
    ],
)
def test_what_a_person_said(rows: list[Mapping[str, Any]], expected: str) -> None:
    assert consent_of(rows, NOW) == expected


class Tokens:
    """Whatever the simulator has issued."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get(self, deadline: Deadline, rejected: str | None = None) -> str:
        return self._token

    def give_up(self, token: str, error: SalesforceError) -> None:
        raise AssertionError


def ask(salesforce: Simulator, token: str, record_id: str) -> Answer:
    org = Organisation(Transport(salesforce.url, "62.0"), Tokens(token), lambda: NOW)
    return org.ask(PLAN, Question(record_id, "jdoe"), Deadline(30))


def test_it_travels_with_the_record() -> None:
    consents = [
        {"Id": "0ZYTv0000000001OAA", "PartyId": PERSON, "ContactPointType": "Phone"}
        | consent("OptOut"),
        {"Id": "0ZYTv0000000002OAA", "PartyId": "0PKTv0000000009OAA", "ContactPointType": "Phone"}
        | consent("OptIn"),
    ]
    contacts = [
        {"Id": CONTACT, "LastName": "Huber", "IndividualId": PERSON},
        {"Id": OTHER, "LastName": "Maier", "IndividualId": None},
    ]
    org = {"Contact": contacts, "ContactPointTypeConsent": consents, "User": []}
    with running(org) as salesforce:
        token = salesforce.log_in()
        answer = ask(salesforce, token, CONTACT)
        assert answer.record == Record(True, "Contact", {"name": "Huber", "consent": "opted-out"})
        assert answer.calls == 1
        assert ask(salesforce, token, OTHER).record == Record(
            True, "Contact", {"name": "Maier", "consent": "none"}
        )


def test_a_consent_that_cannot_be_read_is_not_none() -> None:
    org = {"Contact": [{"Id": CONTACT, "LastName": "Huber"}], "User": []}
    hidden = plan(objects={"Contact": {"consent": "Nobody__c"}})
    with running(org) as salesforce:
        made = Organisation(Transport(salesforce.url, "62.0"), Tokens(salesforce.log_in()))
        answer = made.ask(hidden, Question(CONTACT, None), Deadline(30))
        assert isinstance(answer.record, SalesforceError)
