"""Failures on command. The package's docstring lists the kinds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from local_stack.salesforce.responses import HTML_TYPE, ApiError, ApiResponse, not_found

LOGIN_ERRORS = {
    "login-invalid-client-id": ("invalid_client_id", "client identifier invalid"),
    "login-invalid-client": ("invalid_client", "invalid client credentials"),
    "login-authentication-failure": ("invalid_grant", "authentication failure"),
    "login-wrong-domain": ("invalid_grant", "request not supported on this domain"),
    "login-no-run-as-user": ("invalid_grant", "no client credentials user enabled"),
    "login-app-access": ("invalid_app_access", "user is not admin approved to access this app"),
    "login-rate": ("invalid_grant", "login rate exceeded"),
    "login-unknown-error": ("unknown_error", "retry your request"),
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
    "concurrency": ApiError(
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
    ),
    "api-unavailable": ApiError(
        403, "API_CURRENTLY_DISABLED", "API functionality is temporarily unavailable."
    ),
    "password-expired": ApiError(
        403,
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        "The users password has expired you must call the SetPassword before attempting any other"
        " API operations",
    ),
    "no-access": ApiError(
        403, "INSUFFICIENT_ACCESS", "You do not have permission to view this record."
    ),
    "api-disabled": ApiError(
        403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."
    ),
    "not-found": not_found(),
    "invalid-object": ApiError(400, "INVALID_TYPE", "sObject type 'Vehicle__c' is not supported."),
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

CONNECTION_FAULTS = frozenset(
    {"reset", "reset-kept-alive", "close", "delay", "drip", "hang", "truncated"}
)
"""Kinds that happen to the connection instead of the response; `server` performs them."""

_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_PAGES = {
    "server-error-html": (500, "An internal server error has occurred"),
    "unavailable-html": (503, "Service Unavailable"),
    "login-page-200": (200, "Login | Salesforce"),
}
KINDS = sorted(
    {*CONNECTION_FAULTS, *LOGIN_ERRORS, *API_ERRORS, *_PAGES}
    | {"empty", "redirect", "wrong-types", "answer"}
)
_SUBREQUEST = "subrequest-"
_DEFAULT_SUBREQUEST_ERROR = "server-error-json"


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure that happens `times` times (None: until cleared) to paths that contain `path`.

    `options` are further options of the kind.
    """

    kind: str
    times: int | None = None
    path: str = ""
    seconds: float = 30.0
    options: Mapping[str, object] = field(default_factory=dict)

    def applies_to(self, path: str, *, reused: bool) -> bool:
        """Tell if a request for `path` fails. `reused`: its connection served one before."""
        if self.kind in LOGIN_ERRORS:
            return path == "/services/oauth2/token"
        if self.kind in API_ERRORS and not path.startswith("/services/data/"):
            return False
        if self.kind.startswith(_SUBREQUEST) and not path.rstrip("/").endswith("/composite"):
            return False
        return self.path in path and (reused or self.kind != "reset-kept-alive")

    def response(self) -> ApiResponse | None:
        """Return the response that replaces the real one, or None if the kind has none."""
        if self.kind in LOGIN_ERRORS:
            return login_error(self.kind)
        if self.kind in API_ERRORS:
            return API_ERRORS[self.kind].response()
        if self.kind in _PAGES:
            status, title = _PAGES[self.kind]
            return ApiResponse(status, text=_PAGE.format(title), content_type=HTML_TYPE)
        if self.kind == "empty":
            return ApiResponse(200, text="")
        if self.kind == "redirect":
            location = str(self.options.get("location", "https://login.salesforce.com/"))
            return ApiResponse(302, None, {"Location": location}, "", HTML_TYPE)
        if self.kind == "answer":
            return ApiResponse(**self.options)  # type: ignore[arg-type]
        return None

    def subrequest_response(self, reference_id: str) -> ApiResponse | None:
        """Return the error that replaces the response of one subrequest, or None."""
        if self.kind != _SUBREQUEST + reference_id:
            return None
        return API_ERRORS[str(self.options.get("error", _DEFAULT_SUBREQUEST_ERROR))].response()


def login_error(kind: str) -> ApiResponse:
    """Return an error of `LOGIN_ERRORS` as the token endpoint sends it."""
    error, description = LOGIN_ERRORS[kind]
    return ApiResponse(400, {"error": error, "error_description": description})


class Faults:
    """The active failures, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.times_cleared = 0
        """A connection that hangs waits for this to change."""

    def add(self, fault: Fault) -> None:
        """Activate a failure. Raises ValueError if its kind or an option does not exist."""
        if fault.kind.startswith(_SUBREQUEST):
            known = fault.options.get("error", _DEFAULT_SUBREQUEST_ERROR) in API_ERRORS
        else:
            known = fault.kind in KINDS
        if not known:
            kinds = ", ".join([*KINDS, f"{_SUBREQUEST}<referenceId>"])
            raise ValueError(f"There is no fault {fault.kind!r}. There are: {kinds}.")
        try:
            fault.response()
        except TypeError:
            options = "status, body, text, headers, content_type"
            raise ValueError(f"A fault of the kind 'answer' takes {options}.") from None
        self._faults.append(fault)

    def clear(self) -> None:
        """Deactivate all failures."""
        self._faults = []
        self.times_cleared += 1

    def take(self, path: str, *, reused: bool) -> Fault | None:
        """Return the first failure that applies to a request, and count down its `times`."""
        for index, fault in enumerate(self._faults):
            if fault.applies_to(path, reused=reused):
                if fault.times is not None:
                    left = replace(fault, times=fault.times - 1)
                    self._faults[index : index + 1] = [left] if left.times else []
                return fault
        return None
