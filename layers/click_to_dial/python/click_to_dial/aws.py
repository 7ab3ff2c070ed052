"""Clients and secrets of AWS, and its errors as ours: the only module that imports boto3.

boto3 finds the region, credentials, proxy and CA bundle as everywhere. `AWS_ENDPOINT_URL` alone
points all clients to another AWS.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from click_to_dial.errors import ConditionFailedError, DynamoDBError, SecretError
from click_to_dial.skip_imports import skip_imports


class _NoDocumentation(str):
    """Takes the place of the docstrings that botocore generates for its clients."""

    __slots__ = ()

    def __new__(cls, *_: object, **__: object) -> "_NoDocumentation":
        return super().__new__(cls)

    def append_documentation(self, **_: object) -> None:
        """Handle an event that occurs only when somebody reads a docstring."""

    document_auto_populated_param = hide_param = append_documentation
    replace_documentation_for_matching_shape = append_documentation


SKIPPED: Mapping[str, Mapping[str, Any]] = {
    "boto3.resources.factory": {"ResourceFactory": lambda _: None},  # boto3.resource()
    "botocore.docs.docstring": dict.fromkeys(
        ("ClientMethodDocstring", "PaginatorDocstring", "WaiterDocstring"), _NoDocumentation
    ),
    "botocore.docs.utils": dict.fromkeys(
        (
            "AppendParamDocumentation",
            "AutoPopulatedParam",
            "DocumentModifiedShape",
            "HideParamFromOperations",
        ),
        _NoDocumentation,
    ),
    "importlib.metadata": {"version": None},  # by urllib3, for HTTP/2
    "s3transfer.manager": {"TransferConfig": None},  # uploads to S3
}
"""An eighth of the CPU time that boto3 and its clients need in a cold start."""

with skip_imports(SKIPPED):
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import get_session

logging.getLogger("botocore").setLevel(logging.WARNING)
"""At INFO it logs in each cold start where it found credentials and endpoints."""

AwsClient = Any
"""A client of boto3, whose classes are made at run time."""

CONNECT_SECONDS = 0.3
READ_SECONDS = 0.6
"""DynamoDB answers within milliseconds. No call may wait longer for it."""
SECRET_READ_SECONDS = 2.0
"""A secret is read for a login only, once for all sandboxes."""
MAX_ATTEMPTS = 2
MAX_CONNECTIONS = 50
"""More than a function has threads, or the local stack serves requests at the same time."""

_TRANSACTION_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}


def dynamodb_client() -> AwsClient:
    """Return a client for DynamoDB with the timeouts of the functions."""
    return create_client("dynamodb")


def secrets_client() -> AwsClient:
    """Return a client for Secrets Manager with the timeouts of the functions."""
    return create_client("secretsmanager", read_seconds=SECRET_READ_SECONDS)


def create_client(
    service: str,
    *,
    connect_seconds: float = CONNECT_SECONDS,
    read_seconds: float = READ_SECONDS,
    max_attempts: int = MAX_ATTEMPTS,
) -> AwsClient:
    """Return a client for `service`, named as in boto3. Any thread may use it.

    The timeouts apply to each of `max_attempts` attempts.
    """
    config = Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": max_attempts},
        max_pool_connections=MAX_CONNECTIONS,
        tcp_keepalive=True,
    )
    return boto3.client(service, config=config)


@contextmanager
def without_credentials() -> Iterator[None]:
    """Make clients without credentials in the block, for the time before a SnapStart snapshot.

    Later clients have credentials, and use what boto3 has read from its files for these clients.
    """
    loader = get_session().get_component("data_loader")
    _start_session(loader, aws_access_key_id="none", aws_secret_access_key="none")
    try:
        yield
    finally:
        _start_session(loader)


def _start_session(loader: Any, **credentials: str) -> None:
    session = get_session()
    session.register_component("data_loader", loader)
    boto3.setup_default_session(botocore_session=session, **credentials)


@contextmanager
def dynamodb_errors(message: str) -> Iterator[None]:
    """Raise each error of AWS in the block as a DynamoDBError with this message.

    It is a ConditionFailedError if the condition of a write, or of one write of a transaction, did
    not hold.
    """
    try:
        yield
    except ClientError as error:
        kind = ConditionFailedError if _is_condition_failure(error) else DynamoDBError
        raise kind(message, code=error_code(error), request_id=_request_id(error)) from error
    except BotoCoreError as error:
        raise DynamoDBError(message, code=error_code(error)) from error


def read_secret(client: AwsClient, secret_id: str, stage: str = "AWSCURRENT") -> str:
    """Return the text of a secret, which may be empty. Raises SecretError.

    `client` is one of Secrets Manager, `stage` the label of a version.
    """
    try:
        response = client.get_secret_value(SecretId=secret_id, VersionStage=stage)
    except ClientError as error:
        raise SecretError(
            "Secrets Manager refuses to return the secret.",
            code=error_code(error),
            request_id=_request_id(error),
            retryable=_is_retryable(error),
        ) from error
    except BotoCoreError as error:
        raise SecretError(
            "Secrets Manager does not answer.", code=error_code(error), retryable=True
        ) from error
    return str(response.get("SecretString", ""))


def error_code(error: Exception) -> str:
    """Return the code that AWS answered, or, without an answer, the name of boto3's exception."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def _is_retryable(error: ClientError) -> bool:
    metadata = error.response.get("ResponseMetadata", {})
    return metadata.get("HTTPStatusCode", 0) >= 500 or "MaxAttemptsReached" in metadata


def _request_id(error: ClientError) -> str:
    return str(error.response.get("ResponseMetadata", {}).get("RequestId", ""))


def _is_condition_failure(error: ClientError) -> bool:
    """Tell if a condition failed. A transaction can also be cancelled because of throttling.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    reasons = {each.get("Code") for each in error.response.get("CancellationReasons", ())}
    return error_code(error) == "ConditionalCheckFailedException" or bool(
        reasons & _TRANSACTION_CONFLICTS
    )
