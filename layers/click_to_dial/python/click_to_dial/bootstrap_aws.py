"""The clients of AWS for the functions, which all three wirings need."""

from collections.abc import Callable

from click_to_dial.aws.client import DYNAMODB, SECRETS_MANAGER, AwsClient, Patience, client
from click_to_dial.aws.credentials import ContainerCredentials
from click_to_dial.aws.signature import Credentials
from click_to_dial.settings import AwsSettings

SECRET_SECONDS = 2.0
"""A secret is read for a login only, once for all sandboxes: worth more patience."""


def dynamodb(settings: AwsSettings) -> AwsClient:
    """DynamoDB."""
    return client(DYNAMODB, settings.dynamodb_url, settings.region, credentials(settings))


def secrets_manager(settings: AwsSettings) -> AwsClient:
    """Secrets Manager."""
    patience = Patience(read_seconds=SECRET_SECONDS)
    return client(
        SECRETS_MANAGER, settings.secrets_url, settings.region, credentials(settings), patience
    )


def credentials(settings: AwsSettings) -> Callable[[], Credentials]:
    """Gives the credentials of the function's role."""
    if settings.credentials_url:
        return ContainerCredentials(settings.credentials_url, settings.credentials_token)
    fixed = Credentials(settings.access_key_id, settings.secret_access_key, settings.session_token)
    return lambda: fixed
