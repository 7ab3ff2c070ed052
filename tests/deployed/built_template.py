"""The built template, adapted to the local AWS: a short list of changes, each with its reason.

`test_adaptations.py` fails if the local AWS has learnt something and a change is no longer needed.
"""

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_stack.template import load

Template = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A change to the built template.

    `lacking` holds resources that the local AWS cannot create; it is None for a change that does
    not depend on the local AWS but on the machine.
    """

    reason: str
    change: Callable[[Template], None]
    lacking: Template | None = None


def write_adapted(built: Path, aws_url: str) -> Path:
    """Write an adapted copy beside the built template, and return its path."""
    template: Template = copy.deepcopy(dict(load(built)))
    for adaptation in ADAPTATIONS:
        adaptation.change(template)
    stage = {"Fn::Sub": f"{aws_url}/restapis/${{Api}}/v1/_user_request_"}
    template["Outputs"]["BaseUrl"]["Value"] = stage
    adapted = built.with_name("local-aws.json")
    adapted.write_text(json.dumps(template))
    return adapted


def _accept_any_salesforce_url(template: Template) -> None:
    for rule in ("AllowedPattern", "MaxLength"):
        del template["Parameters"]["SalesforceUrl"][rule]


def _deploy_at_once(template: Template) -> None:
    for resource in _of_type(template, "AWS::Serverless::Function").values():
        resource["Properties"].pop("DeploymentPreference", None)
    (policy,) = template["Resources"]["PreTrafficFunction"]["Properties"]["Policies"]
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != "ReportResult"]


def _remove_queries(template: Template) -> None:
    for name in _of_type(template, "AWS::Logs::QueryDefinition"):
        del template["Resources"][name]


def _remove_metric_math(template: Template) -> None:
    for name, alarm in _of_type(template, "AWS::CloudWatch::Alarm").items():
        if "Metrics" in alarm["Properties"]:
            del template["Resources"][name]


def _write_out_methods(template: Template) -> None:
    for path in template["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"].values():
        condition, any_method, otherwise = path["Fn::If"]
        (operation,) = any_method.values()
        path["Fn::If"] = [condition, dict.fromkeys(METHODS, operation), otherwise]


def _add_gateway_responses(template: Template) -> None:
    for name, response in template["Resources"]["Api"]["Properties"]["GatewayResponses"].items():
        headers = response["ResponseParameters"]["Headers"]
        template["Resources"][f"{name.title().replace('_', '')}Response"] = {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "ResponseType": name,
                "StatusCode": str(response["StatusCode"]),
                "ResponseParameters": {
                    f"gatewayresponse.header.{header}": text for header, text in headers.items()
                },
                "ResponseTemplates": response["ResponseTemplates"],
            },
        }


def _of_type(template: Template, kind: str) -> Template:
    """Return the resources of a type, by logical id."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


METHODS = ("delete", "get", "head", "options", "patch", "post", "put")
METRIC = {"Namespace": "ClickToDial", "MetricName": "Allowed"}
ADAPTATIONS = (
    Adaptation(
        "The Salesforce simulator is at http://127.0.0.1, which no organisation's URL is.",
        _accept_any_salesforce_url,
    ),
    Adaptation(
        "CodeDeploy does not exist, so that an alias moves at once.",
        _deploy_at_once,
        {"Probe": {"Type": "AWS::CodeDeploy::Application", "Properties": {}}},
    ),
    Adaptation(
        "Saved queries of CloudWatch Logs do not exist.",
        _remove_queries,
        {
            "Probe": {
                "Type": "AWS::Logs::QueryDefinition",
                "Properties": {"Name": "probe", "QueryString": "fields @message"},
            }
        },
    ),
    Adaptation(
        "Alarms cannot calculate with metrics.",
        _remove_metric_math,
        {
            "Probe": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "ComparisonOperator": "GreaterThanThreshold",
                    "EvaluationPeriods": 1,
                    "Threshold": 1,
                    "Metrics": [
                        {
                            "Id": "a",
                            "ReturnData": False,
                            "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum"},
                        },
                        {"Id": "b", "Expression": "a * 2"},
                    ],
                },
            }
        },
    ),
    Adaptation(
        "Gateway responses are taken only from resources, not from the body of the API.",
        _add_gateway_responses,
    ),
    Adaptation(
        "A route for any method is not taken from the body of the API.",
        _write_out_methods,
    ),
)


if __name__ == "__main__":
    write_adapted(Path(".aws-sam/build/template.yaml"), sys.argv[1])
