"""Find the system that a command works on: a deployed stack, or the local one of `make run`."""

import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import urlsplit

from click_to_dial import aws, settings
from click_to_dial.aws import AwsClient
from click_to_dial.decision.service import ClickToDial
from click_to_dial.decision.wiring import build_service
from click_to_dial.dynamodb.list_changes import ListChanges
from click_to_dial.dynamodb.number_lists import NumberLists
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import ClickToDialError
from click_to_dial.pseudonym import Pseudonym, SecretPseudonym
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.wiring import connect
from click_to_dial.settings import Settings
from click_to_dial.sync.lists import ListSync
from click_to_dial.sync.wiring import build_list_sync
from dialplan_cli import decision_log
from dialplan_cli.decision_log import Calls, DecisionLogError, Track

CHECKOUT = Path(__file__).parents[1]

LOCAL = (CHECKOUT if (CHECKOUT / "local_stack").is_dir() else Path()) / ".local"
"""Folder of the local systems. While `make run` serves on a port, `<port>/run.json` in it contains
the environment of the functions.

An installed command finds it if the current directory is the checkout.
"""

AWS_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "NO_PROXY",
)
"""Variables of a local system that boto3 needs.

No others are taken from its file, because some, such as AWS_CONFIG_FILE, make boto3 run a program.
"""

TIME_BUDGET_MS = "10000"
"""Time budget of a decision. It is longer than in the function, because no agent waits."""

OUTPUTS = {
    # output of the CloudFormation stack: setting of the function
    "TableName": "TABLE_NAME",
    "SalesforceUrl": "SALESFORCE_URL",
    "SalesforceSecretId": "SALESFORCE_SECRET_ID",
    "SalesforceApiVersion": "SALESFORCE_API_VERSION",
}


class TargetError(ClickToDialError):
    """The system to work on was not found."""


@dataclass(frozen=True)
class Target:
    """A running system. `name` is its name in messages; `pseudonym` hashes with its key.

    The log of its decisions is in a file, or in a log group of CloudWatch.
    """

    name: str
    settings: Settings
    pseudonym: Pseudonym
    log_file: Path | None = None
    log_group: str | None = None

    @cached_property
    def store(self) -> PlanStore:
        """The published dial plans."""
        return PlanStore(self._dynamodb, self.settings.table_name)

    @cached_property
    def lists(self) -> NumberLists:
        """The number lists."""
        return NumberLists(self._dynamodb, self.settings.table_name)

    @cached_property
    def list_sync(self) -> ListSync:
        """The synchronisation of the lists that are kept in Salesforce."""
        return build_list_sync(
            self._dynamodb, self.settings.table_name, self.organisation, self.pseudonym
        )

    @cached_property
    def list_changes(self) -> ListChanges:
        """The recorded changes of number lists."""
        return ListChanges(self._dynamodb, self.settings.table_name)

    @cached_property
    def service(self) -> ClickToDial:
        """The use case that decides calls, wired as in the function."""
        return build_service(
            self.settings,
            self._dynamodb,
            partial(_client, "secretsmanager"),
            self.pseudonym,
        )

    @cached_property
    def organisation(self) -> SalesforceClient:
        """The Salesforce organisation, with the credentials of the system.

        The command logs in although a login has just failed: the secret may have been filled since.
        """
        secrets = partial(_client, "secretsmanager")
        return connect(self.settings, self._dynamodb, secrets, ignore_failures=True)

    def calls(self, since: float, track: Track = iter) -> Calls:
        """Return the calls since a time, in seconds since 1970. Raises DecisionLogError.

        `track` gets the pages of a log in CloudWatch.
        """
        if self.log_file is not None:
            return decision_log.read_file(self.log_file, since)
        if self.log_group is None:
            raise DecisionLogError(
                f"The stack {self.name} has no output DecisionLogGroup. Deploy the current version."
            )
        client = _client("logs")
        return decision_log.read_log_group(client, self.log_group, since, time.time(), track)

    @cached_property
    def _dynamodb(self) -> AwsClient:
        return _client("dynamodb")


