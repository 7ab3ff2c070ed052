"""Facts about the called number: lists that contain it, calls to it, the record's numbers. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import UNREADABLE, BadParameterError
from click_to_dial.list_keys import entry_keys, number_key, numbers_on_lists
from click_to_dial.model import Callee, Click, Numbering, Scalar
from click_to_dial.phone_numbers import clean, read_number
from click_to_dial.ports import MAX_SECONDS_AHEAD, StoredItem
from click_to_dial.pseudonym import Pseudonym

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
        for key in keys_on_list(plan, name, callee, pseudonym)
    ]
    if plan.limits:
        found += [attempts_key(each.number, pseudonym) for each in callees if each.number]
    return list(dict.fromkeys(found))


def keys_on_list(plan: DialPlan, name: str, callee: Callee, pseudonym: Pseudonym) -> list[str]:
    """Return the keys of all entries of a list that would contain the number.

    A list that is kept in Salesforce has no prefixes.
    """
    numbers = numbers_on_lists(callee)
    if name in plan.salesforce_lists:
        return [number_key(name, number, pseudonym) for number in numbers]
    return [key for number in numbers for key in entry_keys(name, number, pseudonym)]


def counts(plan: DialPlan, name: str, item: StoredItem, now: float) -> bool:
    """Return whether an entry of a list is valid.

    An entry that was read from Salesforce is valid if one of the last two completed runs, or a
    later run, has seen it. Time does not matter, so that failing runs make nobody callable.
    """
    if item.run is not None and name in plan.salesforce_lists:
        return item.run >= plan.salesforce_lists[name].oldest_run
    return item.expires_at is None or item.expires_at > now


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
    out: `items` is None for an item that could not be read, calls may have an unknown form, and a
    list that is kept in Salesforce may not have been read completely. A number that is on one list
    is listed, even if another list is unknown.
    A call dated ahead, by a wrong clock, counts as made now.
    """
    number, agent = click.callee.number, pseudonym(plan.agent_key(click.agent_uid))
    facts: dict[str, Scalar] = {}
    for fact, names in plan.lists.items():
        on_lists = [
            _is_on_list(plan, name, keys_on_list(plan, name, click.callee, pseudonym), items, now)
            for name in names
        ]
        if True in on_lists or None not in on_lists:
            facts[fact] = True in on_lists
    key = None if number is None else attempts_key(number, pseudonym)
    calls = [] if key is None else calls_of(items.get(key))
    if calls is None or (key is not None and key in items and items[key] is None):
        return facts
    earlier = [(at, by) for at, by in calls if not _is_repeat(at, by, agent, now)]
    for fact, limit in plan.limits.items():
        facts[fact] = sum(
            now - at < limit.within and (limit.by == "anyone" or by != agent) for at, by in earlier
        )
    return facts


def _is_on_list(
    plan: DialPlan,
    name: str,
    keys: Sequence[str],
    items: Mapping[str, StoredItem | None],
    now: float,
) -> bool | None:
    """Return whether a list contains the number with these keys; None if that is unknown."""
    found = [items[key] for key in keys if key in items]
    if any(item is not None and counts(plan, name, item, now) for item in found):
        return True
    is_incomplete = name in plan.salesforce_lists and not plan.salesforce_lists[name].is_complete
    return None if None in found or (keys and is_incomplete) else False


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


def hash_numbers(
    texts: Iterable[str], numbering: Numbering, pseudonym: Pseudonym
) -> tuple[str, ...]:
    """Return the keyed hashes of the numbers, each in all its readings.

    A text that is not a phone number is left out.
    """
    found: set[str] = set()
    for text in texts:
        try:
            cleaned = clean(text)
            found |= _spellings(read_number(cleaned, numbering), cleaned)
        except BadParameterError:
            continue
    return tuple(sorted(map(pseudonym, found)))


def is_on_record(click: Click, hashes: Iterable[str], pseudonym: Pseudonym) -> bool:
    """Return whether one of the hashes is that of the called number, in any of its readings."""
    callees = [each for each in (click.callee, click.other_callee) if each is not None]
    return not set(map(pseudonym, _spellings(callees, click.digits))).isdisjoint(hashes)


def _spellings(callees: Iterable[Callee], digits: str) -> set[str]:
    """Return a number in E.164, also without surplus digits; a short or internal one as digits."""
    found = {number for callee in callees for number in numbers_on_lists(callee)}
    return found or {digits.lstrip("+ ")}
