"""Every failure that Salesforce reports and what follows from it: one table, also in the docs.

The bodies are those of the REST API (a list of `errorCode` and `message`), recorded or documented:
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
"""

import re
from typing import NamedTuple

from click_to_dial.errors import (
    SalesforceBusyError,
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
    SessionExpiredError,
)


class InvalidIdError(SalesforceError):
    """The id cannot be one of this object, so the record does not exist."""


class Failure(NamedTuple):
    """Row of the table: the answers it matches, its code for logs, its error and a remedy.

    None in `status` or `error_code` matches any; `in_message` must be part of the message.
    """

    status: int | None
    error_code: str | None
    reason: str
    error: type[SalesforceError]
    advice: str
    in_message: str = ""

    def matches(self, status: int, error_code: str, message: str) -> bool:
        """Return whether an answer belongs to this row."""
        return (
            self.status in (None, status)
            and self.error_code in (None, error_code)
            and self.in_message in message
        )


_PERMISSION = "Give the integration user read access to it in its permission set."

FAILURES = (
    Failure(
        401,
        "INVALID_SESSION_ID",
        "session-not-for-rest",
        SalesforceConfigurationError,
        "The access token does not allow the REST API: add the scope 'api' to the External "
        "Client App, and enable 'API Enabled' for the integration user.",
        in_message="not valid for use with the REST API",
    ),
    Failure(401, None, "session-expired", SessionExpiredError, "Log in again, once."),
    Failure(
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "concurrency",
        SalesforceUnavailableError,
        "Too many long requests run in the organisation at the same time, also those of other "
        "programs. The API calls for 24 hours are not used up.",
        in_message="Concurrent",
    ),
    Failure(
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "quota",
        SalesforceUnavailableError,
        "The organisation has used up its API calls for 24 hours (Setup, System Overview).",
    ),
    Failure(
        403,
        "API_DISABLED_FOR_ORG",
        "api-disabled",
        SalesforceConfigurationError,
        "The REST API is not enabled for this organisation or this user: enable 'API Enabled'.",
    ),
    Failure(
        403,
        "API_CURRENTLY_DISABLED",
        "api-unavailable",
        SalesforceUnavailableError,
        "The API is not available at the moment because of a problem of Salesforce. See "
        "https://status.salesforce.com.",
    ),
    Failure(
        403,
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        "password-expired",
        SalesforceConfigurationError,
        "The password of the integration user has expired: set a new one, and enable 'Password "
        "Never Expires' in its permission set.",
    ),
    Failure(403, None, "no-access", SalesforceConfigurationError, _PERMISSION),
    Failure(400, "INVALID_FIELD", "invalid-field", SalesforceConfigurationError, _PERMISSION),
    Failure(400, "INVALID_TYPE", "invalid-object", SalesforceConfigurationError, _PERMISSION),
    Failure(400, "MALFORMED_ID", "malformed-id", InvalidIdError, "There is no such record."),
    Failure(
        400,
        "INVALID_QUERY_FILTER_OPERATOR",
        "malformed-id",
        InvalidIdError,
        "There is no such record.",
        in_message="invalid ID field",
    ),
    Failure(
        None,
        "UNABLE_TO_LOCK_ROW",
        "locked-row",
        SalesforceBusyError,
        "A row is locked.",
    ),
    Failure(
        400, "QUERY_TIMEOUT", "query-timeout", SalesforceUnavailableError, "Salesforce is slow."
    ),
    Failure(400, None, "bad-request", SalesforceConfigurationError, "See the code of the error."),
    Failure(
        404,
        None,
        "no-such-resource",
        SalesforceConfigurationError,
        "Salesforce does not know this REST API version: set SalesforceApiVersion to a newer one.",
    ),
    Failure(
        410,
        None,
        "version-retired",
        SalesforceConfigurationError,
        "Salesforce retired this REST API version: set SalesforceApiVersion to a newer one.",
    ),
    Failure(503, None, "unavailable", SalesforceBusyError, "See https://status.salesforce.com."),
    Failure(None, None, "server-error", SalesforceUnavailableError, "See status.salesforce.com."),
)
REDIRECT = Failure(
    None,
    None,
    "redirect",
    SalesforceConfigurationError,
    "Salesforce answered with a redirect: set SalesforceUrl to the organisation's My Domain "
    "(Setup, My Domain, Current My Domain URL).",
)

NOT_SALESFORCE = Failure(
    None,
    None,
    "html-error",
    SalesforceConfigurationError,
    "The answer is not from the REST API: is SalesforceUrl the organisation's My Domain, does the "
    "organisation still exist, and does no proxy or firewall refuse the request?",
)

MAY_PASS = (401, 408, 420, 429)
"""Client errors that may pass with a new token or a little later. 420 is from Salesforce's edge."""

_COLUMN = re.compile(r"No such column '([\w.]+)' on (?:entity|sobject of type) '?(\w+)")


def failure(status: int, content: object) -> SalesforceError:
    """Return the error for an answer with this HTTP status and body (parsed JSON, or text).

    The message names the error code and, if there is one, the field. The rest of Salesforce's
    message may quote the query, and with it the agent's login.
    """
    error_code, message = _first_error(content)
    if 300 <= status < 400:
        row = REDIRECT
    elif 400 <= status < 500 and status not in MAY_PASS and not isinstance(content, list):
        row = NOT_SALESFORCE
    else:
        row = next(row for row in FAILURES if row.matches(status, error_code, message))
    column = _COLUMN.search(message)
    field = f" (field {column[1]} of {column[2]})" if column else ""
    error = row.error(row.reason, f"HTTP {status} {error_code}{field}: {row.advice}")
    error.code = error_code
    return error


def wrong_types() -> SalesforceUnavailableError:
    """Return the error for an answer that does not have the expected JSON structure."""
    return SalesforceUnavailableError("wrong-types", "The answer does not have Salesforce's form.")


def more_rows() -> SalesforceUnavailableError:
    """Return the error for a query whose answer does not contain all rows (`done` is false)."""
    return SalesforceUnavailableError("more-rows", "The answer does not contain all rows.")


def _first_error(content: object) -> tuple[str, str]:
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return "", ""
    error_code, message = first.get("errorCode"), first.get("message")
    if not isinstance(error_code, str) or not re.fullmatch(r"[A-Z_]{1,60}", error_code):
        error_code = ""
    return error_code, message if isinstance(message, str) else ""
