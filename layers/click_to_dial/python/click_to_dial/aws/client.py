"""Requests to a service of AWS that speaks JSON.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from click_to_dial.aws.errors import AwsError
from click_to_dial.aws.signature import Credentials, Scope, signed
from click_to_dial.https import HttpError, Server

CONNECT_SECONDS = 0.3
READ_SECONDS = 0.6
"""DynamoDB answers within milliseconds; what takes longer is not worth an agent's waiting."""
ATTEMPTS = 2
PAUSE_SECONDS = 0.025
"""Before the second attempt; doubled before each that follows."""

THROTTLED = {
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}
"""Refused for now: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html"""

Answer = Mapping[str, Any]
AwsClient = Callable[..., Answer]
"""`client("GetItem", TableName=…)` gives the parsed answer. Values are as boto3 has them: a binary
one is bytes. Raises AwsError."""


@dataclass(frozen=True, slots=True)
class Service:
    """How a service is signed for, and how it calls its operations."""

    name: str
    target: str
    json_version: str


DYNAMODB = Service("dynamodb", "DynamoDB_20120810", "1.0")
SECRETS_MANAGER = Service("secretsmanager", "secretsmanager", "1.1")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller waits: for a connection, for an answer; and how often it tries."""

    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    attempts: int = ATTEMPTS


def client(
    service: Service,
    url: str,
    region: str,
    credentials: Callable[[], Credentials],
    patience: Patience = Patience(),
) -> AwsClient:
    """A client of the service at `url`.

    A passing fault is tried again, so a request must be one that may arrive twice.
    """
    server = Server(url, connect_seconds=patience.connect_seconds)
    scope = Scope(service.name, region)

    def send(operation: str, body: bytes) -> Answer:
        headers = {
            "host": server.host,
            "content-type": f"application/x-amz-json-{service.json_version}",
            "x-amz-target": f"{service.target}.{operation}",
        }
        proven = signed(headers, body, scope, credentials(), datetime.now(UTC))
        try:
            response = server.send("POST", "/", proven, body, read_seconds=patience.read_seconds)
        except HttpError as error:
            raise AwsError(error.reason, passing=True) from None
        return _answer(response.status, response.body)

    def call(operation: str, **request: Any) -> Answer:
        body = json.dumps(request, default=_to_base64).encode()
        for attempt in range(1, patience.attempts):
            try:
                return send(operation, body)
            except AwsError as error:
                if not error.passing:
                    raise
            time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        return send(operation, body)

    return call


def pages(client: AwsClient, operation: str, **request: Any) -> Iterator[Answer]:
    """All pages of a Query or a Scan. Raises AwsError."""
    start: dict[str, Any] = {}
    while True:
        page = client(operation, **request, **start)
        yield page
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _answer(status: int, body: bytes) -> Answer:
    try:
        answer = json.loads(body, object_hook=_from_base64) if body else {}
    except ValueError:
        answer = None
    if status == 200 and isinstance(answer, dict):
        return answer
    said = answer if isinstance(answer, dict) else {}
    code = str(said.get("__type", f"HTTP {status}")).rpartition("#")[2]
    message = str(said.get("message") or said.get("Message") or "")  # each service has its own way
    raise AwsError(code, message, passing=status >= 500 or code in THROTTLED)


def _to_base64(value: bytes) -> str:
    return b64encode(value).decode()


def _from_base64(value: dict[str, Any]) -> dict[str, Any]:
    """What DynamoDB says of a binary value: {"B": "…"}. A map may have a member B too."""
    is_binary = value.keys() == {"B"} and isinstance(value["B"], str)
    return {"B": b64decode(value["B"])} if is_binary else value
