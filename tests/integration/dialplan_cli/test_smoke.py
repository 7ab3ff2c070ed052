"""`make smoke` with the local gateway: it passes a correct stack and reports faults."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dialplan_cli import smoke
from local_stack import template as sam
from local_stack.gateway import Gateway, GatewayServer

KEY = "the-key"


def decide(event: dict[str, Any], context: Any) -> dict[str, Any]:
    headers = {"Content-Type": "application/problem+json; charset=utf-8"}
    headers["Cache-Control"] = "no-store"
    return {"statusCode": 400, "headers": headers, "body": json.dumps({"status": 400})}


def authorize(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if event["headers"].get("Authorization") != f"Bearer {KEY}":
        raise Exception("Unauthorized")
    return {"policyDocument": {"Statement": [{"Effect": "Allow"}]}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GatewayServer]:
    server = GatewayServer(0)
    server.gateway = Gateway(sam.load(), lambda function: decide, authorize)
    server.on_response = lambda method, target, response: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    monkeypatch.setattr(smoke, "stack_outputs", lambda stack: {"BaseUrl": url})
    yield server
    server.shutdown()
    server.server_close()


def test_a_correct_stack_passes(server: GatewayServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main([], {"TOKEN": KEY}) == 0
    assert capsys.readouterr().out.count("good") == 5


def test_a_stack_without_authorization_fails(
    server: GatewayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.gateway = Gateway(sam.load(), lambda function: decide)
    assert smoke.main([], {}) == 1
    printed = capsys.readouterr().out
    assert printed.count("The status should be 401.") == 2
    assert "No TOKEN is set" in printed
