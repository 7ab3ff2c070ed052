"""Clients for AWS, its secrets, and our errors for its errors. No other module imports boto3.

boto3 reads region, credentials, proxy, certificate authorities and endpoints from the environment:
`AWS_ENDPOINT_URL` alone points all clients to another AWS.
"""

import json
import logging
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any

from click_to_dial import __version__, settings
from click_to_dial.errors import (
    UNREADABLE,
    ConditionFailedError,
    DeploymentHookError,
    DynamoDBError,
    InvocationError,
    SecretError,
)
from click_to_dial.skip_imports import RESOURCES, skip_imports, when_called


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
    "botocore.monitoring": {},  # metrics of requests, for an agent
    "botocore.retries.adaptive": {},  # the retry mode `adaptive`
    "botocore.retryhandler": {},  # the retry mode `legacy`
    "botocore.vendored.six": {},  # for other packages
    "botocore.waiter": {},  # waits for the state of a resource
    "bz2": {},  # shutil checks if it exists
    "calendar": when_called("calendar", "timegm"),  # cookies
    "configparser": {},  # ~/.aws/config
    "dateutil.parser": when_called("dateutil.parser", "parse"),  # credentials that expire
    "dateutil.tz": when_called("dateutil.tz", "tzlocal", "tzutc"),  # times in responses
    "email.header": {},  # HTTP headers outside ASCII
    "getpass": when_called("getpass", "getpass"),  # codes of MFA devices
    "gzip": when_called("gzip", "GzipFile", "compress", "open"),  # large requests, botocore's data
    "importlib.metadata": {"version": None},  # by urllib3, for HTTP/2
    "importlib.resources": RESOURCES,  # by certifi
    "ipaddress": when_called("ipaddress", "IPv4Address", "IPv6Address", "ip_address"),  # in URLs
    "jmespath": {},  # waiters, paginators
    "lzma": {},  # shutil checks if it exists
    "mimetypes": {},  # uploads of files
    "s3transfer.manager": {"TransferConfig": None},  # uploads to S3
    "subprocess": when_called("subprocess", "Popen"),  # programs that print credentials
    "xml.etree": {},
    "xml.etree.ElementTree": {"ParseError": SyntaxError},  # services with XML; its base class
}
"""Modules that take a quarter of the CPU time that a cold start needs for boto3."""

with skip_imports(SKIPPED):
    import boto3
    from botocore import httpsession, utils
    from botocore.config import Config
    from botocore.credentials import CredentialProvider, DeferredRefreshableCredentials
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.handlers import BUILTIN_HANDLERS
    from botocore.parsers import ResponseParserError
    from botocore.session import Session

logging.getLogger("botocore").setLevel(logging.WARNING)
"""In each cold start it would log, at INFO, where it found credentials and endpoints."""


class TlsContext(ssl.SSLContext):
    """TLS context of a client that reads its file of trusted certificates only once.

    botocore reads it again for each connection, which takes 20 ms of CPU.
    """

    _lock = threading.Lock()
    _loaded: tuple[Any, ...] = ()

    def load_verify_locations(
        self, cafile: Any = None, capath: Any = None, cadata: Any = None
    ) -> None:
        """Trust the certificates in a file, a directory or a text."""
        locations = (cafile, capath, cadata)
        with self._lock:
            if locations != self._loaded:
                super().load_verify_locations(*locations)
                self._loaded = locations


httpsession.SSLContext = TlsContext  # botocore has no option for it

AwsClient = Any
"""A client of boto3, whose classes are made at run time."""

CONNECT_SECONDS = 0.3
READ_SECONDS = 0.6
"""Maximum wait for a response of DynamoDB, which normally takes milliseconds."""
SECRET_READ_SECONDS = 2.0
"""Longer, because a secret is only read for a login, once for all sandboxes."""
MAX_ATTEMPTS = 2
HANDLED_SERVICES = {"", "signin", "sso", "sso-oidc", "sts"}
"""Services that issue credentials. Requests to the services that we call need no other handlers."""
MAX_CONNECTIONS = 50
"""More than the number of threads of a function or of the local stack."""

_INVALID = (ResponseParserError, *UNREADABLE)
"""Exceptions of botocore for JSON that is not a response of AWS."""

_TRANSACTION_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}


class InvalidResponseError(BotoCoreError):  # type: ignore[misc]
    """A successful response whose body is not one of AWS, for example the page of a proxy."""

    fmt = "The body of the response is not one of AWS."


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
        parameter_validation=False,  # AWS does it too
        user_agent=f"click-to-dial/{__version__}",  # boto3's takes a sixth of a request's CPU
    )
    client = _session().client(service, config=config)
    if service in ("dynamodb", "secretsmanager"):  # their responses are JSON
        client.meta.events.register("after-call", _refuse_invalid_response)
    return client


def _refuse_invalid_response(http_response: Any, parsed: Mapping[str, Any], **_: Any) -> None:
    """Raise InvalidResponseError. botocore takes a body that is not JSON for an empty response."""
    is_empty = parsed.keys() <= {"ResponseMetadata"}
    if is_empty and http_response.status_code < 300 and http_response.content.strip() != b"{}":
        raise InvalidResponseError


