"""The session: reuse of connections, reasons of failures, TLS, proxies."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3.util.connection

from click_to_dial import __version__
from click_to_dial.deadline import Deadline
from click_to_dial.errors import SalesforceError
from click_to_dial.salesforce.session import IDLE_SECONDS, SalesforceSession, tls_context
from tests.fakes import Clock
from tests.integration.certificates import self_signed
from tests.integration.salesforce.upstream import (
    CHUNKED,
    CLOSING,
    OK,
    Serve,
    Upstream,
    answers,
    hangs,
    over_tls,
    request,
)


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
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a trusted certificate of this machine, with its key."""
    file = self_signed(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    tls_context.cache_clear()
    return file


def session(
    upstream: Upstream, scheme: str = "http", clock: Clock | None = None
) -> SalesforceSession:
    return SalesforceSession(f"{scheme}://{upstream.address}", 1, monotonic=clock or Clock())


def send(session: SalesforceSession, seconds: float = 5) -> tuple[int, bytes]:
    url = f"{session.url}/path"
    response = session.request("POST", url, data=b"body", deadline=Deadline(seconds))
    return response.status_code, response.content


def failure(session: SalesforceSession, seconds: float = 5) -> str:
    """Send a request that fails, and return the code of the failure."""
    with pytest.raises(SalesforceError) as raised:
        send(session, seconds)
    assert raised.value.__suppress_context__
    return raised.value.reason


def test_a_connection_is_used_again(upstream: Callable[..., Upstream]) -> None:
    there = upstream(answers(OK, CHUNKED, OK))
    here = session(there)
    assert [send(here) for _ in range(3)] == [(200, b"hi")] * 3
    assert there.accepted == 1


def test_a_connection_that_the_server_has_closed_is_replaced(
    upstream: Callable[..., Upstream],
) -> None:
    there = upstream(answers(OK), answers(OK))
    here = session(there)
    assert send(here) == send(here)
    assert there.accepted == 2


def test_a_request_is_sent_again_if_a_kept_connection_is_reset(
    upstream: Callable[..., Upstream],
) -> None:
    def answers_once(connection: socket.socket) -> None:
        answers(OK)(connection)
        request(connection)

    there = upstream(answers_once, answers(OK), answers_once)
    here = session(there)
    assert [send(here) for _ in range(2)] == [(200, b"hi")] * 2
    assert there.accepted == 2


def test_a_request_is_not_sent_again_if_a_new_connection_is_reset(
    upstream: Callable[..., Upstream],
) -> None:
    there = upstream(answers())
    assert failure(session(there)) == "reset"
    assert there.accepted == 1


def test_a_tls_connection_is_used_again(
    upstream: Callable[..., Upstream], certificate: Path
) -> None:
    there = upstream(over_tls(certificate, answers(OK, CHUNKED, OK)))
    here = session(there, "https")
    assert [send(here) for _ in range(3)] == [(200, b"hi")] * 3
    assert there.accepted == 1


def test_a_tls_connection_that_the_server_has_closed_is_replaced(
    upstream: Callable[..., Upstream], certificate: Path
) -> None:
    closed = threading.Event()
    serve = over_tls(certificate, answers(OK))

    def serve_and_close(connection: socket.socket) -> None:
        serve(connection)
        closed.set()

    there = upstream(serve_and_close)
    here = session(there, "https")
    first = send(here)
    assert closed.wait(5)
    assert send(here) == first
    assert there.accepted == 2


def test_a_connection_that_was_idle_for_long_is_not_used(
    upstream: Callable[..., Upstream],
) -> None:
    there, clock = upstream(answers(OK, OK, OK)), Clock()
    here = session(there, clock=clock)
    send(here)
    clock.advance(IDLE_SECONDS)
    send(here)
    assert there.accepted == 1
    send(session(there, clock=clock))
    clock.advance(IDLE_SECONDS + 0.1)
    send(here)
    assert there.accepted == 3


def test_a_server_may_close_each_connection(upstream: Callable[..., Upstream]) -> None:
    there = upstream(answers(CLOSING))
    here = session(there)
    assert [send(here) for _ in range(3)] == [(200, b"hi")] * 3
    assert there.accepted == 3


def test_threads_do_not_share_a_connection(upstream: Callable[..., Upstream]) -> None:
    both_sent = threading.Barrier(2)

    def serve(connection: socket.socket) -> None:
        request(connection)
        both_sent.wait(5)
        connection.sendall(OK)

    there = upstream(serve)
    here = session(there)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: send(here), range(2))) == [(200, b"hi")] * 2
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
def test_a_failure_has_a_reason(
    upstream: Callable[..., Upstream], serve: Serve, reason: str
) -> None:
    assert failure(session(upstream(serve)), 0.2) == reason


