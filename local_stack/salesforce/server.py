"""The simulator on a socket, with the faults that only a socket can have."""

import gzip
import os
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from local_stack.http_server import LocalServer, read_body
from local_stack.salesforce.app import handle
from local_stack.salesforce.faults import Fault
from local_stack.salesforce.org import Org
from local_stack.salesforce.org_file import check, read
from local_stack.salesforce.state import Simulator
from local_stack.salesforce.wire import Request, Response

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST


class Server(LocalServer):
    """`stopping` wakes the connections that wait."""

    def __init__(self, port: int, simulator: Simulator, host: str = "127.0.0.1") -> None:
        super().__init__((host, port), _Handler)
        self.simulator = simulator
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        simulator.url = f"http://{host}:{self.server_port}"

    def stop(self) -> None:
        """Ends the server and every connection that is still open."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def running(org: Path | Mapping[str, object], port: int = 0) -> Iterator[Simulator]:
    """A simulator on a free port while the block runs; its `url` is where it listens.

    Raises OrgError for an organisation that cannot be used.
    """
    server = Server(port, Simulator(Org(*(read(org) if isinstance(org, Path) else check(org)))))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.simulator
    finally:
        server.stop()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.served = 0
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def answer(self) -> None:
        """Answers one request of any method."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, read_body(self))
        response, fault = handle(self.server.simulator, request, reused=self.served > 0)
        self.served += 1
        raw = _raw(request, response)
        if fault is None:
            self.wfile.write(raw)
        else:
            self._fail(fault, raw)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    def _fail(self, fault: Fault, raw: bytes) -> None:
        self.close_connection = fault.kind != "delay"
        match fault.kind:
            case "reset" | "reset-kept-alive":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                os.close(self.connection.detach())
            case "delay":
                self.server.stopping.wait(fault.seconds)
                self.wfile.write(raw)
            case "hang":
                self._hang()
            case "truncated":
                self.wfile.write(raw[: raw.index(b"\r\n\r\n") + 4 + len(raw) // 8])
            case "drip":
                self._drip(raw, fault.seconds)

    def _hang(self) -> None:
        cleared = self.server.simulator.faults.cleared
        while self.server.simulator.faults.cleared == cleared:
            if self.server.stopping.wait(0.05):
                return

    def _drip(self, raw: bytes, seconds: float) -> None:
        """Each byte arrives well within any read timeout; all of them take `seconds`."""
        for index in range(len(raw)):
            with suppress(OSError):
                self.wfile.write(raw[index : index + 1])
            if self.server.stopping.wait(seconds / len(raw)):
                return


def _raw(request: Request, response: Response) -> bytes:
    """The bytes of an answer, with the headers that every one of Salesforce has."""
    body = response.render(pretty=request.headers.get("x-prettyprint") == "1")
    headers = {
        "Date": formatdate(time.time(), usegmt=True),
        "Server": "sfdcedge",
        "X-SFDC-Request-Id": secrets.token_hex(16),
        **response.headers,
        "Content-Type": response.content_type,
        "Vary": "Accept-Encoding",
    }
    if body and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    reason = HTTPStatus(response.status).phrase
    head = f"HTTP/1.1 {response.status} {reason}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("latin-1") + b"\r\n" + body
