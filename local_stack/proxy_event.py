"""Events as API Gateway's REST API hands them to a function (payload version 1.0)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

Event = dict[str, Any]
Headers = Sequence[tuple[str, str]]

_ACCOUNT = "123456789012"
_API = "local"


def proxy_event(
    method: str,
    target: str,
    headers: Headers = (),
    body: bytes = b"",
    *,
    source_ip: str = "127.0.0.1",
    stage: str = "v1",
) -> Event:
    """The event of a request for `target`, a path with a query string as it came over the wire."""
    raw_path, _, raw_query = target.partition("?")
    path = unquote_to_bytes(raw_path).decode(errors="replace")
    every_header = _all(headers)
    query = _all(read_query(raw_query))
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": _last(every_header),
        "multiValueHeaders": every_header,
        "queryStringParameters": _last(query) or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": _context(method, path, _last(every_header), source_ip, stage),
        "body": body.decode(errors="replace") if body else None,
        "isBase64Encoded": False,
    }


def read_query(query: str) -> list[tuple[str, str]]:
    """The parameters, unescaped: a plus is a blank, bytes that are no UTF-8 become U+FFFD."""
    return parse_qsl(query, keep_blank_values=True, errors="replace")


def _context(
    method: str, path: str, headers: Mapping[str, str], source_ip: str, stage: str
) -> Event:
    now = datetime.now(UTC)
    request_id = str(uuid.uuid4())
    return {
        "accountId": _ACCOUNT,
        "apiId": _API,
        "deploymentId": _API,
        "domainName": headers.get("Host", "localhost"),
        "domainPrefix": _API,
        "extendedRequestId": request_id,
        "httpMethod": method,
        "identity": {
            "accessKey": None,
            "accountId": None,
            "caller": None,
            "sourceIp": source_ip,
            "user": None,
            "userAgent": headers.get("User-Agent"),
            "userArn": None,
        },
        "path": f"/{stage}{path}",
        "protocol": "HTTP/1.1",
        "requestId": request_id,
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": _API,
        "resourcePath": path,
        "stage": stage,
    }


def _all(pairs: Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _last(values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: each[-1] for name, each in values.items()}
