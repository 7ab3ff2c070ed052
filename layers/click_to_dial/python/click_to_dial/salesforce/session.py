"""HTTP requests to one Salesforce organisation. The only module that imports requests."""

import math
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from click_to_dial import __version__
from click_to_dial.deadline import Deadline
from click_to_dial.errors import (
    OutOfTimeError,
    SalesforceBusyError,
    SalesforceError,
    SalesforceUnavailableError,
)
from click_to_dial.skip_imports import RESOURCES, skip_imports, when_called

SKIPPED: Mapping[str, Mapping[str, Any]] = {
    "calendar": when_called("calendar", "timegm"),  # times of cookies
    "charset_normalizer": {  # guesses the encoding of a text
        "__version__": "3.0.0",
        "detect": lambda content: {"encoding": "utf-8"},
    },
    "idna": {},  # imported when a host name outside ASCII is used
    "importlib.metadata": {"version": None},  # by urllib3, for HTTP/2
    "importlib.resources": RESOURCES,  # by certifi
    "zipfile": {},  # certificates in an archive
}

with skip_imports(SKIPPED):
    from http.cookiejar import DefaultCookiePolicy

    import requests
    from requests import exceptions as requests_errors
    from requests.adapters import HTTPAdapter
    from urllib3 import exceptions as urllib3_errors
    from urllib3.util import create_urllib3_context

CONNECT_SECONDS = 0.8
"""Default time limit for a connection, so that a second one still fits into the time budget."""

IDLE_SECONDS = 45.0
"""Maximum idle time of a connection. It may be dead afterwards, especially after a freeze."""

MAX_CONNECTIONS = 50
"""More than a function has threads, or the local stack serves requests at the same time."""

# Reason of a failure without a complete answer, with its error and message. After a busy error the
# same request may succeed at once.
NETWORK_FAILURES: Mapping[str, tuple[type[SalesforceError], str]] = {
    "proxy": (SalesforceUnavailableError, "The proxy in HTTPS_PROXY does not work."),
    "dns": (SalesforceUnavailableError, "The host of SalesforceUrl cannot be resolved."),
    "connect-timeout": (SalesforceBusyError, "No connection in time."),
    "refused": (SalesforceUnavailableError, "The connection was refused."),
    "read-timeout": (SalesforceUnavailableError, "No answer in time."),
    "reset": (SalesforceBusyError, "The connection was reset."),
    "tls": (SalesforceUnavailableError, "TLS failed, or the certificate is not trusted."),
    "truncated": (SalesforceUnavailableError, "The answer is incomplete."),
}

# Reasons by the exceptions of requests, urllib3 and sockets. The first match decides.
_EXCEPTIONS: tuple[tuple[str, tuple[type[Exception], ...]], ...] = (
    (
        "proxy",
        (
            requests_errors.ProxyError,
            requests_errors.InvalidProxyURL,
            requests_errors.InvalidSchema,  # a SOCKS proxy
        ),
    ),
    (
        "dns",
        (
            urllib3_errors.NameResolutionError,
            urllib3_errors.LocationValueError,
            requests_errors.InvalidURL,
        ),
    ),
    ("refused", (urllib3_errors.NewConnectionError,)),  # is a ConnectTimeoutError too
    ("connect-timeout", (urllib3_errors.ConnectTimeoutError,)),
    ("read-timeout", (urllib3_errors.ReadTimeoutError,)),
    ("reset", (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)),
    ("tls", (ssl.SSLError, urllib3_errors.SSLError, requests_errors.SSLError)),
)

_REQUEST_ID = re.compile(r"[\w.:-]{1,100}", re.ASCII)


