"""Serve the console on 127.0.0.1."""

import secrets
import socket
import threading

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from dialplan_cli.console.app import create_app
from dialplan_cli.console.context import Console
from dialplan_cli.console.security import TOKEN, Access

HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """A request handler without an access log, because paths and queries may name records."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


class ConsoleServer:
    """The console on a port of 127.0.0.1, or on any free one if `port` is 0. Raises OSError.

    `url` is the address to open, with the token that gives access.
    """

    def __init__(self, console: Console, port: int = 0) -> None:
        listener = socket.create_server((HOST, port))
        self.port = int(listener.getsockname()[1])
        token = secrets.token_urlsafe(24)
        self.url = f"http://{HOST}:{self.port}/?{TOKEN}={token}"
        self._server: BaseWSGIServer = make_server(
            HOST,
            self.port,
            create_app(console, Access(token, self.port)),
            threaded=True,
            request_handler=QuietHandler,
            fd=listener.detach(),
        )

    def serve(self) -> None:
        """Answer requests until Ctrl-C, or until `stop` is called in another thread."""
        self._server.serve_forever()

    def start(self) -> None:
        """Answer requests in a thread."""
        threading.Thread(target=self.serve, daemon=True).start()

    def stop(self) -> None:
        """End `serve` and close the port."""
        self._server.shutdown()
        self._server.server_close()
