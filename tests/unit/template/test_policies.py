"""Each function has exactly the permissions that it needs, statement by statement."""

import json
from typing import Any

import pytest

from tests.unit.template.test_template import RESOURCES, of_type

TABLE = {"Fn::GetAtt": ["Table", "Arn"]}
DENIED = (["dynamodb:*"], TABLE, ["confirmed#*"])
"""The only statement that denies: verified tokens are for the authorizer alone."""
EXPECTED: dict[str, list[tuple[list[str], object, list[str]]]] = {
    "OnClickToDialFunctionRole": [
        (["dynamodb:BatchGetItem", "dynamodb:GetItem"], TABLE, []),
        (
            ["dynamodb:UpdateItem"],
            TABLE,
            ["agent#*", "attempts#*", "object#*", "record#*", "token#*"],
        ),
        DENIED,
        (["secretsmanager:GetSecretValue"], {"Ref": "SalesforceSecret"}, []),
        (["secretsmanager:GetSecretValue"], {"Ref": "NumberKeySecret"}, []),
    ],
    "AuthorizeFunctionRole": [
        (["secretsmanager:GetSecretValue"], {"Ref": "ApiKeySecret"}, []),
        (
            ["dynamodb:GetItem", "dynamodb:PutItem"],
            TABLE,
            ["confirmed#*"],
        ),
    ],
    "SyncFunctionRole": [
        (["dynamodb:BatchGetItem", "dynamodb:GetItem"], TABLE, []),
        (["dynamodb:PutItem"], TABLE, ["body#*", "plan"]),
        (["dynamodb:DeleteItem", "dynamodb:PutItem"], TABLE, ["list#*", "list-run#*"]),
        (["dynamodb:Scan"], TABLE, []),
        (["dynamodb:UpdateItem"], TABLE, ["token#*"]),
        DENIED,
        (["secretsmanager:GetSecretValue"], {"Ref": "SalesforceSecret"}, []),
        (["secretsmanager:GetSecretValue"], {"Ref": "NumberKeySecret"}, []),
    ],
    "PreTrafficFunctionRole": [
        (["lambda:InvokeFunction"], {"Fn::Sub": "${OnClickToDialFunction.Arn}:*"}, []),
        (
            ["codedeploy:PutLifecycleEventHookExecutionStatus"],
            {
                "Fn::Sub": "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}:"
                "deploymentgroup:${ServerlessDeploymentApplication}/*"
            },
            [],
        ),
    ],
}
"""Statements of each role: actions, resource, and the partition keys they are limited to."""


def statements(role: str) -> list[Any]:
    """Return the statements of a role, including both branches of a condition."""
    found: list[Any] = []
    for policy in RESOURCES[role]["Properties"].get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            found += statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
    return found


def summary(statement: Any) -> tuple[list[str], object, list[str]]:
    actions = statement["Action"]
    operator = "ForAnyValue" if statement["Effect"] == "Deny" else "ForAllValues"
    keys = statement.get("Condition", {}).get(f"{operator}:StringLike", {})
    return (
        sorted([actions] if isinstance(actions, str) else actions),
        statement["Resource"],
        sorted(keys.get("dynamodb:LeadingKeys", [])),
    )


@pytest.mark.parametrize("role", EXPECTED)
def test_a_function_has_exactly_these_permissions(role: str) -> None:
    assert [summary(statement) for statement in statements(role)] == EXPECTED[role]
    for statement in statements(role):
        assert statement["Effect"] == ("Deny" if summary(statement) == DENIED else "Allow")
    managed = RESOURCES[role]["Properties"]["ManagedPolicyArns"]
    names = [arn.rpartition("/")[2] for arn in managed]
    assert names == ["AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"]


def test_a_scan_of_the_table_returns_only_keys_and_numbers_of_runs() -> None:
    (scan,) = [each for each in statements("SyncFunctionRole") if each["Action"] == "dynamodb:Scan"]
    assert scan["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "run"]},
        "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }


def test_the_authorizer_has_one_permission_for_each_mode() -> None:
    (policy,) = RESOURCES["AuthorizeFunctionRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Fn::If"][0] == "ByKey"


def test_no_other_role_has_policies() -> None:
    roles = {
        name for name, role in of_type("AWS::IAM::Role").items() if "Policies" in role["Properties"]
    }
    assert {*EXPECTED, "CodeDeployRole", "SyncFunctionScheduleRole"} == roles
    (statement,) = statements("CodeDeployRole")
    invoke: object = (["lambda:InvokeFunction"], {"Fn::GetAtt": ["PreTrafficFunction", "Arn"]}, [])
    assert summary(statement) == invoke
    (statement,) = statements("SyncFunctionScheduleRole")
    assert statement["Action"] == "lambda:InvokeFunction"
    assert "SyncFunction" in json.dumps(statement["Resource"])