class SalesforceSession(requests.Session):
    """Session for one organisation, which any thread may use.

    It differs from a plain session: each request needs a deadline, failures are SalesforceErrors,
    redirects are not followed, cookies and .netrc are ignored, and connections that were idle for
    long are not used again. Proxies and trusted certificates come from the environment as usual.
    """

    def __init__(
        self,
        url: str,
        connect_seconds: float = CONNECT_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        parts = urlsplit(url)
        self.url = f"{parts.scheme}://{parts.netloc}"
        """The organisation's address, without a path."""
        self._connect_seconds = connect_seconds
        self._monotonic = monotonic
        self._answered_at = -math.inf
        self.headers["User-Agent"] = f"click-to-dial/{__version__}"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        environment = self.merge_environment_settings(self.url, {}, None, None, None)
        self.proxies = dict(environment["proxies"])
        self.trust_env = False  # it would read all variables, and .netrc, for each request
        if parts.scheme == "https":
            found = environment["verify"]
            certificates = (
                found if isinstance(found, str) else requests.utils.DEFAULT_CA_BUNDLE_PATH
            )
            self.mount("https://", _TlsAdapter(tls_context(certificates)))
        else:
            self.mount("http://", HTTPAdapter(pool_maxsize=MAX_CONNECTIONS))

    @property
    def is_connected(self) -> bool:
        """True if an earlier request may have left a connection that can be used again."""
        return self._monotonic() - self._answered_at <= IDLE_SECONDS

    def request(  # type: ignore[override]  # no request without a deadline
        self, method: str, url: str, *, deadline: Deadline, **options: Any
    ) -> requests.Response:
        """Send a request and return the answer, whatever its status.

        If the server has closed a kept-alive connection, this becomes visible only when the
        connection is used. The request is then sent again, so it must be safe to send it twice.
        Raises SalesforceError with a reason of NETWORK_FAILURES, OutOfTimeError.
        """
        was_connected = self.is_connected
        try:
            return self._send(method, url, deadline, options)
        except SalesforceBusyError as error:
            if error.reason != "reset" or not was_connected:
                raise
        return self._send(method, url, deadline, options)

    def _send(
        self, method: str, url: str, deadline: Deadline, options: dict[str, Any]
    ) -> requests.Response:
        if not self.is_connected:
            self.close()  # all connections: the others were idle for longer
        remaining = deadline.remaining()
        if remaining <= 0:
            raise OutOfTimeError("The time budget is used up.")
        timeouts = (min(self._connect_seconds, remaining), remaining)
        try:
            response = super().request(
                method, url, **options | {"timeout": timeouts, "allow_redirects": False}
            )
        except (requests.RequestException, urllib3_errors.HTTPError) as error:
            self._answered_at = -math.inf
            raise _failure(error) from None
        # After a 1xx answer the connection cannot be used again: the final answer is still to come.
        self._answered_at = self._monotonic() if response.status_code >= 200 else -math.inf
        return response


class _TlsAdapter(HTTPAdapter):
    """Adapter with one TLS context for all connections."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(pool_maxsize=MAX_CONNECTIONS)
        self._context = context

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Return the parameters of a connection, with the context."""
        host, tls = super().build_connection_pool_key_attributes(request, True, cert)
        return host, {**tls, "ssl_context": self._context}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Require a certificate. The library would read the trusted ones for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"


@cache
def tls_context(certificates: str) -> ssl.SSLContext:
    """Return the context that trusts the certificates in a file or directory.

    It checks the host name too. Reading the certificates takes 10 to 30 ms of CPU.
    """
    context = create_urllib3_context()
    if Path(certificates).is_dir():
        context.load_verify_locations(capath=certificates)
    else:
        context.load_verify_locations(certificates)
    return context


def json_of(response: requests.Response) -> Any:
    """Return the parsed body; None if it is not JSON."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def request_id_of(response: requests.Response) -> str:
    """Return the id by which Salesforce's support finds the request; empty without one."""
    found = _REQUEST_ID.fullmatch(response.headers.get("X-SFDC-Request-Id", ""))
    return found[0] if found else ""


def _failure(error: Exception) -> SalesforceError:
    causes = list(_causes(error))
    reason = next(
        (
            reason
            for reason, kinds in _EXCEPTIONS
            if any(isinstance(cause, kinds) for cause in causes)
        ),
        "truncated",
    )
    kind, message = NETWORK_FAILURES[reason]
    return kind(reason, message)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those that it wraps: requests and urllib3 keep them as arguments."""
    yield error
    for cause in (*error.args, getattr(error, "reason", None)):
        if isinstance(cause, BaseException):
            yield from _causes(cause)
