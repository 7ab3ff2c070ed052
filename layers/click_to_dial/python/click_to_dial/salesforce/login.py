"""Login by OAuth 2.0 client credentials, the flow of an External Client App.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.errors import (
    SalesforceBusyError,
    SalesforceConfigurationError,
    SalesforceUnavailableError,
    SecretError,
)
from click_to_dial.ports import is_access_token
from click_to_dial.salesforce.failures import MAY_PASS, NOT_SALESFORCE
from click_to_dial.salesforce.session import SalesforceSession, json_of, request_id_of

TOKEN_PATH = "/services/oauth2/token"

REJECTED = ("login-invalid-client", "login-invalid-client-id")
"""Reasons of an error for which a new version of the secret may be the remedy."""

EMPTY_SECRET = "The Salesforce secret is empty: store client_id and client_secret."

PASSING = ("unknown_error", "temporarily_unavailable", "server_error")
"""Errors of the token endpoint that pass without a change in Setup."""

RETRY_PAUSE_SECONDS = 0.1
"""Pause before a login that met a temporary fault is tried again."""

# Salesforce's error, a part of its description, what to change in Setup. The first match counts.
ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "invalid_client_id",
        "",
        "The client_id in the secret is not a Consumer Key of this organisation: copy it again "
        "from Setup, External Client App Manager, your app, Settings, OAuth Settings.",
    ),
    (
        "invalid_client",
        "",
        "The client_secret is not the app's Consumer Secret: copy it again, or, after a rotation, "
        "put the new one into the secret.",
    ),
    (
        "invalid_grant",
        "no client credentials user",
        "The app has no Run-As user: Setup, External Client App Manager, your app, Policies, "
        "Enable Client Credentials Flow, Run As.",
    ),
    (
        "invalid_grant",
        "not supported on this domain",
        "SalesforceUrl must be the organisation's My Domain, not login or test.salesforce.com.",
    ),
    (
        "invalid_grant",
        "login rate exceeded",
        "The user has logged in more than 3,600 times in an hour: look for another program that "
        "logs in as the Run-As user.",
    ),
    (
        "invalid_grant",
        "authentication failure",
        "The Run-As user cannot log in: is it active, unlocked, and allowed from any IP address?",
    ),
    ("invalid_grant", "", "Check the Run-As user and the OAuth policies of the app in Setup."),
    (
        "invalid_app_access",
        "",
        "The Run-As user is not admitted to the app: Setup, External Client App Manager, your app, "
        "Policies, Permitted Users, and give the user its permission set.",
    ),
    (
        "unsupported_grant_type",
        "",
        "The app does not allow the client credentials flow: Setup, External Client App Manager, "
        "your app, Settings, Flow Enablement, Enable Client Credentials Flow.",
    ),
    (
        "inactive_org",
        "",
        "The organisation is locked, closed or suspended: ask Salesforce support.",
    ),
)


def log_in(session: SalesforceSession, read_secret: Callable[[], str], deadline: Deadline) -> str:
    """Return a new access token.

    `read_secret` raises SecretError. It is called again if Salesforce rejects the credentials,
    because the secret may have been rotated at this moment. After a temporary fault, the login is
    tried once more. Raises SalesforceError with advice, OutOfTimeError.
    """
    found = credentials(_secret(read_secret))
    try:
        return _request_token(session, found, deadline)
    except SalesforceBusyError:
        time.sleep(min(RETRY_PAUSE_SECONDS, deadline.remaining()))
        return _request_token(session, found, deadline)
    except SalesforceConfigurationError as error:
        if error.reason not in REJECTED or (newer := credentials(_secret(read_secret))) == found:
            raise
        return _request_token(session, newer, deadline)


def _secret(read_secret: Callable[[], str]) -> str:
    try:
        secret = read_secret()
    except SecretError as error:
        found = {"code": error.code, "request_id": error.request_id}
        if error.code == "ResourceNotFoundException":  # a new secret has no version
            raise SalesforceConfigurationError("secret-empty", EMPTY_SECRET, **found) from error
        if error.retryable:
            raise SalesforceUnavailableError("secret-unreachable", str(error), **found) from error
        raise SalesforceConfigurationError(
            "secret-unreadable",
            f"The Salesforce secret cannot be read ({error.code}).",
            **found,
        ) from error
    if not secret.strip():
        raise SalesforceConfigurationError("secret-empty", EMPTY_SECRET)
    return secret


def _request_token(session: SalesforceSession, found: tuple[str, str], deadline: Deadline) -> str:
    client_id, client_secret = found
    response = session.request(
        "POST",
        session.url + TOKEN_PATH,
        deadline=deadline,
        data={"grant_type": "client_credentials"},
        auth=(client_id.encode(), client_secret.encode()),
    )
    status, body = response.status_code, json_of(response)
    token = body.get("access_token") if isinstance(body, dict) else None
    if status == 200 and is_access_token(token):
        return str(token)
    request_id = request_id_of(response)
    if status in {400, 401} and isinstance(body, dict) and body.get("error") not in PASSING:
        raise _refusal(body, request_id)
    if 300 <= status < 400:
        raise SalesforceConfigurationError(
            "login-redirect",
            "Salesforce redirects the login: set SalesforceUrl to the My Domain URL.",
            request_id=request_id,
        )
    if 400 < status < 500 and status not in MAY_PASS:  # the token endpoint answers 400 or 401
        raise SalesforceConfigurationError(
            "login-html-error",
            f"HTTP {status}: {NOT_SALESFORCE.advice}",
            request_id=request_id,
        )
    message = f"The login was answered by HTTP {status}."
    if status in {400, 401, 503}:
        raise SalesforceBusyError("login-unavailable", message, request_id=request_id)
    raise SalesforceUnavailableError("login-unavailable", message, request_id=request_id)


def credentials(secret: str) -> tuple[str, str]:
    """Return client id and client secret. Raises SalesforceConfigurationError without them."""
    try:
        parsed = json.loads(secret)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise SalesforceConfigurationError(
            "secret-not-json",
            'The Salesforce secret must be JSON: {"client_id": "…", "client_secret": "…"}.',
        )
    if {"username", "password", "security_token"} & parsed.keys():
        raise SalesforceConfigurationError(
            "secret-with-password",
            "The Salesforce secret contains a username or a password. Salesforce retires these "
            "flows, so only client credentials are used: create an External Client App, store "
            "its client_id and client_secret, and remove all other keys.",
        )
    client_id, client_secret = parsed.get("client_id"), parsed.get("client_secret")
    if not (isinstance(client_id, str) and client_id.strip()) or not (
        isinstance(client_secret, str) and client_secret.strip()
    ):
        raise SalesforceConfigurationError(
            "secret-incomplete", "The Salesforce secret lacks client_id or client_secret."
        )
    return client_id.strip(), client_secret.strip()


def _refusal(body: Mapping[str, Any], request_id: str) -> SalesforceConfigurationError:
    """Return the error, with advice, for a login that Salesforce has refused."""
    error, description = body.get("error"), str(body.get("error_description", "")).lower()
    for code, part, advice in ADVICE:
        if error == code and part in description:
            reason = f"login-{code.replace('_', '-')}"
            return SalesforceConfigurationError(reason, advice, request_id=request_id)
    return SalesforceConfigurationError(
        "login-refused",
        "Salesforce refused the login: check the External Client App in Setup.",
        request_id=request_id,
    )
