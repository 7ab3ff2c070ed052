"""The resources of the REST API: versions, query, describe, rows and limits."""

import secrets
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.describe import describe
from local_stack.salesforce.organisation import SObject
from local_stack.salesforce.query import Record, attributes, execute
from local_stack.salesforce.responses import ApiError, ApiResponse, method_not_allowed, not_found
from local_stack.salesforce.simulator import Simulator

OLDEST_VERSION, NEWEST_VERSION = 31, 68
Parameters = Mapping[str, str]


def versions() -> ApiResponse:
    """GET /services/data, the only resource that needs no token."""
    releases = ("Winter", "Spring", "Summer")
    return ApiResponse(
        200,
        [
            {
                "label": f"{releases[(number - 59) % 3]} '{24 + (number - 59) // 3}",
                "url": f"/services/data/v{number}.0",
                "version": f"{number}.0",
            }
            for number in range(OLDEST_VERSION, NEWEST_VERSION + 1)
        ],
    )


def respond(simulator: Simulator, method: str, url: str) -> ApiResponse:
    """Return the response to a request for a path and query string. Raises ApiError."""
    path, _, query_string = url.partition("?")
    try:
        resource, arguments = _RESOURCES.match(unquote(path).rstrip("/"), method)
    except MethodNotAllowed as error:
        raise method_not_allowed(method, ",".join(sorted(error.valid_methods or ()))) from None
    except NotFound:
        raise not_found() from None
    parameters = dict(parse_qsl(query_string, keep_blank_values=True))
    response: ApiResponse = resource(simulator, parameters, **arguments)
    return response


def query(simulator: Simulator, parameters: Parameters, version: str) -> ApiResponse:
    """GET /query?q={SOQL}: the first page of a query."""
    total, records = execute(simulator.org, parameters.get("q", ""), version)
    if not records:
        return ApiResponse(200, {"totalSize": total, "done": True, "records": []})
    return _page(simulator, records, version, f"0r8{secrets.token_hex(6)}GAA", 0)


def query_more(
    simulator: Simulator, _parameters: Parameters, version: str, locator: str
) -> ApiResponse:
    """GET /query/{locator}: the next page of a query."""
    cursor, _, start = locator.rpartition("-")
    records = simulator.cursors.get(cursor)
    if records is None or not start.isdigit() or int(start) >= len(records):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(simulator, records, version, cursor, int(start))


def _page(
    simulator: Simulator, records: list[Record], version: str, cursor: str, start: int
) -> ApiResponse:
    end = start + simulator.page_size
    body: dict[str, object] = {"totalSize": len(records), "done": end >= len(records)}
    if end < len(records):
        simulator.cursors[cursor] = records
        body["nextRecordsUrl"] = f"/services/data/v{version}/query/{cursor}-{end}"
    return ApiResponse(200, body | {"records": records[start:end]})


def limits(simulator: Simulator, _parameters: Parameters, version: str) -> ApiResponse:
    """GET /limits."""
    left = max(0, simulator.daily_calls - simulator.used_calls)
    calls = {"Max": simulator.daily_calls, "Remaining": left}
    return ApiResponse(200, {"DailyApiRequests": calls})


def describe_object(
    simulator: Simulator, _parameters: Parameters, version: str, name: str
) -> ApiResponse:
    """GET /sobjects/{object}/describe."""
    return ApiResponse(200, describe(simulator.org, _object(simulator, name)))


def sobject_row(
    simulator: Simulator, parameters: Parameters, version: str, name: str, record_id: str
) -> ApiResponse:
    """GET /sobjects/{object}/{id}?fields={fields}."""
    sobject = _object(simulator, name)
    full_id = to_18(record_id)
    if full_id is None:
        message = "Provided external ID field does not exist or is not accessible: "
        raise not_found(message + record_id)
    row = sobject.rows.get(full_id)
    if row is None or row["isdeleted"] is True:
        raise not_found()
    record: Record = {"attributes": attributes(sobject, full_id, version)}
    fields = parameters.get("fields")
    for field in fields.split(",") if fields else sobject.fields.values():
        found = sobject.field_name(field.strip())
        if found:
            record[found] = row.get(found.lower())
        elif fields:
            message = f"No such column '{field.strip()}' on sobject of type {sobject.name}"
            raise ApiError(400, "INVALID_FIELD", message)
    headers: dict[str, str] = {}
    with suppress(ValueError):  # Last-Modified is SystemModstamp, if the row has one
        changed = datetime.fromisoformat(str(row.get("systemmodstamp")))
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    if sobject.name == "Account":  # rows of other objects have no ETag
        headers["ETag"] = f'"{zlib.crc32(repr(record).encode()):08x}--gzip"'
    return ApiResponse(200, record, headers)


def _object(simulator: Simulator, name: str) -> SObject:
    sobject = simulator.org.named(name)
    if sobject is None:
        raise not_found()
    return sobject


_VERSION = "/services/data/v<version>"
_RESOURCES = Map(
    [
        Rule(f"{_VERSION}/query", endpoint=query, methods=["GET"]),
        Rule(f"{_VERSION}/query/<locator>", endpoint=query_more, methods=["GET"]),
        Rule(f"{_VERSION}/limits", endpoint=limits, methods=["GET"]),
        Rule(f"{_VERSION}/sobjects/<name>/describe", endpoint=describe_object, methods=["GET"]),
        Rule(f"{_VERSION}/sobjects/<name>/<record_id>", endpoint=sobject_row, methods=["GET"]),
    ],
    merge_slashes=False,
).bind("")
