"""Connect the ports of the decision to adapters, once for each sandbox."""

import threading
from collections.abc import Callable
from functools import cache

from click_to_dial import aws, settings
from click_to_dial.aws import AwsClient
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.current_plan import CurrentPlan
from click_to_dial.decision.service import ClickToDial
from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.dynamodb.number_lists import DynamoDBAttempts
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.pseudonym import Pseudonym, SecretPseudonym
from click_to_dial.salesforce.records import SalesforceRecords
from click_to_dial.salesforce.wiring import connect
from click_to_dial.settings import Settings


@cache
def click_to_dial() -> ClickToDial:
    """Return the service for the settings in the environment."""
    create_once, lock = cache(aws.secrets_client), threading.Lock()

    def secrets() -> AwsClient:
        """Return the client, created by the first thread that needs it, while imports go on."""
        with lock:
            return create_once()

    if settings.starts_from_snapshot():
        secrets()
    secret_id = settings.number_key_secret_id()
    return build_service(
        settings.from_environment(),
        aws.dynamodb_client(),
        secrets,
        SecretPseudonym(lambda: aws.read_secret(secrets(), secret_id)),
    )


def build_service(
    settings: Settings,
    dynamodb: AwsClient,
    secrets: Callable[[], AwsClient],
    pseudonym: Pseudonym,
) -> ClickToDial:
    """Return the service for these settings. `secrets` is called when a login needs a secret."""
    return ClickToDial(
        plans=CurrentPlan(PlanStore(dynamodb, settings.table_name)),
        cache=DynamoDBFacts(dynamodb, settings.table_name, settings.salesforce_host),
        salesforce=SalesforceRecords(connect(settings, dynamodb, secrets)),
        breaker=CircuitBreaker(),
        attempts=DynamoDBAttempts(dynamodb, settings.table_name),
        pseudonym=pseudonym,
        time_budget=settings.time_budget,
    )
