"""The resources of one API version: query, describe, rows, limits."""

import re
import secrets
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.describe import describe, describe_global
from local_stack.salesforce.org import SObject
from local_stack.salesforce.query import Record, attributes, run
from local_stack.salesforce.state import Simulator
from local_stack.salesforce.wire import ApiError, Request, Response, not_found

OLDEST, NEWEST = 31, 67
_LARGEST_PAGE, _SMALLEST_PAGE = 2000, 200


def versions() -> Response:
    """GET /services/data, the only resource that asks for no token."""
    numbers = range(OLDEST, NEWEST + 1)
    return Response(200, [_version(number) for number in numbers])


def _version(number: int) -> dict[str, str]:
    release = ("Winter", "Spring", "Summer")[(number - 59) % 3]
    label = f"{release} '{24 + (number - 59) // 3}"
    return {"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def answer(simulator: Simulator, request: Request, version: str) -> Response:
    """The answer of a resource below /services/data/v{version}. Raises ApiError."""
    resource = request.path.split("/", 4)[4].strip("/")
    for pattern, handler in _ROUTES:
        match = pattern.fullmatch(resource)
        if match:
            if request.method != "GET":
                raise ApiError(
                    405,
                    "METHOD_NOT_ALLOWED",
                    f"HTTP Method '{request.method}' not allowed. Allowed are GET,HEAD",
                )
            return handler(simulator, request, version, *match.groups())
    raise not_found()


def _query(simulator: Simulator, request: Request, version: str) -> Response:
    records = run(simulator.org, request.parameters.get("q", ""), version)
    cursor = f"0r8{secrets.token_hex(6)}GAA"
    return _page(simulator, request, version, records, cursor, 0)


def _query_more(simulator: Simulator, request: Request, version: str, locator: str) -> Response:
    cursor, _, start = locator.rpartition("-")
    records = simulator.cursors.get(cursor)
    if records is None or not start.isdigit() or int(start) >= len(records):
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(simulator, request, version, records, cursor, int(start))


def _page(
    simulator: Simulator,
    request: Request,
    version: str,
    records: list[Record],
    cursor: str,
    start: int,
) -> Response:
    end = start + _page_size(simulator, request)
    body: dict[str, object] = {"totalSize": len(records), "done": end >= len(records)}
    if end < len(records):
        simulator.cursors[cursor] = records
        body["nextRecordsUrl"] = f"/services/data/v{version}/query/{cursor}-{end}"
    return Response(200, body | {"records": records[start:end]})


def _page_size(simulator: Simulator, request: Request) -> int:
    wish = re.search(r"batchSize=(\d{1,6})", request.headers.get("sforce-query-options", ""))
    if wish is None:
        return simulator.page_size
    return min(simulator.page_size, max(_SMALLEST_PAGE, min(_LARGEST_PAGE, int(wish[1]))))


def _limits(simulator: Simulator, _request: Request, _version: str) -> Response:
    left = max(0, simulator.daily_calls - simulator.used_calls)
    return Response(200, {"DailyApiRequests": {"Max": simulator.daily_calls, "Remaining": left}})


def _resources(_simulator: Simulator, _request: Request, version: str) -> Response:
    names = ("composite", "limits", "query", "sobjects")
    return Response(200, {name: f"/services/data/v{version}/{name}" for name in names})


def _describe_global(simulator: Simulator, _request: Request, _version: str) -> Response:
    return Response(200, describe_global(simulator.org))


def _describe(simulator: Simulator, _request: Request, _version: str, name: str) -> Response:
    return Response(200, describe(simulator.org, _object(simulator, name)))


def _row(simulator: Simulator, request: Request, version: str, name: str, segment: str) -> Response:
    sobject = _object(simulator, name)
    record_id = to_18(segment)
    if record_id is None:
        message = "Provided external ID field does not exist or is not accessible: "
        raise not_found(message + segment)
    row = sobject.rows.get(record_id)
    if row is None or row["isdeleted"] is True:
        raise not_found()
    wanted = request.parameters.get("fields")
    names = wanted.split(",") if wanted else list(sobject.fields.values())
    record: dict[str, object] = {"attributes": attributes(sobject, record_id, version)}
    for field in names:
        found = _field(sobject, field.strip(), optional=wanted is None)
        if found:
            record[found] = row.get(found.lower())
    return Response(200, record, _row_headers(sobject, row, record))


def _field(sobject: SObject, name: str, *, optional: bool) -> str | None:
    found = sobject.field_name(name)
    if found is None and not optional:
        message = f"No such column '{name}' on sobject of type {sobject.name}"
        raise ApiError(400, "INVALID_FIELD", message)
    return found


def _row_headers(sobject: SObject, row: Record, record: Record) -> dict[str, str]:
    """Rows are dated by SystemModstamp; only those of Account have an ETag."""
    headers: dict[str, str] = {}
    with suppress(ValueError):
        changed = datetime.fromisoformat(str(row.get("systemmodstamp")))
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    if sobject.name == "Account":
        headers["ETag"] = f'"{zlib.crc32(repr(record).encode()):08x}--gzip"'
    return headers


def _object(simulator: Simulator, name: str) -> SObject:
    sobject = simulator.org.named(name)
    if sobject is None:
        raise not_found()
    return sobject


_ROUTES: tuple[tuple[re.Pattern[str], Callable[..., Response]], ...] = (
    (re.compile(r""), _resources),
    (re.compile(r"query"), _query),
    (re.compile(r"query/([^/]+)"), _query_more),
    (re.compile(r"limits"), _limits),
    (re.compile(r"sobjects"), _describe_global),
    (re.compile(r"sobjects/(\w+)/describe"), _describe),
    (re.compile(r"sobjects/(\w+)/(?:[Ii]d/)?([^/]+)"), _row),
)
