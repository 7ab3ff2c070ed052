"""The wiring of the sync, apart from bootstrap.py: a decision must not import what it needs."""

from collections.abc import Callable
from functools import cache

from click_to_dial import bootstrap_aws, settings
from click_to_dial.deadline import Deadline
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.salesforce.mappings import SalesforceMappings
from click_to_dial.salesforce.wiring import connect
from click_to_dial.sync.mappings import MOST_LOST, Change, sync

SYNC_SECONDS = 45.0
"""Nobody waits for a sync; its function's timeout is a little longer."""


@cache
def synchroniser() -> Callable[[], list[Change]]:
    """What brings the mappings in step with Salesforce, once per call."""
    from_environment, aws = settings.from_environment(), settings.aws_from_environment()
    dynamodb = bootstrap_aws.dynamodb(aws)
    plans = PlanStore(dynamodb, from_environment.table_name)
    client = connect(from_environment, dynamodb, bootstrap_aws.secrets_manager(aws))
    salesforce = SalesforceMappings(client)
    return lambda: sync(plans, salesforce, Deadline(SYNC_SECONDS), most_lost=MOST_LOST)
