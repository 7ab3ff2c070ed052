"""jtel's other calls through the local gateway to the Salesforce simulator."""

import base64
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from dialplan_cli import smoke
from local_stack import template as sam
from local_stack.gateway import Gateway, GatewayServer
from local_stack.salesforce.simulator import Simulator
from tests.integration.dialplan_cli.test_smoke import decide

BINARY = bytes(range(256))


def authorize(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if event["headers"].get("Authorization") in (None, "Bearer wrong"):
        raise Exception("Unauthorized")
    return {"policyDocument": {"Statement": [{"Effect": "Allow"}]}}


@pytest.fixture
def server(salesforce: Simulator) -> Iterator[GatewayServer]:
    server = GatewayServer(0)
    server.gateway = Gateway(sam.load(), lambda function: decide, authorize, salesforce.url)
    server.on_response = lambda method, target, response: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def send(
    server: GatewayServer, path: str, token: str | None, method: str = "GET", body: bytes = b""
) -> requests.Response:
    headers = {"Content-Type": "application/x-anything"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    url = f"http://127.0.0.1:{server.port}{path}"
    return requests.request(method, url, data=body, headers=headers, timeout=10)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("beginning", ["/jtelACD/", "/services/apexrest/jtelACD/"])
def test_another_call_reaches_salesforce_unchanged(
    server: GatewayServer, salesforce: Simulator, beginning: str, method: str
) -> None:
    path = f"{beginning}getCallerInformation/a%20b?CallerID=%2B49%2089&x=1&x=2"
    response = send(server, path, salesforce.log_in(), method, BINARY)
    assert response.status_code == 200, response.text
    assert response.json() == {
        "method": method,
        "path": "/services/apexrest/jtelACD/getCallerInformation/a b",
        "query": "CallerID=%2B49%2089&x=1&x=2",
        "contentType": "application/x-anything",
        "body": base64.b64encode(BINARY).decode(),
    }


def test_an_answer_of_salesforce_is_passed_back_as_it_is(server: GatewayServer) -> None:
    """The authorizer of this test accepts tokens that Salesforce does not know."""
    response = send(server, "/jtelACD/getCallerInformation", "unknown")
    assert response.status_code == 401
    assert response.json()[0]["errorCode"] == "INVALID_SESSION_ID"
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_call_without_a_valid_token_does_not_reach_salesforce(
    server: GatewayServer, salesforce: Simulator, token: str | None
) -> None:
    before = salesforce.requests.total()
    response = send(server, "/jtelACD/getCallerInformation", token)
    assert response.json()["type"] == "urn:click-to-dial:caller-unknown"
    assert salesforce.requests.total() == before


@pytest.mark.parametrize("path", ["/jtelACD/", "/jtelACD", "/other", "/services/data/v62.0/query"])
def test_paths_elsewhere_stay_unknown(
    server: GatewayServer, salesforce: Simulator, path: str
) -> None:
    assert send(server, path, salesforce.log_in()).status_code == 404


@pytest.mark.parametrize("path", ["/jtelACD/onClickToDial", "/jtelACD/onClickToDia%6c"])
def test_our_own_path_is_not_passed_on(
    server: GatewayServer, salesforce: Simulator, path: str
) -> None:
    assert send(server, path, salesforce.log_in()).json() == {"status": 400}


@pytest.mark.parametrize("beginning", ["", "/services/apexrest"])
def test_our_own_path_is_not_passed_on_with_another_method(
    server: GatewayServer, salesforce: Simulator, beginning: str
) -> None:
    """API Gateway chooses the most specific resource first, and then a method of it."""
    token = salesforce.log_in()
    before = salesforce.requests.total()
    response = send(server, f"{beginning}/jtelACD/onClickToDial", token, "POST", BINARY)
    assert (response.status_code, response.json()["status"]) == (404, 404)
    assert salesforce.requests.total() == before


def test_without_the_parameter_another_call_is_refused(
    server: GatewayServer, salesforce: Simulator
) -> None:
    server.gateway = Gateway(sam.load(), lambda function: decide, authorize)
    response = send(server, "/jtelACD/getCallerInformation", salesforce.log_in())
    assert response.json()["type"] == "urn:click-to-dial:no-such-path"


def test_salesforce_that_does_not_answer_is_a_problem(server: GatewayServer) -> None:
    nowhere = "http://127.0.0.1:9"
    server.gateway = Gateway(sam.load(), lambda function: decide, authorize, nowhere)
    response = send(server, "/jtelACD/getCallerInformation", "any")
    assert response.status_code >= 500
    assert response.json()["type"] == "urn:click-to-dial:internal-error"


def test_the_smoke_test_notices_whether_calls_are_passed_on(
    server: GatewayServer,
    salesforce: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outputs = {"BaseUrl": f"http://127.0.0.1:{server.port}", "OtherCalls": "pass-on"}
    monkeypatch.setattr(smoke, "stack_outputs", lambda stack: outputs)
    token = salesforce.log_in()
    assert smoke.main([], {"TOKEN": token}) == 0
    output = capsys.readouterr().out
    assert "a call that is passed on: 200" in output
    assert "contentType" not in output  # Salesforce's answer
    server.gateway = Gateway(sam.load(), lambda function: decide, authorize)
    assert smoke.main([], {"TOKEN": token}) == 1
    assert "This is not an answer of Salesforce." in capsys.readouterr().out
