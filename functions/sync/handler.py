"""Keeps the mappings that live in Salesforce in step; EventBridge Scheduler calls it."""

from typing import Any

from click_to_dial.errors import ClickToDialError
from click_to_dial.observability import logger, metrics
from click_to_dial.sync import log
from click_to_dial.sync.wiring import synchroniser


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers how many entries each mapping has now, and why others keep their last good ones.

    A failure is no exception, which Lambda would log with a traceback: the metric tells of it, and
    the next run of the schedule is the next try.
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
