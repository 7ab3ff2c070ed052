"""HTTP to Salesforce through simple-salesforce, whose sole importer this is.

Of the library we use the REST call, its errors and `format_soql`. Its own login, refresh and
`SFType` are left alone: they know no timeouts, log in without bound on a lasting 401, and join
unquoted ids to URLs.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from urllib3.exceptions import NameResolutionError, NewConnectionError

from click_to_dial.deadline import Deadline
from click_to_dial.errors import (
    OutOfTimeError,
    SalesforceBusyError,
    SalesforceError,
    SalesforceUnavailableError,
)
from click_to_dial.salesforce.failures import failure
from click_to_dial.stand_ins import stand_ins

CONNECT_SECONDS = 0.8
"""So that a second try still fits into the time budget."""
IDLE_SECONDS = 45.0
"""A kept-alive connection that was idle for longer may be dead, above all after a freeze."""


# Logins, SOAP and bulk APIs would bring zeep, lxml, jwt, cryptography and more_itertools: most of
# the library's import time, and 30 MB of the layer. What guesses the charset of a body that names
# none guesses UTF-8: all that we ask for is JSON.
with stand_ins(
    {
        "charset_normalizer": {"__version__": "3.0.0", "detect": lambda _: {"encoding": "utf-8"}},
        "simple_salesforce.bulk": {"SFBulkHandler": None},
        "simple_salesforce.bulk2": {"SFBulk2Handler": None},
        "simple_salesforce.login": {"SalesforceLogin": None},
        "simple_salesforce.metadata": {"SfdcMetadataApi": None},
        "xml.dom.minidom": {},
    }
):
    import requests
    from simple_salesforce.api import Salesforce
    from simple_salesforce.exceptions import SalesforceError as LibraryError
    from simple_salesforce.format import format_soql

__all__ = ["Transport", "format_soql"]

NOT_JSON = "The answer is not JSON: a proxy, or Salesforce under maintenance?"
T = TypeVar("T")


class Transport:
    """Requests to one organisation, each within a deadline, each failure one of our errors."""

    def __init__(
        self, url: str, api_version: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url.rstrip("/")
        self._api_version = api_version
        self._monotonic = monotonic
        self._idle: requests.Session | None = None
        self._idle_since = 0.0

    @property
    def data_path(self) -> str:
        """The path of the REST API, as composite sub-requests name it."""
        return f"/services/data/v{self._api_version}"

    def rest(self, token: str, method: str, path: str, deadline: Deadline, **body: Any) -> Any:
        """The parsed answer of `path` below `data_path`; a passing fault is retried once.

        Only for requests that may be sent twice. Raises SalesforceError, OutOfTimeError.
        """

        def send(session: requests.Session, timeout: tuple[float, float]) -> Any:
            client = Salesforce(
                session_id=token,
                instance_url=self._url,
                session=session,
                version=self._api_version,
                object_pairs_hook=None,
            )
            client.base_url = f"{self._url}{self.data_path}/"  # the library insists on https
            return client.restful(
                path, method=method, timeout=timeout, allow_redirects=False, **body
            )

        try:
            return self._once(send, deadline)
        except SalesforceBusyError:
            return self._once(send, deadline)

    def post_form(
        self, path: str, form: dict[str, str], basic: tuple[str, str], deadline: Deadline
    ) -> tuple[int, Any]:
        """Status and parsed body (None if it is no JSON) of a form sent with HTTP Basic.

        Raises SalesforceError, OutOfTimeError.
        """

        def send(session: requests.Session, timeout: tuple[float, float]) -> tuple[int, Any]:
            response = session.post(
                self._url + path, data=form, auth=basic, timeout=timeout, allow_redirects=False
            )
            try:
                return response.status_code, response.json()
            except ValueError:
                return response.status_code, None

        return self._once(send, deadline)

    def _once(
        self, send: Callable[[requests.Session, tuple[float, float]], T], deadline: Deadline
    ) -> T:
        remaining = deadline.remaining()
        if remaining <= 0:
            raise OutOfTimeError("The time budget is used up.")
        session = self._take_session()
        try:
            return send(session, (min(CONNECT_SECONDS, remaining), remaining))
        except LibraryError as error:
            raise failure(error.status, error.content) from None
        except requests.RequestException as error:
            raise _network_failure(error) from None
        except (ValueError, TypeError, RecursionError):
            raise SalesforceUnavailableError("not-json", NOT_JSON) from None
        finally:
            self._idle, self._idle_since = session, self._monotonic()

    def _take_session(self) -> requests.Session:
        """The idle session, unless its connections are too old or a given-up call still has it."""
        session, self._idle = self._idle, None
        if session is None or self._monotonic() - self._idle_since > IDLE_SECONDS:
            return _new_session()
        return session


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a .netrc or proxy variable must not redirect the token
    return session


def _network_failure(error: requests.RequestException) -> SalesforceError:
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    for kind, ours, reason, message in _NETWORK_FAILURES:
        if isinstance(error, kind) or isinstance(cause, kind):
            return ours(reason, message)
    return SalesforceUnavailableError("truncated", "The answer of Salesforce broke off.")


# The order matters: requests derives ConnectTimeout and SSLError from ConnectionError.
_NETWORK_FAILURES: tuple[tuple[type[Exception], type[SalesforceError], str, str], ...] = (
    (requests.exceptions.SSLError, SalesforceUnavailableError, "tls", "No trusted TLS."),
    (requests.ConnectTimeout, SalesforceBusyError, "connect-timeout", "No connection in time."),
    (requests.ReadTimeout, SalesforceUnavailableError, "read-timeout", "No answer in time."),
    (requests.JSONDecodeError, SalesforceUnavailableError, "not-json", NOT_JSON),
    (NameResolutionError, SalesforceUnavailableError, "dns", "SalesforceUrl does not resolve."),
    (NewConnectionError, SalesforceUnavailableError, "refused", "The connection was refused."),
    (requests.ConnectionError, SalesforceBusyError, "reset", "The connection was reset."),
)
