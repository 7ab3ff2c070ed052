"""template.yaml as plain data, so that the local system follows it."""

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path of the API, and the logical id of its function."""

    method: str
    path: str
    function: str


class _Loader(yaml.SafeLoader):
    """A YAML loader for CloudFormation's short forms: !Ref X becomes {"Ref": "X"}."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> Mapping[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".")
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


@cache  # parsing takes a tenth of a second, and each test of the table needs it
def load(path: Path = TEMPLATE) -> Template:
    """Return the template with CloudFormation's short forms written out."""
    template: Template = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (safe)
    return template


def resources(template: Template, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield logical id and properties of each resource of a type such as AWS::DynamoDB::Table."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource.get("Properties", {})


def routes(template: Template) -> list[Route]:
    """Return the routes of the API, which the functions' events declare."""
    return [
        Route(event["Properties"]["Method"].upper(), event["Properties"]["Path"], name)
        for name, properties in resources(template, "AWS::Serverless::Function")
        for event in properties.get("Events", {}).values()
        if event["Type"] == "Api"
    ]


def passed_on(template: Template) -> dict[str, str]:
    """Return the URL for each beginning of a path that OtherCalls=pass-on sends to Salesforce.

    In the URL, `${SalesforceUrl}` and `{proxy}`, the rest of the path, are to be replaced.
    """
    _, api = next(resources(template, "AWS::Serverless::Api"))
    urls = {}
    for path, item in api["DefinitionBody"]["paths"].items():
        (operation,) = item["Fn::If"][1].values()
        integration = operation["x-amazon-apigateway-integration"]
        urls[path.removesuffix("{proxy+}")] = integration["uri"]["Fn::Sub"]
    return urls


def authorizer(template: Template) -> str:
    """Return the logical id of the Lambda authorizer's function."""
    _, api = next(resources(template, "AWS::Serverless::Api"))
    chosen = api["Auth"]["Authorizers"][api["Auth"]["DefaultAuthorizer"]]
    return str(chosen["FunctionArn"]["Fn::Sub"]).removeprefix("${").removesuffix(".Arn}:live")


def handler(template: Template, function: str) -> Any:
    """Import the Python function that CodeUri and Handler of a function name."""
    properties = template["Resources"][function]["Properties"]
    module, _, name = properties["Handler"].rpartition(".")
    package = properties["CodeUri"].strip("./").replace("/", ".")
    return getattr(importlib.import_module(f"{package}.{module}"), name)


def environment(
    template: Template,
    values: Mapping[str, str],
    aws_url: str,
    function: str = "OnClickToDialFunction",
) -> dict[str, str]:
    """Return the environment of a function whose AWS is a test server at `aws_url`.

    `values` are the parameters and resources that it refers to. Other parameters, and the name of
    the stack, have their defaults. Raises KeyError for one without a default.
    """
    defaults = {"AWS::StackName": "click-to-dial"} | {
        name: str(parameter["Default"])
        for name, parameter in template["Parameters"].items()
        if "Default" in parameter
    }
    properties = (template["Globals"]["Function"], template["Resources"][function]["Properties"])
    declared = {
        name: _text(template, value, defaults | dict(values))
        for each in properties
        for name, value in each["Environment"]["Variables"].items()
    }
    return declared | aws_at(aws_url)


def aws_at(url: str) -> dict[str, str]:
    """Return the environment of a process whose AWS is a test server at `url`."""
    return {
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",  # the only one that boto3 reads
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ENDPOINT_URL": url,
    }


def _text(template: Template, value: Any, known: Mapping[str, str]) -> str:
    """Resolve a Ref to a `known` value, and Fn::If between two."""
    match value:
        case {"Ref": name}:
            return known[name]
        case {"Fn::If": [name, yes, no]}:
            left, right = template["Conditions"][name]["Fn::Equals"]
            holds = _text(template, left, known) == _text(template, right, known)
            return _text(template, yes if holds else no, known)
    return str(value)


def create_table(client: Any, template: Template, name: str, resource: str = "Table") -> None:
    """Create a DynamoDB table with the properties of the template, under this `name`."""
    properties = template["Resources"][resource]["Properties"]
    client.create_table(
        TableName=name,
        BillingMode=properties["BillingMode"],
        AttributeDefinitions=properties["AttributeDefinitions"],
        KeySchema=properties["KeySchema"],
    )
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"]
    )


SERVER_ERRORS = {
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
}
"""Response types to which DEFAULT_5XX applies; DEFAULT_4XX applies to all others."""


def gateway_response(
    template: Template, kind: str, method: str = "GET", path: str = "/"
) -> tuple[int, dict[str, str], str]:
    """Return status, headers and body of an error of API Gateway itself, such as THROTTLED."""
    _, api = next(resources(template, "AWS::Serverless::Api"))
    responses = api["GatewayResponses"]
    default = "DEFAULT_5XX" if kind in SERVER_ERRORS else "DEFAULT_4XX"
    response = responses.get(kind) or responses[default]
    headers = response["ResponseParameters"]["Headers"]
    unquoted = {name: str(value).strip("'") for name, value in headers.items()}
    body = response["ResponseTemplates"]["application/json"]
    for name, value in (("$context.httpMethod", method), ("$context.path", path)):
        body = body.replace(name, json.dumps(value)[1:-1])
    return response["StatusCode"], unquoted, body
