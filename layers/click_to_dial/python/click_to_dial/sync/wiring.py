"""Wiring of the sync."""

import time
from collections.abc import Callable
from functools import cache, partial

from click_to_dial import aws, settings
from click_to_dial.aws import AwsClient
from click_to_dial.deadline import Deadline
from click_to_dial.dynamodb.list_runs import DynamoDBListRuns
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.pseudonym import Pseudonym, SecretPseudonym
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.rows import read_list, read_mapping
from click_to_dial.salesforce.wiring import connect
from click_to_dial.sync.lists import Due, ListSync, ListSynced
from click_to_dial.sync.mappings import MAX_LOSS, Change, sync

SYNC_SECONDS = 45.0
"""Time limit of a sync of the mappings."""
LISTS_SECONDS = 800.0
"""Time limit of a sync of the lists. The timeout of the function is longer than both together."""


@cache
def synchroniser() -> Callable[[], list[Change]]:
    """Return a function that updates the mappings from Salesforce."""
    from_environment = settings.from_environment()
    dynamodb = aws.dynamodb_client()
    store = PlanStore(dynamodb, from_environment.table_name)
    client = connect(from_environment, dynamodb, aws.secrets_client)
    read = partial(read_mapping, client)
    return lambda: sync(store, read, Deadline(SYNC_SECONDS), max_loss=MAX_LOSS)


@cache
def list_synchroniser() -> Callable[[], list[ListSynced]]:
    """Return a function that reads the lists that are due from Salesforce."""
    from_environment = settings.from_environment()
    # It waits longer, and tries more often, than the client of a decision.
    dynamodb = aws.create_client("dynamodb", connect_seconds=2, read_seconds=5, max_attempts=8)
    secrets = cache(aws.secrets_client)
    client = connect(from_environment, dynamodb, secrets)
    secret_id = settings.number_key_secret_id()
    pseudonym = SecretPseudonym(lambda: aws.read_secret(secrets(), secret_id))
    lists = build_list_sync(dynamodb, from_environment.table_name, client, pseudonym)
    due = Due(60.0 * settings.list_minutes())
    return lambda: lists.sync(Deadline(LISTS_SECONDS), due, MAX_LOSS)


def build_list_sync(
    dynamodb: AwsClient, table_name: str, client: SalesforceClient, pseudonym: Pseudonym
) -> ListSync:
    """Return the synchronisation of the lists in this table."""
    return ListSync(
        store=PlanStore(dynamodb, table_name),
        runs=DynamoDBListRuns(dynamodb, table_name),
        read_rows=partial(read_list, client),
        pseudonym=pseudonym,
        clock=time.time,
    )
