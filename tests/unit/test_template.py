"""template.yaml as CloudFormation gets it: expanded by AWS's own transform, offline."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import pytest
from samtranslator.translator.transform import transform

from click_to_dial import http
from click_to_dial.settings import Settings
from local import template as sam

TEMPLATE = sam.load()

GATEWAY_RESPONSES = {
    "ACCESS_DENIED": 401,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 500,
    "EXPIRED_TOKEN": 401,
    "INTEGRATION_FAILURE": 500,
    "INTEGRATION_TIMEOUT": 500,
    "INVALID_API_KEY": 401,
    "INVALID_SIGNATURE": 401,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 400,
}
"""All that API Gateway has: docs.aws.amazon.com/apigateway, supported-gateway-response-types."""

Resources = Mapping[str, Any]


class NoManagedPolicies:
    """The transform would ask IAM for the names of AWS's policies."""

    def load(self) -> dict[str, str]:
        return {}


def expanded() -> Resources:
    template: Any = copy.deepcopy(TEMPLATE)
    for resource in template["Resources"].values():
        for uri in {"CodeUri", "ContentUri"} & set(resource.get("Properties", {})):
            resource["Properties"][uri] = "s3://bucket/key"  # as `sam package` leaves it
    resources: Resources = transform(template, {}, NoManagedPolicies())["Resources"]
    return resources


RESOURCES = expanded()


def of_type(kind: str, resources: Resources = RESOURCES) -> dict[str, Any]:
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def properties(kind: str) -> list[Any]:
    return [each["Properties"] for each in of_type(kind).values()]


def the_api() -> Any:
    (api,) = properties("AWS::ApiGateway::RestApi")
    return api


def test_there_is_one_stage() -> None:
    (stage,) = properties("AWS::ApiGateway::Stage")
    assert stage["StageName"] == "v1"
    (deployment,) = properties("AWS::ApiGateway::Deployment")
    assert "StageName" not in deployment


def test_the_routes_are_those_that_the_handler_answers() -> None:
    paths = the_api()["Body"]["paths"]
    assert sorted(paths) == sorted(http.PATHS)
    for methods in paths.values():
        assert list(methods) == ["get"]
        integration = methods["get"]["x-amazon-apigateway-integration"]
        assert integration["type"] == "aws_proxy"
        assert "OnClickToDialFunction" in json.dumps(integration["uri"])


def test_only_the_allowed_addresses_reach_the_api() -> None:
    allow, deny = the_api()["Body"]["x-amazon-apigateway-policy"]["Statement"]
    assert (allow["Effect"], deny["Effect"]) == ("Allow", "Deny")
    ranges = {"Fn::Split": [",", {"Ref": "AllowedIpRanges"}]}
    assert deny["Condition"] == {"NotIpAddress": {"aws:SourceIp": ranges}}
    assert (deny["Principal"], deny["Resource"]) == (allow["Principal"], allow["Resource"])
    assert "Default" not in TEMPLATE["Parameters"]["AllowedIpRanges"]


def test_each_gateway_response_is_mapped_by_itself() -> None:
    responses = the_api()["Body"]["x-amazon-apigateway-gateway-responses"]
    assert {kind: int(each["statusCode"]) for kind, each in responses.items()} == GATEWAY_RESPONSES


@pytest.mark.parametrize("kind", GATEWAY_RESPONSES)
def test_a_gateway_response_is_a_problem_document(kind: str) -> None:
    status, headers, text = sam.gateway_response(TEMPLATE, kind)
    body = json.loads(text)
    assert headers == {
        "Cache-Control": "no-store",
        "Content-Type": "application/problem+json; charset=utf-8",
    }
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert body["type"].startswith("urn:click-to-dial:")


def test_every_log_is_a_group_of_ours_with_a_retention() -> None:
    (stage,) = properties("AWS::ApiGateway::Stage")
    destinations = [stage["AccessLogSetting"]["DestinationArn"]["Fn::GetAtt"][0]]
    destinations += [
        function["LoggingConfig"]["LogGroup"]["Ref"]
        for function in properties("AWS::Lambda::Function")
    ]
    groups = of_type("AWS::Logs::LogGroup")
    assert sorted(destinations) == sorted(groups)
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_access_log_is_json_without_the_query() -> None:
    (stage,) = properties("AWS::ApiGateway::Stage")
    entry = json.loads(stage["AccessLogSetting"]["Format"])
    assert entry["resource"] == "$context.resourcePath"
    assert not {"$context.path", "$context.requestOverride"} & set(entry.values())
    assert not [value for value in entry.values() if "querystring" in value]


def test_the_environment_is_the_settings() -> None:
    (function,) = properties("AWS::Lambda::Function")
    variables = set(function["Environment"]["Variables"])
    assert variables == {field.name.upper() for field in fields(Settings)}


def statements() -> Iterator[Any]:
    for role in properties("AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            yield from policy["PolicyDocument"]["Statement"]


def test_policies_name_each_action_and_resource() -> None:
    assert [statement["Sid"] for statement in statements()]
    for statement in statements():
        assert statement["Effect"] == "Allow"
        assert "*" not in json.dumps([statement["Action"], statement["Resource"]])


def test_the_function_cannot_change_the_dial_plan() -> None:
    for statement in statements():
        if any(action in str(statement["Action"]) for action in ("Write", "Put", "Update")):
            prefixes = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            assert sorted(prefixes) == ["agent#*", "object#*", "record#*", "token#*"]


def test_the_architecture_reaches_functions_layers_and_their_build() -> None:
    parameter = {"Ref": "Architecture"}
    for function in properties("AWS::Lambda::Function"):
        assert function["Architectures"] == [parameter]
    for layer in properties("AWS::Lambda::LayerVersion"):
        assert layer["CompatibleArchitectures"] == [parameter]
    for layer in of_type("AWS::Serverless::LayerVersion", TEMPLATE["Resources"]).values():
        assert layer["Metadata"]["BuildArchitecture"] == parameter


def test_the_function_outlives_the_longest_time_budget() -> None:
    (function,) = properties("AWS::Lambda::Function")
    assert TEMPLATE["Parameters"]["TimeBudgetMs"]["MaxValue"] / 1000 < function["Timeout"] < 29


def test_the_data_outlives_the_stack() -> None:
    for name in ("Table", "SalesforceSecret"):
        assert RESOURCES[name]["DeletionPolicy"] == "Retain"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_table_is_encrypted_restorable_and_forgets() -> None:
    (table,) = properties("AWS::DynamoDB::Table")
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_the_secret_is_made_empty() -> None:
    (secret,) = properties("AWS::SecretsManager::Secret")
    assert set(secret) == {"Description"}
