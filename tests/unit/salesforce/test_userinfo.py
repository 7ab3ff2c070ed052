"""The owner of a token, or why it is unknown. See tests/integration/authorizer for all answers."""

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.errors import UnverifiedError
from click_to_dial.ports import Identity
from click_to_dial.salesforce.session import SalesforceSession
from click_to_dial.salesforce.userinfo import identify
from tests.callers import TOKEN
from tests.canned_answers import CannedAnswers


def test_a_failure_has_a_code() -> None:
    nowhere = SalesforceSession("https://a..example")
    with pytest.raises(UnverifiedError, match=r"^salesforce-dns$") as raised:
        identify(nowhere, TOKEN, Deadline(1))
    assert raised.value.__suppress_context__


def test_the_id_of_a_request_that_failed_is_kept() -> None:
    session = SalesforceSession("https://acme.my.salesforce.com")
    session.mount("https://", CannedAnswers(503, b"", {"X-SFDC-Request-Id": "4d3c"}))
    with pytest.raises(UnverifiedError, match=r"^salesforce-http-503$") as raised:
        identify(session, TOKEN, Deadline(1))
    assert raised.value.request_id == "4d3c"


def owner(status: int, body: str) -> Identity | None:
    session = SalesforceSession("https://acme.my.salesforce.com")
    session.mount("https://", CannedAnswers(status, body.encode()))
    return identify(session, TOKEN, Deadline(1))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, "Bad_OAuth_Token"),
        (403, "Wrong_Org"),
        (404, "Inactive"),
        (401, '[{"errorCode": "INVALID_SESSION_ID"}]'),
        (200, '{"user_id": "005000000000001AAA", "active": false}'),
    ],
)
def test_a_token_that_salesforce_rejects_has_no_owner(status: int, body: str) -> None:
    assert owner(status, body) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, "<html>Blocked by the firewall</html>"),
        (404, "<html>"),
        (400, ""),
        (403, '[{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]'),
        (403, '[{"errorCode": "API_CURRENTLY_DISABLED"}]'),
        (403, '{"message": "Forbidden"}'),
        (401, "[null]"),
    ],
)
def test_another_client_error_says_nothing_about_the_token(status: int, body: str) -> None:
    with pytest.raises(UnverifiedError, match=f"salesforce-http-{status}"):
        owner(status, body)
