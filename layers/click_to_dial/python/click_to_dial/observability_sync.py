"""The log lines of a sync. Apart from observability.py, which a decision imports."""

from click_to_dial.errors import ClickToDialError
from click_to_dial.observability import count, logger
from click_to_dial.sync import Change


def log_sync(changes: list[Change]) -> None:
    """A sync of the mappings: how many entries, never which: a key may be a customer's name."""
    problems = sum(len(change.problems) for change in changes)
    count("SyncSucceeded", *(["SyncLeftOutRows"] if problems else []))
    fields = {
        "mappings": len(changes),
        "changed": sum(change.before != change.after for change in changes),
        "entries": sum(len(change.after) for change in changes),
        "rows_left_out": problems,
    }
    logger.info("syncMappings", extra={"outcome": "SyncSucceeded", **fields})


def log_sync_failure(error: ClickToDialError) -> None:
    """A sync that failed: the last good mappings stay."""
    count("SyncFailed")
    fields = {"outcome": "SyncFailed", "error": type(error).__name__, "cure": str(error)}
    logger.error("syncMappings", extra=fields)
