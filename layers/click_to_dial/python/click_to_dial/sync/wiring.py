"""Wiring of the sync."""

from collections.abc import Callable
from functools import cache, partial

from click_to_dial import aws, settings
from click_to_dial.deadline import Deadline
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.salesforce.mapping_rows import read_mapping
from click_to_dial.salesforce.wiring import connect
from click_to_dial.sync.mappings import MAX_LOSS, Change, sync

SYNC_SECONDS = 45.0
"""Time limit of a sync. The timeout of its function is a little longer."""


@cache
def synchroniser() -> Callable[[], list[Change]]:
    """Return a function that updates the mappings from Salesforce."""
    from_environment = settings.from_environment()
    dynamodb = aws.dynamodb_client()
    store = PlanStore(dynamodb, from_environment.table_name)
    client = connect(from_environment, dynamodb, aws.secrets_client)
    read = partial(read_mapping, client)
    return lambda: sync(store, read, Deadline(SYNC_SECONDS), max_loss=MAX_LOSS)
