"""Connections that are kept alive: when one is used again, and what each failure is called."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from click_to_dial.https import IDLE_SECONDS, HttpError, Response, Server
from tests.fakes import Clock
from tests.integration.certificates import self_signed

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
    """All of a request, however many packets it comes in; empty where the client has closed."""
    received = b""
    while not received.endswith(b"body"):
        packet = connection.recv(65536)
        if not packet:
            return b""
        received += packet
    return received


def answers(*texts: bytes) -> Serve:
    """Answers the first requests like this, then closes the connection."""

    def serve(connection: socket.socket) -> None:
        for text in texts:
            if request(connection):
                connection.sendall(text)

    return serve


def hangs(connection: socket.socket) -> None:
    request(connection)
    connection.recv(65536)


@pytest.fixture
def upstream() -> Iterator[Callable[..., Upstream]]:
    started: list[Upstream] = []

    def start(*serves: Serve) -> Upstream:
        started.append(Upstream(*serves))
        return started[-1]

    yield start
    for each in started:
        each.close()


def server(upstream: Upstream, scheme: str = "http", clock: Clock | None = None) -> Server:
    return Server(f"{scheme}://{upstream.address}", connect_seconds=1, monotonic=clock or Clock())


def send(server: Server, read_seconds: float = 5) -> Response:
    return server.send("POST", "/path", {}, b"body", read_seconds=read_seconds)


def test_a_connection_is_used_again(upstream: Callable[..., Upstream]) -> None:
    there = upstream(answers(OK, CHUNKED, OK))
    here = server(there)
    here.connect()
    assert [send(here) for _ in range(3)] == [Response(200, b"hi")] * 3
    here.connect()
    assert there.accepted == 1


def test_a_connection_that_was_closed_meanwhile_costs_no_answer(
    upstream: Callable[..., Upstream],
) -> None:
    there = upstream(answers(OK), answers(OK))
    here = server(there)
    assert send(here) == send(here)
    assert there.accepted == 2


def test_a_connection_that_was_idle_for_long_is_not_tried(
    upstream: Callable[..., Upstream],
) -> None:
    there, clock = upstream(answers(OK, OK)), Clock()
    here = server(there, clock=clock)
    send(here)
    clock.advance(IDLE_SECONDS)
    send(here)
    assert there.accepted == 1
    send(server(there, clock=clock))
    clock.advance(IDLE_SECONDS + 0.1)
    send(here)
    assert there.accepted == 3


def test_a_server_may_close_each_connection(upstream: Callable[..., Upstream]) -> None:
    there = upstream(answers(CLOSING))
    here = server(there)
    assert [send(here).body for _ in range(3)] == [b"hi"] * 3
    assert there.accepted == 3


def test_threads_do_not_share_a_connection(upstream: Callable[..., Upstream]) -> None:
    both_sent = threading.Barrier(2)

    def serve(connection: socket.socket) -> None:
        request(connection)
        both_sent.wait(5)
        connection.sendall(OK)

    there = upstream(serve)
    here = server(there)
    with ThreadPoolExecutor(2) as pool:
        assert [each.body for each in pool.map(lambda _: send(here), range(2))] == [b"hi"] * 2
    assert there.accepted == 2


@pytest.mark.parametrize(
    ("serve", "reason"),
    [
        (hangs, "read-timeout"),
        (answers(), "reset"),
        (answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), "truncated"),
        (answers(b"SSH-2.0-OpenSSH_9.9\r\n"), "truncated"),
    ],
    ids=["hangs", "closes", "cut-off", "not-http"],
)
def test_a_failure_has_a_name(upstream: Callable[..., Upstream], serve: Serve, reason: str) -> None:
    with pytest.raises(HttpError, match=f"^{reason}$") as raised:
        send(server(upstream(serve)), read_seconds=0.2)
    assert raised.value.__suppress_context__


def test_who_does_not_speak_tls_is_not_trusted(upstream: Callable[..., Upstream]) -> None:
    with pytest.raises(HttpError, match=r"^tls$"):
        send(server(upstream(lambda connection: connection.sendall(OK)), "https"))


def test_a_connection_by_tls_is_used_again(
    upstream: Callable[..., Upstream], tmp_path: Path
) -> None:
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def by_tls(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            answers(OK, CHUNKED, OK)(encrypted)

    there = upstream(by_tls)
    code = (
        "import sys; from click_to_dial.https import Server\n"
        "server = Server(sys.argv[1], connect_seconds=5)\n"
        "sent = [server.send('POST', '/', {}, b'body', read_seconds=5) for _ in range(3)]\n"
        "print(*(each.body for each in sent))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"https://{there.address}"],
        env={"SSL_CERT_FILE": str(certificate), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["b'hi'"] * 3
    assert there.accepted == 1


def test_a_server_that_is_gone_refuses(upstream: Callable[..., Upstream]) -> None:
    there = upstream(answers(OK))
    there.close()
    with pytest.raises(HttpError, match=r"^refused$"):
        send(server(there))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(-2, "Name or service not known"), "dns"),
        (TimeoutError("timed out"), "connect-timeout"),
        (OSError(113, "No route to host"), "refused"),
    ],
)
def test_a_connection_that_is_not_made_has_a_name(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def fail(*given: object, **named: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    with pytest.raises(HttpError, match=f"^{reason}$"):
        send(Server("https://acme.my.salesforce.com", connect_seconds=1))
