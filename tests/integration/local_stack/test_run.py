"""`make run` as people start it: a process, its answers, its end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from dialplan_cli.plan.read import read_plan

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
ORG = {
    "Account": [
        {"Id": "0010C0000000001", "Type": "Kunde", "Groesse__c": 7},
        {"Id": "0010C0000000002", "Type": "Lieferant"},
    ],
    "Fahrzeug__c": [
        {"Id": "a7X0C0000000001", "Flotte__c": "a7Y0C0000000001"},
        {"Id": "a7X0C0000000002", "Flotte__c": None},
    ],
    "Flotte__c": [{"Id": "a7Y0C0000000001", "Kunde__c": "0010C0000000001"}],
    "User": [{"Id": "0050C0000000001", "FederationIdentifier": "Jürgen"}],
}
PLAN = """
version: 1
home_region: AT
service_numbers:
  zentrale: {number: "4312345", name: Zentrale}
  flotte: {number: "4312346", name: Flotte}
objects:
  Account: {kind: Type, blocked: Gesperrt__c}
  Fahrzeug__c: {kind: Flotte__r.Kunde__r.Type}
agents: {match: FederationIdentifier, attributes: {extension: Extension}}
rules:
  - {id: fremd, when: {agent.known: false}, refuse: Nicht bekannt.}
  - {id: gesperrt, when: {record.blocked: true}, refuse: Gesperrt.}
  - {id: flotte, when: {record.object: Fahrzeug__c, record.kind: Kunde}, signal: flotte}
  - {id: kunde, when: {record.kind: {not: Lieferant}}, signal: zentrale}
  - {id: sonst, refuse: Das geht nicht.}
outage: {refuse: Salesforce antwortet nicht.}
freshness: {record: 0s, agent: 1h, stale_if_error: 8h}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def start(**settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local_stack.run"],
        env=ENVIRONMENT | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("run")
    org, plan = folder / "org.json", folder / "plan.yaml"
    org.write_text(json.dumps(ORG))
    plan.write_text(PLAN)
    return org, plan


class Running:
    """The system, and what it wrote until the first call."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        assert process.stdout is not None
        self.head = ""
        while "Ctrl-C" not in self.head:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            self.head += line

    def call(
        self, record_id: str, agent: str = "jürgen", caller_id: str = "431265030"
    ) -> tuple[int, Any]:
        query = {"SalesForceID": record_id, "CallerID": caller_id, "AgentUID": agent}
        response = requests.get(f"{self.url}/jtelACD/onClickToDial", params=query, timeout=10)
        body = response.json()
        return response.status_code, body.get("ServiceNumber") or body.get("rule")


@contextmanager
def running(org: Path, plan: Path, **settings: str) -> Iterator[Running]:
    port = free_port()
    with start(PORT=str(port), ORG=str(org), PLAN=str(plan), **settings) as process:
        try:
            yield Running(process, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def test_decides_calls_of_other_peoples_data_and_ends_cleanly(files: tuple[Path, Path]) -> None:
    with running(*files) as system:
        assert system.call("0010C0000000001") == (200, "4312345")
        assert system.call("0010C0000000002") == (403, "sonst")
        assert system.call("a7X0C0000000001") == (200, "4312346")
        assert system.call("a7X0C0000000002") == (403, "sonst")
        assert system.call("0010C0000000001", "nobody") == (403, "fremd")
        assert system.call("0010C0000000009")[0] == 404
        assert requests.get(f"{system.url}/nope", timeout=5).status_code == 404
        assert requests.request("BREW", f"{system.url}/nope", timeout=5).status_code == 404
        assert b" 400 " in raw(system.url, b"GET /a b HTTP/1.1\r\n\r\n")
        with requests.Session() as session:  # Powertools writes metrics out by the hundred
            calls = [session.get(f"{system.url}/jtelACD/onClickToDial") for _ in range(101)]
        assert {call.status_code for call in calls} == {400}

        assert "taken to be empty" in system.head
        assert "Account.Gesperrt__c" in system.head
        assert system.head.count("curl '") == 3

        system.process.send_signal(signal.SIGINT)
        rest, errors = system.process.communicate(timeout=10)
        assert system.process.returncode == 0
        assert "Traceback" not in errors
        assert "_aws" not in rest
        assert "200  Allowed by rule kunde" in rest
        assert "404  GET /nope" in rest


def raw(url: str, request: bytes) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        return connection.recv(1000)


def test_the_demo_uses_every_rule() -> None:
    calls = [
        ("001Tv00000Bq001IAB", "112", "ahuber"),
        ("001Tv00000Bq001IAB", "09001234567", "ahuber"),
        ("001Tv00000Bq001IAB", "498999998410", "cehemals"),
        ("001Tv00000Bq001IAB", "217", "bkrueger"),
        ("003Tv00000Lx004IAB", "496990009731", "ahuber"),
        ("003Tv00000Lx003IAB", "494066969513", "ahuber"),
        ("a0BTv00000Vn002MAB", "498999998411", "ahuber"),
        ("a0BTv00000Vn001MAB", "498999998411", "ahuber"),
        ("500Tv00000Rw001IAB", "498999998411", "dwiesinger"),
        ("006Tv00000Dk001IAB", "498999998411", "ahuber"),
        ("003Tv00000Lx002IAB", "4312650321", "dwiesinger"),
        ("00QTv00000Mz004MAB", "4312650399", "ahuber"),
        ("00QTv00000Mz001MAB", "493023125640", "ahuber"),
        ("001Tv00000Bq006IAB", "4312650399", "ahuber"),
        ("001Tv00000Bq006IAB", "493023125118", "ahuber"),
    ]
    with running(Path("local_stack/demo_org.json"), Path("dialplans/demo.yaml")) as system:
        for record_id, caller_id, agent in calls:
            assert system.call(record_id, agent, caller_id)[0] in (200, 403)
        system.process.send_signal(signal.SIGINT)
        rest, _ = system.process.communicate(timeout=10)
    decided = re.findall(r"by rule (\S+)", rest)
    plan = read_plan(Path("dialplans/demo.yaml")).document
    assert decided == [rule["id"] for rule in plan["rules"]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ORG": "nope.json"}, "nope.json: cannot be read"),
        ({"PLAN": "nope.yaml"}, "nope.yaml"),
        ({"PORT": "many"}, "PORT: 'many' is not the number of a port."),
    ],
)
def test_what_cannot_start_says_so_in_one_sentence(settings: dict[str, str], message: str) -> None:
    assert message in sentence(**{"PORT": str(free_port())} | settings)


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert sentence(PORT=str(port)) == f"Port {port} cannot be used: Address already in use.\n"


def sentence(**settings: str) -> str:
    process = start(**settings)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert output == ""
    assert errors.count("\n") == 1
    return errors


def test_asks_for_the_key_where_the_authorizer_is_on(files: tuple[Path, Path]) -> None:
    with running(*files, AUTH="key") as system:
        key = re.search(r"Authorization: (Bearer \S+)'", system.head)
        assert key is not None
        url = f"{system.url}/jtelACD/onClickToDial"
        wrong = requests.get(url, headers={"Authorization": "Bearer wrong"}, timeout=10)
        assert (wrong.status_code, wrong.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert requests.get(url, timeout=10).status_code == 401
        right = requests.get(url, headers={"Authorization": key[1]}, timeout=10)
        assert right.status_code == 400
