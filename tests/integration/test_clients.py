"""The adapters' two clients, the functions' own and boto3's: alike in answers and in errors."""

from typing import Any

import boto3
import pytest

from click_to_dial import bootstrap_aws, settings
from click_to_dial.aws.client import DYNAMODB, SECRETS_MANAGER, AwsClient, Service, pages
from click_to_dial.aws.errors import AwsError
from dialplan_cli.aws import adapted
from local_stack import template
from tests.integration.conftest import Table

KEY = {"pk": {"S": "clé"}, "sk": {"S": "0"}}
ITEM = {**KEY, "data": {"B": b"\0\xff"}, "n": {"N": "7"}, "m": {"M": {"B": {"S": "x"}}}}
NEW = {"ConditionExpression": "attribute_not_exists(pk)"}


def outcome(client: AwsClient, operation: str, **request: Any) -> Any:
    """The answer, or the error's code and what it means."""
    try:
        answer = client(operation, **request)
    except AwsError as error:
        return error.code, error.is_condition_failure, error.passing
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def steps(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Each operation that the adapters use, and each error that means something to them."""
    table = {"TableName": name}
    put = {"Put": {**table, "Item": ITEM}}
    return [
        ("PutItem", {**table, "Item": ITEM}),
        ("PutItem", {**table, "Item": ITEM, **NEW}),
        ("GetItem", {**table, "Key": KEY, "ConsistentRead": True}),
        ("GetItem", {**table, "Key": {**KEY, "sk": {"S": "1"}}}),
        ("BatchGetItem", {"RequestItems": {name: {"Keys": [KEY]}}}),
        (
            "UpdateItem",
            {
                **table,
                "Key": KEY,
                "UpdateExpression": "SET #n = :n",
                "ConditionExpression": "#n = :n",
                "ExpressionAttributeNames": {"#n": "n"},
                "ExpressionAttributeValues": {":n": {"N": "8"}},
            },
        ),
        ("TransactWriteItems", {"TransactItems": [{"Put": {**put["Put"], **NEW}}]}),
        ("TransactWriteItems", {"TransactItems": [put], "ClientRequestToken": "a" * 32}),
        ("DeleteItem", {**table, "Key": KEY, "ConditionExpression": "n = m"}),
        ("DeleteItem", {**table, "Key": KEY}),
        ("GetItem", {"TableName": "no-such-table", "Key": KEY}),
        ("Query", {**table, "KeyConditionExpression": "nonsense"}),
    ]


def test_both_answer_alike(table: Table) -> None:
    theirs = adapted(table.boto3)
    expected = [outcome(theirs, name, **request) for name, request in steps(table.name)]
    assert [
        outcome(table.dynamodb, name, **request) for name, request in steps(table.name)
    ] == expected
    assert expected[2]["Item"] == ITEM
    assert expected[1] == ("ConditionalCheckFailedException", True, False)
    assert expected[6] == ("TransactionCanceledException", True, False)


def test_both_read_page_by_page(table: Table) -> None:
    keys = [{"pk": {"S": "p"}, "sk": {"S": str(number)}} for number in range(5)]
    puts = [{"PutRequest": {"Item": key}} for key in keys]
    table.dynamodb("BatchWriteItem", RequestItems={table.name: puts})
    for client in (table.dynamodb, adapted(table.boto3)):
        found = list(pages(client, "Scan", TableName=table.name, Limit=2))
        assert [item for page in found for item in page["Items"]] == keys
        assert len(found) == 3


def test_both_read_secrets_alike(aws: settings.AwsSettings, table: Table) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name=table.name, SecretString='{"client_secret": "größer"}')
    both = bootstrap_aws.secrets_manager(aws), adapted(client)
    found = [outcome(each, "GetSecretValue", SecretId=table.name) for each in both]
    assert [each["SecretString"] for each in found] == ['{"client_secret": "größer"}'] * 2
    missing = [outcome(each, "GetSecretValue", SecretId="none") for each in both]
    assert missing == [("ResourceNotFoundException", False, False)] * 2


@pytest.mark.parametrize("service", [DYNAMODB, SECRETS_MANAGER], ids=lambda each: each.name)
def test_a_service_is_called_as_its_model_says(service: Service) -> None:
    model = boto3.client(service.name).meta.service_model
    said = (model.signing_name, model.metadata["targetPrefix"], model.metadata["jsonVersion"])
    assert said == (service.name, service.target, service.json_version)


@pytest.mark.parametrize("region", ["eu-central-1", "cn-north-1", "us-gov-west-1"])
def test_the_templates_endpoints_are_those_of_the_region(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    variables = template.load()["Globals"]["Function"]["Environment"]["Variables"]
    for service in ("dynamodb", "secretsmanager"):
        name = service.upper().replace("SECRETSMANAGER", "SECRETS_MANAGER")
        url = variables[f"AWS_ENDPOINT_URL_{name}"]["Fn::Sub"]
        url = url.replace("${AWS::Region}", region).replace("${AWS::URLSuffix}", suffix)
        assert url == boto3.client(service, region_name=region).meta.endpoint_url
