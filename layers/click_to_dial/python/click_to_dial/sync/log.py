"""Log lines and metrics of the sync."""

from collections.abc import Mapping

from click_to_dial.errors import ClickToDialError
from click_to_dial.observability import count, describe, logger
from click_to_dial.sync.mappings import Change


def log_sync(changes: list[Change]) -> None:
    """Log a sync with the number of entries. Never log an entry: a key may be a customer's name."""
    read = [change for change in changes if change.failure is None]
    problems = sum(len(change.problems) for change in read)
    if problems:
        count("SyncLeftOutRows")
    fields = {
        "mappings": len(changes),
        "changed": sum(change.before != change.after for change in read),
        "entries": sum(len(change.after) for change in read),
        "rows_left_out": problems,
    }
    failures = {each.mapping: each.failure for each in changes if each.failure is not None}
    if failures:
        _log_failures(failures, fields)
        return
    count("SyncSucceeded")
    logger.info("syncMappings", extra={"outcome": "SyncSucceeded", **fields})


def log_sync_failure(error: ClickToDialError) -> None:
    """Log a sync that failed as a whole: the mappings keep their entries."""
    _log_failures({"": error}, {})


def _log_failures(failures: Mapping[str, ClickToDialError], fields: Mapping[str, int]) -> None:
    """Log what failed, by mapping. The alarm is for an hour without a sync that has no failure."""
    count("SyncFailed")
    names = sorted({type(error).__name__ for error in failures.values()})
    remedies = [f"{name}: {error}" if name else str(error) for name, error in failures.items()]
    told = {
        "outcome": "SyncFailed",
        "error": " ".join(names),
        "remedy": " ".join(remedies),
        "failures": [
            describe(error) | ({"mapping": name} if name else {})
            for name, error in failures.items()
        ],
    }
    logger.error("syncMappings", extra={**told, **fields})
