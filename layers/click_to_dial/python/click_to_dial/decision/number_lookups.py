"""Facts of a number from items of the table: lists that contain it, and calls to it. Pure."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import UNREADABLE
from click_to_dial.model import Callee, Click, Scalar
from click_to_dial.ports import MAX_SECONDS_AHEAD, StoredItem
from click_to_dial.pseudonym import Pseudonym

PREFIX_DIGITS = (3, 5, 7)
"""Allowed numbers of digits (after the plus) of a prefix on a list. Each costs a key."""

MAX_LISTS = 24
"""Maximum number of lists in a plan: DynamoDB returns 100 items at once, four for each list."""

REPEAT_SECONDS = 10
"""Clicks of one agent on the same number within this time count as one call."""

MAX_CLOCK_ERROR_SECONDS = 86400
"""Calls are kept for longer than limits count them, so that a sandbox whose clock is wrong by up to
a day does not remove calls that others count."""

MAX_TIME = 1e11
"""Later than any time of a call, in seconds since 1970: in the year 5138."""

ATTEMPTS_PREFIX = "attempts#"

Calls = Sequence[tuple[float, str]]
"""Time (in seconds since 1970) and agent (as a pseudonym) of each call, the newest last."""


def keys(plan: DialPlan, click: Click, pseudonym: Pseudonym) -> list[str]:
    """Return the keys of the items to read for a call. Empty if no rule needs them."""
    callees = [each for each in (click.callee, click.other_callee) if each is not None]
    names = sorted({name for names in plan.lists.values() for name in names})
    found = [
        key
        for name in names
        for callee in callees
        for number in numbers_on_lists(callee)
        for key in entry_keys(name, number, pseudonym)
    ]
    if plan.limits:
        found += [attempts_key(each.number, pseudonym) for each in callees if each.number]
    return list(dict.fromkeys(found))


def numbers_on_lists(callee: Callee) -> list[str]:
    """Return the numbers to look up in lists: none for a short or internal number."""
    return [number for number in (callee.number, callee.without_surplus) if number is not None]


def entry_keys(name: str, number: str, pseudonym: Pseudonym) -> list[str]:
    """Return the keys of all entries of a list that would contain the number (E.164)."""
    digits = number.removeprefix("+")
    prefixes = [prefix_key(name, digits[:length]) for length in PREFIX_DIGITS]
    return [number_key(name, number, pseudonym), *prefixes]


def list_prefix(name: str) -> str:
    """Return the prefix of the keys of all entries of a list."""
    return f"list#{name}#"


def number_key(name: str, number: str, pseudonym: Pseudonym) -> str:
    """Return the key of a number on a list."""
    return f"{list_prefix(name)}{pseudonym(number)}"


def prefix_key(name: str, digits: str) -> str:
    """Return the key of a prefix on a list. A prefix is not hashed, because it is not personal."""
    return f"{list_prefix(name)}prefix#{digits}"


def attempts_key(number: str, pseudonym: Pseudonym) -> str:
    """Return the key of the item with the calls to a number."""
    return f"{ATTEMPTS_PREFIX}{pseudonym(number)}"


def has_unreadable_calls(items: Mapping[str, StoredItem | None]) -> bool:
    """Return whether the calls to a number are in an unknown form."""
    return any(
        key.startswith(ATTEMPTS_PREFIX) and calls_of(item) is None for key, item in items.items()
    )


def number_facts(
    plan: DialPlan,
    click: Click,
    items: Mapping[str, StoredItem | None],
    pseudonym: Pseudonym,
    now: float,
) -> Mapping[str, Scalar]:
    """Return whether lists contain the called number, and how many calls it received.

    A short or internal number is on no list and was never counted. Facts that are unknown are left
    out: `items` is None for an item that could not be read, and calls may have an unknown form. A
    number that is on one list is listed, even if another list could not be read.
    A call dated ahead, by a wrong clock, counts as made now.
    """
    number, agent = click.callee.number, pseudonym(plan.agent_key(click.agent_uid))
    unread = {key for key, item in items.items() if item is None}
    valid = {
        key
        for key, item in items.items()
        if item is not None and (item.expires_at is None or item.expires_at > now)
    }
    facts: dict[str, Scalar] = {}
    for fact, names in plan.lists.items():
        entries = {
            key
            for name in names
            for listed in numbers_on_lists(click.callee)
            for key in entry_keys(name, listed, pseudonym)
        }
        if entries & valid or not entries & unread:
            facts[fact] = bool(entries & valid)
    key = None if number is None else attempts_key(number, pseudonym)
    calls = [] if key is None else calls_of(items.get(key))
    if calls is None or key in unread:
        return facts
    earlier = [(at, by) for at, by in calls if not _is_repeat(at, by, agent, now)]
    for fact, limit in plan.limits.items():
        facts[fact] = sum(
            now - at < limit.within and (limit.by == "anyone" or by != agent) for at, by in earlier
        )
    return facts


def calls_of(item: StoredItem | None) -> Calls | None:
    """Return the calls in an item. Empty if there is no item, None if it has an unknown form."""
    if item is None:
        return []
    try:
        calls = json.loads(item.data)
        # A time that is no finite number would compare as false, so that the call did not count.
        are_read = isinstance(calls, list) and all(
            type(at) in (int, float) and 0 < at < MAX_TIME and isinstance(by, str)
            for at, by in calls
        )
        return [(float(at), by) for at, by in calls] if are_read else None
    except UNREADABLE:
        return None


def with_call(plan: DialPlan, calls: Calls, agent: str, now: float) -> StoredItem | None:
    """Return the item after one more call, without calls that no limit needs any more.

    Return None for a repeated click. The date of a call cannot be in the far future, so that it
    does not count for longer than the clocks of sandboxes may be wrong.
    """
    if any(_is_repeat(at, by, agent, now) for at, by in calls):
        return None
    limits = plan.limits.values()
    keep_seconds = max(limit.within for limit in limits) + MAX_CLOCK_ERROR_SECONDS
    latest = now + MAX_CLOCK_ERROR_SECONDS
    recent = [(min(at, latest), by) for at, by in calls if now - at < keep_seconds]
    enough = max(limit.enough for limit in limits)
    kept = newest_calls([*recent, (round(now, 3), agent)], enough)
    return StoredItem(json.dumps(kept), now + keep_seconds)


def newest_calls(calls: Calls, enough: int) -> Calls:
    """Return the newest calls, as many as are needed to count up to `enough`, the newest last.

    `enough` calls without those of any one agent, and `enough + 1` calls in all, because a repeated
    click does not count. So at most `enough + 1` calls of an agent remain, and calls of as many
    agents.
    """
    kept: list[tuple[float, str]] = []
    by_agent: Counter[str] = Counter()
    for at, by in sorted(calls, reverse=True):
        most = max((count for agent, count in by_agent.items() if agent != by), default=0)
        if len(kept) - most < enough or len(kept) <= enough:
            kept.append((at, by))
            by_agent[by] += 1
    return kept[::-1]


def _is_repeat(at: float, by: str, agent: str, now: float) -> bool:
    """Return whether a call is an earlier click of the same agent, a few seconds ago."""
    return by == agent and -MAX_SECONDS_AHEAD <= now - at < REPEAT_SECONDS
