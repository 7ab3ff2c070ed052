"""Where a command works: a deployed stack, or the system that `make run` has started here."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from click_to_dial import aws, settings
from click_to_dial.aws import AwsClient
from click_to_dial.decision.service import ClickToDial
from click_to_dial.decision.wiring import build_service
from click_to_dial.dynamodb.number_lists import NumberLists
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import ClickToDialError
from click_to_dial.pseudonym import Pseudonym, keyed
from click_to_dial.salesforce.organisation import SalesforceClient
from click_to_dial.salesforce.wiring import connect
from click_to_dial.settings import Settings

LOCAL = Path(__file__).parents[1] / ".local/run.json"
"""The environment of the handlers, which local_stack.run keeps here as long as it runs."""

PATIENCE_MS = "10000"

# CloudFormation output -> the setting of the function that it stands for.
OUTPUTS = {
    "TableName": "TABLE_NAME",
    "SalesforceUrl": "SALESFORCE_URL",
    "SalesforceSecretId": "SALESFORCE_SECRET_ID",
    "SalesforceApiVersion": "SALESFORCE_API_VERSION",
}


class TargetError(ClickToDialError):
    """There is no system to work on."""


@dataclass(frozen=True, slots=True)
class Target:
    """A running system. `name` is what people call it."""

    name: str
    settings: Settings
    number_key: Callable[[], str]

    @property
    def store(self) -> PlanStore:
        """Its dial plans."""
        return PlanStore(_client("dynamodb"), self.settings.table_name)

    @property
    def lists(self) -> NumberLists:
        """Its number lists."""
        return NumberLists(_client("dynamodb"), self.settings.table_name)

    @property
    def service(self) -> ClickToDial:
        """What decides its calls, wired as in its function."""
        return build_service(
            self.settings, _client("dynamodb"), _client("secretsmanager"), self.pseudonym
        )

    @property
    def pseudonym(self) -> Pseudonym:
        """What numbers are stored as in its table."""
        return keyed(self.number_key())

    @property
    def organisation(self) -> SalesforceClient:
        """Its Salesforce, asked with its credentials."""
        return connect(self.settings, _client("dynamodb"), _client("secretsmanager"))


def _client(service: str) -> AwsClient:
    """Return a client that waits longer than those of the functions."""
    return aws.create_client(service, connect_seconds=5, read_seconds=20, max_attempts=4)


def find_target(stack: str | None) -> Target:
    """The stack of this name, else the system on this machine. Raises TargetError."""
    target = _stack(stack) if stack else local_target()
    if target is None:
        raise TargetError(
            "Which system? Say --stack NAME for a deployed one, or start one here: make run"
        )
    return target


def local_target() -> Target | None:
    """The system that runs on this machine; None where there is none. Raises TargetError."""
    if not LOCAL.exists():
        return None
    try:
        environment: Mapping[str, str] = json.loads(LOCAL.read_text())
        patient = settings.from_environment({**environment, "TIME_BUDGET_MS": PATIENCE_MS})
        key = settings.number_key(environment)
    except (OSError, ValueError, TypeError, KeyError) as error:  # of another version, or cut off
        raise TargetError(f"{LOCAL} cannot be read. Start the system anew: make run") from error
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):  # they are of the real AWS
        os.environ.pop(name, None)
    os.environ.update(environment)  # boto3 finds its endpoint and credentials there
    return Target("this machine", patient, lambda: key)


def _stack(name: str) -> Target:
    stacks = _client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", ())}
    missing = sorted({*OUTPUTS, "NumberKeySecretId"} - outputs.keys())
    if missing:
        listed = ", ".join(missing)
        raise TargetError(f"The stack {name} has no output {listed}: is it click-to-dial's?")
    environment = {setting: outputs[output] for output, setting in OUTPUTS.items()}
    secret_id = outputs["NumberKeySecretId"]
    patient = settings.from_environment(environment | {"TIME_BUDGET_MS": PATIENCE_MS})
    return Target(
        name, patient, cache(lambda: aws.read_secret(_client("secretsmanager"), secret_id))
    )
