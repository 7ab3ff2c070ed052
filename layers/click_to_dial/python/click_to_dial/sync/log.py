"""Log lines and metrics of the sync."""

from collections.abc import Mapping

from click_to_dial.errors import ClickToDialError, RunLostError
from click_to_dial.observability import MetricUnit, count, describe, logger, metrics
from click_to_dial.sync.lists import ListSynced
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


def log_lists(lists: list[ListSynced]) -> None:
    """Log a sync of lists, and record their age and size. Never log a number or a record id.

    That another run of a list takes place at the moment is no failure.
    """
    if not lists:
        return
    age = max(each.age for each in lists)
    metrics.add_metric(name="ListAge", unit=MetricUnit.Seconds, value=round(age))
    entries = sum(each.completed.entries for each in lists if each.completed)
    metrics.add_metric(name="ListEntries", unit=MetricUnit.Count, value=entries)
    runs = [
        {
            "list": each.name,
            "state": each.run.state,
            "rows": each.run.rows,
            "numbers": each.run.entries,
            "added": each.run.added,
            "removed": each.run.removed,
            "unreadable": each.run.unreadable,
            "seconds": round(each.run.moved_at - each.run.began_at),
        }
        for each in lists
        if each.run is not None
    ]
    failures = {
        each.name: each.failure
        for each in lists
        if each.failure is not None and not isinstance(each.failure, RunLostError)
    }
    fields = {"lists": len(lists), "age": round(age), "runs": runs}
    if not failures:
        logger.info("syncLists", extra={"outcome": "ListSyncSucceeded", **fields})
        return
    count("ListSyncFailed")
    told = {
        "outcome": "ListSyncFailed",
        "remedy": " ".join(f"{name}: {error}" for name, error in failures.items()),
        "failures": [describe(error) | {"list": name} for name, error in failures.items()],
    }
    logger.error("syncLists", extra={**told, **fields})


def log_lists_failure(error: ClickToDialError) -> None:
    """Log a sync of lists that failed as a whole: the lists keep their entries."""
    count("ListSyncFailed")
    fields = {"outcome": "ListSyncFailed", "remedy": str(error), "failures": [describe(error)]}
    logger.error("syncLists", extra=fields)


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
