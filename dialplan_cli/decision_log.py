"""Read the log lines of decisions: from the file of `make run`, or from CloudWatch Logs.

docs/operations.md describes the fields. They contain no phone numbers, names or record ids.
"""

import json
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from click_to_dial.aws import AwsClient
from click_to_dial.decision.log import MESSAGE
from click_to_dial.errors import UNREADABLE, ClickToDialError

FILE_NAME = "decisions.log"
"""Name of the file with the log of a local system, beside its `run.json`."""

MAX_CALLS = 10_000
"""Maximum number of calls that are read; older ones are left out."""

FIRST_WINDOW = 300.0
"""Length in seconds of the newest part of the log, which is read first; the next is twice as long.

CloudWatch Logs returns the oldest lines first, but the newest are wanted.
"""

PATTERN = f'{{ $.message = "{MESSAGE}" }}'
"""Filter pattern of CloudWatch Logs."""

Track = Callable[[Iterable[Any]], Iterable[Any]]
"""Yields the items that it gets. It may show the progress, or raise an error to stop reading."""


class DecisionLogError(ClickToDialError):
    """The log of decisions cannot be read."""


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A call as its log line has it; docs/operations.md has the meaning of the fields.

    `at` is in seconds since 1970. `rules_before` are the ids of the rules before the deciding one,
    each with the fact that failed in it. `salesforce_calls` is None if nothing was decided.
    """

    at: float
    outcome: str
    request_id: str
    rule: str
    reason: str
    plan_version: int | None
    duration_ms: int | None
    callee_kind: str
    ambiguous: bool
    record_from: str
    record_age: int
    agent_from: str
    agent_age: int
    salesforce_calls: int | None
    salesforce_failures: tuple[str, ...]
    rules_before: tuple[tuple[str, str | None], ...]
    rules_evaluated: int
    parameter: str
    remedies: tuple[str, ...]

    @property
    def rules_omitted(self) -> int:
        """The number of evaluated rules that are not in `rules_before`, which is limited."""
        return max(0, self.rules_evaluated - len(self.rules_before) - bool(self.rule))


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a period, the newest first. `is_complete` is False if older ones are left out.

    `unreadable` is the number of lines in an unknown form.
    """

    calls: Sequence[LoggedCall]
    is_complete: bool = True
    unreadable: int = 0


def read_file(path: Path, since: float) -> Calls:
    """Return the calls since a time, in seconds since 1970. Raises DecisionLogError."""
    newest: deque[str] = deque(maxlen=MAX_CALLS + 1)
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            newest.extend(line for line in file if line.endswith("\n"))  # the last may be unwritten
    except FileNotFoundError as error:
        raise DecisionLogError(f"{path} does not exist. Restart: make run") from error
    except OSError as error:
        raise DecisionLogError(f"{path} cannot be read: {error.strerror}") from error
    return _parse(reversed(newest), since)


def read_log_group(
    client: AwsClient, log_group: str, since: float, until: float, track: Track = iter
) -> Calls:
    """Return the calls between two times, in seconds since 1970, from CloudWatch Logs.

    `track` gets the pages of the log. Raises DecisionLogError.
    """
    lines: list[str] = []
    end, seconds = until, FIRST_WINDOW
    try:
        while end > since and len(lines) <= MAX_CALLS:
            start = max(since, end - seconds)
            lines += reversed(_events(client, log_group, (start, end), track))
            end, seconds = start, 2 * seconds
    except (BotoCoreError, ClientError) as error:
        raise DecisionLogError(f"The log group {log_group} cannot be read.") from error
    return _parse(lines, since)


def parse_line(text: str) -> LoggedCall | None:
    """Return the call in a line, or None if the line is about something else.

    Raises ValueError, TypeError or KeyError if it has an unknown form.
    """
    if not text.startswith("{"):  # Lambda's own lines
        return None
    fields: Mapping[str, Any] = json.loads(text)
    if fields.get("message") != MESSAGE:
        return None

    def word(name: str) -> str:
        value = fields.get(name)
        return "" if value is None else str(value)

    def number(name: str) -> int | None:
        value = fields.get(name)
        return None if value is None else int(value)

    def words(name: str) -> tuple[str, ...]:
        value = fields.get(name) or ()
        return (value,) if isinstance(value, str) else tuple(map(str, value))

    return LoggedCall(
        at=datetime.fromisoformat(fields["timestamp"]).timestamp(),
        outcome=str(fields["outcome"]),
        request_id=word("correlation_id"),
        rule=word("rule"),
        reason=word("reason"),
        plan_version=number("plan_version"),
        duration_ms=number("duration_ms"),
        callee_kind=word("callee_kind"),
        ambiguous=bool(fields.get("ambiguous")),
        record_from=word("record_from"),
        record_age=number("record_age") or 0,
        agent_from=word("agent_from"),
        agent_age=number("agent_age") or 0,
        salesforce_calls=number("salesforce_calls"),
        salesforce_failures=words("salesforce_failures"),
        rules_before=tuple(
            (str(rule), None if fact is None else str(fact))
            for rule, fact in fields.get("rules_before", ())
        ),
        rules_evaluated=number("rules_evaluated") or 0,
        parameter=word("parameter"),
        remedies=words("remedy"),
    )


def _parse(newest_first: Iterator[str] | Sequence[str], since: float) -> Calls:
    calls: list[LoggedCall] = []
    unreadable = 0
    for line in newest_first:
        try:
            call = parse_line(line)
        except (*UNREADABLE, OverflowError):
            unreadable += 1
            continue
        if call is None:
            continue
        if call.at < since:
            break
        if len(calls) == MAX_CALLS:
            return Calls(calls, False, unreadable)
        calls.append(call)
    return Calls(sorted(calls, key=lambda call: call.at, reverse=True), True, unreadable)


def _events(
    client: AwsClient, log_group: str, window: tuple[float, float], track: Track
) -> Sequence[str]:
    """Return the newest lines from the start of a window until before its end, the oldest first."""
    start, end = window
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=log_group,
        filterPattern=PATTERN,
        startTime=math.ceil(start * 1000),
        endTime=math.ceil(end * 1000) - 1,
    )
    newest: deque[tuple[int, str]] = deque(maxlen=MAX_CALLS + 1)
    for page in track(pages):
        newest.extend((event["timestamp"], event["message"]) for event in page["events"])
    return [message for _, message in sorted(newest)]
