"""The login: what is sent, and what to change if Salesforce rejects it."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from click_to_dial.deadline import Deadline
from click_to_dial.errors import (
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
    SecretError,
)
from click_to_dial.salesforce.login import credentials, log_in
from click_to_dial.salesforce.session import SalesforceSession
from tests.canned_answers import CannedAnswers


def login(status: int, answer: Any, headers: Mapping[str, str] | None = None) -> str:
    secret = '{"client_id": "id", "client_secret": "secret"}'
    session = SalesforceSession("https://acme.my.salesforce.com")
    session.mount("https://", CannedAnswers(status, json.dumps(answer).encode(), headers))
    return log_in(session, lambda: secret, Deadline(1))


def test_a_login_is_sent_as_basic_auth_in_utf_8() -> None:
    answers = CannedAnswers(200, b'{"access_token": "00D!token"}')
    session = SalesforceSession("https://acme.my.salesforce.com/any/path")
    session.mount("https://", answers)
    secret = '{"client_id": "id", "client_secret": "größer"}'
    log_in(session, lambda: secret, Deadline(1))
    (sent,) = answers.requests
    assert sent.url == "https://acme.my.salesforce.com/services/oauth2/token"
    assert sent.body == "grant_type=client_credentials"
    assert sent.headers["Authorization"] == "Basic " + b64encode("id:größer".encode()).decode()


@pytest.mark.parametrize(
    ("header", "request_id"), [("4d3c-2b1a", "4d3c-2b1a"), ("x" * 101, ""), ("a b\u00e9", "")]
)
@pytest.mark.parametrize("status", [200, 302, 400, 500])
def test_the_id_of_a_login_that_failed_is_kept(status: int, header: str, request_id: str) -> None:
    with pytest.raises(SalesforceError) as raised:
        login(status, {}, {"X-SFDC-Request-Id": header})
    assert raised.value.request_id == request_id


def test_a_login_gives_the_token() -> None:
    assert (
        login(200, {"access_token": "00D!token", "instance_url": "https://evil.test"})
        == "00D!token"
    )


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (
            {"error": "invalid_client_id", "error_description": "client identifier invalid"},
            "Consumer Key",
        ),
        (
            {"error": "invalid_client", "error_description": "invalid client credentials"},
            "Consumer Secret",
        ),
        (
            {"error": "invalid_grant", "error_description": "no client credentials user enabled"},
            "Run-As user",
        ),
        (
            {"error": "invalid_grant", "error_description": "request not supported on this domain"},
            "My Domain",
        ),
        ({"error": "invalid_grant", "error_description": "login rate exceeded"}, "3,600"),
        ({"error": "invalid_grant", "error_description": "authentication failure"}, "unlocked"),
        (
            {"error": "invalid_grant", "error_description": "expired access/refresh token"},
            "OAuth policies",
        ),
        (
            {"error": "invalid_app_access", "error_description": "user is not admin approved"},
            "permission set",
        ),
        (
            {"error": "unsupported_grant_type", "error_description": "grant type not supported"},
            "Flow Enablement",
        ),
        ({"error": "inactive_org", "error_description": "organization is not active"}, "locked"),
        ({"error": "something_new"}, "External Client App"),
    ],
)
def test_a_refused_login_says_what_to_change(answer: Any, advice: str) -> None:
    with pytest.raises(SalesforceConfigurationError, match=advice):
        login(400, answer)


class Rotating:
    """Secrets Manager with these secrets in turn; the last one stays."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = list(secrets)
        self.reads = 0

    def __call__(self) -> str:
        self.reads += 1
        return self.secrets[0] if len(self.secrets) == 1 else self.secrets.pop(0)


