"""Asks Salesforce whose an access token is.

By the standard library alone, since this stands in front of every first call: one request on a new
connection, no redirect followed, no proxy or .netrc of the environment heeded.
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
"""

import json
import socket
import ssl
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from click_to_dial.authorizer.salesforce import SALESFORCE_SECONDS, Identity
from click_to_dial.errors import UnverifiedError
from click_to_dial.salesforce_id import to_18

PATH = "/services/oauth2/userinfo"

_MOST_BYTES = 64 * 1024
_PASSING = (408, 420, 429)
"""Client errors that say nothing of the token; 420 comes from Salesforce's edge."""

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "salesforce-timeout"),
    (socket.gaierror, "salesforce-dns"),
    (ssl.SSLError, "salesforce-tls"),
    (OSError, "salesforce-connection"),
    (HTTPException, "salesforce-broken-answer"),
)


def ask(url: str, tls: ssl.SSLContext, token: str) -> Identity | None:
    """Who `token` stands for; None where Salesforce says that it is not, or no longer, good.

    It says so by 403 (Bad_OAuth_Token, Wrong_Org) and 404 (Inactive, No_Access). Raises
    UnverifiedError where it says neither yes nor no.
    """
    try:
        status, body = _get(url, tls, token)
    except (OSError, HTTPException) as error:
        reason = next(reason for kind, reason in _REASONS if isinstance(error, kind))
        raise UnverifiedError(reason) from None
    if 400 <= status < 500 and status not in _PASSING:
        return None
    if status != 200:
        raise UnverifiedError(f"salesforce-http-{status}")
    return _identity(body)


def _get(url: str, tls: ssl.SSLContext, token: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = (
        HTTPConnection(parts.netloc, timeout=SALESFORCE_SECONDS)  # the simulator on this machine
        if parts.scheme == "http"
        else HTTPSConnection(parts.netloc, timeout=SALESFORCE_SECONDS, context=tls)
    )
    with closing(connection):
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        connection.request("GET", PATH, headers=headers)
        response = connection.getresponse()
        return response.status, response.read(_MOST_BYTES)


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
