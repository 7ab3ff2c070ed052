"""The functions' settings. The only reader of the environment; template.yaml sets each of them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs from one deployment to the next.

    `salesforce_url` is the organisation's My Domain; `salesforce_secret_id` names the secret with
    the External Client App's client_id and client_secret; `time_budget_ms` is what a decision may
    take in milliseconds, whatever Salesforce does.
    """

    table_name: str
    salesforce_url: str
    salesforce_secret_id: str
    salesforce_api_version: str
    time_budget_ms: int

    @property
    def time_budget(self) -> float:
        """The time budget in seconds."""
        return self.time_budget_ms / 1000

    @property
    def salesforce_host(self) -> str:
        """What keeps the data of two organisations apart."""
        return urlsplit(self.salesforce_url).netloc


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings. Raises KeyError for one that is missing: none has a default to hide behind."""
    return Settings(
        table_name=environment["TABLE_NAME"],
        salesforce_url=environment["SALESFORCE_URL"],
        salesforce_secret_id=environment["SALESFORCE_SECRET_ID"],
        salesforce_api_version=environment["SALESFORCE_API_VERSION"],
        time_budget_ms=int(environment["TIME_BUDGET_MS"]),
    )


def starts_from_snapshot(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether sandboxes start from a SnapStart snapshot of this one."""
    return environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def number_key(environment: Mapping[str, str] = os.environ) -> str:
    """The key of the hashes of numbers and agents. Raises KeyError where it is missing."""
    return environment["NUMBER_KEY"]


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """Who may call, for the authorizer alone.

    `mode` is `salesforce` or `key`, which alone uses `key_secret_id`. An empty
    `salesforce_org_id` or `allowed_users` (user ids or usernames) restricts nothing.
    `confirmed_hours` is how long a token that Salesforce confirmed stays good while Salesforce
    cannot be reached.
    """

    mode: str
    salesforce_url: str
    salesforce_org_id: str
    allowed_users: frozenset[str]
    key_secret_id: str
    table_name: str
    confirmed_hours: float


def auth_from_environment(environment: Mapping[str, str] = os.environ) -> AuthSettings:
    """The authorizer's settings. Raises KeyError for one that is missing, though not for empty."""
    users = environment["SALESFORCE_ALLOWED_USERS"]
    return AuthSettings(
        mode=environment["AUTH_MODE"],
        salesforce_url=environment["SALESFORCE_URL"],
        salesforce_org_id=environment["SALESFORCE_ORG_ID"].strip(),
        # A stray comma names nobody; it must not let everybody in.
        allowed_users=frozenset(user.strip() for user in users.split(",") if users.strip()),
        key_secret_id=environment["API_KEY_SECRET_ID"],
        table_name=environment["TABLE_NAME"],
        confirmed_hours=float(environment["CONFIRMED_HOURS"]),
    )
