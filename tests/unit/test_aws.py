"""What the clients of boto3 leave out, and how errors of AWS become ours."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore.utils
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError
from botocore.handlers import BUILTIN_HANDLERS

from click_to_dial import aws
from click_to_dial.errors import ConditionFailedError, DynamoDBError, SecretError
from local_stack.template import aws_at

LAYER = Path(__file__).parents[2] / "layers/click_to_dial/python"


def refusal(code: str, status: int = 400, **more: Any) -> ClientError:
    """The error that boto3 raises for an answer of AWS."""
    metadata = {"RequestId": "request-1", "HTTPStatusCode": status}
    answer = {"Error": {"Code": code, "Message": "arn:aws:x"}, "ResponseMetadata": metadata, **more}
    return ClientError(answer, "GetItem")


def modules_after(code: str) -> set[str]:
    """The modules that a new interpreter has imported after `code`."""
    environment = {**os.environ, **aws_at("http://127.0.0.1:9"), "PYTHONPATH": str(LAYER)}
    command = [sys.executable, "-W", "error", "-c", f"import sys\n{code}\nprint(*sys.modules)"]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(output.stdout.split())


def test_clients_are_made_without_what_no_request_uses() -> None:
    code = "from click_to_dial import aws\naws.dynamodb_client()\naws.secrets_client()"
    loaded = modules_after(code)
    assert {"boto3.session", "botocore.client"} <= loaded
    unused = ("boto3.docs", "boto3.resources.", "botocore.docs", "multiprocessing", "s3transfer")
    assert [module for module in loaded if module.startswith(unused)] == []


def test_a_tracing_agent_can_import_what_was_skipped() -> None:
    code = "from click_to_dial import aws\nimport s3transfer.manager, botocore.docs.docstring"
    assert {"s3transfer.manager", "botocore.docs.docstring"} <= modules_after(code)


def test_no_handler_is_left_out_that_a_client_of_ours_needs() -> None:
    left_out = [spec for spec in BUILTIN_HANDLERS if not aws.is_needed(spec)]
    services = {spec[0].split(".")[1] for spec in left_out if not spec[0].startswith("docs.")}
    used = {"codedeploy", "dynamodb", "lambda", "logs", "secretsmanager", "sso", "sso-oidc", "sts"}
    assert services & used == {"logs"}  # only CreateExportTask
    assert {"s3", "ec2"} <= services
    assert not [spec for spec in BUILTIN_HANDLERS if aws.is_needed(spec) and len(spec) > 2]


@pytest.mark.parametrize(
    "value",
    [
        0,
        1795864811,
        1795864811.25,
        "1795864812",
        "2026-11-28T10:00:00Z",
        "28 Nov 2026 10:00:00 GMT",
    ],
)
def test_the_times_in_responses_are_those_of_botocore(value: Any) -> None:
    assert aws.parse_timestamp(value) == botocore.utils.parse_timestamp(value)


@pytest.mark.parametrize(
    ("error", "kind", "code", "request_id"),
    [
        (refusal("AccessDeniedException"), DynamoDBError, "AccessDeniedException", "request-1"),
        (
            refusal("ConditionalCheckFailedException"),
            ConditionFailedError,
            "ConditionalCheckFailedException",
            "request-1",
        ),
        (
            ReadTimeoutError(endpoint_url="https://dynamodb"),
            DynamoDBError,
            "ReadTimeoutError",
            "",
        ),
        (NoCredentialsError(), DynamoDBError, "NoCredentialsError", ""),
    ],
)
def test_an_error_of_dynamodb_has_our_message_and_its_code(
    error: Exception, kind: type[DynamoDBError], code: str, request_id: str
) -> None:
    with pytest.raises(DynamoDBError) as raised, aws.dynamodb_errors("Facts cannot be read."):
        raise error
    assert type(raised.value) is kind
    assert str(raised.value) == "Facts cannot be read."
    assert (raised.value.code, raised.value.request_id) == (code, request_id)


def test_another_error_stays_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), aws.dynamodb_errors("Facts cannot be read."):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("reasons", "lost"),
    [
        (["ConditionalCheckFailed", "None"], True),
        (["None", "TransactionConflict"], True),
        (["ThrottlingError", "None"], False),
    ],
)
def test_a_transaction_is_lost_only_to_another_one(reasons: list[str], lost: bool) -> None:
    cancelled = refusal(
        "TransactionCanceledException", CancellationReasons=[{"Code": each} for each in reasons]
    )
    with pytest.raises(DynamoDBError) as raised, aws.dynamodb_errors("No."):
        raise cancelled
    assert isinstance(raised.value, ConditionFailedError) == lost


class Secrets:
    """Secrets Manager with one answer, or error."""

    def __init__(self, answer: dict[str, str] | Exception) -> None:
        self.answer = answer

    def get_secret_value(self, **request: str) -> dict[str, str]:
        assert request == {"SecretId": "id", "VersionStage": "AWSCURRENT"}
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "text"), [({"SecretString": "größer"}, "größer"), ({"Name": "id"}, "")]
)
def test_a_secret_is_its_text(answer: dict[str, str], text: str) -> None:
    assert aws.read_secret(Secrets(answer), "id") == text


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (refusal("AccessDeniedException"), "AccessDeniedException", False),
        (refusal("InternalServiceError", 500), "InternalServiceError", True),
        (ReadTimeoutError(endpoint_url="https://x"), "ReadTimeoutError", True),
    ],
)
def test_a_secret_that_cannot_be_read_says_why_without_an_arn(
    error: Exception, code: str, retryable: bool
) -> None:
    with pytest.raises(SecretError) as raised:
        aws.read_secret(Secrets(error), "id")
    assert (raised.value.code, raised.value.retryable) == (code, retryable)
    assert "arn" not in str(raised.value)
