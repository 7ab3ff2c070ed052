"""The wiring of the sync, apart from bootstrap.py: a decision must not import what it needs."""

from collections.abc import Callable
from functools import cache

from click_to_dial import aws, settings
from click_to_dial.deadline import Deadline
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.salesforce.wiring import connect
from click_to_dial.sync.mappings import MOST_LOST, Change, sync

SYNC_SECONDS = 45.0
"""Nobody waits for a sync; its function's timeout is a little longer."""


@cache
def synchroniser() -> Callable[[], list[Change]]:
    """What brings the mappings in step with Salesforce, once per call."""
    from_environment = settings.from_environment()
    dynamodb = aws.dynamodb_client()
    plans = PlanStore(dynamodb, from_environment.table_name)
    org = connect(from_environment, dynamodb, aws.secrets_client())
    return lambda: sync(plans, org, Deadline(SYNC_SECONDS), most_lost=MOST_LOST)
