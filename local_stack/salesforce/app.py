"""From a request to its response: faults, size limits, version, token and quota, resource."""

import re
from dataclasses import replace
from typing import Any

from werkzeug import Request

from local_stack.salesforce import apex, composite, control, oauth, rest
from local_stack.salesforce.faults import API_ERRORS, CONNECTION_FAULTS, Fault
from local_stack.salesforce.responses import (
    HTML_TYPE,
    ApiError,
    ApiResponse,
    method_not_allowed,
    not_found,
)
from local_stack.salesforce.simulator import Simulator

MAX_URI_BYTES = 16_384
_VERSION = re.compile(r"/services/data/v(\d{1,3})\.0(/.*)?", re.DOTALL)


def respond(
    simulator: Simulator, request: Request, *, reused: bool
) -> tuple[ApiResponse, Fault | None]:
    """Return the response, and the fault that happens to its connection, if any.

    `reused` says that the connection has already served a request.
    """
    with simulator.lock:
        if request.path.startswith(control.PREFIX):
            return control.respond(simulator, request), None
        fault = simulator.faults.take(request.path, reused=reused)
        name = re.sub(r"^/services/(?:data/v[\d.]+|oauth2)/?", "", request.path).split("/")[0]
        simulator.requests[name if re.fullmatch(r"[a-z0-9]{1,20}", name) else "other"] += 1
        replacement = fault.response() if fault else None
        if replacement is not None:
            return replacement, None
        try:
            response = _respond(simulator, request, fault)
        except ApiError as error:
            response = error.response()
        if fault and fault.kind == "wrong-types":
            response = replace(response, body=_other_types(response.body))
        return response, fault if fault and fault.kind in CONNECTION_FAULTS else None


def _respond(simulator: Simulator, request: Request, fault: Fault | None) -> ApiResponse:
    url = request.environ["RAW_URI"]
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
    if len(url) + headers > MAX_URI_BYTES:
        status = 414 if len(url) > MAX_URI_BYTES else 431
        return ApiResponse(status, text="Request too large", content_type=HTML_TYPE)
    if request.path.startswith("/services/oauth2/"):
        return oauth.respond(simulator, request)
    if request.path == "/services/data":
        return rest.versions()
    if request.path.startswith(apex.PREFIX):
        _authorize(simulator, request)
        return apex.respond(request)
    match = _VERSION.fullmatch(request.path)
    if match is None or int(match[1]) > rest.NEWEST_VERSION:
        raise not_found()
    if int(match[1]) < rest.OLDEST_VERSION:
        raise API_ERRORS["version-retired"]
    _authorize(simulator, request)
    try:
        if match[2] != "/composite":
            response = rest.respond(simulator, request.method, url)
        elif request.method == "POST":
            response = composite.respond(simulator, request.get_data(), float(match[1]), fault)
        else:
            raise method_not_allowed(request.method, "POST")
    except ApiError as error:
        response = error.response()
    usage = f"api-usage={simulator.used_calls}/{simulator.daily_calls}"
    return replace(response, headers={"Sforce-Limit-Info": usage, **response.headers})


def _authorize(simulator: Simulator, request: Request) -> None:
    """Count an API call. Raises ApiError without a valid token, or above the quota."""
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    if header and scheme.lower() not in ("bearer", "oauth"):
        raise API_ERRORS["invalid-auth-header"]
    if simulator.session(token.strip()) is None:
        raise API_ERRORS["expired-token"]
    if simulator.used_calls >= simulator.daily_calls:
        raise API_ERRORS["quota"]
    simulator.used_calls += 1
    simulator.api_calls += 1


def _other_types(value: Any) -> Any:
    """Return JSON of the same structure in which each value has another type."""
    if isinstance(value, dict):
        return {key: _other_types(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_other_types(item) for item in value]
    if isinstance(value, bool | int | float):
        return str(value)
    return 7 if isinstance(value, str) else []
