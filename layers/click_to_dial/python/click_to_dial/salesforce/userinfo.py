"""The owner of an access token, from Salesforce's userinfo endpoint.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
"""

from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.errors import SalesforceError, UnverifiedError
from click_to_dial.ports import Identity
from click_to_dial.salesforce.session import SalesforceSession, json_of, request_id_of
from click_to_dial.salesforce_id import to_18

PATH = "/services/oauth2/userinfo"

_INCONCLUSIVE = (408, 420, 429)
"""Client errors that do not concern the token; 420 comes from Salesforce's edge."""


_NO = ("Bad_OAuth_Token", "Missing_OAuth_Token", "Wrong_Org", "Inactive", "No_Access")
"""The plain texts by which Salesforce rejects a token."""

_NO_CODES = ("INVALID_SESSION_ID", "INVALID_AUTH_HEADER")
"""The error codes by which Salesforce rejects a token in JSON."""


def identify(session: SalesforceSession, token: str, deadline: Deadline) -> Identity | None:
    """Return the owner of `token`; None if Salesforce says that it is not, or no longer, valid.

    It says so by 403 (Bad_OAuth_Token, Wrong_Org) and 404 (Inactive, No_Access), or by
    `active: false`. Raises UnverifiedError for an answer that means neither yes nor no, such as the
    HTML of a firewall, OutOfTimeError.
    """
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    try:
        response = session.request("GET", session.url + PATH, deadline=deadline, headers=headers)
    except SalesforceError as error:
        reason = "timeout" if error.reason.endswith("timeout") else error.reason
        raise UnverifiedError(f"salesforce-{reason}") from None
    status, request_id = response.status_code, request_id_of(response)
    body = json_of(response)
    if 400 <= status < 500 and status not in _INCONCLUSIVE and _says_no(body, response.text):
        return None
    if status != 200:
        raise UnverifiedError(f"salesforce-http-{status}", request_id=request_id)
    if isinstance(body, dict) and body.get("active") is False:
        return None
    try:
        user_id, organization_id = to_18(body["user_id"]), to_18(body["organization_id"])
        username = body["preferred_username"]
    except (TypeError, KeyError):
        user_id = organization_id = username = None
    if user_id and organization_id and isinstance(username, str) and username:
        return Identity(user_id, username, organization_id)
    raise UnverifiedError("salesforce-not-userinfo", request_id=request_id)


def _says_no(body: Any, text: str) -> bool:
    """Return whether a client error is about the token, not from a firewall or about a limit."""
    if body is None:
        return text.strip() in _NO
    errors = body if isinstance(body, list) else [body]
    return any(isinstance(each, dict) and each.get("errorCode") in _NO_CODES for each in errors)
