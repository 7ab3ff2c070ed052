"""Login and identity: /services/oauth2/token and userinfo."""

import base64
import hashlib
import hmac
import time
from dataclasses import replace

from werkzeug import Request

from local_stack.salesforce.faults import login_error
from local_stack.salesforce.responses import HTML_TYPE, ApiResponse, not_found
from local_stack.salesforce.simulator import INTEGRATION_USER_ID, ORGANIZATION_ID, Simulator

_NOT_CACHED = {
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "X-Readonlymode": "false",
}


def respond(simulator: Simulator, request: Request) -> ApiResponse:
    """Return the response of a resource below /services/oauth2. Raises ApiError."""
    match request.path:
        case "/services/oauth2/token":
            response = token(simulator, request)
        case "/services/oauth2/userinfo":
            response = userinfo(simulator, request)
        case _:
            raise not_found()
    return replace(response, headers=_NOT_CACHED | dict(response.headers))


def token(simulator: Simulator, request: Request) -> ApiResponse:
    """Log in by client credentials, sent as HTTP Basic or in the form."""
    if request.method != "POST":
        body = {"error": "invalid_request", "error_description": "must use HTTP POST"}
        return ApiResponse(400, body)
    grant_type = request.form.get("grant_type")
    if grant_type != "client_credentials":
        known = grant_type == "password"
        return login_error("login-authentication-failure" if known else "login-unsupported-grant")
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        client_id, secret = basic.username, basic.password
    else:
        client_id, secret = request.form.get("client_id"), request.form.get("client_secret")
    if client_id != simulator.client_id:
        return login_error("login-invalid-client-id")
    if secret != simulator.client_secret:
        return login_error("login-invalid-client")
    simulator.logins += 1
    url = request.host_url.rstrip("/")
    issued_at = str(int(time.time() * 1000))
    identity = f"{url}/id/{ORGANIZATION_ID}/{INTEGRATION_USER_ID}"
    key = simulator.client_secret.encode()
    signature = hmac.new(key, (identity + issued_at).encode(), hashlib.sha256).digest()
    body = {  # in the documented order; there is no expires_in
        "access_token": simulator.log_in(),
        "signature": base64.b64encode(signature).decode(),
        "scope": "api",
        "instance_url": url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }
    return ApiResponse(200, body)


def userinfo(simulator: Simulator, request: Request) -> ApiResponse:
    """Return the user of a token. Unlike the REST API, errors are plain text."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token:
        return ApiResponse(403, text="Missing_OAuth_Token", content_type=HTML_TYPE)
    session = simulator.session(token.strip()) if scheme.lower() == "bearer" else None
    if session is None:
        return ApiResponse(403, text="Bad_OAuth_Token", content_type=HTML_TYPE)
    url = request.host_url.rstrip("/")
    found = simulator.org.find(session.user_id)
    user = found[1] if found else {}  # the integration user is not in the organisation's file
    return ApiResponse(
        200,
        {
            "sub": f"{url}/id/{ORGANIZATION_ID}/{session.user_id}",
            "user_id": session.user_id,
            "organization_id": ORGANIZATION_ID,
            "preferred_username": user.get("username") or "integration@example.com",
            "nickname": user.get("communitynickname") or "integration",
            "name": user.get("name") or "Integration User",
            "email": user.get("email") or "integration@example.com",
            "urls": {"rest": f"{url}/services/data/v{{version}}/"},
            "active": True,
            "user_type": "STANDARD",
            "language": "de",
            "locale": "de_DE",
            "utcOffset": 3600000,
            "updated_at": "2026-05-01T07:25:37Z",
        },
    )