def test_a_failure_leaves_no_socket_open(upstream: Callable[..., Upstream]) -> None:
    closed = threading.Event()

    def until_closed(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhi")
        if not connection.recv(1):
            closed.set()

    with pytest.raises(SalesforceError) as raised:
        send(session(upstream(until_closed)), 0.2)
    assert raised.value.reason == "read-timeout"
    assert closed.wait(5)
    del raised  # not before: an error may be kept


def test_a_late_final_answer_is_not_read_as_the_next_one(
    upstream: Callable[..., Upstream],
) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    here = session(upstream(answers(hints, OK.replace(b"hi", b"no")), answers(OK)))
    assert send(here)[0] == 103
    assert send(here) == (200, b"hi")


def test_a_request_with_an_invalid_header_is_not_sent(upstream: Callable[..., Upstream]) -> None:
    there = upstream(answers(OK))
    here = session(there)
    with pytest.raises(SalesforceError):
        here.request("GET", here.url, headers={"x": "a\nb: c"}, deadline=Deadline(1))
    assert there.accepted == 0


def test_if_one_connection_fails_the_others_are_not_used(
    upstream: Callable[..., Upstream],
) -> None:
    both_sent = threading.Barrier(2)

    def in_parallel(connection: socket.socket) -> None:
        request(connection)
        both_sent.wait(5)
        connection.sendall(OK)
        hangs(connection)

    def twice(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(OK)
        in_parallel(connection)

    there = upstream(twice, in_parallel, answers(OK))
    here = session(there)
    send(here)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: send(here), range(2)))
        assert failure(here, 0.2) == "read-timeout"
        assert list(pool.map(lambda _: send(here, 1), range(2))) == [(200, b"hi")] * 2
    assert there.accepted == 4


def test_an_answer_may_take_longer_than_connecting(upstream: Callable[..., Upstream]) -> None:
    def serve(connection: socket.socket) -> None:
        request(connection)
        time.sleep(0.2)
        connection.sendall(OK)

    here = SalesforceSession(f"http://{upstream(serve).address}", connect_seconds=0.1)
    assert send(here) == (200, b"hi")


@pytest.mark.parametrize(("seconds", "waited"), [(0.5, 0.5), (5, 1)])
def test_connecting_ends_with_the_deadline(
    monkeypatch: pytest.MonkeyPatch, seconds: float, waited: float
) -> None:
    seen = []

    def fail(address: object, timeout: float, **options: object) -> None:
        seen.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(urllib3.util.connection, "create_connection", fail)
    here = SalesforceSession("http://acme.example", 1)
    with pytest.raises(SalesforceError) as raised:
        here.request("GET", here.url, deadline=Deadline(seconds, Clock()))
    assert raised.value.reason == "connect-timeout"
    assert seen == [waited]


def test_a_server_without_tls_is_not_trusted(upstream: Callable[..., Upstream]) -> None:
    there = upstream(lambda connection: connection.sendall(OK))
    assert failure(session(there, "https")) == "tls"


def test_a_certificate_of_another_host_is_not_trusted(
    upstream: Callable[..., Upstream], certificate: Path
) -> None:
    there = upstream(over_tls(certificate, answers(OK)))
    here = SalesforceSession(f"https://localhost:{there.address.partition(':')[2]}", 1)
    assert failure(here) == "tls"


