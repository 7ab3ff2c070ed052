"""Each function may do what it does, and nothing else: its policy, statement by statement."""

import json
from typing import Any

import pytest

from tests.unit.template.test_template import RESOURCES, of_type

TABLE = {"Fn::GetAtt": ["Table", "Arn"]}
EXPECTED: dict[str, list[tuple[list[str], object, list[str]]]] = {
    "OnClickToDialFunctionRole": [
        (["dynamodb:BatchGetItem", "dynamodb:GetItem"], TABLE, []),
        (
            ["dynamodb:BatchWriteItem", "dynamodb:UpdateItem"],
            TABLE,
            ["agent#*", "attempts#*", "object#*", "record#*", "token#*"],
        ),
        (["secretsmanager:GetSecretValue"], {"Ref": "SalesforceSecret"}, []),
    ],
    "AuthorizeFunctionRole": [
        (["secretsmanager:GetSecretValue"], {"Ref": "ApiKeySecret"}, []),
        (
            ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"],
            TABLE,
            ["confirmed#*"],
        ),
    ],
    "SyncFunctionRole": [
        (["dynamodb:BatchGetItem", "dynamodb:GetItem"], TABLE, []),
        (["dynamodb:PutItem"], TABLE, ["body#*", "plan"]),
        (["dynamodb:UpdateItem"], TABLE, ["token#*"]),
        (["secretsmanager:GetSecretValue"], {"Ref": "SalesforceSecret"}, []),
    ],
}
"""Role -> its statements: actions, resource, and the partition keys that they are held to."""


def statements(role: str) -> list[Any]:
    """Both branches of a condition."""
    found: list[Any] = []
    for policy in RESOURCES[role]["Properties"].get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            found += statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
    return found


def told(statement: Any) -> tuple[list[str], object, list[str]]:
    actions = statement["Action"]
    keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
    return (
        sorted([actions] if isinstance(actions, str) else actions),
        statement["Resource"],
        sorted(keys.get("dynamodb:LeadingKeys", [])),
    )


@pytest.mark.parametrize("role", EXPECTED)
def test_a_function_may_do_what_it_does_and_nothing_else(role: str) -> None:
    assert [told(statement) for statement in statements(role)] == EXPECTED[role]
    assert {statement["Effect"] for statement in statements(role)} == {"Allow"}
    managed = RESOURCES[role]["Properties"]["ManagedPolicyArns"]
    names = [arn.rpartition("/")[2] for arn in managed]
    assert names == ["AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"]


def test_the_authorizer_has_one_of_its_permissions_for_each_mode() -> None:
    (policy,) = RESOURCES["AuthorizeFunctionRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Fn::If"][0] == "ByKey"


def test_only_the_known_roles_have_policies_of_their_own() -> None:
    roles = {
        name for name, role in of_type("AWS::IAM::Role").items() if "Policies" in role["Properties"]
    }
    assert {*EXPECTED, "SyncFunctionScheduleRole"} == roles
    (statement,) = statements("SyncFunctionScheduleRole")
    assert statement["Action"] == "lambda:InvokeFunction"
    assert "SyncFunction" in json.dumps(statement["Resource"])
