"""The HTTP server of the local programs: werkzeug's, with connections that stay open.

werkzeug closes a connection after its response. API Gateway and Salesforce keep it open, and how
the clients reuse it is part of what is tested here.
"""

import socket
import sys
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

from werkzeug import Request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HEADERS = "local_stack.headers"
"""Key of a request's environment: the headers in their spelling and order, as pairs."""
REUSED = "local_stack.reused"
"""Key of a request's environment: whether its connection has already served a request."""


class LocalServer(ThreadedWSGIServer):
    """A WSGI application on a port of this machine, with one thread per connection.

    An application that raises ConnectionError ends the connection without a response.
    """

    def __init__(self, app: "WSGIApplication", port: int = 0, host: str = "127.0.0.1") -> None:
        """Listen on a port, 0 for any. Raises OSError or OverflowError if it cannot be used."""
        self.connections: set[socket.socket] = set()
        with socket.socket() as listener:  # werkzeug would end the process if it cannot listen
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(128)
            super().__init__(host, port, app, _RequestHandler, fd=listener.fileno())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report an error that is not a lost connection."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """End the server and every connection that is still open."""
        self.shutdown()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _RequestHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LocalServer
    served = 0

    def setup(self) -> None:
        """Begin to serve a connection."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        """End serving a connection."""
        self.server.connections.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Serve one request of a connection."""
        if not self.path.startswith("/"):  # an absolute URL, which may be malformed
            self.path = f"/{self.path}"
        environ = self.make_environ()
        environ |= {"RAW_URI": self.path, HEADERS: self.headers.items(), REUSED: self.served > 0}
        try:
            # The next request begins where the body ends.
            environ["wsgi.input"] = BytesIO(Request(environ).get_data(cache=False))
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except (OSError, HTTPException):  # OSError: also a body that breaks off or is malformed
            self.close_connection = True
            return
        self.served += 1
        code, _, phrase = status.partition(" ")
        self.send_response_only(int(code), phrase)
        self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(chunk)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: the applications report what is worth it."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing; werkzeug's method fails on a malformed URL."""
