"""The local servers with malformed requests and lost connections: no traceback."""

import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from local_stack import template as sam
from local_stack.gateway import Gateway, GatewayServer
from local_stack.salesforce.server import running

RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def gateway() -> Iterator[int]:
    server = GatewayServer(0)
    server.gateway = Gateway(sam.load(), lambda function: answer_late)
    server.on_response = lambda *_: None
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    yield server.port
    server.shutdown()
    server.server_close()


def answer_late(event: Any, context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {}, "body": "x" * 10_000_000}


@pytest.fixture
def simulator() -> Iterator[int]:
    with running({"User": []}) as simulator:
        yield int(simulator.url.rpartition(":")[2])


@pytest.mark.parametrize("server", ["gateway", "simulator"])
@pytest.mark.parametrize(
    "head", [b"GET http://[::1/x HTTP/1.1", b"GET /x HTTP/1.1\r\nContent-Length: \xb2"]
)
def test_a_request_that_cannot_be_read_has_an_answer(
    server: str, head: bytes, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    assert b" 404 " in send(request.getfixturevalue(server), head)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("server", ["gateway", "simulator"])
def test_a_header_that_is_too_long_has_an_answer(
    server: str, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    address = ("127.0.0.1", request.getfixturevalue(server))
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(b"GET http://[::1/x HTTP/1.1\r\n" + b"X: ".ljust(65_537, b"y"))
        assert b" 431 " in connection.recv(1000)
    assert capfd.readouterr().err == ""


def test_an_unknown_method_is_told_its_own_name_and_path(gateway: int) -> None:
    assert b"not BREW /coffee." in send(gateway, b"BREW /coffee HTTP/1.1")


def test_a_client_that_goes_away_is_not_written_about(
    gateway: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", gateway)) as connection:
        connection.sendall(b"GET /jtelACD/onClickToDial HTTP/1.1\r\n\r\n")
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    assert b" 404 " in send(gateway, b"GET / HTTP/1.1")
    assert capfd.readouterr().err == ""


def send(port: int, head: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head + b"\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(4096), b""))
