"""The authorizer as it is wired, against the Salesforce simulator, DynamoDB and Secrets Manager."""

import json
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from click_to_dial import aws
from click_to_dial.authorizer import wiring as bootstrap_authorizer
from click_to_dial.authorizer.authorize import TIME_BUDGET_SECONDS, Authorizer, Verdict
from click_to_dial.authorizer.salesforce_token import SALESFORCE_SECONDS
from click_to_dial.dynamodb import verified_tokens as confirmed
from click_to_dial.settings import AuthSettings
from local_stack.salesforce import Simulator
from tests.callers import ORG, TOKEN, USER, event
from tests.fakes import Clock
from tests.integration.certificates import self_signed

ALLOWED: Final = "AuthAllowed"
REFUSED = Verdict("AuthRefused", "salesforce-says-no")
HOUR = 3600.0


@pytest.fixture
def settings(salesforce: Simulator, table: Any) -> AuthSettings:
    return AuthSettings(
        mode="salesforce",
        salesforce_url=salesforce.url,
        salesforce_org_id=ORG,
        allowed_users=frozenset(),
        key_secret_id="",
        table_name=table.name,
        confirmed_hours=8,
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the confirmations."""
    clock = Clock()
    with_clock = partial(confirmed.VerifiedTokens, clock=clock)
    monkeypatch.setattr(confirmed, "VerifiedTokens", with_clock)
    return clock


def wire(settings: AuthSettings) -> Authorizer:
    return bootstrap_authorizer.build_authorizer(settings)


def verdict(authorizer: Authorizer, token: str) -> Verdict:
    return authorizer(event(f"Bearer {token}"))


# What Salesforce says


def test_a_good_token_is_let_in_as_its_user(salesforce: Simulator, settings: AuthSettings) -> None:
    found = verdict(wire(settings), salesforce.log_in(USER))
    assert found == Verdict(ALLOWED, "salesforce", USER)


def test_an_expired_token_is_refused(salesforce: Simulator, settings: AuthSettings) -> None:
    token = salesforce.log_in(USER)
    salesforce.expire_tokens()
    assert verdict(wire(settings), token) == REFUSED


def test_a_token_of_another_organisation_is_refused(
    salesforce: Simulator, settings: AuthSettings
) -> None:
    token = salesforce.log_in(USER)
    other = settings._replace(salesforce_org_id="00D0C0000000002UAA")
    assert verdict(wire(other), token) == Verdict("AuthRefused", "other-organisation")


@pytest.mark.parametrize(
    ("users", "outcome"),
    [("alice@acme.example", ALLOWED), (USER[:15], ALLOWED), ("bob@acme.example", "AuthRefused")],
)
def test_only_allowed_users_are_let_in(
    salesforce: Simulator, settings: AuthSettings, users: str, outcome: str
) -> None:
    settings = settings._replace(allowed_users=frozenset({users}))
    assert verdict(wire(settings), salesforce.log_in(USER)).outcome == outcome


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_every_way_to_say_no_is_understood(
    salesforce: Simulator, settings: AuthSettings, status: int
) -> None:
    authorizer, token = wire(settings), salesforce.log_in(USER)
    assert verdict(authorizer, token).principal == USER
    salesforce.fail("answer", times=1, status=status, text="Inactive")
    assert verdict(authorizer, token) == REFUSED
    salesforce.fail("answer", status=503, text="")
    assert verdict(authorizer, token).principal is None


# What holds while Salesforce says nothing

SILENCES: list[tuple[str, dict[str, Any], str]] = [
    ("reset", {}, "salesforce-reset"),
    ("close", {}, "salesforce-reset"),
    ("hang", {}, "salesforce-timeout"),
    ("drip", {"seconds": 20}, "salesforce-timeout"),
    ("truncated", {}, "salesforce-truncated"),
    ("server-error-html", {}, "salesforce-http-500"),
    ("unavailable-html", {}, "salesforce-http-503"),
    ("login-page-200", {}, "salesforce-not-userinfo"),
    ("empty", {}, "salesforce-not-userinfo"),
    ("redirect", {}, "salesforce-http-302"),
    ("wrong-types", {}, "salesforce-not-userinfo"),
    ("answer", {"status": 200, "text": "[" * 60_000}, "salesforce-not-userinfo"),
    ("answer", {"status": 200, "text": "{}"}, "salesforce-not-userinfo"),
    ("answer", {"status": 200, "text": '{"user_id": null}'}, "salesforce-not-userinfo"),
    ("answer", {"status": 429, "text": ""}, "salesforce-http-429"),
]


@pytest.mark.parametrize(("kind", "options", "reason"), SILENCES)
def test_a_confirmed_token_outlasts_an_outage(
    salesforce: Simulator, settings: AuthSettings, kind: str, options: Any, reason: str
) -> None:
    authorizer, known, unknown = wire(settings), salesforce.log_in(USER), salesforce.log_in(USER)
    assert verdict(authorizer, known).outcome == ALLOWED
    salesforce.fail(kind, **options)
    started = time.monotonic()
    assert verdict(authorizer, known) == Verdict("AuthAllowedStale", reason, USER)
    assert time.monotonic() - started < TIME_BUDGET_SECONDS
    if reason != "salesforce-timeout":
        assert verdict(authorizer, unknown) == Verdict("AuthUnverified", reason)


def test_it_does_so_for_some_hours(
    salesforce: Simulator, settings: AuthSettings, clock: Clock
) -> None:
    authorizer, token = wire(settings), salesforce.log_in(USER)
    verdict(authorizer, token)
    salesforce.fail("unavailable-html")
    clock.advance(HOUR)
    assert verdict(authorizer, token).outcome == "AuthAllowedStale"
    assert verdict(wire(settings), token).outcome == "AuthAllowedStale"  # another sandbox
    clock.advance(7 * HOUR - 1)
    assert verdict(authorizer, token).outcome == "AuthAllowedStale"
    clock.advance(1)
    assert verdict(authorizer, token).outcome == "AuthUnverified"


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (
            {"salesforce_org_id": "00D0C0000000002UAA"},
            "AuthRefused",
        ),  # the token begins with its id
        ({"allowed_users": frozenset({"bob@acme.example"})}, "AuthUnverified"),
        ({"confirmed_hours": 0}, "AuthUnverified"),
    ],
)
def test_not_by_rules_that_no_longer_hold(
    salesforce: Simulator, settings: AuthSettings, change: dict[str, Any], outcome: str
) -> None:
    token = salesforce.log_in(USER)
    verdict(wire(settings), token)
    salesforce.fail("unavailable-html")
    assert verdict(wire(settings._replace(**change)), token).outcome == outcome


def test_nothing_listens(salesforce: Simulator, settings: AuthSettings) -> None:
    token = salesforce.log_in(USER)
    nowhere = settings._replace(salesforce_url="http://127.0.0.1:9")
    assert verdict(wire(nowhere), token) == Verdict("AuthUnverified", "salesforce-refused")


def test_a_server_without_tls_gets_no_token(salesforce: Simulator, settings: AuthSettings) -> None:
    plain = settings._replace(salesforce_url=salesforce.url.replace("http:", "https:"))
    asked = salesforce.requests.total()
    found = verdict(wire(plain), salesforce.log_in(USER))
    assert found == Verdict("AuthUnverified", "salesforce-tls")
    assert salesforce.requests.total() == asked


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_token(
    settings: AuthSettings, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    received = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with suppress(OSError), connection, context.wrap_socket(connection, True) as tls:
            received.append(tls.recv(1))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        found = verdict(wire(settings._replace(salesforce_url=url)), TOKEN)
        thread.join()
    assert found == Verdict("AuthUnverified", "salesforce-tls")
    assert received in ([], [b""])


def test_salesforce_leaves_time_for_the_table() -> None:
    assert TIME_BUDGET_SECONDS - SALESFORCE_SECONDS >= aws.CONNECT_SECONDS + aws.READ_SECONDS


def test_the_table_holds_no_token(
    salesforce: Simulator, settings: AuthSettings, table: Any, clock: Clock
) -> None:
    token = salesforce.log_in(USER)
    verdict(wire(settings), token)
    (item,) = table.boto3.scan(TableName=table.name)["Items"]
    assert token not in json.dumps(item)
    assert "alice" not in json.dumps(item)
    assert item["expires_at"] == {"N": str(int(clock() + 8 * HOUR))}


def test_a_table_that_is_gone_lets_in_whom_salesforce_knows(
    salesforce: Simulator, settings: AuthSettings
) -> None:
    authorizer = wire(settings._replace(table_name="no-such-table"))
    token = salesforce.log_in(USER)
    assert verdict(authorizer, token) == Verdict(ALLOWED, "salesforce", USER, cache_failed=True)
    salesforce.fail("unavailable-html")
    assert verdict(authorizer, token).principal is None


# The mode `key`


@pytest.fixture
def secret(settings: AuthSettings) -> Iterator[tuple[AuthSettings, Callable[[str], Any]]]:
    client, name = boto3.client("secretsmanager"), f"key-{uuid.uuid4()}"
    client.create_secret(Name=name, SecretString="first")
    keyed = settings._replace(mode="key", key_secret_id=name)
    yield keyed, lambda value: client.put_secret_value(SecretId=name, SecretString=value)
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_a_key_is_good_until_the_rotation_after_next(
    secret: tuple[AuthSettings, Callable[[str], Any]],
) -> None:
    keyed, rotate = secret
    assert verdict(wire(keyed), "first") == Verdict(ALLOWED, "key", "key")
    rotate("second")
    assert [verdict(wire(keyed), each).outcome for each in ("first", "second")] == [ALLOWED] * 2
    rotate("third")
    assert verdict(wire(keyed), "first") == Verdict("AuthRefused", "wrong-key")
    assert verdict(wire(keyed), "second").outcome == ALLOWED


def test_a_secret_that_does_not_exist_lets_nobody_in(settings: AuthSettings) -> None:
    nothing = settings._replace(mode="key", key_secret_id="no-such-secret")
    assert verdict(wire(nothing), "first") == Verdict("AuthUnverified", "secret-empty")
