"""The clients against servers that fail: which requests are repeated, and that they end."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import pytest

from click_to_dial import aws
from click_to_dial.errors import DynamoDBError, SecretError
from tests.integration.certificates import self_signed

LAYER = Path(__file__).parents[2] / "layers/click_to_dial/python"
KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
ITEM = {**KEY, "data": {"B": b"\0\1"}}
FOUND = json.dumps({"Item": {"data": {"B": "AAE="}}})


def answer(status: int, body: str, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body)}", "x-amzn-requestid: request-1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


RESET, SILENCE = b"", None
THROTTLED = answer(400, '{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}')
UNAVAILABLE = answer(503, "<html>")
DENIED = answer(400, '{"__type": "AccessDeniedException", "Message": "arn:aws:x"}')
ALL_GOOD = answer(200, FOUND)


def receive(connection: socket.socket) -> bytes:
    """Return a request. The connection could not be closed properly before its body is read."""
    request = connection.recv(65536)
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    while end and length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return head + end + body


@contextmanager
def scripted(
    *answers: bytes | None, certificate: Path | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these answers in turn, and its requests. None is no answer at all.

    It uses TLS if it has a certificate.
    """
    requests: list[bytes] = []
    left_open = ExitStack()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if certificate:
        tls.load_cert_chain(certificate)

    def serve() -> None:
        for each in answers:
            with suppress(OSError):
                connection, _ = listener.accept()
                if certificate:
                    connection = tls.wrap_socket(connection, server_side=True)
                requests.append(receive(connection))
                if each is SILENCE:
                    left_open.enter_context(connection)
                else:
                    connection.sendall(each)
                    connection.close()

    with left_open, socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        scheme = "https" if certificate else "http"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", requests


@pytest.fixture
def client_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Makes a client as the functions have it, with a shorter read timeout."""

    def make(url: str) -> Any:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        return aws.create_client("dynamodb", read_seconds=1)

    return make


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 pauses for up to a second before it repeats a throttled request."""
    monkeypatch.setattr("random.random", lambda: 0.0)


@pytest.mark.parametrize(
    "failure",
    [RESET, THROTTLED, UNAVAILABLE, SILENCE],
    ids=["reset", "throttled", "unavailable", "silent"],
)
def test_a_failure_that_may_pass_is_tried_once_more(
    client_at: Callable[[str], Any], failure: bytes | None
) -> None:
    with scripted(failure, ALL_GOOD) as (url, requests):
        found = client_at(url).get_item(TableName="t", Key=KEY)
        assert found["Item"] == {"data": {"B": b"\0\1"}}
    assert len(requests) == 2


INVALID = [
    "<html>Please log in</html>",
    "",
    '{"Item": {"data": {"S": "ab',
    "null",
    "[1]",
    "7",
    '"text"',
    '{"message": "Welcome"}',
    "[" * 100_000,
]
"""Bodies that are not from DynamoDB."""


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        *(("get_item", body) for body in INVALID),
        *(("delete_item", body) for body in INVALID),
        ("get_item", '{"Item": 7}'),
        ("get_item", '{"Item": {"data": 7}}'),
    ],
)
def test_an_answer_that_is_not_from_dynamodb_is_an_error_and_not_an_empty_result(
    client_at: Callable[[str], Any], operation: str, body: str
) -> None:
    with (
        scripted(answer(200, body)) as (url, _),
        pytest.raises(DynamoDBError, match="No") as raised,
        aws.dynamodb_errors("No."),
    ):
        getattr(client_at(url), operation)(TableName="t", Key=KEY)
    assert raised.value.code == "InvalidResponseError"


@pytest.mark.parametrize("body", ["[1]", "null", "7", "<html>", "", '{"__type": 7}'])
def test_a_refusal_that_is_not_from_dynamodb_is_an_error_of_ours(
    client_at: Callable[[str], Any], body: str
) -> None:
    with (
        scripted(answer(400, body)) as (url, _),
        pytest.raises(DynamoDBError, match="No"),
        aws.dynamodb_errors("No."),
    ):
        client_at(url).get_item(TableName="t", Key=KEY)


@pytest.mark.parametrize("operation", ["get_item", "delete_item"])
def test_an_empty_result_is_no_error(client_at: Callable[[str], Any], operation: str) -> None:
    with scripted(answer(200, "{}")) as (url, _), aws.dynamodb_errors("No."):
        found = getattr(client_at(url), operation)(TableName="t", Key=KEY)
    assert "Item" not in found


