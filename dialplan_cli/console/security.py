"""Protection of the console against other programs and web pages on the user's machine.

A page on the internet can send requests to 127.0.0.1, directly or under a DNS name that it rebinds
to that address. So each request must name this server in `Host`, come from one of its own pages or
from the address bar, and carry the cookie that the printed address was exchanged for. A change must
also carry a token that only our pages contain.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from flask import Flask, Response, abort, current_app, g, make_response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from dialplan_cli.console.context import console

TOKEN = "token"
"""Query parameter of the printed address."""

CSRF_FIELD = "csrf"
"""Form field with the token against cross-site request forgery."""

CSRF_HEADER = "X-CSRF-Token"
"""Header with the same token, for requests that a script sends."""

MAX_UPLOAD_BYTES = 64 * 1024 * 1024

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send `Origin: null`
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

READ_ONLY = "read-only"
"""Description of the error if a change is refused because `--write` is missing."""

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Access:
    """The secrets of a console, and the port of 127.0.0.1 that it is served on.

    A browser exchanges `token` for a cookie with the value `cookie`.
    """

    token: str
    port: int
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    @property
    def hosts(self) -> tuple[str, str]:
        """The allowed values of the header `Host`. Browsers leave out the default port of HTTP."""
        port = "" if self.port == 80 else f":{self.port}"
        return f"127.0.0.1{port}", f"localhost{port}"

    @property
    def cookie_name(self) -> str:
        """Name of the cookie. It has the port, because browsers share cookies among ports."""
        return f"dialplan-console-{self.port}"

    @property
    def csrf(self) -> str:
        """The token in each form."""
        return hmac.new(self.cookie.encode(), b"csrf", hashlib.sha256).hexdigest()


def protect(app: Flask, access: Access) -> None:
    """Check each request to the app, and add the protecting headers to each response."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_UPLOAD_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_UPLOAD_BYTES

    @app.before_request
    def check() -> BaseResponse | None:
        check_origin(access)
        if TOKEN in request.args:
            return exchange(access)
        if request.endpoint != "static":  # the page that refuses needs its style
            check_access(access)
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response


def check_origin(access: Access) -> None:
    """Refuse requests to another host name and requests from pages of other sites."""
    origins = [f"http://{host}" for host in access.hosts]
    if request.host not in access.hosts or request.headers.get("Origin", origins[0]) not in origins:
        abort(403)
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("none", "same-origin") and TOKEN not in request.args:
        abort(403)


def exchange(access: Access) -> BaseResponse:
    """Exchange the token of the printed address for the cookie.

    The response is a page that opens the console. If the user has followed a link on another site,
    a browser does not send the cookie after a redirect, because it is SameSite=Strict.
    """
    if request.method != "GET" or not same(request.args[TOKEN], access.token):
        abort(401)
    response = make_response(render_template("opened.html"))
    response.set_cookie(access.cookie_name, access.cookie, httponly=True, samesite="Strict")
    return response


def check_access(access: Access) -> None:
    """Refuse requests without the cookie, and changes without the token of our forms."""
    if not same(request.cookies.get(access.cookie_name, ""), access.cookie):
        abort(401)
    g.csrf = access.csrf
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not same(sent, access.csrf):
        abort(403)
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "changes_system", True) and not console().write:
        abort(403, READ_ONLY)


def reads_only(view: View) -> View:
    """Mark a view for POST requests that changes nothing. It works without `--write`."""
    view.changes_system = False  # type: ignore[attr-defined]
    return view


def same(sent: str, expected: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(sent.encode(), expected.encode())
