"""Each error of Salesforce: its type, its reason and its message."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.errors import (
    SalesforceBusyError,
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
    SessionExpiredError,
)
from click_to_dial.salesforce.failures import FAILURES, InvalidIdError, failure
from click_to_dial.salesforce.login import ADVICE
from click_to_dial.salesforce.session import NETWORK_FAILURES

ROOT = Path(__file__).parents[3]
WINDOW = (
    "\nSELECT Id FROM User WHERE CommunityNickname = 'jdoe'\n       ^\nERROR at Row:1:Column:8\n"
)


def body(code: str, message: str = "") -> list[dict[str, str]]:
    return [{"message": message, "errorCode": code}]


@pytest.mark.parametrize(
    ("status", "content", "error", "reason"),
    [
        (
            401,
            body("INVALID_SESSION_ID", "Session expired or invalid"),
            SessionExpiredError,
            "session-expired",
        ),
        (
            401,
            body("INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER"),
            SessionExpiredError,
            "session-expired",
        ),
        (401, "<html>", SessionExpiredError, "session-expired"),
        (
            401,
            body("INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
            SalesforceConfigurationError,
            "session-not-for-rest",
        ),
        (
            403,
            body("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            SalesforceUnavailableError,
            "quota",
        ),
        *(
            (
                403,
                body("REQUEST_LIMIT_EXCEEDED", f"{name} Limit exceeded."),
                SalesforceUnavailableError,
                "concurrency",
            )
            for name in ("ConcurrentRequests (Concurrent API Requests)", "ConcurrentPerOrgLongTxn")
        ),
        (403, body("API_CURRENTLY_DISABLED"), SalesforceUnavailableError, "api-unavailable"),
        (
            403,
            body("INVALID_OPERATION_WITH_EXPIRED_PASSWORD"),
            SalesforceConfigurationError,
            "password-expired",
        ),
        (403, body("API_DISABLED_FOR_ORG"), SalesforceConfigurationError, "api-disabled"),
        (403, body("INSUFFICIENT_ACCESS"), SalesforceConfigurationError, "no-access"),
        (400, body("INVALID_FIELD"), SalesforceConfigurationError, "invalid-field"),
        (400, body("INVALID_TYPE"), SalesforceConfigurationError, "invalid-object"),
        (400, body("MALFORMED_ID"), InvalidIdError, "malformed-id"),
        (
            400,
            body("INVALID_QUERY_FILTER_OPERATOR", "x\ninvalid ID field: x"),
            InvalidIdError,
            "malformed-id",
        ),
        (400, body("INVALID_QUERY_FILTER_OPERATOR"), SalesforceConfigurationError, "bad-request"),
        (400, body("UNABLE_TO_LOCK_ROW"), SalesforceBusyError, "locked-row"),
        (400, body("QUERY_TIMEOUT"), SalesforceUnavailableError, "query-timeout"),
        (400, body("MALFORMED_QUERY"), SalesforceConfigurationError, "bad-request"),
        (404, body("NOT_FOUND"), SalesforceConfigurationError, "no-such-resource"),
        (410, body("UNSUPPORTED_API_VERSION"), SalesforceConfigurationError, "version-retired"),
        (403, "<html>", SalesforceConfigurationError, "html-error"),
        (404, "<html>", SalesforceConfigurationError, "html-error"),
        (405, "<html>", SalesforceConfigurationError, "html-error"),
        (451, "", SalesforceConfigurationError, "html-error"),
        (403, {"message": "Forbidden"}, SalesforceConfigurationError, "html-error"),
        (429, "<html>", SalesforceUnavailableError, "server-error"),
        (302, "", SalesforceConfigurationError, "redirect"),
        (503, body("SERVER_UNAVAILABLE"), SalesforceBusyError, "unavailable"),
        (503, "<html>", SalesforceBusyError, "unavailable"),
        (500, body("UNKNOWN_EXCEPTION"), SalesforceUnavailableError, "server-error"),
        (502, "<html>", SalesforceUnavailableError, "server-error"),
        (420, None, SalesforceUnavailableError, "server-error"),
    ],
)
def test_each_answer_has_its_row(
    status: int, content: Any, error: type[SalesforceError], reason: str
) -> None:
    found = failure(status, content)
    assert type(found) is error
    assert found.reason == reason
    assert found.code == (content[0]["errorCode"] if isinstance(content, list) else "")


def test_the_field_is_named_and_the_query_is_not() -> None:
    message = WINDOW + "No such column 'Fax__c' on entity 'User'. If you are attempting to use…"
    text = str(failure(400, body("INVALID_FIELD", message)))
    assert "Fax__c of User" in text
    assert "jdoe" not in text
    assert "permission set" in text


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda children: st.one_of(st.lists(children), st.dictionaries(st.text(), children)),
)


@given(st.integers(300, 599), json_values)
def test_any_body_gives_some_failure(status: int, content: Any) -> None:
    assert isinstance(failure(status, content), SalesforceError)


def test_the_table_in_the_docs_has_every_code_and_no_other() -> None:
    source = "".join(path.read_text() for path in (ROOT / "layers").rglob("*.py"))
    in_code = {row.reason for row in FAILURES}
    in_code |= NETWORK_FAILURES.keys()
    in_code |= {f"login-{code.replace('_', '-')}" for code, _, _ in ADVICE}
    errors = "Unavailable|Configuration|Busy|InvalidId|TokenStore"
    raised = rf"(?:{errors})Error(?:\(|,)\s*\"([a-z-]+)\""
    in_code |= set(re.findall(raised, source)) | {"redirect", "html-error"}
    documented = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs/salesforce.md").read_text(), re.M)
    assert set(documented) == in_code
    assert len(documented) == len(set(documented))