@cache
def _session() -> boto3.Session:
    """Return the session of all clients, without botocore's handlers for services we do not call.

    Registering all of them would double the time that creating a client takes. With SnapStart,
    clients ask for credentials when they sign a request, after the restore. By default, botocore
    asks when it creates a client, and the snapshot would contain the credentials.
    """
    session = Session(include_builtin_handlers=False)
    for event, handler, *_ in filter(is_needed, BUILTIN_HANDLERS):
        session.register(event, handler)
    session.get_component("response_parser_factory").set_parser_defaults(
        timestamp_parser=parse_timestamp
    )
    if settings.starts_from_snapshot():
        for module in ("dateutil.parser", "dateutil.tz", "ipaddress"):  # by credentials
            import_module(module)
        resolver = session.get_component("credential_provider")
        resolver.insert_before(_RoleProvider.METHOD, _RoleProvider())
    return boto3.Session(botocore_session=session)


def is_needed(spec: tuple[Any, ...]) -> bool:
    """Return True if a handler of botocore is for any service or for HANDLED_SERVICES.

    `spec` is the event, such as `after-call.iam`, the handler and sometimes its position.
    """
    kind, _, rest = spec[0].partition(".")
    return kind != "docs" and rest.partition(".")[0] in HANDLED_SERVICES


def parse_timestamp(value: Any) -> datetime:
    """Return the time that a response contains.

    botocore imports dateutil for it, also for the seconds since 1970 in the response of Secrets
    Manager. That would take 10 ms of a cold start.
    """
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    found: datetime = utils.parse_timestamp(value)
    return found


class _RoleProvider(CredentialProvider):  # type: ignore[misc]
    """Provider of the credentials of the function's role.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    """

    METHOD = "container-role"

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that are requested on first use, and again before they expire."""
        return DeferredRefreshableCredentials(_request_role_credentials, self.METHOD)


def _request_role_credentials() -> Mapping[str, str]:
    url, token = settings.role_credentials()
    found = utils.ContainerMetadataFetcher().retrieve_full_uri(
        url, headers={"Authorization": token}
    )
    return {
        "access_key": found["AccessKeyId"],
        "secret_key": found["SecretAccessKey"],
        "token": found["Token"],
        "expiry_time": found["Expiration"],
    }


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
        raise kind(message, code=_error_code(error), request_id=_request_id(error)) from error
    except BotoCoreError as error:
        raise DynamoDBError(message, code=_error_code(error)) from error
    except _INVALID as error:
        raise DynamoDBError(message, code=InvalidResponseError.__name__) from error


def read_secret(client: AwsClient, secret_id: str, stage: str = "AWSCURRENT") -> str:
    """Return the text of a secret, which may be empty. Raises SecretError.

    `client` is one of Secrets Manager, `stage` the label of a version.
    """
    try:
        response = client.get_secret_value(SecretId=secret_id, VersionStage=stage)
    except ClientError as error:
        metadata = error.response.get("ResponseMetadata", {})
        is_retryable = metadata.get("HTTPStatusCode", 0) >= 500 or "MaxAttemptsReached" in metadata
        raise SecretError(
            "Secrets Manager refuses to return the secret.",
            code=_error_code(error),
            request_id=_request_id(error),
            retryable=is_retryable,
        ) from error
    except BotoCoreError as error:
        raise SecretError(
            "Secrets Manager does not answer.", code=_error_code(error), retryable=True
        ) from error
    except _INVALID as error:
        raise SecretError(
            "Secrets Manager does not answer.", code=InvalidResponseError.__name__, retryable=True
        ) from error
    return str(response.get("SecretString", ""))


def invoke(client: AwsClient, function: str, event: Mapping[str, Any]) -> Any:
    """Invoke a function and return its response, parsed from JSON. Raises InvocationError.

    `client` is one of Lambda, `function` an ARN, which may name a version.
    """
    try:
        response = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    except (ClientError, BotoCoreError) as error:
        code = _error_code(error)
        raise InvocationError(f"It could not be invoked ({code}).", code=code) from error
    try:
        payload = json.loads(response["Payload"].read())
    except ValueError as error:
        raise InvocationError("Its response is not JSON.") from error
    if "FunctionError" in response:  # its message may contain internals
        kind = payload.get("errorType") if isinstance(payload, dict) else None
        raise InvocationError(f"It ended with an error ({kind}).", code=str(kind))
    return payload


def report_hook(client: AwsClient, deployment_id: str, execution_id: str, status: str) -> None:
    """Report the status of a deployment's hook, Succeeded or Failed. Raises DeploymentHookError.

    `client` is one of CodeDeploy.
    """
    try:
        client.put_lifecycle_event_hook_execution_status(
            deploymentId=deployment_id, lifecycleEventHookExecutionId=execution_id, status=status
        )
    except (ClientError, BotoCoreError) as error:
        code = _error_code(error)
        raise DeploymentHookError(
            f"CodeDeploy did not accept the status {status} ({code}).", code=code
        ) from error


def _error_code(error: Exception) -> str:
    """Return the code that AWS answered, or, without an answer, the name of boto3's exception."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def _request_id(error: ClientError) -> str:
    return str(error.response.get("ResponseMetadata", {}).get("RequestId", ""))


def _is_condition_failure(error: ClientError) -> bool:
    """Return True if a condition failed. Throttling, too, can cancel a transaction.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    reasons = {each.get("Code") for each in error.response.get("CancellationReasons", ())}
    return _error_code(error) == "ConditionalCheckFailedException" or bool(
        reasons & _TRANSACTION_CONFLICTS
    )
