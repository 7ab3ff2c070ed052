"""API Gateway on this machine: the routes of template.yaml, real proxy events, the real handlers.

One sandbox: it handles one call at a time, as Lambda's do.
"""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from local_stack.proxy_event import Event, Headers, proxy_event
from local_stack.template import Template, gateway_response, handler, routes

FUNCTION_TIMEOUT_SECONDS = 10
Handler = Callable[[Event, Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the caller."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What Lambda hands to a handler beside the event."""

    function_name: str
    memory_limit_in_mb: int = 1769
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    ends_at: float = field(default_factory=lambda: time.monotonic() + FUNCTION_TIMEOUT_SECONDS)

    @property
    def invoked_function_arn(self) -> str:
        """Its name in AWS, were it there."""
        return f"arn:aws:lambda:eu-central-1:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the call."""
        return max(0, int((self.ends_at - time.monotonic()) * 1000))


class Gateway:
    """Answers requests as API Gateway does in front of the functions.

    `load_handler` finds the handler of a function's logical id. `authorize` is the handler of a
    Lambda authorizer, which is asked first.
    """

    def __init__(
        self,
        template: Template,
        load_handler: Callable[[str], Handler] | None = None,
        authorize: Handler | None = None,
    ) -> None:
        self._template = template
        self._routes = {(route.method, route.path): route.function for route in routes(template)}
        self._load_handler = load_handler or partial(handler, template)
        self._authorize = authorize
        self._sandbox = threading.Lock()

    def answer(self, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Answer:
        """The answer to a request. Never raises: a handler that fails is a 5xx problem."""
        event = proxy_event(method, target, headers, body)
        function = self._routes.get((method, event["path"]))
        if function is None:
            # So it calls unknown paths.
            return self.own_answer("MISSING_AUTHENTICATION_TOKEN", method, event["path"])
        try:
            with self._sandbox:
                refusal = self._refusal(event)
                if refusal:
                    return self.own_answer(refusal)
                response = self._load_handler(function)(event, LambdaContext(function))
            return Answer(response["statusCode"], response.get("headers", {}), response["body"])
        except Exception:  # whatever it is, Lambda would end the call and API Gateway say so
            return self.own_answer("INTEGRATION_FAILURE")

    def _refusal(self, event: Event) -> str | None:
        """What API Gateway answers where the authorizer does not let the caller in."""
        if self._authorize is None:
            return None
        arn = f"arn:aws:execute-api:eu-central-1:123456789012:local/v1/GET{event['path']}"
        try:
            request = {**event, "type": "REQUEST", "methodArn": arn}
            policy = self._authorize(request, LambdaContext("authorizer"))
        except Exception as error:  # this text is how an authorizer says 401
            return "UNAUTHORIZED" if str(error) == "Unauthorized" else "AUTHORIZER_FAILURE"
        statements = policy["policyDocument"]["Statement"]
        allowed = all(statement["Effect"] == "Allow" for statement in statements)
        return None if allowed else "ACCESS_DENIED"

    def own_answer(self, kind: str, method: str = "GET", path: str = "/") -> Answer:
        """What API Gateway answers by itself, such as for THROTTLED."""
        return Answer(*gateway_response(self._template, kind, method, path))