@pytest.mark.parametrize("bundle", [True, False])
def test_a_self_signed_certificate_is_not_trusted(
    upstream: Callable[..., Upstream],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bundle: bool,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    if bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.utils.DEFAULT_CA_BUNDLE_PATH)
    received: list[bytes] = []
    there = upstream(over_tls(self_signed(tmp_path), answers(OK, received=received)))
    assert failure(session(there, "https")) == "tls"
    assert received == []


def test_a_folder_of_trusted_certificates_is_searched(
    upstream: Callable[..., Upstream], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = upstream(over_tls(self_signed(tmp_path), answers(OK)))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert failure(session(there, "https")) == "tls"


def test_a_stopped_server_refuses_the_connection(upstream: Callable[..., Upstream]) -> None:
    there = upstream(answers(OK))
    there.close()
    assert failure(session(there)) == "refused"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(-2, "Name or service not known"), "dns"),
        (TimeoutError("timed out"), "connect-timeout"),
        (OSError(113, "No route to host"), "refused"),
    ],
)
def test_a_failure_to_connect_has_a_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def fail(*given: object, **named: object) -> None:
        raise error

    monkeypatch.setattr(urllib3.util.connection, "create_connection", fail)
    assert failure(SalesforceSession("https://acme.my.salesforce.com", 1)) == reason


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "ä" * 64 + ".example"])
def test_a_host_that_cannot_exist_does_not_resolve(host: str) -> None:
    assert failure(SalesforceSession(f"https://{host}", 1)) == "dns"


# What requests would do by itself


def test_a_redirect_is_an_answer(upstream: Callable[..., Upstream]) -> None:
    elsewhere = upstream(answers(OK))
    redirect = f"HTTP/1.1 302 Found\r\nLocation: http://{elsewhere.address}/\r\n".encode()
    here = session(upstream(answers(redirect + b"Content-Length: 0\r\n\r\n")))
    response = here.request("GET", here.url, allow_redirects=True, deadline=Deadline(5))
    assert response.status_code == 302
    assert elsewhere.accepted == 0


def test_no_netrc_and_no_cookie_is_used(
    upstream: Callable[..., Upstream], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login alice password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    received: list[bytes] = []
    cookie = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: sid=of-another-caller; Path=/\r\n\r\n")
    here = session(upstream(answers(cookie, OK, received=received)))
    for token in ("one", "two"):
        headers = {"Authorization": f"Bearer {token}"}
        here.request("GET", here.url, headers=headers, deadline=Deadline(5))
    for sent, bearer in zip(received, (b"Bearer one", b"Bearer two"), strict=True):
        assert b"\r\nAuthorization: " + bearer + b"\r\n" in sent
        assert b"Basic" not in sent
        assert b"Cookie" not in sent
        assert f"User-Agent: click-to-dial/{__version__}\r\n".encode() in sent


def test_a_proxy_of_the_environment_is_used(
    upstream: Callable[..., Upstream], monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[bytes] = []
    proxy = upstream(answers(OK, received=received))
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
    assert send(SalesforceSession("http://acme.example")) == (200, b"hi")
    assert received[0].startswith(b"POST http://acme.example/path HTTP/1.1\r\n")


def test_no_proxy_is_used_for_a_host_that_needs_none(
    upstream: Callable[..., Upstream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert send(session(upstream(answers(OK)))) == (200, b"hi")


def without_socks(*_: Any, **__: Any) -> None:
    """Fail like requests without PySocks. The layer has none; the browser tests install it."""
    raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")


@pytest.mark.parametrize("proxy", ["http://{address}", "http://127.0.0.1:1", "socks5://{address}"])
def test_a_failing_proxy_is_the_reason(
    upstream: Callable[..., Upstream], monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", without_socks)
    forbids = upstream(answers(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.format(address=forbids.address))
    assert failure(SalesforceSession("https://acme.example")) == "proxy"
