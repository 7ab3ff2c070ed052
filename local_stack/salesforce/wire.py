"""Requests, answers and errors as Salesforce puts them on the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

JSON_TYPE = "application/json;charset=UTF-8"
HTML_TYPE = "text/html;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; the names of `headers` are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path without the query string, unescaped."""
        return unquote(self.target.partition("?")[0])

    @property
    def parameters(self) -> dict[str, str]:
        """The query string; of a repeated parameter the last."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer; `body` is JSON to be rendered, or text that goes out as it is."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    content_type: str = JSON_TYPE

    def render(self, *, pretty: bool) -> bytes:
        """The body's bytes; `pretty` is what the header X-PrettyPrint: 1 asks for."""
        if self.text is not None:
            return self.text.encode()
        rendered = (
            _pretty(self.body)
            if pretty
            else json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        )
        return rendered.encode("utf-8", "surrogatepass")


class ApiError(Exception):
    """An error of the REST API: a list of one object; `code_first` is its order of keys."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        code_first: bool = False,
        headers: Mapping[str, str] | None = None,
        **further: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        pairs = [("message", message), ("errorCode", code)]
        self.body = [dict(reversed(pairs) if code_first else pairs) | further]
        self.headers = headers or {}

    def response(self) -> Response:
        """The error as an answer."""
        return Response(self.status, self.body, self.headers)


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """The 404 of an unknown resource, object or record."""
    return ApiError(404, "NOT_FOUND", message, code_first=True)


def _pretty(value: object, indent: str = "") -> str:
    """JSON as Salesforce indents it: a blank before each colon, arrays in one line."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        members = (f"{inner}{json.dumps(key)} : {_pretty(value[key], inner)}" for key in value)
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(value, list | dict):
        items = ", ".join(_pretty(item, indent) for item in value)
        brackets = "{}" if isinstance(value, dict) else "[]"
        return f"{brackets[0]} {items}{' ' if items else ''}{brackets[1]}"
    return json.dumps(value, ensure_ascii=False)
