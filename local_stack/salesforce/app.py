"""From a request to its answer: what fails on command, who may ask, which resource it is."""

import re
from dataclasses import replace
from typing import Any

from local_stack.salesforce import composite, control, oauth, rest
from local_stack.salesforce.faults import API_ERRORS, TRANSPORT, Fault
from local_stack.salesforce.state import Simulator
from local_stack.salesforce.wire import HTML_TYPE, ApiError, Request, Response, not_found

LONGEST = 16_384
_VERSION = re.compile(r"/services/data/v(\d{1,3})\.0(?:/.*)?", re.DOTALL)


def handle(
    simulator: Simulator, request: Request, *, reused: bool
) -> tuple[Response, Fault | None]:
    """The answer, and what is to happen to it on its way.

    `reused` says that its connection has served a request before.
    """
    with simulator.lock:
        if request.path.startswith(control.PREFIX):
            return control.answer(simulator, request), None
        fault = simulator.faults.take(request.path, reused=reused)
        simulator.requests[_kind(request.path)] += 1
        instead = fault.answer() if fault else None
        if instead is not None:
            return instead, None
        try:
            response = _answer(simulator, request, fault)
        except ApiError as error:
            response = error.response()
        if fault and fault.kind == "wrong-types":
            response = replace(response, body=_other_types(response.body))
        return response, fault if fault and fault.kind in TRANSPORT else None


def _answer(simulator: Simulator, request: Request, fault: Fault | None) -> Response:
    oversized = _oversized(request)
    if oversized:
        return Response(oversized, text="Request too large", content_type=HTML_TYPE)
    if request.path.startswith("/services/oauth2/"):
        return oauth.answer(simulator, request)
    if request.path.rstrip("/") == "/services/data":
        return rest.versions()
    match = _VERSION.fullmatch(request.path)
    if match is None or int(match[1]) > rest.NEWEST:
        raise not_found()
    if int(match[1]) < rest.OLDEST:
        raise API_ERRORS["version-retired"]
    _authorise(simulator, request)
    response = _resource(simulator, request, f"{match[1]}.0", fault)
    usage = f"api-usage={simulator.used_calls}/{simulator.daily_calls}"
    return replace(response, headers={"Sforce-Limit-Info": usage, **response.headers})


def _authorise(simulator: Simulator, request: Request) -> None:
    """Counts an API call. Raises ApiError without a good token or above the quota."""
    header = request.headers.get("authorization", "")
    scheme, _, token = header.partition(" ")
    if header and scheme.lower() not in ("bearer", "oauth"):
        raise API_ERRORS["invalid-auth-header"]
    if simulator.session(token.strip()) is None:
        raise API_ERRORS["expired-token"]
    if simulator.used_calls >= simulator.daily_calls:
        raise API_ERRORS["quota"]
    simulator.used_calls += 1
    simulator.api_calls += 1


def _resource(
    simulator: Simulator, request: Request, version: str, fault: Fault | None
) -> Response:
    try:
        if request.path.rstrip("/").endswith(f"v{version}/composite"):
            if request.method != "POST":
                message = f"HTTP Method '{request.method}' not allowed. Allowed are POST"
                raise ApiError(405, "METHOD_NOT_ALLOWED", message)
            return composite.answer(simulator, request, fault)
        return rest.answer(simulator, request, version)
    except ApiError as error:
        return error.response()


def _oversized(request: Request) -> int | None:
    """414 or 431, as Salesforce's edge says from 16 KiB on."""
    if len(request.target) > LONGEST:
        return 414
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
    return 431 if len(request.target) + headers > LONGEST else None


def _kind(path: str) -> str:
    """A path without version and ids, for counting."""
    kind = re.sub(r"^/services/(?:data/v[\d.]+|oauth2)/?", "", path).split("/")[0]
    return kind if re.fullmatch(r"[a-z0-9]{1,20}", kind) else "other"


def _other_types(value: Any) -> Any:
    """The same JSON with each value's type changed: valid, and nothing that anybody expects."""
    if isinstance(value, dict):
        return {key: _other_types(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_other_types(item) for item in value]
    if isinstance(value, bool | int | float):
        return str(value)
    return 7 if isinstance(value, str) else []
