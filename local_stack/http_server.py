"""What the local servers have in common: a thread a connection, and quiet about clients that go."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LocalServer(ThreadingHTTPServer):
    """An HTTP server of this machine."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nothing to write about."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def read_body(handler: BaseHTTPRequestHandler) -> bytes:
    """The body of the request; empty where its length is none."""
    length = handler.headers.get("Content-Length", "")
    return handler.rfile.read(int(length)) if length.isascii() and length.isdigit() else b""
