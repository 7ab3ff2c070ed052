"""POST /composite: several requests in one round trip, which counts as one API call.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from local_stack.salesforce import rest
from local_stack.salesforce.faults import Fault
from local_stack.salesforce.responses import ApiError, ApiResponse
from local_stack.salesforce.simulator import Simulator

MAX_SUBREQUESTS = 25
MAX_QUERIES = 5
NULL_REFERENCES_SINCE = 52
_TOO_MANY = "The request can\N{RIGHT SINGLE QUOTATION MARK}t contain more than {} {}."
_REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*", re.ASCII)
_REFERENCE = re.compile(r"@\{((\w+)((?:\.\w+(?:\[\d+\])?)*))\}", re.ASCII)
_URL = re.compile(r"/services/data/v\d+\.\d/(sobjects/|query).*", re.DOTALL)
_REFERENCE_ID_RULE = (
    "Provided referenceId ('{}') must start with a letter or a number, and it can contain only"
    " letters, numbers and underscores ('_')."
)

Subrequest = Mapping[str, Any]
Result = dict[str, Any]


def respond(simulator: Simulator, body: bytes, version: float, fault: Fault | None) -> ApiResponse:
    """Return 200 with the results of all subrequests, even if some of them failed.

    `version` is that of the composite request. Raises ApiError for a request that is refused as a
    whole.
    """
    subrequests = _parse(body)
    results: dict[str, Result] = {}
    for subrequest in subrequests:
        reference_id = subrequest["referenceId"]
        try:
            response = fault.subrequest_response(reference_id) if fault else None
            if response is None:
                url = _resolve(str(subrequest["url"]), results, version)
                if not _URL.fullmatch(url):
                    message = "This URL is not supported in a composite request."
                    raise ApiError(400, "INVALID_INPUT", message)
                response = rest.respond(simulator, str(subrequest["method"]), url)
        except ApiError as error:
            response = error.response()
        results[reference_id] = {
            "body": response.body,
            "httpHeaders": dict(response.headers),
            "httpStatusCode": response.status,
            "referenceId": reference_id,
        }
    return ApiResponse(200, {"compositeResponse": list(results.values())})


def _parse(body: bytes) -> Sequence[Subrequest]:
    """Return the subrequests. Raises ApiError if they are malformed or too many."""
    try:
        subrequests = json.loads(body)["compositeRequest"]
        complete = all({"method", "url", "referenceId"} <= set(each) for each in subrequests)
    except (ValueError, TypeError, KeyError, RecursionError):
        complete = False
    if not complete:
        message = "The request has no list compositeRequest of method, url and referenceId"
        raise ApiError(400, "JSON_PARSER_ERROR", message)
    if len(subrequests) > MAX_SUBREQUESTS:
        message = _TOO_MANY.format(MAX_SUBREQUESTS, "operations")
        raise ApiError(400, "LIMIT_EXCEEDED", message, code_first=True)
    if sum("/query" in str(each["url"]) for each in subrequests) > MAX_QUERIES:
        message = _TOO_MANY.format(MAX_QUERIES, "query operations")
        raise ApiError(400, "LIMIT_EXCEEDED", message, code_first=True)
    reference_ids = [str(each["referenceId"]) for each in subrequests]
    for reference_id in reference_ids:
        if not _REFERENCE_ID.fullmatch(reference_id):
            raise ApiError(400, "INVALID_INPUT", _REFERENCE_ID_RULE.format(reference_id))
    if len(set(reference_ids)) < len(reference_ids):
        raise ApiError(400, "INVALID_INPUT", "Each referenceId must be unique.")
    return list(subrequests)


def _resolve(url: str, results: Mapping[str, Result], version: float) -> str:
    """Replace each reference such as @{ref.records[0].Field} by its value, without escaping it.

    Only a reference that is not percent-encoded is one. Raises ApiError if there is no value.
    Since version 52.0 a null is a value if the referenced result is an sObject row. The guide shows
    this for a request body; that a null is empty text in a URL is an assumption.
    """

    def value(match: re.Match[str]) -> str:
        reference, name, path = match.groups()
        parent = results.get(name, {}).get("body")
        found: Any = parent
        for step in re.findall(r"\w+", path):
            try:
                found = found[int(step)] if isinstance(found, list) else found[step]
            except (LookupError, TypeError, ValueError):
                break
        else:
            if isinstance(found, str | int):
                return str(found)
            is_row = isinstance(parent, dict) and "attributes" in parent
            if found is None and is_row and version >= NULL_REFERENCES_SINCE:
                return ""
        message = f"Invalid reference specified. No value for {reference} found in {name}. "
        message += _REFERENCE_ID_RULE.format(reference)
        raise ApiError(400, "PROCESSING_HALTED", message, code_first=True)

    return _REFERENCE.sub(value, url)
