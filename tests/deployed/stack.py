"""A stack of this project on the local AWS: build, deploy, fill, call, delete."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from local_stack.salesforce.simulator import CLIENT_ID, CLIENT_SECRET, Simulator
from tests.deployed.built_template import write_adapted
from tests.deployed.local_aws import ROOT, SAM, LocalAws

CALL_SECONDS = 30.0


def build(folder: Path, aws: LocalAws) -> Path:
    """Run `sam build` for a checkout, and return the path of its built template."""
    python = ROOT / ".venv/bin/python"
    lambda_python = os.environ["LAMBDA_PYTHON"]
    aws.run(SAM, "build", folder=folder, PYTHON=str(python), LAMBDA_PYTHON=lambda_python)
    return folder / ".aws-sam/build/template.yaml"


@dataclass(frozen=True)
class Stack:
    """A deployed stack, whose functions use a Salesforce simulator."""

    aws: LocalAws
    name: str
    salesforce: Simulator

    def deploy(self, built: Path, *, config_env: str = "default", **parameters: str) -> None:
        """Run `sam deploy` with the project's samconfig. Parameters not named keep their value."""
        self.__dict__.pop("outputs", None)
        adapted = write_adapted(built, self.aws.url)
        overrides = {"SalesforceUrl": self.salesforce.url, **parameters}
        self.aws.run(
            *(SAM, "deploy", "--template-file", adapted, "--stack-name", self.name),
            *("--config-file", ROOT / "samconfig.toml", "--config-env", config_env),
            *("--region", self.aws.variables["AWS_REGION"], "--no-confirm-changeset"),
            "--parameter-overrides",
            *(f"{name}={value}" for name, value in overrides.items()),
        )
        # The stage has a copy of the gateway responses from before they were created.
        _, api = self.resources()["Api"]
        self.aws.client("apigateway").create_deployment(restApiId=api, stageName="v1")

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The outputs of the stack."""
        stacks = self.aws.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stacks[0]["Outputs"]}

    def fill_secrets(self) -> None:
        """Put the simulator's credentials into the Salesforce secret."""
        credentials = json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
        self.aws.client("secretsmanager").put_secret_value(
            SecretId=self.outputs["SalesforceSecretId"], SecretString=credentials
        )

    def token(self) -> str:
        """Return what a caller authenticates with: the stack's key or a Salesforce token."""
        if secret := self.outputs.get("ApiKeySecretId"):
            client = self.aws.client("secretsmanager")
            return str(client.get_secret_value(SecretId=secret)["SecretString"])
        return self.salesforce.log_in()

    def get(self, path: str, token: str | None, **query: str) -> requests.Response:
        """Call the API as jtel does."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        # The local AWS drops the Content-Encoding of an answer that it passes on.
        headers["Accept-Encoding"] = "identity"
        url = self.outputs["BaseUrl"] + path
        return requests.get(url, params=query, headers=headers, timeout=CALL_SECONDS)

    def resources(self) -> Mapping[str, tuple[str, str]]:
        """Return type and physical id of each resource, by logical id."""
        found = self.aws.client("cloudformation").describe_stack_resources(StackName=self.name)
        return {
            each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
            for each in found["StackResources"]
        }

    def live_version(self, function: str) -> str:
        """Return the version to which the alias `live` of a function points."""
        _, name = self.resources()[function]
        client = self.aws.client("lambda")
        return str(client.get_alias(FunctionName=name, Name="live")["FunctionVersion"])

    def delete(self) -> None:
        """Run `sam delete`."""
        self.aws.run(
            *(SAM, "delete", "--stack-name", self.name, "--no-prompts"),
            *("--region", self.aws.variables["AWS_REGION"]),
        )


def send(stack: Stack, event: Mapping[str, Any], token: str) -> requests.Response:
    """Send the request of an event in events/ over HTTP."""
    query = [
        (name, value)
        for name, values in (event["multiValueQueryStringParameters"] or {}).items()
        for value in values
    ]
    url = stack.outputs["BaseUrl"] + event["path"]
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(
        event["httpMethod"], url, params=query, headers=headers, timeout=CALL_SECONDS
    )
