"""docs/local.md: the organisation can be used, and each command is accepted."""

import json
import re
import shlex
from pathlib import Path

import pytest
import requests

from local_stack.salesforce import running
from local_stack.salesforce.faults import KINDS
from tests.integration.simulator_calls import soql

PAGE = (Path(__file__).parents[3] / "docs/local.md").read_text()
(ORG,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
COMMANDS = re.findall(r"^curl .*$", PAGE, re.M)


def test_the_organisation() -> None:
    with running(json.loads(ORG)) as salesforce:
        found = soql(salesforce, "SELECT Id, Account.Type FROM Contact").json()["records"]
        assert [(each["Id"], each["Account"]["Type"]) for each in found] == [
            ("003Tv00000Lx001IAB", "Customer")
        ]
        vehicles = soql(salesforce, "SELECT Fleet__r.Type__c FROM Vehicle__c").json()["records"]
        assert vehicles[0]["Fleet__r"]["Type__c"] == "Truck"
        assert soql(salesforce, "SELECT Id FROM Empty__c").json()["totalSize"] == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command(command: str) -> None:
    words = shlex.split(command)[1:]
    method = words[words.index("-X") + 1] if "-X" in words else None
    body = words[words.index("-d") + 1] if "-d" in words else None
    (url,) = [word for word in words if word.startswith("$SIMULATOR")]
    with running(json.loads(ORG)) as salesforce:
        response = requests.request(
            method or ("POST" if body else "GET"),
            url.replace("$SIMULATOR", salesforce.url),
            data=body,
            timeout=5,
        )
    assert response.status_code == 200, response.text


def test_the_faults_in_the_table_exist() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE[PAGE.index("Some kinds of faults") :], re.M)
    named = {kind for row in rows for kind in re.findall(r"`(.*?)`", row)}
    assert named
    assert named <= set(KINDS)
    assert len(KINDS) > 30
