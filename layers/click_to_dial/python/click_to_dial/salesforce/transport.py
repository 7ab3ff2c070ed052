"""HTTP to one Salesforce organisation: each request within a deadline, each failure one of ours."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from click_to_dial.deadline import Deadline
from click_to_dial.errors import (
    OutOfTimeError,
    SalesforceBusyError,
    SalesforceError,
    SalesforceUnavailableError,
)
from click_to_dial.https import HttpError, Response, Server
from click_to_dial.salesforce.failures import failure

CONNECT_SECONDS = 0.8
"""So that a second try still fits into the time budget."""

# What happened instead of an answer -> whether the same request may well succeed at once, and what
# that means to people.
NETWORK_FAILURES: Mapping[str, tuple[type[SalesforceError], str]] = {
    "connect-timeout": (SalesforceBusyError, "No connection in time."),
    "dns": (SalesforceUnavailableError, "SalesforceUrl does not resolve."),
    "read-timeout": (SalesforceUnavailableError, "No answer in time."),
    "refused": (SalesforceUnavailableError, "The connection was refused."),
    "reset": (SalesforceBusyError, "The connection was reset."),
    "tls": (SalesforceUnavailableError, "No trusted TLS."),
    "truncated": (SalesforceUnavailableError, "The answer of Salesforce broke off."),
}


class Transport:
    """Requests to one organisation."""

    def __init__(
        self, url: str, api_version: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._server = Server(url, connect_seconds=CONNECT_SECONDS, monotonic=monotonic)
        self.data_path = f"/services/data/v{api_version}"
        """The path of the REST API, as composite sub-requests name it."""

    def connect(self) -> None:
        """Opens a connection for the next request, if there is none. Raises SalesforceError."""
        try:
            self._server.connect()
        except HttpError as error:
            raise _failure(error) from None

    def rest(
        self,
        token: str,
        method: str,
        path: str,
        deadline: Deadline,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Any:
        """The parsed answer of `path` below `data_path`; a passing fault is retried once.

        Only for requests that may be sent twice. Raises SalesforceError, OutOfTimeError.
        """
        target = f"{self.data_path}/{path}" + (f"?{urlencode(params)}" if params else "")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            return _parsed(self._send(method, target, headers, data, deadline))
        except SalesforceBusyError:
            return _parsed(self._send(method, target, headers, data, deadline))

    def post_form(
        self, path: str, form: Mapping[str, str], basic: tuple[str, str], deadline: Deadline
    ) -> tuple[int, Any]:
        """Status and parsed body (None if it is no JSON) of a form sent with HTTP Basic.

        Raises SalesforceError, OutOfTimeError.
        """
        headers = {
            "Authorization": f"Basic {b64encode(':'.join(basic).encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        response = self._send("POST", path, headers, urlencode(form).encode(), deadline)
        return response.status, _json(response.body)

    def _send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: Deadline,
    ) -> Response:
        remaining = deadline.remaining()
        if remaining <= 0:
            raise OutOfTimeError("The time budget is used up.")
        try:
            return self._server.send(method, target, headers, body, read_seconds=remaining)
        except HttpError as error:
            raise _failure(error) from None


def _failure(error: HttpError) -> SalesforceError:
    kind, message = NETWORK_FAILURES[error.reason]
    return kind(error.reason, message)


def _parsed(response: Response) -> Any:
    answer = _json(response.body)
    if response.status >= 300:
        raise failure(response.status, answer)
    if answer is None:
        raise SalesforceUnavailableError(
            "not-json", "The answer is not JSON: a proxy, or Salesforce under maintenance?"
        )
    return answer


def _json(body: bytes) -> Any:
    """None for what is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
