"""The owner of a token, or why it is unknown. See tests/integration/authorizer for all answers."""

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.errors import UnverifiedError
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