@pytest.mark.parametrize("body", ["<html>", "null", "[1]"])
def test_an_answer_that_is_not_from_secrets_manager_is_not_an_empty_secret(
    monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    with scripted(answer(200, body)) as (url, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        client = aws.create_client("secretsmanager", read_seconds=1)
        with pytest.raises(SecretError) as raised:
            aws.read_secret(client, "id")
    assert (raised.value.code, raised.value.retryable) == ("InvalidResponseError", True)


def test_a_refusal_is_not_tried_again(client_at: Callable[[str], Any]) -> None:
    with (
        scripted(DENIED, ALL_GOOD) as (url, requests),
        pytest.raises(DynamoDBError) as raised,
        aws.dynamodb_errors("No."),
    ):
        client_at(url).get_item(TableName="t", Key=KEY)
    assert len(requests) == 1
    assert (raised.value.code, raised.value.request_id) == ("AccessDeniedException", "request-1")


def test_a_server_that_never_answers_is_given_up_after_two_read_timeouts(
    client_at: Callable[[str], Any],
) -> None:
    with (
        scripted(SILENCE, SILENCE, ALL_GOOD) as (url, requests),
        pytest.raises(DynamoDBError) as raised,
        aws.dynamodb_errors("No."),
    ):
        client_at(url).get_item(TableName="t", Key=KEY)
    assert len(requests) == aws.MAX_ATTEMPTS
    assert raised.value.code == "ReadTimeoutError"


def test_trusted_certificates_are_read_once_for_all_connections(
    client_at: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = self_signed(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with scripted(ALL_GOOD, ALL_GOOD, certificate=certificate) as (url, requests):
        client = client_at(url)
        client.get_item(TableName="t", Key=KEY)
        certificate.unlink()
        client.get_item(TableName="t", Key=KEY)
    assert len(requests) == 2


def test_a_server_that_is_not_trusted_gets_no_request(
    client_at: Callable[[str], Any], tmp_path: Path
) -> None:
    answers = [ALL_GOOD] * aws.MAX_ATTEMPTS
    with (
        scripted(*answers, certificate=self_signed(tmp_path)) as (url, requests),
        pytest.raises(DynamoDBError) as raised,
        aws.dynamodb_errors("No."),
    ):
        client_at(url).get_item(TableName="t", Key=KEY)
    assert requests == []
    assert raised.value.code == "SSLError"


def test_nobody_listens(client_at: Callable[[str], Any]) -> None:
    with pytest.raises(DynamoDBError) as raised, aws.dynamodb_errors("No."):
        client_at("http://127.0.0.1:9").get_item(TableName="t", Key=KEY)
    assert raised.value.code == "EndpointConnectionError"


def test_one_variable_redirects_all_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    clients = (aws.dynamodb_client(), aws.secrets_client(), aws.create_client("cloudformation"))
    assert {client.meta.endpoint_url for client in clients} == {"http://127.0.0.1:1"}


def test_the_command_gets_what_a_decision_does_not_import(tmp_path: Path) -> None:
    """Profiles, programs that print credentials, times with a zone, and XML: in a new process."""
    credentials = {
        "Version": 1,
        "AccessKeyId": "KEYOFPROGRAM",
        "SecretAccessKey": "any",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    (tmp_path / "credentials.json").write_text(json.dumps(credentials))
    (tmp_path / "config").write_text(
        f"[profile shop]\nregion = eu-central-1\n"
        f"credential_process = cat {tmp_path}/credentials.json\n"
    )
    program = """
from click_to_dial import aws
client = aws.create_client("cloudformation", max_attempts=1)
print(client.describe_stacks(StackName="s")["Stacks"][0]["CreationTime"].isoformat())
try:
    client.describe_stacks(StackName="s")
except aws.ResponseParserError as error:
    print(type(error).__name__)
"""
    stack = "<member><CreationTime>2026-11-28T12:00:00+01:00</CreationTime></member>"
    result = f"<DescribeStacksResult><Stacks>{stack}</Stacks></DescribeStacksResult>"
    found = answer(200, f"<DescribeStacksResponse>{result}</DescribeStacksResponse>")
    with scripted(found, answer(200, "<Describe")) as (url, requests):
        environment = {
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_ENDPOINT_URL": url,
            "AWS_PROFILE": "shop",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(LAYER),
        }
        output = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True
        )
    assert output.stdout.split() == ["2026-11-28T12:00:00+01:00", "ResponseParserError"], (
        output.stderr
    )
    assert b"Credential=KEYOFPROGRAM/" in requests[0]


def test_fifty_threads_share_the_connections_of_a_client(
    table: Any, caplog: pytest.LogCaptureFixture
) -> None:
    table.dynamodb.put_item(TableName=table.name, Item=ITEM)
    errors: list[Exception] = []

    def read() -> None:
        try:
            assert table.dynamodb.get_item(TableName=table.name, Key=KEY)["Item"] == ITEM
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert "pool is full" not in caplog.text


def test_a_secret_is_read_by_its_stage(table: Any) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name=table.name, SecretString="first")
    client.put_secret_value(SecretId=table.name, SecretString='{"client_secret": "größer"}')
    secrets = aws.secrets_client()
    assert aws.read_secret(secrets, table.name) == '{"client_secret": "größer"}'
    assert aws.read_secret(secrets, table.name, "AWSPREVIOUS") == "first"
    with pytest.raises(SecretError) as raised:
        aws.read_secret(secrets, "no-such-secret")
    assert (raised.value.code, raised.value.retryable) == ("ResourceNotFoundException", False)
    assert raised.value.request_id
