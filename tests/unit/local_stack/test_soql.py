"""SOQL in the simulator: queries, errors, and the organisation that they read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.salesforce.client import format_soql
from local_stack.salesforce.organisation import (
    Organisation,
    OrganisationError,
    parse_tables,
)
from local_stack.salesforce.query import execute
from local_stack.salesforce.responses import ApiError
from local_stack.salesforce.soql import Comparison, error_at, parse

ACCOUNT = "0010C0000000001QAA"
MUELLER = "0030C0000000001QAA"
ORPHAN = "0030C0000000002QAA"
CASE = "5000C0000000001QAA"
VEHICLE = "a0B0C0000000001UAA"
FLEET = "a0C0C0000000001UAA"
ORG = {
    "Account": [{"Id": ACCOUNT, "Name": "Müller & Söhne", "Type": "Customer", "Employees__c": 30}],
    "Contact": [
        {"Id": MUELLER, "AccountId": ACCOUNT[:15], "Name": "Jürgen", "Since__c": "2020-01-31"},
        {"Id": ORPHAN, "AccountId": None, "Name": None, "DoNotCall": True},
        {"Id": "0030C0000000003QAA", "AccountId": "0010C0000000009QAA", "IsDeleted": True},
    ],
    "Case": [{"Id": CASE, "ContactId": MUELLER}],
    "Fleet__c": [{"Id": FLEET, "Type__c": "Truck"}],
    "Vehicle__c": [{"Id": VEHICLE, "Fleet__c": FLEET}],
    "__prefixes__": {"a0d": "Empty__c"},
}


def query(soql: str, org: dict[str, Any] = ORG) -> list[dict[str, Any]]:
    _, records = execute(Organisation(*parse_tables(org)), soql, "62.0")
    return [without_attributes(record) for record in records]


def without_attributes(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: without_attributes(value) if isinstance(value, dict) else value
        for name, value in record.items()
        if name != "attributes"
    }


def names(where: str) -> list[Any]:
    return [record["Id"] for record in query(f"SELECT Id FROM Contact WHERE {where} ORDER BY Id")]


TASKS = {
    **ORG,
    "Task": [{"Id": "00T0C0000000001UAA", "WhoId": MUELLER, "WhatId": None}],
    "Case": [{"Id": CASE, "OwnerId": "0050C0000000001QAA"}],
    "User": [{"Id": "0050C0000000001QAA", "Name": "Huber", "Department": "Sales"}],
}


def test_of_a_parent_of_several_kinds_there_is_what_all_have() -> None:
    assert query("SELECT Who.Name, Who.Type, What.Type FROM Task", TASKS) == [
        {"Who": {"Name": "Jürgen", "Type": "Contact"}, "What": None}
    ]
    assert query("SELECT Owner.Name FROM Case", TASKS) == [{"Owner": {"Name": "Huber"}}]


@pytest.mark.parametrize("path", ["Who.DoNotCall", "Who.Account.Type", "Who.IndividualId"])
def test_of_a_parent_of_several_kinds_there_is_nothing_else(path: str) -> None:
    with pytest.raises(ApiError) as refused:
        query(f"SELECT {path} FROM Task", TASKS)
    assert refused.value.code == "INVALID_FIELD"


@given(st.text())
def test_every_text_survives_format_soql_and_the_parser(text: str) -> None:
    condition = parse(format_soql("SELECT Id FROM User WHERE Name = {} LIMIT 2", text)).where
    assert isinstance(condition, Comparison)
    assert condition.values[0].value == text


def test_names_ignore_case_and_come_back_in_the_organisations_spelling() -> None:
    found = query("select id, account.TYPE from CONTACT where ID = '0030C0000000001' limit 1")
    assert found == [{"Id": MUELLER, "Account": {"Type": "Customer"}}]


def test_a_path_leads_through_any_number_of_parents() -> None:
    assert query("SELECT Contact.Account.Name FROM Case") == [
        {"Contact": {"Account": {"Name": "Müller & Söhne"}}}
    ]
    assert query("SELECT Fleet__r.Type__c FROM Vehicle__c") == [{"Fleet__r": {"Type__c": "Truck"}}]


def test_a_missing_parent_is_null() -> None:
    assert query(f"SELECT Account.Type FROM Contact WHERE Id = '{ORPHAN}'") == [{"Account": None}]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Name = 'jürgen'", [MUELLER]),
        ("Name = 'Jurgen'", []),
        ("Name = null", [ORPHAN]),
        ("Name != 'x'", [MUELLER, ORPHAN]),
        ("Name LIKE 'j%N'", [MUELLER]),
        ("Name LIKE 'J_rgen'", [MUELLER]),
        ("Name LIKE 'J\\_rgen'", []),
        ("DoNotCall = true", [ORPHAN]),
        (f"Id IN ('{MUELLER}', '{ORPHAN[:15]}')", [MUELLER, ORPHAN]),
        (f"Id NOT IN ('{MUELLER}')", [ORPHAN]),
        ("Account.Employees__c >= 30 AND Account.Employees__c < 30.5", [MUELLER]),
        ("Since__c > 2020-01-30", [MUELLER]),
        ("NOT (Name = 'x' OR DoNotCall = true)", [MUELLER]),
        (f"Id = '{ACCOUNT}'", []),
    ],
)
def test_conditions(where: str, expected: list[str]) -> None:
    assert names(where) == expected


def test_order_and_limit() -> None:
    by_name = "SELECT Name FROM Contact ORDER BY Name"
    assert query(by_name) == query(f"{by_name} ASC") == [{"Name": None}, {"Name": "Jürgen"}]
    assert query(f"{by_name} DESC LIMIT 1") == [{"Name": None}]


def test_objects_are_found_by_their_key_prefix() -> None:
    soql = "SELECT QualifiedApiName FROM EntityDefinition WHERE KeyPrefix = '{}' LIMIT 5"
    assert query(soql.format("a0B")) == [{"QualifiedApiName": "Vehicle__c"}]
    assert query(soql.format("a0d")) == [{"QualifiedApiName": "Empty__c"}]
    assert query(soql.format("00Q")) == [{"QualifiedApiName": "Lead"}]
    assert query(soql.format("zzz")) == []


@pytest.mark.parametrize(
    ("soql", "code", "end"),
    [
        ("SELECT Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'."),
        ("SELECT Account.Nope FROM Contact", "INVALID_FIELD", "'Nope' on entity 'Account'."),
        (
            "SELECT Nope__r.Id FROM Contact",
            "INVALID_FIELD",
            "relationship 'Nope__r' in field path.",
        ),
        ("SELECT Id, id FROM Contact", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Id FROM Nope__c", "INVALID_TYPE", "sObject type 'Nope__c' is not supported."),
        ("SELECT Id FROM Case WHERE Id = 'junk'", "INVALID_QUERY_FILTER_OPERATOR", "field: junk"),
        (
            "SELECT Id FROM User WHERE IsActive = 'x'",
            "INVALID_FIELD",
            "type boolean and should not",
        ),
        ("SELECT Id FROM Contact WHERE Name = 1", "INVALID_FIELD", "of type string and should be"),
        ("", "MALFORMED_QUERY", "A query string has to be specified"),
        ("SELECT Id FROM Case WHERE Id = 'a' OR", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Case WHERE Id = 'a''", "MALFORMED_QUERY", "unexpected token: '''"),
        ("SELECT FROM Case", "MALFORMED_QUERY", "unexpected token: 'FROM'"),
        ("SELECT Id FROM Case LIMIT 'x'", "MALFORMED_QUERY", "unexpected token: ''x''"),
        ("SELECT Id FROM Case WHERE " + "(" * 9000, "MALFORMED_QUERY", "unexpected token: '('"),
    ],
)
def test_what_salesforce_refuses(soql: str, code: str, end: str) -> None:
    with pytest.raises(ApiError) as refused:
        query(soql)
    assert refused.value.status == 400
    assert refused.value.code == code
    assert end in str(refused.value)


@pytest.mark.parametrize(
    ("before", "quoted", "after", "caret"),
    [
        ("", "select Id, Company,Email,LastName,SF_date__c, ConvertedContactId from", " Lead", 34),
        (
            "SELECT Name, ",
            "CreatedById,OCE__ActualCap__c,TPI_Product__c,Name,OCE__JobId__c",
            ",OCE__X__c",
            30,
        ),
        ("", "SELECT Id, ApiName, Status FROM FlowDefinition", " WHERE ApiName IN ('A')", 11),
    ],
)
def test_errors_quote_the_query_like_published_ones(
    before: str, quoted: str, after: str, caret: int
) -> None:
    error = error_at(before + quoted + after, len(before) + caret, "INVALID_FIELD", "Why.")
    place = f"ERROR at Row:1:Column:{len(before) + caret + 1}"
    assert str(error) == f"\n{quoted}\n{' ' * caret}^\n{place}\nWhy."


def test_an_object_without_rows_has_every_field() -> None:
    assert query("SELECT Whatever__c FROM Empty__c") == []
    assert query("SELECT Account.X__c FROM Contact", {"Contact": [{"Id": ORPHAN}]}) == [
        {"Account": None}
    ]


def test_the_file_may_spell_names_in_any_case() -> None:
    org = {"contact": [{"ID": MUELLER, "donotcall": True}]}
    assert query("SELECT Id, DoNotCall FROM Contact", org) == [{"Id": MUELLER, "DoNotCall": True}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "it must be an object"),
        ({"Contact": {}}, "Contact: its rows must be a list."),
        ({"Contact": ["x"]}, "Contact, row 1: it must be an object"),
        ({"Contact": [{"Name": "x"}]}, "Contact, row 1: the field Id is missing."),
        (
            {"Contact": [{"Id": MUELLER[:-1] + "B"}]},
            "Contact, row 1, field Id: '0030C0000000001QAB'",
        ),
        (
            {"Contact": [{"Id": MUELLER, "X": []}]},
            "Contact, row 1, field X: a value cannot be a list",
        ),
        (
            {"Contact": [{"Id": MUELLER}] * 2},
            f"row 2, field Id: {MUELLER} is also the Id of Contact",
        ),
        ({"Contact": [{"Id": ACCOUNT}]}, f"{ACCOUNT} begins with the key prefix of Account."),
        ({"X__c": [{"Id": VEHICLE}, {"Id": FLEET}]}, "does not begin with the key prefix of X__c."),
        ({"__prefixes__": {"003": "X__c"}}, "__prefixes__: 003 is the key prefix of Contact."),
        ({"__prefixes__": {"a0": "X__c"}}, "__prefixes__: 'a0' is not a key prefix"),
    ],
)
def test_a_bad_organisation_is_explained(content: object, message: str) -> None:
    with pytest.raises(OrganisationError) as bad:
        parse_tables(content)
    assert message in str(bad.value)
