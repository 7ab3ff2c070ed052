"""The sole wiring: which adapter stands behind which port. Each is made once per sandbox."""

from functools import cache

from click_to_dial import bootstrap_aws, settings
from click_to_dial.aws.client import AwsClient
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.current_plan import CurrentPlan
from click_to_dial.decision.service import ClickToDial
from click_to_dial.dynamodb.attempts import DynamoDBAttempts
from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.dynamodb.plan_reader import PlanReader
from click_to_dial.pseudonym import Pseudonym, keyed
from click_to_dial.salesforce.records import SalesforceRecords
from click_to_dial.salesforce.wiring import connect
from click_to_dial.settings import Settings


@cache
def click_to_dial() -> ClickToDial:
    """The use case with everything behind it, for the settings in the environment."""
    aws = settings.aws_from_environment()
    return build_service(
        settings.from_environment(),
        bootstrap_aws.dynamodb(aws),
        bootstrap_aws.secrets_manager(aws),
        keyed(settings.number_key()),
    )


def build_service(
    settings: Settings, dynamodb: AwsClient, secrets: AwsClient, pseudonym: Pseudonym
) -> ClickToDial:
    """The use case for these settings."""
    return ClickToDial(
        plans=CurrentPlan(PlanReader(dynamodb, settings.table_name)),
        cache=DynamoDBFacts(dynamodb, settings.table_name, settings.salesforce_host),
        salesforce=SalesforceRecords(connect(settings, dynamodb, secrets)),
        breaker=CircuitBreaker(),
        attempts=DynamoDBAttempts(dynamodb, settings.table_name),
        pseudonym=pseudonym,
        time_budget=settings.time_budget,
    )
