"""The field that identifies agents: whether the plan compares it as Salesforce does."""

from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from dialplan_cli.checks.salesforce import check_agents
from dialplan_cli.checks.salesforce_schema import SalesforceSchema


class Users:
    """A Salesforce whose only object is User with one field."""

    def __init__(self, **field: Any) -> None:
        self._field = {"type": "string", "filterable": True, "referenceTo": [], **field}

    def select(self, soql: str, deadline: Deadline) -> list[Any]:
        raise AssertionError(soql)

    def describe(self, object_name: str, deadline: Deadline) -> Any:
        field = {"name": "Login__c", "relationshipName": None, **self._field}
        return {"name": "User", "fields": [field]}


@pytest.mark.parametrize(
    ("described", "in_plan", "place"),
    [
        ({"caseSensitive": True}, {"case_sensitive": True}, None),
        ({"caseSensitive": False}, {"case_sensitive": False}, None),
        ({"caseSensitive": False}, {}, None),
        ({}, {}, None),
        ({"caseSensitive": True}, {}, ("agents", "match")),
        ({"caseSensitive": False}, {"case_sensitive": True}, ("agents", "case_sensitive")),
    ],
)
def test_the_plan_says_whether_salesforce_compares_logins_with_case(
    described: Any, in_plan: Any, place: Any
) -> None:
    schema = SalesforceSchema(Users(**described), Deadline(5))
    agents = {"match": "Login__c", "attributes": {}, **in_plan}
    found = list(check_agents(schema, schema.user(), agents))
    assert [path for path, _ in found] == ([] if place is None else [place])
    assert all("case" in message for _, message in found)
