"""The Salesforce simulator as a program, and its commands."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local_stack.salesforce import Simulator, running
from tests.integration.simulator_calls import CONTACT, DATA, ORG, get, log_in, soql

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture
def salesforce() -> Iterator[Simulator]:
    with running(ORG) as simulator:
        yield simulator


class TestCommands:
    def command(self, salesforce: Simulator, method: str, name: str, body: Any = None) -> Any:
        url = f"{salesforce.url}/_simulator/{name}"
        return requests.request(method, url, json=body, timeout=5)

    def test_faults(self, salesforce: Simulator) -> None:
        assert self.command(salesforce, "POST", "faults", {"kind": "quota", "path": "limits"}).ok
        assert get(salesforce, f"{DATA}/limits").status_code == 403
        assert get(salesforce, f"{DATA}/sobjects/Account/describe").ok
        self.command(salesforce, "DELETE", "faults")
        assert get(salesforce, f"{DATA}/limits").ok

    def test_counts(self, salesforce: Simulator) -> None:
        log_in(salesforce)
        get(salesforce, f"{DATA}/limits")
        assert self.command(salesforce, "GET", "stats").json() == {
            "logins": 1,
            "api_calls": 1,
            "requests": {"token": 1, "limits": 1},
        }
        assert self.command(salesforce, "DELETE", "stats").json()["logins"] == 0

    def test_tokens_secret_and_quota(self, salesforce: Simulator) -> None:
        token = salesforce.log_in()
        self.command(salesforce, "POST", "tokens/expire")
        assert salesforce.session(token) is None
        self.command(salesforce, "POST", "secret", {"client_secret": "new"})
        assert salesforce.client_secret == "new"
        self.command(salesforce, "POST", "quota", {"used": 15_000})
        assert get(salesforce, f"{DATA}/limits").status_code == 403

    def test_records_and_fields(self, salesforce: Simulator) -> None:
        rows = {"Vehicle__c": [{"Id": "a0B0C0000000001", "Type__c": "Van"}]}
        assert self.command(salesforce, "POST", "records", rows).json() == {"Vehicle__c": 1}
        self.command(salesforce, "POST", "fields", {"Vehicle__c.Colour__c": True})
        found = soql(salesforce, "SELECT Type__c, Colour__c FROM Vehicle__c").json()["records"]
        assert (found[0]["Type__c"], found[0]["Colour__c"]) == ("Van", None)

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("faults", {}),
            ("faults", {"kind": "nope"}),
            ("faults", {"kind": "quota", "path": 1, "nope": 2, "times": "x", "seconds": []}),
            ("faults", {"kind": "answer", "nope": 1}),
            ("fields", {"Nope__c.X": False}),
            ("records", {"Contact": [{}]}),
            ("secret", []),
        ],
    )
    def test_nonsense_is_400_with_a_sentence(
        self, salesforce: Simulator, name: str, body: Any
    ) -> None:
        response = self.command(salesforce, "POST", name, body)
        assert response.status_code == 400
        assert response.json()["error"]


def test_is_a_program_of_its_own(tmp_path: Path) -> None:
    org = tmp_path / "org.json"
    org.write_text(json.dumps({"Contact": [{"Id": CONTACT}]}))
    command = [sys.executable, "-m", "local_stack.salesforce", "--port", "0", "--org", str(org)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as program:
        assert program.stdout is not None
        url = program.stdout.readline().split()[-1]
        assert requests.get(f"{url}/services/data", timeout=5).ok
        program.terminate()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"Contact": [\n}', "line 2, column 1: this is not JSON"),
        ('{"Contact": [{"Id": "x"}]}', "Contact, row 1, field Id: 'x' is not a record id"),
    ],
)
def test_the_program_explains_a_bad_organisation(
    tmp_path: Path, content: str, message: str
) -> None:
    org = tmp_path / "org.json"
    org.write_text(content)
    command = [sys.executable, "-m", "local_stack.salesforce", "--port", "0", "--org", str(org)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, env=ENVIRONMENT)
    assert ended.returncode == 1
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
