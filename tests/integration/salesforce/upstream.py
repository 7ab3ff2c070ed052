"""A server whose connections behave as a test defines."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
Serve = Callable[[socket.socket], None]


class Upstream:
    """A server whose n-th connection is handled by the n-th of `serves`, the last by all others."""

    def __init__(self, *serves: Serve) -> None:
        self.serves = serves
        self.accepted = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            serve = self.serves[min(self.accepted, len(self.serves) - 1)]
            self.accepted += 1
            threading.Thread(target=self._handle, args=(serve, connection), daemon=True).start()

    @staticmethod
    def _handle(serve: Serve, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client closes it whenever it likes
            serve(connection)

    def close(self) -> None:
        with suppress(OSError):  # it is closed already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def request(connection: socket.socket) -> bytes:
    """Return all of a request, however many packets it comes in; empty if the client has closed."""
    received = b""
    while not received.endswith((b"body", b"\r\n\r\n")) or _lacks_its_body(received):
        packet = connection.recv(65536)
        if not packet:
            return b""
        received += packet
    return received


def _lacks_its_body(received: bytes) -> bool:
    return b"\r\nContent-Length: 4\r\n" in received and not received.endswith(b"body")


def answers(*texts: bytes, received: list[bytes] | None = None) -> Serve:
    """Answer the first requests like this, then close the connection; keep what was `received`."""

    def serve(connection: socket.socket) -> None:
        for text in texts:
            if found := request(connection):
                if received is not None:
                    received.append(found)
                connection.sendall(text)

    return serve


def over_tls(certificate: Path, serve: Serve) -> Serve:
    """The same, behind a handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def handshake(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            serve(tls)

    return handshake


def hangs(connection: socket.socket) -> None:
    request(connection)
    connection.recv(65536)
