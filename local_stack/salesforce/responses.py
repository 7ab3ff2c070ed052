"""Responses and errors in the form in which Salesforce sends them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

JSON_TYPE = "application/json;charset=UTF-8"
HTML_TYPE = "text/html;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A response before encoding: JSON in `body`, or any other content in `text`."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    content_type: str = JSON_TYPE

    def encode(self, *, pretty: bool) -> bytes:
        """Return the bytes of the body, indented if the request had X-PrettyPrint: 1."""
        if self.text is not None:
            return self.text.encode()
        encoded = (
            _indented(self.body)
            if pretty
            else json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        )
        return encoded.encode("utf-8", "surrogatepass")


class ApiError(Exception):
    """An error of the REST API: a list with one object of message and errorCode.

    Salesforce writes the two keys in this order, for some errors in the other (`code_first`).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        code_first: bool = False,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        pairs = [("message", message), ("errorCode", code)]
        self.body = [dict(reversed(pairs) if code_first else pairs) | more]
        self.headers = headers or {}

    def response(self) -> ApiResponse:
        """Return the error as a response."""
        return ApiResponse(self.status, self.body, self.headers)


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """Return the 404 for a resource, object or record that does not exist."""
    return ApiError(404, "NOT_FOUND", message, code_first=True)


def method_not_allowed(method: str, allowed: str) -> ApiError:
    """Return the 405 for a method that a resource does not have."""
    message = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    return ApiError(405, "METHOD_NOT_ALLOWED", message)


def _indented(value: object, indent: str = "") -> str:
    """Return JSON indented as Salesforce does: a blank before each colon, arrays on one line."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        members = (f"{inner}{json.dumps(key)} : {_indented(value[key], inner)}" for key in value)
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(value, list | dict):
        items = ", ".join(_indented(item, indent) for item in value)
        brackets = "{}" if isinstance(value, dict) else "[]"
        return f"{brackets[0]} {items}{' ' if items else ''}{brackets[1]}"
    return json.dumps(value, ensure_ascii=False)
