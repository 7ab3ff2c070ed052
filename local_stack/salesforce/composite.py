"""POST /composite: several requests in one round trip, which counts as one API call."""

import json
import re
from collections.abc import Mapping
from typing import Any

from local_stack.salesforce import rest
from local_stack.salesforce.faults import API_ERRORS, DEFAULT_SUBREQUEST_ERROR, SUBREQUEST, Fault
from local_stack.salesforce.state import Simulator
from local_stack.salesforce.wire import ApiError, Request, Response

MOST_SUBREQUESTS = 25
MOST_QUERIES = 5
_TOO_MANY = "The request can\N{RIGHT SINGLE QUOTATION MARK}t contain more than {} {}."
_REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*", re.ASCII)
_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+(?:\[\d+\])?)*)\}", re.ASCII)
_URL = re.compile(r"/services/data/v(\d+\.\d)/(sobjects/|query).*", re.DOTALL)

Subrequest = Mapping[str, Any]
Result = dict[str, Any]


def answer(simulator: Simulator, request: Request, fault: Fault | None) -> Response:
    """200 with the results of all subrequests, also where some of them failed. Raises ApiError."""
    subrequests = _read(request.body)
    _check(subrequests)
    results: dict[str, Result] = {}
    for subrequest in subrequests:
        reference_id = subrequest["referenceId"]
        try:
            response = _fail(fault, reference_id) or _one(simulator, subrequest, results)
        except ApiError as error:
            response = error.response()
        results[reference_id] = {
            "body": response.body,
            "httpHeaders": dict(response.headers),
            "httpStatusCode": response.status,
            "referenceId": reference_id,
        }
    return Response(200, {"compositeResponse": list(results.values())})


def _read(body: bytes) -> list[Subrequest]:
    try:
        content = json.loads(body)
        subrequests = content["compositeRequest"]
        complete = all({"method", "url", "referenceId"} <= set(each) for each in subrequests)
    except (ValueError, TypeError, KeyError, RecursionError):
        complete = False
    if not complete:
        message = "The request has no list compositeRequest of method, url and referenceId"
        raise ApiError(400, "JSON_PARSER_ERROR", message)
    return list(subrequests)


def _check(subrequests: list[Subrequest]) -> None:
    if len(subrequests) > MOST_SUBREQUESTS:
        message = _TOO_MANY.format(MOST_SUBREQUESTS, "operations")
        raise ApiError(400, "LIMIT_EXCEEDED", message, code_first=True)
    if sum("/query" in str(each["url"]) for each in subrequests) > MOST_QUERIES:
        message = _TOO_MANY.format(MOST_QUERIES, "query operations")
        raise ApiError(400, "LIMIT_EXCEEDED", message, code_first=True)
    for each in subrequests:
        if not _REFERENCE_ID.fullmatch(str(each["referenceId"])):
            raise ApiError(
                400,
                "INVALID_INPUT",
                f"Provided referenceId ('{each['referenceId']}') must start with a letter or a"
                " number, and it can contain only letters, numbers and underscores ('_').",
            )
    references = [each["referenceId"] for each in subrequests]
    if len(set(references)) < len(references):
        raise ApiError(400, "INVALID_INPUT", "Each referenceId must be unique.")


def _fail(fault: Fault | None, reference_id: str) -> Response | None:
    if fault is None or fault.kind != SUBREQUEST + reference_id:
        return None
    return API_ERRORS[str(fault.options.get("error", DEFAULT_SUBREQUEST_ERROR))].response()


def _one(simulator: Simulator, subrequest: Subrequest, results: Mapping[str, Result]) -> Response:
    url = _REFERENCE.sub(lambda match: _refer(match, results), str(subrequest["url"]))
    match = _URL.fullmatch(url)
    if match is None:
        raise ApiError(400, "INVALID_INPUT", "This URL is not supported in a composite request.")
    return rest.answer(simulator, Request(str(subrequest["method"]), url), match[1])


def _refer(reference: re.Match[str], results: Mapping[str, Result]) -> str:
    """The value that @{referenceId.records[0].Field} stands for, as in Salesforce's own URLs.

    Only what stands in the URL as it was sent is a reference, not what it means once unquoted. The
    message was recorded; that a null is no value either is what we take it to mean.
    """
    name = reference[1]
    value: Any = results.get(name, {}).get("body")
    for step in re.findall(r"\w+", reference[2]):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (LookupError, TypeError, ValueError):
            value = None
    if not isinstance(value, str | int):
        message = f"Invalid reference specified. No value for {reference[0][2:-1]} found in {name}"
        raise ApiError(400, "PROCESSING_HALTED", message, code_first=True)
    return str(value)
