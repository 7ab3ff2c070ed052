"""The simulator on a port, with the faults that only a connection can have."""

import gzip
import os
import secrets
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug import Request, Response

from local_stack.http_server import REUSED, LocalServer
from local_stack.salesforce.app import respond
from local_stack.salesforce.faults import Fault
from local_stack.salesforce.organisation import Organisation, parse_tables, read_organisation
from local_stack.salesforce.responses import ApiResponse
from local_stack.salesforce.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER without time: closing sends RST


class SimulatorServer(LocalServer):
    """The simulator on a port of this machine. `simulator.url` is its address."""

    def __init__(self, simulator: Simulator, port: int = 0, host: str = "127.0.0.1") -> None:
        """Listen. Raises OSError or OverflowError if the port cannot be used."""
        super().__init__(self.application, port, host)
        self.simulator = simulator
        self._stopping = threading.Event()
        simulator.url = f"http://{host}:{self.port}"

    def stop(self) -> None:
        """End the server, its faults that still wait, and its open connections."""
        self._stopping.set()
        super().stop()

    def application(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> "Iterable[bytes]":
        """Respond to a request (WSGI), or break its connection."""
        request = Request(environ)
        api_response, fault = respond(self.simulator, request, reused=environ[REUSED])
        response = _encoded(request, api_response)
        if fault is not None and fault.kind == "delay":
            self._stopping.wait(fault.seconds)
        elif fault is not None:
            head = f"HTTP/1.1 {response.status}\r\n{response.get_wsgi_headers(environ)}".encode()
            with suppress(OSError):  # the client did not wait for the end
                self._break(environ["werkzeug.socket"], fault, head, response.get_data())
            raise ConnectionAbortedError
        return response(environ, start_response)

    def _break(self, connection: socket.socket, fault: Fault, head: bytes, body: bytes) -> None:
        """Do to the connection what the kind of the fault says; then it is closed."""
        match fault.kind:
            case "reset" | "reset-kept-alive":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                os.close(connection.detach())
            case "truncated":
                connection.sendall(head + body[: len(body) // 2])
            case "drip":
                for byte in head + body:  # each arrives within any read timeout
                    connection.sendall(bytes((byte,)))
                    if self._stopping.wait(fault.seconds / len(head + body)):
                        break
            case "hang":
                times_cleared = self.simulator.faults.times_cleared
                while self.simulator.faults.times_cleared == times_cleared:
                    if self._stopping.wait(0.05):
                        break


@contextmanager
def running(org: Path | Mapping[str, object], port: int = 0) -> Iterator[Simulator]:
    """Run a simulator while the block runs. Raises OrganisationError."""
    organisation = (
        read_organisation(org) if isinstance(org, Path) else Organisation(*parse_tables(org))
    )
    server = SimulatorServer(Simulator(organisation), port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.simulator
    finally:
        server.stop()
        thread.join()


def _encoded(request: Request, response: ApiResponse) -> Response:
    """Return the response in bytes, with the headers that all responses of Salesforce have."""
    body = response.encode(pretty=request.headers.get("X-PrettyPrint") == "1")
    headers = {
        "Server": "sfdcedge",
        "X-SFDC-Request-Id": secrets.token_hex(16),
        **response.headers,
        "Vary": "Accept-Encoding",
    }
    if body and request.accept_encodings.quality("gzip"):
        body = gzip.compress(body, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, response.status, headers, content_type=response.content_type)
