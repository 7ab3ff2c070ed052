"""Values of conditions against the types of fields that Salesforce describes."""

from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from dialplan_cli.checks.salesforce_schema import SalesforceSchema
from dialplan_cli.checks.values import check_values

OWNER = "0050C0000000011QAA"


def field(name: str, kind: str, *values: str, **other: Any) -> dict[str, Any]:
    picklist = [{"value": value, "active": True} for value in values]
    return {
        "name": name,
        "type": kind,
        "filterable": True,
        "referenceTo": [],
        "relationshipName": None,
        "picklistValues": [*picklist, {"value": "Old", "active": False}],
        **other,
    }


ACCOUNT = {"referenceTo": ["Account"], "relationshipName": "Account"}
DESCRIPTIONS = {
    "User": [field("Department", "string")],
    "Account": [field("Type", "picklist", "Customer", "Supplier")],
    "Contact": [
        field("DoNotCall", "boolean"),
        field("AccountId", "reference", **ACCOUNT),
        field("Size__c", "double"),
        field("Since__c", "date"),
        field("Rank__c", "picklist", "gold", "silver", restrictedPicklist=True),
        field("Wishes__c", "multipicklist", "No calls", "Fax"),
        field("Opted_Out__c", "string"),
    ],
    "Lead": [field("DoNotCall", "boolean"), field("Opted_Out__c", "boolean")],
}


class Reader:
    """A Salesforce with DESCRIPTIONS."""

    def select(self, soql: str, deadline: Deadline) -> list[Any]:
        raise AssertionError(soql)

    def describe(self, object_name: str, deadline: Deadline) -> Any:
        return {"name": object_name, "fields": DESCRIPTIONS[object_name]}


def wrong(fact: str, expected: Any) -> list[tuple[str, bool]]:
    """Return the messages about a condition, and whether they are errors."""
    document = {
        "objects": {
            "Contact": {
                "opt_out": "DoNotCall",
                "kind": "Account.Type",
                "owner": "AccountId",
                "size": "Size__c",
                "since": "Since__c",
                "rank": "Rank__c",
                "wishes": "Wishes__c",
                "mixed": "Opted_Out__c",
            },
            "Lead": {"opt_out": "DoNotCall", "mixed": "Opted_Out__c"},
        },
        "agents": {"attributes": {"team": "Department"}},
        "rules": [{"id": "rule", "when": {fact: expected}, "refuse": "No."}],
        "outage": {"refuse": "No."},
    }
    found = check_values(SalesforceSchema(Reader(), Deadline(10)), document)
    return [(each.message, each.is_error) for each in found]


@pytest.mark.parametrize(
    ("fact", "expected", "message"),
    [
        ("record.opt_out", "yes", "is a checkbox; write true or false"),
        ("record.opt_out", ["true"], "is a checkbox"),
        ("record.opt_out", 1, "is a checkbox"),
        ("record.opt_out", {"not": "false"}, "is a checkbox"),
        ("record.opt_out", {"prefix": "t"}, "is a checkbox"),
        ("record.size", "500", "is a number; write digits, without quotes"),
        ("record.size", {"gte": "500"}, "is a number"),
        ("record.size", True, "is a number"),
        ("record.size", {"matches": "5*"}, "is a number"),
        ("record.since", {"lt": "31.12.2025"}, "year-month-day"),
        ("record.since", {"lt": 2025}, "is text (type date); write the value in quotes"),
        ("record.rank", "golden", "has no picklist value 'golden'; did you mean 'gold'?"),
        ("record.rank", "Old", "its values are gold, silver"),
        ("record.kind", {"includes": "Customer"}, "write it without `includes`"),
        ("record.owner", OWNER[:15], f"18 characters; write {OWNER}"),
        ("agent.team", 7, "is text (type string)"),
    ],
)
def test_a_value_that_the_field_never_has_is_an_error(
    fact: str, expected: Any, message: str
) -> None:
    ((found, is_error),) = wrong(fact, expected)
    assert found.startswith(f"{fact} ")
    assert message in found
    assert is_error


@pytest.mark.parametrize(
    ("fact", "expected", "message"),
    [
        ("record.kind", "Suplier", "has no picklist value 'Suplier'; did you mean 'Supplier'?"),
        ("record.kind", {"not": "supplier"}, "did you mean 'Supplier'?"),
        ("record.wishes", "Fax", "use {includes: Fax}"),
        ("record.wishes", {"includes": "No call"}, "did you mean 'No calls'?"),
        ("record.mixed", "yes", "is a checkbox"),
    ],
)
def test_a_value_that_the_field_may_have_is_a_warning(
    fact: str, expected: Any, message: str
) -> None:
    ((found, is_error),) = wrong(fact, expected)
    assert message in found
    assert not is_error


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ("record.opt_out", True),
        ("record.opt_out", {"present": False}),
        ("record.size", {"gte": 500, "lt": 7.5}),
        ("record.since", {"lt": "2026-01-01", "gte": "2025-01-01T08:00"}),
        ("record.since", {"prefix": "2026"}),
        ("record.kind", ["Customer", "Supplier"]),
        ("record.kind", {"matches": "Cust*"}),
        ("record.wishes", {"includes": ["Fax", "No calls"]}),
        ("record.wishes", "No calls;Fax"),
        ("record.owner", {"same_as": "agent.id"}),
        ("record.owner", OWNER),
        ("agent.team", "Sales"),
        ("callee.kind", "mobile"),
    ],
)
def test_a_value_that_fits_is_accepted(fact: str, expected: Any) -> None:
    assert wrong(fact, expected) == []
