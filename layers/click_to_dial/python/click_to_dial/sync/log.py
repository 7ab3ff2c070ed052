"""Log lines and metrics of the sync."""

from collections.abc import Mapping

from click_to_dial.errors import ClickToDialError
from click_to_dial.observability import count, logger
from click_to_dial.sync.mappings import Change


def log_sync(changes: list[Change]) -> None:
    """A sync of the mappings: how many entries, never which: a key may be a customer's name."""
    good = [change for change in changes if change.failure is None]
    problems = sum(len(change.problems) for change in good)
    if problems:
        count("SyncLeftOutRows")
    fields = {
        "mappings": len(changes),
        "changed": sum(change.before != change.after for change in good),
        "entries": sum(len(change.after) for change in good),
        "rows_left_out": problems,
    }
    failures = {each.mapping: each.failure for each in changes if each.failure is not None}
    if failures:
        _log_failure(failures, fields)
        return
    count("SyncSucceeded")
    logger.info("syncMappings", extra={"outcome": "SyncSucceeded", **fields})


def log_sync_failure(error: ClickToDialError) -> None:
    """A sync that failed as a whole: the last good mappings stay."""
    _log_failure({"": error}, {})


def _log_failure(failures: Mapping[str, ClickToDialError], fields: Mapping[str, int]) -> None:
    """One mapping that stays behind is a failure too: the alarm is for the hour without any."""
    count("SyncFailed")
    names = sorted({type(error).__name__ for error in failures.values()})
    remedies = [f"{name}: {error}" if name else str(error) for name, error in failures.items()]
    told = {"outcome": "SyncFailed", "error": " ".join(names), "remedy": " ".join(remedies)}
    logger.error("syncMappings", extra={**told, **fields})
