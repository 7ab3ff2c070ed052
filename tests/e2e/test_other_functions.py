"""The built authorizer and the built sync function."""

from collections.abc import Mapping
from pathlib import Path

import boto3

from local_stack import template as sam
from tests.callers import ARN, event
from tests.e2e.sandbox import Sandbox, built, started

REFUSED = [
    *([], [""], ["Bearer "], ["Bearer another-key"], ["Basic the-key"], ["the-key"]),
    *([f"Bearer {'x' * 4096}"], [f"Bearer {'x' * 100_000}"], ["Bearer the-key the-key"]),
    *(["Bearer the-key\r\nX: y"], ["Bearer the-key\0"], ["Bearer the-key"] * 2),
]
"""Values of the header Authorization that are answered with 401."""


def test_the_authorizer_accepts_only_the_key(
    environment: Mapping[str, str], aws_url: str, folder: Path
) -> None:
    boto3.client("secretsmanager", endpoint_url=aws_url).create_secret(
        Name="api-key", SecretString="the-key"
    )
    values = {"AuthMode": "key", "ApiKeySecret": "api-key", "Table": "-"}
    values["SalesforceUrl"] = environment["SALESFORCE_URL"]
    own = sam.environment(sam.load(), values, aws_url, "AuthorizeFunction")
    log = folder / "authorize.log"
    with started(built("AuthorizeFunction"), {**environment, **own}, log) as sandbox:
        policy = sandbox.invoke(event("Bearer the-key"))
        answers = [sandbox.invoke(event(*headers)) for headers in REFUSED]
    (statement,) = policy["policyDocument"]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", ARN.split("/GET")[0] + "/*")
    assert {answer["errorMessage"] for answer in answers} == {"Unauthorized"}
    for secret in ("the-key", "another-key", "xxxx"):  # nor by the runtime
        assert secret not in log.read_text()


def test_the_sync_returns_the_number_of_entries(
    environment: Mapping[str, str], sandbox: Sandbox, folder: Path
) -> None:
    variables = {**environment, "TABLE_NAME": "with-plan", "LIST_MINUTES": "60"}
    with started(built("SyncFunction"), variables, folder / "sync.log") as function:
        answer = function.invoke({})
    assert set(answer) == {"entries"}
