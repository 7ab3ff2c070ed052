"""One structured log line per request, even for the first one, when libraries initialise."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_stack import template as sam
from tests.callers import event
from tests.e2e.sandbox import ROOT, Sandbox, built, started

CLICK = json.loads((ROOT / "events" / "200-customer-in-germany.json").read_text())
CALLER = event("Bearer wrong")


def entries(log: Path) -> list[Any]:
    """Return the entries for CloudWatch Logs, except lines that contain only metrics."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    return [entry for entry in map(json.loads, lines) if "message" in entry]


@pytest.mark.parametrize(
    ("function", "mode", "request_", "message"),
    [
        ("OnClickToDialFunction", "", CLICK, "onClickToDial"),
        ("AuthorizeFunction", "key", CALLER, "authorize"),
        ("AuthorizeFunction", "salesforce", CALLER, "authorize"),
        ("SyncFunction", "", {}, "syncMappings"),
    ],
)
def test_a_request_is_one_line(
    function: str,
    mode: str,
    request_: Mapping[str, Any],
    message: str,
    environment: Mapping[str, str],
    sandbox: Sandbox,
    aws_url: str,
    tmp_path: Path,
) -> None:
    variables = {**environment, "TABLE_NAME": "with-plan"}
    if mode:
        boto3.client("secretsmanager", endpoint_url=aws_url).create_secret(Name=f"log-{mode}")
        values = {"AuthMode": mode, "ApiKeySecret": f"log-{mode}", "Table": "with-plan"}
        values["SalesforceUrl"] = environment["SALESFORCE_URL"]
        variables |= sam.environment(sam.load(), values, aws_url, function)
    log = tmp_path / "log"
    with started(built(function), variables, log) as another:
        for _ in range(2):
            another.invoke(request_)
    assert [entry["message"] for entry in entries(log)] == [message] * 2, log.read_text()
    assert {entry["service"] for entry in entries(log)} == {"click-to-dial"}
