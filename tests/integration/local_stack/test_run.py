"""`make run` as people start it: a process, its answers, its end."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from dialplan_cli import targets
from dialplan_cli.decision_log import FILE_NAME, read_file
from dialplan_cli.plan.read import read_plan
from local_stack import run as local_run

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
ORG: dict[str, list[dict[str, Any]]] = {
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
  - {id: notruf, when: {callee.kind: emergency}, signal: zentrale}
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
        stdin=subprocess.DEVNULL,
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

    @property
    def state(self) -> Path:
        """The file with the environment of its functions."""
        return targets.LOCAL / self.url.rpartition(":")[2] / "run.json"

    def dialplan(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dialplan_cli", *arguments],
            env=ENVIRONMENT | settings,
            capture_output=True,
            text=True,
            timeout=30,
        )

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

        logged = read_file(system.state.with_name(FILE_NAME), since=0).calls
        decided = [(each.outcome, each.rule) for each in reversed(logged)][:3]
        assert decided == [("Allowed", "kunde"), ("Refused", "sonst"), ("Allowed", "flotte")]

        assert "Calls to try" in system.head
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
        assert sentence(PORT=str(port)) == (
            f"Port {port} cannot be used: Address already in use. Choose another one with PORT=…\n"
        )


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


@pytest.fixture(scope="module")
def both(
    files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Running, Running]]:
    org = tmp_path_factory.mktemp("other") / "org.json"
    org.write_text(json.dumps(ORG | {"Account": [ORG["Account"][1]]}))
    with running(*files) as one, running(org, files[1]) as other:
        yield one, other


def test_each_of_two_systems_has_its_own_state(
    both: tuple[Running, Running], files: tuple[Path, Path], tmp_path: Path
) -> None:
    one, other = both
    assert one.call("0010C0000000001") == (200, "4312345")
    assert other.call("0010C0000000001")[0] == 404
    for system in both:
        port = system.url.rpartition(":")[2]
        note = f"Published on {port}."
        plan = tmp_path / f"{port}.yaml"
        plan.write_text(files[1].read_text().replace("Das geht nicht.", note))
        published = system.dialplan("publish", str(plan), "--yes", "--comment", note, PORT=port)
        assert published.returncode == 0, published.stderr
        history = json.loads(system.dialplan("history", "--json", PORT=port).stdout)
        assert [each["comment"] for each in history["moves"]] == [note, ""]


def test_the_command_asks_which_of_two(both: tuple[Running, Running]) -> None:
    asked = both[0].dialplan("history")
    assert asked.returncode == 1
    assert "Select one: PORT=" in asked.stderr


def test_an_empty_organisation_has_no_calls_to_try(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    org = tmp_path / "org.json"
    org.write_text("{}")
    with running(org, files[1]) as system:
        assert "Calls to try" not in system.head
        assert system.call("0010C0000000001")[0] == 404


def test_nothing_outlives_a_killed_system(files: tuple[Path, Path]) -> None:
    with running(*files) as system:
        state = json.loads(system.state.read_text())
        try:
            system.process.kill()
            system.process.wait()
            for url in (state["AWS_ENDPOINT_URL"], state["SALESFORCE_URL"]):
                wait_until_refused(int(url.rpartition(":")[2]))
            started = time.monotonic()
            history = system.dialplan("history", PORT=system.state.parent.name)
            assert history.stderr == "make run is no longer running. Start it again: make run\n"
            assert history.returncode == 1
            assert time.monotonic() - started < 15, "without waiting for what is gone"
        finally:
            shutil.rmtree(system.state.parent)


def wait_until_refused(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    pytest.fail(f"port {port} still answers")


def test_ends_quietly_if_nobody_reads_its_output(files: tuple[Path, Path]) -> None:
    with running(*files) as system:
        assert system.process.stdout is not None
        system.process.stdout.readline()  # a blank one
        system.process.stdout.close()
        assert system.call("0010C0000000001") == (200, "4312345")
        system.process.terminate()
        assert system.process.wait(timeout=10) == 0
        assert system.process.stderr is not None
        assert system.process.stderr.read() == ""
        assert not system.state.parent.exists()


def test_a_checkout_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setattr(local_run, "LOCAL", file / ".local")
    with pytest.raises(local_run.UsageError, match=r"cannot be written \(Not a directory\)"):
        local_run.run({"PORT": "0"})


@pytest.mark.parametrize(
    ("goals", "form"),
    [("run 41302", "make run PORT=41302"), ("run my-org.json", "make run ORG=my-org.json")],
)
def test_a_value_without_a_name_is_refused_with_the_right_form(goals: str, form: str) -> None:
    command = ["make", "-C", str(targets.CHECKOUT), *goals.split()]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert refused.returncode == 2
    assert form in refused.stderr
