"""Lambda function on a schedule: copy the mappings and lists that are kept in Salesforce."""

from typing import Any

from click_to_dial.errors import ClickToDialError
from click_to_dial.observability import logger, metrics
from click_to_dial.sync import log
from click_to_dial.sync.wiring import list_synchroniser, synchroniser


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return how many entries each mapping and list has, and why others keep their last entries.

    A failure raises no exception, which Lambda would log with a traceback and retry: a metric
    counts it, and the next run of the schedule tries again.
    """
    result: dict[str, Any]
    try:
        changes = synchroniser()()
    except ClickToDialError as error:
        log.log_sync_failure(error)
        result = {"failed": str(error)}
    else:
        log.log_sync(changes)
        failed = {each.mapping: str(each.failure) for each in changes if each.failure is not None}
        entries = {each.mapping: len(each.after) for each in changes if each.failure is None}
        result = {"entries": entries, **({"failed": failed} if failed else {})}
    try:
        lists = list_synchroniser()()
    except ClickToDialError as error:
        log.log_lists_failure(error)
        return {**result, "lists_failed": str(error)}
    log.log_lists(lists)
    completed = {each.name: each.completed.entries for each in lists if each.completed}
    return {**result, **({"lists": completed} if lists else {})}
