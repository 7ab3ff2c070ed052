"""The authorizer's handler behind the local API gateway: what a caller gets, what a log holds."""

import importlib
import io
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from local_stack import template as sam
from local_stack.gateway import Gateway
from local_stack.salesforce import Simulator, oauth
from tests.callers import ENVIRONMENT, ORG, TOKEN, USER

PATH = "/jtelACD/onClickToDial"
Headers = list[tuple[str, str]]


def decide(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {}, "body": "decided"}


@pytest.fixture
def gateway(
    salesforce: Simulator, table: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Gateway]:
    wired = {
        "SALESFORCE_URL": salesforce.url,
        "SALESFORCE_ORG_ID": ORG,
        "SALESFORCE_ALLOWED_USERS": "alice@acme.example",
        "TABLE_NAME": table.name,
    }
    for name, value in (ENVIRONMENT | wired).items():
        monkeypatch.setenv(name, value)
    handler = importlib.import_module("functions.authorize.handler")
    yield Gateway(sam.load(), lambda function: decide, handler.lambda_handler)
    del sys.modules["functions.authorize.handler"]


def status(gateway: Gateway, *values: str) -> int:
    headers = [("Authorization", value) for value in values]
    return gateway.respond("GET", PATH, headers).status


def test_an_outage_is_decided_where_the_token_was_confirmed(
    gateway: Gateway, salesforce: Simulator
) -> None:
    known, unknown = salesforce.log_in(USER), salesforce.log_in(USER)
    assert status(gateway, f"Bearer {known}") == 200
    salesforce.fail("unavailable-html")
    assert status(gateway, f"Bearer {known}") == 200
    assert status(gateway, f"Bearer {unknown}") == 401


def test_whoever_is_not_let_in_gets_401_and_leaves_no_trace(
    gateway: Gateway, salesforce: Simulator, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    good, stranger, revoked = (salesforce.log_in(user) for user in (USER, USER[:-4] + "2QAA", USER))
    del salesforce.sessions[revoked]
    refused = {
        "user-not-allowed": [[f"Bearer {stranger}"]],
        "salesforce-says-no": [[f"Bearer {revoked}"], [f"Bearer {TOKEN}"]],
        "malformed": [
            *([], [""], ["Bearer "], [f"Bearer {TOKEN * 99}"], [f"Basic {good}"], [good]),
            *([f"Bearer {good}\r\nX: y"], [f"Bearer {good}\0"], [f"Bearer {good}\u00e9"]),
            *([f"Bearer {good}"] * 2, [f"Bearer {good}, Bearer {good}"]),
        ],
    }
    for reason, headers in refused.items():
        for values in headers:
            answer = gateway.respond("GET", PATH, [("Authorization", value) for value in values])
            assert (answer.status, json.loads(answer.body)["title"]) == (401, "Unauthorized")
            printed, logged = capfd.readouterr(), log.getvalue().splitlines()
            assert (json.loads(logged[-1])["reason"], printed.err) == (reason, "")
            for secret in (good, stranger, revoked, TOKEN, "alice", ORG[:15], USER[:15]):
                assert secret not in printed.out + log.getvalue()


def test_a_token_that_expires_or_is_of_another_organisation_is_401_too(
    gateway: Gateway,
    salesforce: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    log: io.StringIO,
) -> None:
    foreign, expiring = (f"Bearer {salesforce.log_in(USER)}" for _ in range(2))
    assert status(gateway, expiring) == 200
    monkeypatch.setattr(oauth, "ORGANIZATION_ID", "00D0C0000000002UAA")
    assert status(gateway, foreign) == 401
    salesforce.expire_tokens()
    assert status(gateway, expiring) == 401
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["reason"] for line in lines] == [
        *("salesforce", "other-organisation", "salesforce-says-no")
    ]
    for token in (foreign, expiring):
        assert token.split()[1] not in json.dumps(lines)


def test_a_header_may_be_spelt_in_any_case(gateway: Gateway, salesforce: Simulator) -> None:
    token = f"bearer {salesforce.log_in(USER)}"
    assert gateway.respond("GET", PATH, [("authorization", token)]).status == 200
    twice = [("authorization", token), ("AUTHORIZATION", token)]
    assert gateway.respond("GET", PATH, twice).status == 401
