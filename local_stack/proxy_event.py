"""Events in the form in which API Gateway's REST API passes them to a function.

Payload version 1.0:
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

Event = dict[str, Any]
Headers = Sequence[tuple[str, str]]

_ACCOUNT = "123456789012"
_API = "local"
_STAGE = "v1"


def proxy_event(method: str, target: str, headers: Headers = (), body: bytes = b"") -> Event:
    """Return the event of a request. `target` is the undecoded path and query string."""
    raw_path, _, raw_query = target.partition("?")
    path = unquote_to_bytes(raw_path).decode(errors="replace")
    all_headers, query = _grouped(headers), _grouped(read_query(raw_query))
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": _last(all_headers),
        "multiValueHeaders": all_headers,
        "queryStringParameters": _last(query) or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": _context(method, path, _last(all_headers)),
        "body": body.decode(errors="replace") if body else None,
        "isBase64Encoded": False,
    }


def read_query(query: str) -> list[tuple[str, str]]:
    """Return the decoded parameters: a plus is a blank, bytes that are not UTF-8 are U+FFFD."""
    return parse_qsl(query, keep_blank_values=True, errors="replace")


def _context(method: str, path: str, headers: Mapping[str, str]) -> Event:
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
            "sourceIp": "127.0.0.1",
            "user": None,
            "userAgent": headers.get("User-Agent"),
            "userArn": None,
        },
        "path": f"/{_STAGE}{path}",
        "protocol": "HTTP/1.1",
        "requestId": request_id,
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": _API,
        "resourcePath": path,
        "stage": _STAGE,
    }


def _grouped(pairs: Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _last(values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: each[-1] for name, each in values.items()}