class OneClient(CannedAnswers):
    """Salesforce, which accepts one client_secret."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        accepted = b64encode(b"id:new").decode() in request.headers["Authorization"]
        self.status = 200 if accepted else 400
        answer = {"access_token": "00D!token"} if accepted else {"error": "invalid_client"}
        self.body = json.dumps(answer).encode()
        return super().send(request)


def secret_of(client_secret: str) -> str:
    return json.dumps({"client_id": "id", "client_secret": client_secret})


@pytest.mark.parametrize(
    ("client_secrets", "reads", "logins"),
    [
        (["new"], 1, 1),
        (["old", "new"], 2, 2),  # rotated between the two reads
        (["old"], 2, 1),  # the same credentials again would only count as another failure
    ],
)
def test_rejected_credentials_are_read_again_at_once(
    client_secrets: list[str], reads: int, logins: int
) -> None:
    read, answers = Rotating(*map(secret_of, client_secrets)), OneClient(200, b"")
    session = SalesforceSession("https://acme.my.salesforce.com")
    session.mount("https://", answers)
    if client_secrets == ["old"]:
        with pytest.raises(SalesforceConfigurationError, match="Consumer Secret"):
            log_in(session, read, Deadline(1))
    else:
        assert log_in(session, read, Deadline(1)) == "00D!token"
    assert (read.reads, len(answers.requests)) == (reads, logins)


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (
            SecretError("No answer.", code="ReadTimeoutError", retryable=True),
            SalesforceUnavailableError,
            "secret-unreachable",
        ),
        (
            SecretError("Refused.", code="AccessDeniedException", request_id="request-1"),
            SalesforceConfigurationError,
            "secret-unreadable",
        ),
        (
            SecretError("No value.", code="ResourceNotFoundException", request_id="request-1"),
            SalesforceConfigurationError,
            "secret-empty",
        ),
    ],
)
def test_a_secret_that_cannot_be_read_is_a_failed_login(
    error: SecretError, kind: type[SalesforceError], reason: str
) -> None:
    def read() -> str:
        raise error

    with pytest.raises(kind) as raised:
        log_in(SalesforceSession("https://acme.my.salesforce.com"), read, Deadline(1))
    assert (raised.value.reason, raised.value.code) == (reason, error.code)
    assert raised.value.request_id == error.request_id


@pytest.mark.parametrize("secret", ["", " \n"])
def test_an_empty_secret_is_said_to_be_empty(secret: str) -> None:
    with pytest.raises(SalesforceConfigurationError) as raised:
        log_in(SalesforceSession("https://acme.my.salesforce.com"), lambda: secret, Deadline(1))
    assert raised.value.reason == "secret-empty"


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (503, None, SalesforceUnavailableError),
        (200, None, SalesforceUnavailableError),
        (200, {"access_token": 7}, SalesforceUnavailableError),
        (200, {"access_token": "a\r\nX-Evil: 1"}, SalesforceUnavailableError),
        (302, None, SalesforceConfigurationError),
        (400, {"error": "unknown_error", "error_description": "retry"}, SalesforceUnavailableError),
        (400, {"error": "temporarily_unavailable"}, SalesforceUnavailableError),
        (401, {"error": "server_error"}, SalesforceUnavailableError),
        (400, None, SalesforceUnavailableError),
        (401, [1], SalesforceUnavailableError),
    ],
)
def test_another_answer_is_an_error(status: int, answer: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        login(status, answer)


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, b"<html>"), (404, b"<html>"), (405, b""), (403, b'{"message": "Forbidden"}')],
)
def test_an_answer_of_something_else_is_a_matter_of_the_url(status: int, body: bytes) -> None:
    session = SalesforceSession("https://acme.my.salesforce.com")
    session.mount("https://", CannedAnswers(status, body))
    with pytest.raises(SalesforceConfigurationError, match="My Domain") as raised:
        log_in(session, lambda: secret_of("new"), Deadline(1))
    assert raised.value.reason == "login-html-error"


class Recovering(CannedAnswers):
    """Salesforce, which gives a token at the second attempt."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        if self.requests:
            self.status, self.body = 200, b'{"access_token": "00D!token"}'
        return super().send(request)


@pytest.mark.parametrize(
    ("status", "body", "logins"),
    [
        (400, b'{"error": "unknown_error", "error_description": "retry your request"}', 2),
        (400, b"<html>", 2),
        (401, b"", 2),
        (503, b"<html>", 2),
        (500, b"<html>", 1),
        (429, b"<html>", 1),
        (400, b'{"error": "invalid_grant"}', 1),
    ],
)
def test_a_login_is_tried_again_after_a_fault_that_passes(
    status: int, body: bytes, logins: int
) -> None:
    session = SalesforceSession("https://acme.my.salesforce.com")
    answers = Recovering(status, body)
    session.mount("https://", answers)
    if logins == 2:
        assert log_in(session, lambda: secret_of("new"), Deadline(1)) == "00D!token"
    else:
        with pytest.raises(SalesforceError):
            log_in(session, lambda: secret_of("new"), Deadline(1))
    assert len(answers.requests) == logins


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("", "secret-not-json"),
        ("[]", "secret-not-json"),
        ("{}", "secret-incomplete"),
        ('{"client_id": "a", "client_secret": " "}', "secret-incomplete"),
        ('{"client_id": 1, "client_secret": "b"}', "secret-incomplete"),
        ('{"client_id": "a", "client_secret": "b", "username": "c"}', "secret-with-password"),
        ('{"username": "a", "password": "p4ss"}', "secret-with-password"),
    ],
)
def test_a_secret_without_client_credentials_is_an_error(secret: str, reason: str) -> None:
    with pytest.raises(SalesforceConfigurationError) as error:
        credentials(secret)
    assert error.value.reason == reason
    assert "p4ss" not in str(error.value)
