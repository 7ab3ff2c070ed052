"""Wiring of the Salesforce client, which a decision, the sync and the command share."""

from collections.abc import Callable
from functools import partial

from click_to_dial import aws
from click_to_dial.aws import AwsClient
from click_to_dial.dynamodb.access_token import Login, SharedToken
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.login import log_in
from click_to_dial.salesforce.session import SalesforceSession
from click_to_dial.settings import Settings


def connect(
    settings: Settings,
    dynamodb: AwsClient,
    secrets: Callable[[], AwsClient],
    *,
    ignore_failures: bool = False,
) -> SalesforceClient:
    """Return the client of the organisation, with the access token that all sandboxes share.

    `secrets` returns a client of Secrets Manager. It is called when a login needs the secret. With
    `ignore_failures`, a recent failed login does not prevent another one.
    """
    session = SalesforceSession(settings.salesforce_url)

    def read_secret() -> str:
        return aws.read_secret(secrets(), settings.salesforce_secret_id)

    login = Login(partial(log_in, session, read_secret), settings.time_budget)
    tokens = SharedToken(
        dynamodb,
        settings.table_name,
        settings.salesforce_host,
        login,
        ignore_failures=ignore_failures,
    )
    return SalesforceClient(session, settings.salesforce_api_version, tokens)
