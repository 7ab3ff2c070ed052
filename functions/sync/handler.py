"""Lambda function on a schedule: copy the mappings that are kept in Salesforce."""

from typing import Any

from click_to_dial.errors import ClickToDialError
from click_to_dial.observability import logger, metrics
from click_to_dial.sync import log
from click_to_dial.sync.wiring import synchroniser


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return how many entries each mapping has, and why others keep their last entries.

    A failure raises no exception, which Lambda would log with a traceback and retry: a metric
    counts it, and the next run of the schedule tries again.
    """
    try:
        changes = synchroniser()()
    except ClickToDialError as error:
        log.log_sync_failure(error)
        return {"failed": str(error)}
    log.log_sync(changes)
    failed = {each.mapping: str(each.failure) for each in changes if each.failure is not None}
    entries = {each.mapping: len(each.after) for each in changes if each.failure is None}
    return {"entries": entries, **({"failed": failed} if failed else {})}
