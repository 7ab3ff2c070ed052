"""The client on the simulator: its requests, pages, tokens, retries and request ids."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.dynamodb.access_token import Login, SharedToken
from click_to_dial.errors import (
    OutOfTimeError,
    SalesforceBusyError,
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
)
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.session import SalesforceSession
from local_stack.salesforce import Simulator
from tests.fakes import Clock
from tests.integration.salesforce import test_records
from tests.integration.salesforce.tokens import Tokens
from tests.integration.salesforce.upstream import Upstream, answers

ORG = test_records.ORG
USERS = "SELECT CommunityNickname FROM User"
COMPOSITE = {"agent": "SELECT%20Id%20FROM%20User"}
Call = Callable[[SalesforceClient], Any]


def compose(client: SalesforceClient) -> Any:
    return client.query_together(COMPOSITE, Deadline(5))


def select(client: SalesforceClient) -> Any:
    return client.select(USERS, Deadline(5))


def describe(client: SalesforceClient) -> Any:
    return client.describe("Account", Deadline(5))


each_call = pytest.mark.parametrize("call", [compose, select, describe])


def error_of(call: Call, client: SalesforceClient) -> SalesforceError:
    with pytest.raises(SalesforceError) as raised:
        call(client)
    return raised.value


# Queries


def test_a_query_is_read_page_by_page(client: SalesforceClient, salesforce: Simulator) -> None:
    salesforce.page_size = 2
    try:
        rows = client.select(USERS, Deadline(30))
    finally:
        salesforce.page_size = 2000
    assert len(rows) == 5
    assert salesforce.requests["query"] >= 3


@pytest.mark.parametrize(
    "more",
    [
        "https://evil.test/services/data/v62.0/query/x",
        "@evil.test/services/data/v62.0/query/x",
        "/services/data/v62.0/query/../sobjects",
        "/services/data/v61.0/query/x",
        "/x",
        7,
        None,
    ],
)
def test_a_page_that_points_elsewhere_is_not_followed(
    client: SalesforceClient, salesforce: Simulator, more: Any
) -> None:
    page = {"totalSize": 9, "done": False, "nextRecordsUrl": more, "records": []}
    salesforce.fail("answer", status=200, body=page)
    with pytest.raises(SalesforceError, match="form"):
        client.select(USERS, Deadline(30))
    assert salesforce.api_calls <= 1


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"done": True},
        {"records": []},
        {"records": None, "done": True},
        {"records": {}, "done": True},
        {"records": "rows", "done": True},
        {"records": [], "done": False},
        [],
        [{"records": [], "done": True}],
        7,
        True,
        None,
        "text",
    ],
)
def test_a_page_of_another_form_is_an_error(
    client: SalesforceClient, salesforce: Simulator, page: Any
) -> None:
    salesforce.fail("answer", status=200, body=page)
    assert error_of(select, client).reason in ("wrong-types", "not-json")


@each_call
@pytest.mark.parametrize("text", ["", "<html>", "[" * 60_000, '{"records": [', "\ud800"])
def test_an_answer_that_is_not_json_is_an_outage(
    client: SalesforceClient, salesforce: Simulator, call: Call, text: str
) -> None:
    salesforce.fail("answer", status=200, text=text.encode("utf-8", "replace").decode())
    error = error_of(call, client)
    assert (type(error), error.reason) == (SalesforceUnavailableError, "not-json")
    assert error.__suppress_context__


@pytest.mark.parametrize("name", ["../query", "Account/../User", "", "Account?x", "a b", "Ä"])
def test_a_malformed_name_is_not_described(
    client: SalesforceClient, salesforce: Simulator, name: str
) -> None:
    with pytest.raises(SalesforceConfigurationError, match="malformed"):
        client.describe(name, Deadline(5))
    assert salesforce.api_calls == 0


# Time


def test_a_request_ends_with_its_deadline(client: SalesforceClient, salesforce: Simulator) -> None:
    with pytest.raises(OutOfTimeError):
        client.describe("Account", Deadline(0))
    salesforce.fail("hang")
    before = time.monotonic()
    with pytest.raises(SalesforceError, match="No answer in time"):
        client.describe("Account", Deadline(0.2))
    assert time.monotonic() - before < 1


def test_each_page_gets_the_time_that_is_left(
    client: SalesforceClient, salesforce: Simulator
) -> None:
    salesforce.page_size = 1
    salesforce.fail("delay", seconds=0.15)
    before = time.monotonic()
    try:
        with pytest.raises((OutOfTimeError, SalesforceError)):
            client.select(USERS, Deadline(0.3))
    finally:
        salesforce.page_size = 2000
    assert time.monotonic() - before < 0.6


# Tokens


@each_call
@pytest.mark.parametrize("fault", ["expired-token", "invalid-auth-header", "html"])
def test_a_token_that_is_refused_is_renewed_once(
    client: SalesforceClient, salesforce: Simulator, tokens: Tokens, call: Call, fault: str
) -> None:
    first = tokens.token
    if fault == "html":
        salesforce.fail("answer", times=1, status=401, text="<html>", content_type="text/html")
    else:
        salesforce.fail(fault, times=1)
    assert call(client)
    assert tokens.token != first
    assert tokens.given_up == []


@each_call
def test_a_new_token_that_is_refused_is_given_up(
    client: SalesforceClient, salesforce: Simulator, tokens: Tokens, call: Call
) -> None:
    salesforce.fail("expired-token")
    error = error_of(call, client)
    assert error.reason == "new-session-refused"
    assert tokens.given_up == [error]
    assert salesforce.requests.total() == 2


def test_a_second_expired_token_is_not_taken_for_a_new_one(
    table: Any, salesforce: Simulator
) -> None:
    """The token in memory and the one in the table have expired: a login, and no failure."""
    clock = Clock()
    login = Login(lambda _: salesforce.log_in(), 2.5)

    def sandbox() -> SalesforceClient:
        tokens = SharedToken(table.dynamodb, table.name, "org", login, clock)
        return SalesforceClient(SalesforceSession(salesforce.url), "62.0", tokens)

    idle, busy = sandbox(), sandbox()
    assert describe(idle)
    for client in (busy, idle):
        salesforce.expire_tokens()
        clock.advance(3600)
        assert describe(client)
    assert describe(busy)


# Retries


@each_call
def test_a_busy_salesforce_is_tried_twice(
    client: SalesforceClient, salesforce: Simulator, call: Call
) -> None:
    salesforce.fail("unavailable-503", times=1)
    assert call(client)
    assert salesforce.requests.total() == 2
    salesforce.fail("unavailable-503")
    assert isinstance(error_of(call, client), SalesforceBusyError)
    assert salesforce.requests.total() == 4


@each_call
def test_a_redirect_is_not_followed(
    client: SalesforceClient, salesforce: Simulator, call: Call
) -> None:
    salesforce.fail("redirect", location=f"{salesforce.url}/services/data")
    assert error_of(call, client).reason == "redirect"
    assert salesforce.requests.total() == 1


# Request ids


@each_call
@pytest.mark.parametrize(
    ("header", "request_id"), [("4d3c-2b1a", "4d3c-2b1a"), ("x" * 101, ""), ("two words", "")]
)
def test_an_error_has_the_id_of_its_request(
    client: SalesforceClient, salesforce: Simulator, call: Call, header: str, request_id: str
) -> None:
    headers = {"X-SFDC-Request-Id": header}
    for status, body in ((400, []), (401, []), (503, []), (302, []), (200, 7)):
        salesforce.fail("answer", status=status, body=body, headers=headers)
        assert error_of(call, client).request_id == request_id
        salesforce.heal()


def test_the_error_of_one_query_has_the_id_of_the_request(
    client: SalesforceClient, salesforce: Simulator
) -> None:
    salesforce.fail("subrequest-agent", error="invalid-field")
    error = client.query_together(COMPOSITE, Deadline(5))["agent"]
    assert isinstance(error, SalesforceConfigurationError)
    assert len(error.request_id) == 32


def test_without_an_answer_there_is_no_id(client: SalesforceClient, salesforce: Simulator) -> None:
    salesforce.fail("unavailable-503", times=1)
    salesforce.fail("reset")
    assert error_of(describe, client).request_id == ""


# Preparation


def test_a_prepared_connection_serves_the_first_request(tokens: Tokens) -> None:
    received: list[bytes] = []
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"fields":[]}'
    upstream = Upstream(answers(answer, answer, received=received))
    try:
        session = SalesforceSession(f"http://{upstream.address}")
        client = SalesforceClient(session, "62.0", tokens)
        client.prepare(Deadline(5))
        client.prepare(Deadline(5))
        assert client.describe("Account", Deadline(5)) == {"fields": []}
    finally:
        upstream.close()
    assert upstream.accepted == 1
    assert received[0].startswith(b"GET /services/data/ HTTP/1.1\r\n")
    assert b"Authorization" not in received[0]
    assert len(received) == 2
    assert b"X-PrettyPrint" not in received[1]


def test_preparing_makes_no_api_call(client: SalesforceClient, salesforce: Simulator) -> None:
    client.prepare(Deadline(5))
    assert salesforce.api_calls == 0
    assert salesforce.requests.total() == 1


def test_a_failed_preparation_raises(client: SalesforceClient, salesforce: Simulator) -> None:
    salesforce.fail("reset")
    with pytest.raises(SalesforceBusyError):
        client.prepare(Deadline(5))
