"""Callers as API Gateway shows them to the authorizer, and the authorizer's environment."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/GET/jtelACD/onClickToDial"
TOKEN = "00D0C0000000001!AQcAQH0dMHZfz972Szmpkb58urFRkgeBGsxL"
REQUEST_ID = "3d9c1724-11e2-4b8f-ab0d-549b6f03675a"
"""API Gateway's id of the request, which is also in its access log."""

USER, ORG = "0050C0000000011QAA", "00D0C0000000001UAA"
ENVIRONMENT = {
    "AUTH_MODE": "salesforce",
    "SALESFORCE_URL": "https://acme.my.salesforce.com",
    "SALESFORCE_ORG_ID": "",
    "SALESFORCE_ALLOWED_USERS": "",
    "API_KEY_SECRET_ID": "the-key",
    "TABLE_NAME": "table",
    "CONFIRMED_HOURS": "8",
    "POWERTOOLS_METRICS_NAMESPACE": "ClickToDial",
    "POWERTOOLS_SERVICE_NAME": "a-stack",
}


CONTEXT = SimpleNamespace(
    function_name="authorize",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn",
    aws_request_id="request-1",
)


def event(*values: str, name: str = "Authorization") -> Mapping[str, Any]:
    headers = {"Host": ["api.example.com"], name: list(values)} if values else {}
    return {
        "type": "REQUEST",
        "methodArn": ARN,
        "multiValueHeaders": headers,
        "requestContext": {"requestId": REQUEST_ID},
    }
