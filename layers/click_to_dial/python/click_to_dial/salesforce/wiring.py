"""Wiring of the Salesforce client, which a decision, the sync and the command share."""

from functools import partial

from click_to_dial import aws
from click_to_dial.aws import AwsClient
from click_to_dial.dynamodb.access_token import SharedToken
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.login import log_in
from click_to_dial.salesforce.session import SalesforceSession
from click_to_dial.settings import Settings


def connect(settings: Settings, dynamodb: AwsClient, secrets: AwsClient) -> SalesforceClient:
    """Return the client of the organisation, with the access token that all sandboxes share."""
    session = SalesforceSession(settings.salesforce_url)
    tokens = SharedToken(
        dynamodb,
        settings.table_name,
        settings.salesforce_host,
        partial(log_in, session, partial(aws.read_secret, secrets, settings.salesforce_secret_id)),
        login_seconds=settings.time_budget,
    )
    return SalesforceClient(session, settings.salesforce_api_version, tokens)
