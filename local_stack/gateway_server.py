"""The local API gateway on a port."""

import string
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote

from local_stack.gateway import Answer, Gateway
from local_stack.http_server import LocalServer, read_body


class GatewayServer(LocalServer):
    """The gateway on a port of this machine; `on_answer` hears of every request."""

    gateway: Gateway
    on_answer: Callable[[str, str, Answer], None]

    def __init__(self, port: int) -> None:
        """Raises OSError where the port is taken."""
        super().__init__(("127.0.0.1", port), _RequestHandler)


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: GatewayServer

    def answer(self) -> None:
        """Answers one request of any method."""
        target = quote(self.path.encode("latin-1"), safe=string.punctuation)
        headers = list(self.headers.items())
        answer = self.server.gateway.answer(self.command, target, headers, read_body(self))
        self._send(answer)
        self.server.on_answer(self.command, target, answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A request that is no HTTP, or of a method that nobody knows."""
        self.close_connection = True
        gateway = self.server.gateway
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._send(gateway.answer(self.command, self.path))
        else:
            self._send(gateway.own_answer("DEFAULT_4XX"))

    def version_string(self) -> str:
        """What the header Server says."""
        return "click-to-dial"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """`on_answer` writes what there is to write."""

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
