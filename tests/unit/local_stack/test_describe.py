"""Types of fields that the simulator infers from the values in the organisation's file."""

import pytest

from local_stack.salesforce.describe import field_type
from local_stack.salesforce.organisation import Organisation, parse_tables


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("Interests__c", ["Cars", None, "Cars;No calls"], "multipicklist"),
        ("Interests__c", ["Cars", "No calls"], "string"),
        ("Notes__c", ["Called; no answer", "a;", ";b"], "string"),
        ("Description", ["Cars;No calls"], "string"),
        ("Since__c", ["2026-01-31"], "date"),
        ("Size__c", [5, 7.5], "double"),
        ("Empty__c", [None], "anyType"),
    ],
)
def test_the_type_follows_from_name_and_values(
    name: str, values: list[object], expected: str
) -> None:
    rows = [{"Id": f"0010C000000000{index}", name: value} for index, value in enumerate(values, 1)]
    organisation = Organisation(*parse_tables({"Account": rows}))
    account = organisation.named("Account")
    assert account is not None
    assert field_type(organisation, account, name) == expected
