"""Connections that are kept alive: when one is used again, and what each failure is called."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from click_to_dial import https
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


@pytest.fixture
def upstream() -> Iterator[Callable[..., Upstream]]:
    started: list[Upstream] = []

    def start(*serves: Serve) -> Upstream:
        started.append(Upstream(*serves))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The key and certificate of a server on this machine, which is trusted here."""
    file = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    https._tls.cache_clear()
    yield file
    https._tls.cache_clear()


def server(upstream: Upstream, scheme: str = "http", clock: Clock | None = None) -> Server:
    return Server(f"{scheme}://{upstream.address}", connect_seconds=1, monotonic=clock or Clock())


def send(server: Server, read_seconds: float = 5) -> Response:
    return server.send("POST", "/path", {}, b"body", read_seconds=read_seconds)


def test_a_connection_is_used_again(upstream: Callable[..., Upstream]) -> None:
    there = upstream(answers(OK, CHUNKED, OK))
    here = server(there)
    here.connect()
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


def test_a_connection_by_tls_is_used_again(
    upstream: Callable[..., Upstream], certificate: Path
) -> None:
    there = upstream(over_tls(certificate, answers(OK, CHUNKED, OK)))
    here = server(there, "https")
    assert [send(here) for _ in range(3)] == [Response(200, b"hi")] * 3
    assert there.accepted == 1


def test_one_by_tls_that_was_closed_meanwhile_costs_no_answer_either(
    upstream: Callable[..., Upstream], certificate: Path
) -> None:
    closed = threading.Event()
    serve = over_tls(certificate, answers(OK))

    def serve_and_close(connection: socket.socket) -> None:
        serve(connection)
        closed.set()

    there = upstream(serve_and_close)
    here = server(there, "https")
    first = send(here)
    assert closed.wait(5)
    assert send(here) == first
    assert there.accepted == 2


def test_a_connection_that_was_idle_for_long_is_not_tried(
    upstream: Callable[..., Upstream],
) -> None:
    there, clock = upstream(answers(OK, OK, OK)), Clock()
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
        (answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9%s\r\n\r\n" % (b"9" * 30)), "truncated"),
    ],
    ids=["hangs", "closes", "cut-off", "not-http", "absurd"],
)
def test_a_failure_has_a_name(upstream: Callable[..., Upstream], serve: Serve, reason: str) -> None:
    with pytest.raises(HttpError, match=f"^{reason}$") as raised:
        send(server(upstream(serve)), read_seconds=0.2)
    assert raised.value.__suppress_context__


def test_a_failure_leaves_no_socket_open(upstream: Callable[..., Upstream]) -> None:
    closed = threading.Event()

    def until_closed(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhi")
        if not connection.recv(1):
            closed.set()

    with pytest.raises(HttpError, match=r"^read-timeout$") as raised:
        send(server(upstream(until_closed)), read_seconds=0.2)
    assert closed.wait(5)
    del raised  # not before: an error may be kept


def test_an_answer_that_is_still_to_come_is_not_taken_for_the_next_one(
    upstream: Callable[..., Upstream],
) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    here = server(upstream(answers(hints, OK.replace(b"hi", b"no")), answers(OK)))
    assert send(here).status == 103
    assert send(here) == Response(200, b"hi")


def test_a_header_that_cannot_be_sent_closes_its_connection(
    upstream: Callable[..., Upstream],
) -> None:
    here = server(upstream(hangs))
    here.connect()
    connection, _ = here._idle[0]
    with pytest.raises(ValueError, match="Invalid header value"):
        here.send("POST", "/", {"x": "a\nb: c"}, b"body", read_seconds=1)
    assert connection.sock is None


def test_where_one_connection_fails_the_others_are_not_tried(
    upstream: Callable[..., Upstream],
) -> None:
    here = server(upstream(hangs))
    here.connect()
    other = here._idle.pop()
    here.connect()
    here._idle.insert(0, other)
    with pytest.raises(HttpError, match=r"^read-timeout$"):
        send(here, read_seconds=0.1)
    assert here._idle == []
    assert other[0].sock is None


def test_an_answer_may_take_longer_than_a_connection(upstream: Callable[..., Upstream]) -> None:
    def serve(connection: socket.socket) -> None:
        request(connection)
        time.sleep(0.2)
        connection.sendall(OK)

    there = Server(f"http://{upstream(serve).address}", connect_seconds=0.1)
    assert send(there, read_seconds=5).body == b"hi"


@pytest.mark.parametrize(("read_seconds", "waited"), [(0.5, 0.5), (5, 1)])
def test_a_connection_takes_no_longer_than_the_answer_may(
    monkeypatch: pytest.MonkeyPatch, read_seconds: float, waited: float
) -> None:
    seen = []

    def fail(address: object, timeout: float, *given: object) -> None:
        seen.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", fail)
    with pytest.raises(HttpError, match=r"^connect-timeout$"):
        send(Server("http://acme.example", connect_seconds=1), read_seconds)
    assert seen == [waited]


def test_who_does_not_speak_tls_is_not_trusted(upstream: Callable[..., Upstream]) -> None:
    with pytest.raises(HttpError, match=r"^tls$"):
        send(server(upstream(lambda connection: connection.sendall(OK)), "https"))


def test_a_server_that_is_gone_refuses(upstream: Callable[..., Upstream]) -> None:
    there = upstream(answers(OK))
    there.close()
    with pytest.raises(HttpError, match=r"^refused$"):
        send(server(there))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(-2, "Name or service not known"), "dns"),
        (UnicodeError("label too long"), "dns"),
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
