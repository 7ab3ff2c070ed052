"""Look-ups of records and agents on the simulator: requests and results."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from click_to_dial.deadline import Deadline
from click_to_dial.errors import SalesforceConfigurationError, SalesforceError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import SalesforceRequest, SalesforceResult
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.records import SalesforceRecords
from click_to_dial.salesforce.session import SalesforceSession
from click_to_dial.salesforce_id import to_18
from local_stack.salesforce import Simulator, running
from local_stack.salesforce.organisation import Organisation, parse_tables
from tests.fakes import plan
from tests.integration.salesforce.tokens import Tokens

ACCOUNT, CONTACT, ORPHAN = "0010C0000000001QAA", "0030C0000000001QAA", "0030C0000000002QAA"
DELETED, VEHICLE, NOTE = "0010C0000000002QAA", "a0B0C0000000001UAA", "a0C0C0000000001UAA"
ORG = {
    "Account": [
        {"Id": ACCOUNT, "Type": "Kunde", "BillingCountryCBEQ": "DE", "NumberOfEmployees": 12}
        | {"Phone": "+49 (89) 461495", "Fax": None},
        {"Id": DELETED, "Type": "Kunde", "BillingCountryCBEQ": "DE", "IsDeleted": True},
    ],
    "Contact": [
        {"Id": CONTACT, "AccountId": ACCOUNT, "DoNotCall": True},
        {"Id": ORPHAN, "AccountId": None, "DoNotCall": False},
    ],
    "Vehicle__c": [{"Id": VEHICLE, "Fleet__c": "a0D0C0000000001UAA"}],
    "Fleet__c": [{"Id": "a0D0C0000000001UAA", "Owner_Account__c": ACCOUNT}],
    "Note__c": [{"Id": NOTE}],
    "User": [
        {"Id": "0050C0000000011QAA", "CommunityNickname": "jdoe", "IsActive": True}
        | {"Extension": "217"},
        {"Id": "0050C0000000012QAA", "CommunityNickname": "left", "IsActive": False},
        {"Id": "0050C0000000013QAA", "CommunityNickname": "twin", "IsActive": True},
        {"Id": "0050C0000000014QAA", "CommunityNickname": "twin", "IsActive": False},
        {"Id": "0050C0000000015QAA", "CommunityNickname": "o'hara \\ß", "IsActive": True},
    ],
    "__prefixes__": {"a0B": "Vehicle__c", "a0C": "Note__c", "a0D": "Fleet__c"},
}
PLAN = plan(
    objects={
        "Account": {"kind": "Type", "size": "numberofemployees"},
        "Contact": {"kind": "Account.Type", "do_not_call": "DoNotCall"},
        "vehicle__C": {"kind": "Fleet__r.Owner_Account__r.Type"},
    }
)


@pytest.fixture
def org(client: SalesforceClient) -> SalesforceRecords:
    return SalesforceRecords(client)


def ask(
    org: SalesforceRecords, record_id: str | None, agent_uid: str | None = "jdoe"
) -> SalesforceResult:
    return org.fetch(PLAN, SalesforceRequest(record_id, agent_uid), Deadline(30))


@pytest.mark.parametrize(
    ("record_id", "record"),
    [
        (ACCOUNT, Record(True, "Account", {"kind": "Kunde", "size": 12})),
        (CONTACT, Record(True, "Contact", {"kind": "Kunde", "do_not_call": True})),
        (ORPHAN, Record(True, "Contact", {"do_not_call": False})),
        (DELETED, Record(False, "Account")),
        ("0030C0000000009QAA", Record(False, "Contact")),
        ("5000C0000000009QAA", Record(False, "Case")),
    ],
)
def test_record_and_agent_in_one_call(
    org: SalesforceRecords, salesforce: Simulator, record_id: str, record: Record
) -> None:
    assert ask(org, record_id) == SalesforceResult(
        record, Agent(True, {"extension": "217"}), calls=1
    )
    assert salesforce.requests == {"composite": 1}
    assert salesforce.api_calls == 1


def test_the_numbers_of_the_record_are_read_with_the_same_query(
    org: SalesforceRecords, salesforce: Simulator
) -> None:
    the_plan = plan(numbers={"Account": ["Phone", "Fax"], "Contact": ["MobilePhone", "Phone"]})
    for record_id, numbers in ((ACCOUNT, ("+49 (89) 461495",)), (CONTACT, ())):
        result = org.fetch(the_plan, SalesforceRequest(record_id, None), Deadline(30))
        assert isinstance(result.record, Record)
        assert result.record.numbers == numbers
    assert salesforce.api_calls == 2


def test_only_the_requested_parts_are_queried(org: SalesforceRecords) -> None:
    assert ask(org, ACCOUNT, None).agent is None
    assert ask(org, None) == SalesforceResult(None, Agent(True, {"extension": "217"}))


def test_the_object_of_a_custom_prefix_is_learned_once(
    org: SalesforceRecords, salesforce: Simulator
) -> None:
    vehicle = Record(True, "vehicle__C", {"kind": "Kunde"})
    assert ask(org, VEHICLE) == SalesforceResult(
        vehicle, Agent(True, {"extension": "217"}), calls=2
    )
    assert ask(org, VEHICLE).calls == 1
    assert salesforce.api_calls == 3


def test_an_object_that_is_known_from_the_cache_takes_one_call(org: SalesforceRecords) -> None:
    result = org.fetch(
        PLAN, SalesforceRequest(VEHICLE, None, object_name="Vehicle__c"), Deadline(30)
    )
    assert result == SalesforceResult(Record(True, "vehicle__C", {"kind": "Kunde"}), None, calls=1)


@pytest.mark.parametrize("outdated", ["Retired__c", "Note__c"])
def test_an_outdated_object_of_a_prefix_is_looked_up_again_once(
    org: SalesforceRecords, salesforce: Simulator, outdated: str
) -> None:
    """The object was deleted, or the prefix now belongs to another object."""
    request = SalesforceRequest(VEHICLE, "jdoe", object_name=outdated)
    vehicle = Record(True, "vehicle__C", {"kind": "Kunde"})
    agent = Agent(True, {"extension": "217"})
    assert org.fetch(PLAN, request, Deadline(30)) == SalesforceResult(vehicle, agent, calls=3)
    assert salesforce.requests == {"composite": 3}


def test_the_refresh_of_a_sandbox_may_give_a_learned_prefix_to_another_object() -> None:
    old = {"Old__c": [{"Id": VEHICLE}], "User": [], "__prefixes__": {"a0B": "Old__c"}}
    new = {"New__c": [{"Id": VEHICLE}], "User": [], "__prefixes__": {"a0B": "New__c"}}
    with running(old) as simulator:
        client = SalesforceClient(SalesforceSession(simulator.url), "62.0", Tokens(simulator))
        org = SalesforceRecords(client)
        assert ask(org, VEHICLE, None).record == Record(True, "Old__c")
        simulator.org = Organisation(*parse_tables(new))
        assert ask(org, VEHICLE, None) == SalesforceResult(Record(True, "New__c"), None, calls=3)
        assert ask(org, VEHICLE, None).calls == 1


def test_an_object_that_became_invisible_stays_an_error(
    org: SalesforceRecords, salesforce: Simulator
) -> None:
    request = SalesforceRequest("a0Z0C0000000001UAA", None, object_name="Retired__c")
    result = org.fetch(PLAN, request, Deadline(30))
    assert isinstance(result.record, SalesforceConfigurationError)
    assert (result.record.reason, result.calls) == ("invalid-object", 2)


def test_a_record_that_does_not_exist_is_confirmed_by_its_object(
    org: SalesforceRecords, salesforce: Simulator
) -> None:
    request = SalesforceRequest("a0B0C0000000009UAA", None, object_name="Vehicle__c")
    missing = SalesforceResult(Record(False, "vehicle__C"), None, calls=2)
    assert org.fetch(PLAN, request, Deadline(30)) == missing
    salesforce.fail("subrequest-object")
    result = org.fetch(PLAN, request, Deadline(30))
    assert isinstance(result.record, SalesforceError)


def test_an_object_that_the_plan_does_not_list_is_looked_up_too(org: SalesforceRecords) -> None:
    assert ask(org, NOTE).record == Record(True, "Note__c")
    assert ask(org, str(to_18(NOTE[:14] + "9"))).record == Record(False, "Note__c")


def test_prefixes_that_differ_in_case_are_of_different_objects(org: SalesforceRecords) -> None:
    assert ask(org, str(to_18("A0b" + VEHICLE[3:15]))).record == Record(found=False)


def test_a_prefix_without_an_object_has_no_record(org: SalesforceRecords) -> None:
    assert ask(org, "zzz0C0000000001QAA") == SalesforceResult(
        Record(found=False), Agent(True, {"extension": "217"})
    )


@pytest.mark.parametrize(
    ("agent_uid", "agent"),
    [
        ("jdoe", Agent(True, {"extension": "217"})),
        ("o'hara \\ß", Agent(True)),
        ("left", Agent(False)),
        ("twin", Agent(False)),
        ("nobody", Agent(False)),
        ("' OR IsActive = true OR Name = '", Agent(False)),
        ("x\\' OR Name != '", Agent(False)),
        ("@{record.records[0].Id}", Agent(False)),
        ("&q=SELECT Id FROM User#", Agent(False)),
        ("%", Agent(False)),
    ],
)
def test_an_agent_is_known_if_exactly_one_active_user_matches(
    org: SalesforceRecords, agent_uid: str, agent: Agent
) -> None:
    assert ask(org, ACCOUNT, agent_uid).agent == agent


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
def test_no_text_reaches_soql_unescaped(org: SalesforceRecords, agent_uid: str) -> None:
    if agent_uid.casefold() not in ("jdoe", "o'hara \\ß"):
        assert ask(org, None, agent_uid).agent == Agent(False)


def test_an_expired_token_is_renewed_once(
    org: SalesforceRecords, salesforce: Simulator, tokens: Tokens
) -> None:
    ask(org, ACCOUNT)
    salesforce.expire_tokens()
    assert ask(org, ACCOUNT).calls == 1
    assert tokens.given_up == []


def test_a_new_token_that_is_refused_is_given_up(
    org: SalesforceRecords, salesforce: Simulator, tokens: Tokens
) -> None:
    salesforce.fail("expired-token")
    with pytest.raises(SalesforceConfigurationError, match="refuses even a new access token"):
        ask(org, ACCOUNT)
    assert [error.reason for error in tokens.given_up] == ["new-session-refused"]
    assert salesforce.requests == {"composite": 2}


def test_a_hidden_field_is_an_error_of_its_part_only(
    org: SalesforceRecords, salesforce: Simulator
) -> None:
    hidden = plan(objects={"Account": {"kind": "Secret__c"}})
    result = org.fetch(hidden, SalesforceRequest(ACCOUNT, "jdoe"), Deadline(30))
    assert isinstance(result.record, SalesforceConfigurationError)
    assert "Secret__c of Account" in str(result.record)
    assert result.agent == Agent(True, {"extension": "217"})


@pytest.mark.parametrize("name", ["Type FROM User--", "Type,Name", "../x", "", "1x", "Type\n"])
def test_a_malformed_name_never_reaches_soql(
    org: SalesforceRecords, salesforce: Simulator, name: str
) -> None:
    with pytest.raises(SalesforceConfigurationError, match="malformed"):
        org.fetch(
            plan(objects={"Account": {"kind": name}}),
            SalesforceRequest(ACCOUNT, None),
            Deadline(30),
        )
    assert salesforce.api_calls == 0


def test_an_address_is_not_a_single_value(org: SalesforceRecords, salesforce: Simulator) -> None:
    body = {
        "compositeResponse": [
            {
                "body": {
                    "done": True,
                    "records": [{"Id": ACCOUNT, "BillingAddress": {"city": "Ulm"}}],
                },
                "httpStatusCode": 200,
                "referenceId": "record",
            }
        ]
    }
    salesforce.fail("answer", status=200, body=body)
    compound = plan(objects={"Account": {"address": "BillingAddress"}})
    result = org.fetch(compound, SalesforceRequest(ACCOUNT, None), Deadline(30))
    assert isinstance(result.record, SalesforceConfigurationError)
    assert result.record.reason == "compound-field"


def part(reference: str, body: Any, status: Any = 200) -> dict[str, Any]:
    return {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference}


ROW = {"Id": ACCOUNT, "Type": "Kunde"}
ROWS = {"done": True, "records": [ROW]}
ERROR = [{"errorCode": "INVALID_FIELD", "message": ""}]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"compositeResponse": None},
        {"compositeResponse": [None]},
        {"compositeResponse": {"record": 1}},
        {"compositeResponse": [part("record", None)]},
        {"compositeResponse": [part("record", {"done": True, "records": None})]},
        {"compositeResponse": [part("record", {"done": True, "records": [None]})]},
        {"compositeResponse": [part("record", {"done": True, "records": ["Id"]})]},
        {"compositeResponse": [part("record", {"done": True, "records": [{"Id": 7}]})]},
        {"compositeResponse": [part("record", {"done": True, "records": [{"Id": ACCOUNT}]})]},
        {
            "compositeResponse": [
                part("record", {"done": True, "records": [{"Id": CONTACT, "Type": "x"}]})
            ]
        },
        {"compositeResponse": [part("record", {"done": True, "records": []}, "200")]},
        {"compositeResponse": [part("record", {"done": True, "records": [{}, {}]})]},
        {"compositeResponse": [part("record", {"records": [ROW]})]},
        {"compositeResponse": [part("record", {"done": False, "records": [ROW]})]},
        {"compositeResponse": [part("record", {"done": "true", "records": [ROW]})]},
        {"compositeResponse": [part("record", {"done": True, "records": [ROW]})] * 2},
        {"compositeResponse": [part("record", ERROR, 400), part("record", ROWS)]},
        [],
        7,
        "text",
    ],
)
def test_an_answer_of_another_form_decides_nothing(
    org: SalesforceRecords, salesforce: Simulator, answer: Any
) -> None:
    salesforce.fail("answer", status=200, body=answer)
    kind = plan(objects={"Account": {"kind": "Type"}})
    try:
        record = org.fetch(kind, SalesforceRequest(ACCOUNT, None), Deadline(30)).record
    except SalesforceError as error:
        record = error
    assert isinstance(record, SalesforceError)
    assert record.reason in ("wrong-types", "not-json", "more-rows")
