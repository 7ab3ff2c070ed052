"""Asks Salesforce whose an access token is.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
"""

import json

from click_to_dial.authorizer.salesforce_token import SALESFORCE_SECONDS, Identity
from click_to_dial.errors import UnverifiedError
from click_to_dial.https import HttpError, Server
from click_to_dial.salesforce_id import to_18

PATH = "/services/oauth2/userinfo"

_PASSING = (408, 420, 429)
"""Client errors that say nothing of the token; 420 comes from Salesforce's edge."""


def ask(salesforce: Server, token: str) -> Identity | None:
    """Who `token` stands for; None where Salesforce says that it is not, or no longer, good.

    It says so by 403 (Bad_OAuth_Token, Wrong_Org) and 404 (Inactive, No_Access). Raises
    UnverifiedError where it says neither yes nor no.
    """
    try:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        answer = salesforce.send("GET", PATH, headers, read_seconds=SALESFORCE_SECONDS)
    except HttpError as error:
        reason = "timeout" if error.reason.endswith("timeout") else error.reason
        raise UnverifiedError(f"salesforce-{reason}") from None
    if 400 <= answer.status < 500 and answer.status not in _PASSING:
        return None
    if answer.status != 200:
        raise UnverifiedError(f"salesforce-http-{answer.status}")
    return _identity(answer.body)


def _identity(body: bytes) -> Identity:
    try:
        answer = json.loads(body)
        user_id, organization_id = to_18(answer["user_id"]), to_18(answer["organization_id"])
        username = answer["preferred_username"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UnverifiedError("salesforce-not-userinfo") from None
    if user_id and organization_id and isinstance(username, str) and username:
        return Identity(user_id, username, organization_id)
    raise UnverifiedError("salesforce-not-userinfo")
