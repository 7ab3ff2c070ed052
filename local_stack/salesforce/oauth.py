"""Login and identity: /services/oauth2/token, introspect, userinfo."""

import base64
import hashlib
import hmac
import time
from binascii import Error as Base64Error
from collections.abc import Mapping
from urllib.parse import parse_qsl

from local_stack.salesforce.faults import login_error
from local_stack.salesforce.state import INTEGRATION_USER_ID, ORGANIZATION_ID, Session, Simulator
from local_stack.salesforce.wire import HTML_TYPE, Request, Response, not_found

_NOT_CACHED = {
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "X-Readonlymode": "false",
}


def answer(simulator: Simulator, request: Request) -> Response:
    """The answer of a resource below /services/oauth2. Raises ApiError for an unknown one."""
    match request.path.removeprefix("/services/oauth2/"):
        case "token":
            response = _token(simulator, request)
        case "introspect":
            response = _introspect(simulator, request)
        case "userinfo":
            response = _userinfo(simulator, request)
        case _:
            raise not_found()
    return Response(
        response.status,
        response.body,
        _NOT_CACHED | dict(response.headers),
        response.text,
        response.content_type,
    )


def _token(simulator: Simulator, request: Request) -> Response:
    if request.method != "POST":
        body = {"error": "invalid_request", "error_description": "must use HTTP POST"}
        return Response(400, body)
    form = _form(request)
    if form.get("grant_type") != "client_credentials":
        known = form.get("grant_type") == "password"
        return login_error("login-authentication-failure" if known else "login-unsupported-grant")
    refusal = _check_client(simulator, request, form)
    if refusal:
        return login_error(refusal)
    if simulator.login_rate_exceeded():
        return login_error("login-rate")
    simulator.logins += 1
    return Response(200, _token_body(simulator, _own_url(request)))


def _token_body(simulator: Simulator, url: str) -> Mapping[str, object]:
    """Keys in the documented order; there is no `expires_in`."""
    issued_at = str(int(time.time() * 1000))
    identity = f"{url}/id/{ORGANIZATION_ID}/{INTEGRATION_USER_ID}"
    key = simulator.client_secret.encode()
    signature = hmac.new(key, (identity + issued_at).encode(), hashlib.sha256).digest()
    return {
        "access_token": simulator.log_in(),
        "signature": base64.b64encode(signature).decode(),
        "scope": "api",
        "instance_url": url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }


def _introspect(simulator: Simulator, request: Request) -> Response:
    form = _form(request)
    refusal = _check_client(simulator, request, form)
    if refusal:
        return login_error(refusal)
    session = simulator.sessions.get(form.get("token", ""))
    if session is None or session.expires < time.monotonic():
        return Response(200, {"active": False})
    issued_at = int(session.issued_at)
    return Response(
        200,
        {
            "active": True,
            "scope": "api",
            "client_id": simulator.client_id,
            "username": _user(simulator, session)["preferred_username"],
            "sub": f"{_own_url(request)}/id/{ORGANIZATION_ID}/{session.user_id}",
            "token_type": "access_token",
            "exp": int(time.time() + session.expires - time.monotonic()),
            "iat": issued_at,
            "nbf": issued_at,
        },
    )


def _userinfo(simulator: Simulator, request: Request) -> Response:
    """Of a token that is not good it says so in plain text, unlike the REST API."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not token:
        return Response(403, text="Missing_OAuth_Token", content_type=HTML_TYPE)
    session = simulator.session(token.strip()) if scheme.lower() == "bearer" else None
    if session is None:
        return Response(403, text="Bad_OAuth_Token", content_type=HTML_TYPE)
    url = _own_url(request)
    return Response(
        200,
        {
            "sub": f"{url}/id/{ORGANIZATION_ID}/{session.user_id}",
            "user_id": session.user_id,
            "organization_id": ORGANIZATION_ID,
            **_user(simulator, session),
            "urls": {"rest": f"{url}/services/data/v{{version}}/"},
            "active": True,
            "user_type": "STANDARD",
            "language": "de",
            "locale": "de_DE",
            "utcOffset": 3600000,
            "updated_at": "2026-05-01T07:25:37Z",
        },
    )


def _user(simulator: Simulator, session: Session) -> Mapping[str, object]:
    """The names of a user; the integration user stands in no organisation's file."""
    found = simulator.org.find(session.user_id)
    row = found[1] if found else {}
    return {
        "preferred_username": row.get("username") or "integration@example.com",
        "nickname": row.get("communitynickname") or "integration",
        "name": row.get("name") or "Integration User",
        "email": row.get("email") or "integration@example.com",
    }


def _check_client(simulator: Simulator, request: Request, form: Mapping[str, str]) -> str | None:
    """The name of the login error where the client is not who it says, by Basic or by form."""
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(encoded, validate=True).decode()
        except (Base64Error, UnicodeDecodeError):
            decoded = ""
        client_id, _, secret = decoded.partition(":")
    if client_id != simulator.client_id:
        return "login-invalid-client-id"
    return None if secret == simulator.client_secret else "login-invalid-client"


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))


def _own_url(request: Request) -> str:
    return f"http://{request.headers.get('host', 'localhost')}"
