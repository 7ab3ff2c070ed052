"""Wiring of the sync."""

from collections.abc import Callable
from functools import cache

from click_to_dial import aws, settings
from click_to_dial.deadline import Deadline
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.salesforce.mappings import SalesforceMappings
from click_to_dial.salesforce.wiring import connect
from click_to_dial.sync.mappings import MOST_LOST, Change, sync

SYNC_SECONDS = 45.0
"""Time budget of a sync, a little less than the timeout of its function."""


@cache
def synchroniser() -> Callable[[], list[Change]]:
    """Return the function that copies the mappings from Salesforce, for the environment."""
    from_environment = settings.from_environment()
    dynamodb = aws.dynamodb_client()
    plans = PlanStore(dynamodb, from_environment.table_name)
    salesforce = SalesforceMappings(connect(from_environment, dynamodb, aws.secrets_client()))
    return lambda: sync(plans, salesforce, Deadline(SYNC_SECONDS), most_lost=MOST_LOST)
