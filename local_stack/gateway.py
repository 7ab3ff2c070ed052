"""API Gateway on this machine: routes of template.yaml, real proxy events, the real handlers."""

import string
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
import werkzeug

from local_stack.http_server import HEADERS, LocalServer
from local_stack.proxy_event import Event, Headers, proxy_event
from local_stack.template import Template, gateway_response, handler, passed_on, routes

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FUNCTION_TIMEOUT_SECONDS = 10
INTEGRATION_TIMEOUT_SECONDS = 29
OF_ONE_CONNECTION = {
    *("connection", "content-encoding", "content-length", "date", "host", "keep-alive", "server"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
}
"""Headers that are not passed on, because they are about a connection or its encoding."""
Handler = Callable[[Event, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Response:
    """A response to the caller."""

    status: int
    headers: Mapping[str, str]
    body: str | bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body if isinstance(self.body, str) else self.body.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """The context that Lambda passes to a handler beside the event."""

    function_name: str
    memory_limit_in_mb: int = 1769
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    ends_at: float = field(default_factory=lambda: time.monotonic() + FUNCTION_TIMEOUT_SECONDS)

    @property
    def invoked_function_arn(self) -> str:
        """The ARN that the function would have in AWS."""
        return f"arn:aws:lambda:eu-central-1:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda would end the call."""
        return max(0, int((self.ends_at - time.monotonic()) * 1000))


class Gateway:
    """API Gateway with one sandbox, which handles one call at a time as Lambda's do.

    `load_handler` returns the handler of a function's logical id. `authorize` is the handler of a
    Lambda authorizer, which is called first. `salesforce_url` is where other calls are passed on;
    without it they are refused.
    """

    def __init__(
        self,
        template: Template,
        load_handler: Callable[[str], Handler] | None = None,
        authorize: Handler | None = None,
        salesforce_url: str | None = None,
    ) -> None:
        self._template = template
        self._routes = {(route.method, route.path): route.function for route in routes(template)}
        self._load_handler = load_handler or partial(handler, template)
        self._authorize = authorize
        self._passed_on = {
            beginning: url.replace("${SalesforceUrl}", salesforce_url)
            for beginning, url in passed_on(template).items()
            if salesforce_url
        }
        self._sandbox = threading.Lock()

    def respond(
        self, method: str, target: str, headers: Headers = (), body: bytes = b""
    ) -> Response:
        """Return the response to a request. Never raises: if a handler fails, it is a 5xx."""
        event = proxy_event(method, target, headers, body)
        function = self._routes.get((method, event["path"]))
        is_ours = event["path"] in {path for _, path in self._routes}  # whatever the method
        url = None if is_ours else self._salesforce_url(target)
        if function is None and url is None:  # API Gateway's name for an unknown path or method
            return self._own_response("MISSING_AUTHENTICATION_TOKEN", method, event["path"])
        try:
            with self._sandbox:
                refusal = self._refusal(event)
                if refusal:
                    return self._own_response(refusal)
                if function is not None:
                    response = self._load_handler(function)(event, LambdaContext(function))
            if url is not None:
                return pass_on(method, url, headers, body)
            return Response(response["statusCode"], response.get("headers", {}), response["body"])
        except Exception:  # any error ends the call in Lambda, and API Gateway reports it
            return self._own_response("INTEGRATION_FAILURE")

    def _salesforce_url(self, target: str) -> str | None:
        """Return the URL in Salesforce of a request that is passed on; None if it is not."""
        for beginning, url in self._passed_on.items():
            rest = target.removeprefix(beginning)
            if rest != target and rest.partition("?")[0]:
                return url.replace("{proxy}", rest)
        return None

    def _refusal(self, event: Event) -> str | None:
        """Return the type of API Gateway's response if the authorizer refuses the caller."""
        if self._authorize is None:
            return None
        arn = f"arn:aws:execute-api:eu-central-1:123456789012:local/v1/GET{event['path']}"
        try:
            request = {**event, "type": "REQUEST", "methodArn": arn}
            policy = self._authorize(request, LambdaContext("authorizer"))
        except Exception as error:  # an authorizer says 401 by raising this text
            return "UNAUTHORIZED" if str(error) == "Unauthorized" else "AUTHORIZER_FAILURE"
        statements = policy["policyDocument"]["Statement"]
        allowed = all(statement["Effect"] == "Allow" for statement in statements)
        return None if allowed else "ACCESS_DENIED"

    def _own_response(self, kind: str, method: str = "GET", path: str = "/") -> Response:
        return Response(*gateway_response(self._template, kind, method, path))


def pass_on(method: str, url: str, headers: Headers, body: bytes) -> Response:
    """Send a request as it is to Salesforce, and return its response as it is.

    Raises requests.RequestException without a response.
    """
    with requests.Session() as session:
        session.trust_env = False  # a .netrc would replace the caller's token
        response = session.request(
            method,
            url,
            headers={name: text for name, text in headers if name.lower() not in OF_ONE_CONNECTION},
            data=body,
            allow_redirects=False,
            timeout=INTEGRATION_TIMEOUT_SECONDS,
        )
    kept = {
        name: text
        for name, text in response.headers.items()
        if name.lower() not in OF_ONE_CONNECTION
    }
    return Response(response.status_code, kept, response.content)


class GatewayServer(LocalServer):
    """A gateway on a port of this machine. `on_response` is called for every request."""

    gateway: Gateway
    on_response: Callable[[str, str, Response], None]

    def __init__(self, port: int) -> None:
        """Listen. Raises OSError or OverflowError if the port cannot be used."""
        super().__init__(self.application, port)

    def application(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Respond to a request (WSGI)."""
        method: str = environ["REQUEST_METHOD"]
        target = quote(environ["RAW_URI"].encode("latin-1"), safe=string.punctuation)
        body: bytes = environ["wsgi.input"].read()
        response = self.gateway.respond(method, target, environ[HEADERS], body)
        self.on_response(method, target, response)
        encoded = werkzeug.Response(response.body, response.status, dict(response.headers))
        return encoded(environ, start_response)
