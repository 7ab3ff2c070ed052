"""Settings of the functions. Only this module reads the environment, which template.yaml sets."""

import os
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit


class Settings(NamedTuple):
    """Settings of a deployment.

    `salesforce_url` is the My Domain URL of the organisation. `salesforce_secret_id` is the name of
    the secret with client_id and client_secret of the External Client App. `time_budget_ms` is the
    maximum duration of a decision in milliseconds, even if Salesforce does not answer.
    """

    table_name: str
    salesforce_url: str
    salesforce_secret_id: str
    salesforce_api_version: str
    time_budget_ms: int

    @property
    def time_budget(self) -> float:
        """Time budget in seconds."""
        return self.time_budget_ms / 1000

    @property
    def salesforce_host(self) -> str:
        """Host of the organisation. It separates the data of several organisations in one table."""
        return urlsplit(self.salesforce_url).netloc


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings. Raises KeyError if one is missing: there are no defaults."""
    return Settings(
        table_name=environment["TABLE_NAME"],
        salesforce_url=environment["SALESFORCE_URL"],
        salesforce_secret_id=environment["SALESFORCE_SECRET_ID"],
        salesforce_api_version=environment["SALESFORCE_API_VERSION"],
        time_budget_ms=int(environment["TIME_BUDGET_MS"]),
    )


def new_version(environment: Mapping[str, str] = os.environ) -> str:
    """Return the ARN of the version to check before it gets traffic. Raises KeyError."""
    return environment["NEW_VERSION"]


def starts_from_snapshot(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell if sandboxes start from a SnapStart snapshot of this one."""
    return environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def role_credentials(environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """Return where Lambda gives the role's credentials with SnapStart: URL and its token.

    Raises KeyError if one is missing.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    """
    return (
        environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
        environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"],
    )


def number_key_secret_id(environment: Mapping[str, str] = os.environ) -> str:
    """Return the name of the secret with the key of the hashes. Raises KeyError."""
    return environment["NUMBER_KEY_SECRET_ID"]


def list_minutes(environment: Mapping[str, str] = os.environ) -> int:
    """Return the interval at which lists are read from Salesforce. Raises KeyError."""
    return int(environment["LIST_MINUTES"])


class AuthSettings(NamedTuple):
    """Settings of the authorizer.

    `mode` is `salesforce` or `key`. Only `key` uses `key_secret_id`. An empty `salesforce_org_id`
    or `allowed_users` (user ids or usernames) restricts nothing. `confirmed_hours` is how long a
    token that Salesforce has confirmed is accepted while Salesforce cannot be reached.
    """

    mode: str
    salesforce_url: str
    salesforce_org_id: str
    allowed_users: frozenset[str]
    key_secret_id: str
    table_name: str
    confirmed_hours: float


def auth_from_environment(environment: Mapping[str, str] = os.environ) -> AuthSettings:
    """Return the settings of the authorizer. Raises KeyError if one is missing."""
    users = environment["SALESFORCE_ALLOWED_USERS"]
    return AuthSettings(
        mode=environment["AUTH_MODE"],
        salesforce_url=environment["SALESFORCE_URL"],
        salesforce_org_id=environment["SALESFORCE_ORG_ID"].strip(),
        # "," allows no user. It must not be read as empty, which allows all users.
        allowed_users=frozenset(user.strip() for user in users.split(",") if users.strip()),
        key_secret_id=environment["API_KEY_SECRET_ID"],
        table_name=environment["TABLE_NAME"],
        confirmed_hours=float(environment["CONFIRMED_HOURS"]),
    )
