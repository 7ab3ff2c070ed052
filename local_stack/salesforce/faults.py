"""Failures on command. The kinds are listed in the package's docstring, for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from local_stack.salesforce.wire import HTML_TYPE, ApiError, Response, not_found

TOKEN_PATH = "/services/oauth2/token"
TRANSPORT = frozenset({"reset", "reset-kept-alive", "close", "delay", "drip", "hang", "truncated"})
"""Kinds that happen to the connection; `server` carries them out."""

LOGIN = {
    "login-invalid-client-id": ("invalid_client_id", "client identifier invalid"),
    "login-invalid-client": ("invalid_client", "invalid client credentials"),
    "login-authentication-failure": ("invalid_grant", "authentication failure"),
    "login-wrong-domain": ("invalid_grant", "request not supported on this domain"),
    "login-no-run-as-user": ("invalid_grant", "no client credentials user enabled"),
    "login-not-approved": ("invalid_grant", "user hasn't approved this consumer"),
    "login-app-access": ("invalid_app_access", "user is not admin approved to access this app"),
    "login-audience": ("invalid_grant", "Audience validation failed"),
    "login-expired": ("invalid_grant", "expired access/refresh token"),
    "login-rate": ("invalid_grant", "login rate exceeded"),
    "login-unsupported-grant": ("unsupported_grant_type", "grant type not supported"),
}

API_ERRORS = {
    "expired-token": ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid"),
    "not-valid-for-rest": ApiError(
        401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"
    ),
    "invalid-auth-header": ApiError(
        401, "INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER", headers={"WWW-Authenticate": "Token"}
    ),
    "quota": ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "no-access": ApiError(
        403, "INSUFFICIENT_ACCESS", "You do not have permission to view this record."
    ),
    "api-disabled": ApiError(
        403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."
    ),
    "not-found": not_found(),
    "invalid-field": ApiError(
        400, "INVALID_FIELD", "No such column 'Type' on sobject of type Account"
    ),
    "malformed-id": ApiError(
        400, "MALFORMED_ID", "Account: id value of incorrect type: 0010v0azUAAN95n", fields=["Id"]
    ),
    "query-timeout": ApiError(400, "QUERY_TIMEOUT", "Your query request was running for too long."),
    "lock-row": ApiError(
        400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", fields=[]
    ),
    "version-retired": ApiError(
        410, "UNSUPPORTED_API_VERSION", "The requested API version is not supported"
    ),
    "server-error-json": ApiError(
        500,
        "UNKNOWN_EXCEPTION",
        "An unexpected error occurred. Please include this ErrorId if you contact support:"
        " 8425053-14906 (608530858)",
    ),
    "unavailable-503": ApiError(503, "SERVER_UNAVAILABLE", "Server too busy"),
}

_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_PAGES = {
    "server-error-html": (500, "An internal server error has occurred"),
    "unavailable-html": (503, "Service Unavailable"),
    "login-page-200": (200, "Login | Salesforce"),
}
_OTHERS = ("empty", "redirect", "wrong-types", "answer")
KINDS = sorted({*TRANSPORT, *LOGIN, *API_ERRORS, *_PAGES, *_OTHERS})
SUBREQUEST = "subrequest-"
DEFAULT_SUBREQUEST_ERROR = "server-error-json"


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure: how many `times` (None: until cleared), and a part of the `path`s it is for.

    `options` are what the kind takes beside `seconds`.
    """

    kind: str
    times: int | None = None
    path: str = ""
    seconds: float = 30.0
    options: Mapping[str, object] = field(default_factory=dict)

    def covers(self, path: str, *, reused: bool) -> bool:
        """Whether it happens to a request; `reused` is one on a connection that served before."""
        if self.kind in LOGIN:
            return path == TOKEN_PATH
        if self.kind in API_ERRORS and not path.startswith("/services/data/"):
            return False
        if self.kind.startswith(SUBREQUEST) and not path.rstrip("/").endswith("/composite"):
            return False
        return self.path in path and (reused or self.kind != "reset-kept-alive")

    def answer(self) -> Response | None:
        """The answer in place of the real one; None where the kind leaves that to others."""
        if self.kind in LOGIN:
            return login_error(self.kind)
        if self.kind in API_ERRORS:
            return API_ERRORS[self.kind].response()
        if self.kind in _PAGES:
            status, title = _PAGES[self.kind]
            return Response(status, text=_PAGE.format(title), content_type=HTML_TYPE)
        if self.kind == "empty":
            return Response(200, text="")
        if self.kind == "redirect":
            location = str(self.options.get("location", "https://login.salesforce.com/"))
            return Response(302, text="", headers={"Location": location}, content_type=HTML_TYPE)
        if self.kind == "answer":
            return Response(**self.options)  # type: ignore[arg-type]
        return None


def login_error(kind: str) -> Response:
    """One of the errors in `LOGIN`, as the token endpoint answers it."""
    error, description = LOGIN[kind]
    return Response(400, {"error": error, "error_description": description})


class Faults:
    """The failures that are on, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.cleared = 0
        """How often they were cleared: a request that hangs watches it."""

    def add(self, fault: Fault) -> None:
        """Switches a failure on. Raises ValueError for one that does not exist."""
        if fault.kind.startswith(SUBREQUEST):
            known = fault.options.get("error", DEFAULT_SUBREQUEST_ERROR) in API_ERRORS
        else:
            known = fault.kind in KINDS
        if not known:
            kinds = ", ".join([*KINDS, f"{SUBREQUEST}<referenceId>"])
            raise ValueError(f"There is no fault {fault.kind!r}. There are: {kinds}.")
        try:
            fault.answer()
        except TypeError:
            fields = "status, body, text, headers, content_type"
            raise ValueError(f"A fault of the kind 'answer' takes {fields}.") from None
        self._faults.append(fault)

    def clear(self) -> None:
        """Switches all failures off."""
        self._faults = []
        self.cleared += 1

    def take(self, path: str, *, reused: bool) -> Fault | None:
        """The failure that happens to this request, if any; one of its `times` is used up."""
        for index, fault in enumerate(self._faults):
            if fault.covers(path, reused=reused):
                if fault.times is not None:
                    left = replace(fault, times=fault.times - 1)
                    self._faults[index : index + 1] = [left] if left.times else []
                return fault
        return None
