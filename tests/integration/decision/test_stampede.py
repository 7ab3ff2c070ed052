"""Fifty cold sandboxes, as real processes, against one DynamoDB and one Salesforce: one login."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local_stack import template
from local_stack.children import Child
from local_stack.salesforce import Simulator, running
from tests.integration.salesforce.test_records import ACCOUNT, ORG

SANDBOXES = 50


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(ORG) as salesforce:
        yield salesforce


@pytest.fixture(scope="module")
def environment(
    simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    log: Path = tmp_path_factory.mktemp("aws") / "log"
    with Child(log, "local_stack.aws") as aws:
        url = aws.url()
        template.create_table(boto3.client("dynamodb", endpoint_url=url), template.load(), "table")
        secret = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
        boto3.client("secretsmanager", endpoint_url=url).create_secret(
            Name="secret", SecretString=json.dumps(secret)
        )
        yield {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            **template.aws_at(url),
            "TABLE_NAME": "table",
            "SALESFORCE_URL": simulator.url,
            "SALESFORCE_SECRET_ID": "secret",
            "NUMBER_KEY_SECRET_ID": "local-number-key",
            "SALESFORCE_API_VERSION": "62.0",
            "TIME_BUDGET_MS": "30000",
        }


def stampede(environment: dict[str, str]) -> list[str]:
    command = [sys.executable, "-m", "tests.integration.sandboxes", str(SANDBOXES), ACCOUNT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def test_fifty_cold_sandboxes_log_in_once_and_once_more_when_the_token_is_revoked(
    environment: dict[str, str], simulator: Simulator
) -> None:
    assert stampede(environment) == ["found"] * SANDBOXES
    assert simulator.logins == 1
    simulator.expire_tokens()
    assert stampede(environment) == ["found"] * SANDBOXES
    assert simulator.logins == 2


def test_wrong_credentials_cause_few_logins_and_an_error_in_every_sandbox(
    environment: dict[str, str], simulator: Simulator
) -> None:
    simulator.expire_tokens()
    simulator.reset_stats()
    simulator.fail("login-invalid-client", path="token")
    answers = stampede(environment)
    assert len(answers) == SANDBOXES
    assert [answer for answer in answers if "Consumer Secret" not in answer] == []
    assert simulator.requests["token"] <= 3  # another for each pause that a busy machine takes
