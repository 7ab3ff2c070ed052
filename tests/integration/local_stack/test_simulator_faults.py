"""Every failure that the Salesforce simulator can play."""

import socket
import time
from collections.abc import Iterator

import pytest
import requests

import local_stack.salesforce
from local_stack.salesforce import Simulator, running
from local_stack.salesforce.faults import API_ERRORS, KINDS, LOGIN_ERRORS
from tests.integration.simulator_calls import DATA, ORG, get, log_in


@pytest.fixture
def salesforce() -> Iterator[Simulator]:
    with running(ORG) as simulator:
        yield simulator


class TestFaults:
    @pytest.mark.parametrize("kind", sorted({*API_ERRORS}))
    def test_of_the_api_pass_after_their_times(self, salesforce: Simulator, kind: str) -> None:
        salesforce.fail(kind, times=1)
        assert log_in(salesforce).ok
        assert get(salesforce, f"{DATA}/limits").status_code == API_ERRORS[kind].status
        assert get(salesforce, f"{DATA}/limits").ok

    @pytest.mark.parametrize("kind", sorted(LOGIN_ERRORS))
    def test_of_the_login(self, salesforce: Simulator, kind: str) -> None:
        salesforce.fail(kind)
        assert get(salesforce, f"{DATA}/limits").ok
        assert log_in(salesforce).json()["error"] == LOGIN_ERRORS[kind][0]

    @pytest.mark.parametrize(
        ("kind", "status", "content_type"),
        [
            ("server-error-html", 500, "text/html;charset=UTF-8"),
            ("unavailable-html", 503, "text/html;charset=UTF-8"),
            ("login-page-200", 200, "text/html;charset=UTF-8"),
            ("redirect", 302, "text/html;charset=UTF-8"),
            ("empty", 200, "application/json;charset=UTF-8"),
        ],
    )
    def test_not_from_salesforce(
        self, salesforce: Simulator, kind: str, status: int, content_type: str
    ) -> None:
        salesforce.fail(kind)
        response = get(salesforce, f"{DATA}/limits")
        assert (response.status_code, response.headers["Content-Type"]) == (status, content_type)

    def test_wrong_types_are_valid_json(self, salesforce: Simulator) -> None:
        salesforce.fail("wrong-types")
        assert get(salesforce, f"{DATA}/limits").json() == {
            "DailyApiRequests": {"Max": "15000", "Remaining": "14999"}
        }

    def test_any_answer(self, salesforce: Simulator) -> None:
        salesforce.fail("answer", status=200, body={"compositeResponse": None})
        assert get(salesforce, f"{DATA}/limits").text == '{"compositeResponse":null}'

    @pytest.mark.parametrize("kind", ["reset", "close", "truncated"])
    def test_a_broken_connection(self, salesforce: Simulator, kind: str) -> None:
        salesforce.fail(kind, times=1)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            get(salesforce, f"{DATA}/limits")

    def test_reset_is_a_tcp_reset(self, salesforce: Simulator) -> None:
        salesforce.fail("reset")
        host, port = salesforce.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"GET /services/data HTTP/1.1\r\nHost: x\r\n\r\n")
            with pytest.raises(ConnectionResetError):
                connection.recv(1)

    def test_reset_of_a_kept_alive_connection(self, salesforce: Simulator) -> None:
        salesforce.fail("reset-kept-alive")
        with requests.Session() as session:
            assert session.get(f"{salesforce.url}/services/data", timeout=5).ok
            with pytest.raises(requests.ConnectionError):
                session.get(f"{salesforce.url}/services/data", timeout=5)
            assert session.get(f"{salesforce.url}/services/data", timeout=5).ok

    @pytest.mark.parametrize("kind", ["delay", "drip"])
    def test_a_slow_answer(self, salesforce: Simulator, kind: str) -> None:
        salesforce.fail(kind, seconds=0.3)
        started = time.monotonic()
        assert get(salesforce, f"{DATA}/limits").ok
        assert time.monotonic() - started >= 0.3

    def test_hangs_until_cleared(self, salesforce: Simulator) -> None:
        salesforce.fail("hang", times=1)
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{salesforce.url}/services/data", timeout=0.2)
        salesforce.heal()
        assert get(salesforce, "/services/data").ok

    def test_a_kind_that_does_not_exist(self, salesforce: Simulator) -> None:
        with pytest.raises(ValueError, match="There is no fault 'nope'"):
            salesforce.fail("nope")

    def test_every_kind_is_documented(self) -> None:
        documentation = local_stack.salesforce.__doc__ or ""
        assert [kind for kind in KINDS if kind not in documentation] == []