def _client(service: str) -> AwsClient:
    """Return a client that waits longer than those of the functions."""
    return aws.create_client(service, connect_seconds=5, read_seconds=20, max_attempts=4)


def find_target(stack: str | None) -> Target:
    """Return the stack of this name, or the local system if `stack` is None. Raises TargetError."""
    target = stack_target(stack) if stack else local_target()
    if target is None:
        port = os.environ.get("PORT")
        selected = f" on port {port}, which the environment variable PORT selects" if port else ""
        raise TargetError(
            f"No local system is running{selected}. Name a deployed stack with --stack NAME, or "
            "run: make run"
        )
    return target


def local_target() -> Target | None:
    """Return the local system, or None if none runs. Raises TargetError.

    If several run, the environment variable PORT selects one, as for `make run`.
    """
    files = sorted(LOCAL.glob(f"{os.environ.get('PORT') or '*'}/run.json"))
    if not files:
        return None
    systems = {file: _read_environment(file) for file in files}
    running = {file: each for file, each in systems.items() if _listens(each["AWS_ENDPOINT_URL"])}
    if not running:
        raise TargetError("make run is no longer running. Start it again: make run")
    if len(running) > 1:
        ports = [file.parent.name for file in running]
        raise TargetError(
            f"Local systems run on the ports {', '.join(ports)}."
            f" Select one: PORT={ports[0]} dialplan ..."
        )
    ((file, environment),) = running.items()
    try:
        target_settings = settings.from_environment(
            {**environment, "TIME_BUDGET_MS": TIME_BUDGET_MS}
        )
        key_id = settings.number_key_secret_id(environment)
    except (ValueError, KeyError) as error:  # written by another version
        raise _unreadable(file) from error
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):  # they belong to the real AWS
        os.environ.pop(name, None)
    os.environ.update({name: environment[name] for name in AWS_VARIABLES if name in environment})
    return Target(
        "this machine",
        target_settings,
        SecretPseudonym(partial(read_secret, key_id)),
        log_file=file.parent / decision_log.FILE_NAME,
    )


def _read_environment(file: Path) -> Mapping[str, str]:
    try:
        environment: Mapping[str, str] = json.loads(file.read_text())
        host = urlsplit(environment["AWS_ENDPOINT_URL"]).hostname
    except (OSError, ValueError, TypeError, KeyError) as error:  # another version, or truncated
        raise _unreadable(file) from error
    if host != "127.0.0.1":
        raise TargetError(f"{file} does not point to this machine. Delete it, or run: make run")
    return environment


def _unreadable(file: Path) -> TargetError:
    return TargetError(f"{file} cannot be read. Restart the local system: make run")


def _listens(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=1).close()
    except OSError:
        return False
    return True


def stack_target(name: str) -> Target:
    """Return a deployed stack. Raises TargetError, and ClientError if it does not exist."""
    outputs = stack_outputs(name)
    missing = sorted({*OUTPUTS, "NumberKeySecretId"} - outputs.keys())
    if missing:
        raise TargetError(
            f"The stack {name} has no output {', '.join(missing)}. Is it a click-to-dial stack?"
        )
    environment = {setting: outputs[output] for output, setting in OUTPUTS.items()}
    target_settings = settings.from_environment(environment | {"TIME_BUDGET_MS": TIME_BUDGET_MS})
    pseudonym = SecretPseudonym(partial(read_secret, outputs["NumberKeySecretId"]))
    log_group = outputs.get("DecisionLogGroup")
    return Target(name, target_settings, pseudonym, log_group=log_group)


def stack_outputs(name: str) -> Mapping[str, str]:
    """Return the outputs of a CloudFormation stack. Raises ClientError if it does not exist."""
    stacks = _client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", ())}


def read_secret(secret_id: str) -> str:
    """Return the text of a secret in Secrets Manager. Raises SecretError."""
    return aws.read_secret(_client("secretsmanager"), secret_id)
