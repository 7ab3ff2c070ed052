"""What the table knows of a number: the lists it is on, and the calls that it got. Pure."""

import json
from collections.abc import Mapping, Sequence

from click_to_dial.dialplan import DialPlan
from click_to_dial.model import Scalar
from click_to_dial.ports import StoredItem
from click_to_dial.pseudonym import Pseudonym

PREFIX_DIGITS = (3, 5, 7)
"""How long, in digits after the plus, a prefix on a list may be: each length costs a key."""

MOST_LISTS = 24
"""That a plan may have: DynamoDB gives 100 items at once, and each list takes four of them."""

REPEAT_SECONDS = 10
"""An agent who asks again this soon for the same number is trying again, not calling again."""

Calls = Sequence[tuple[float, str]]
"""When, in seconds since 1970, and by which agent, under a pseudonym; the newest last."""


def keys(plan: DialPlan, number: str | None, pseudonym: Pseudonym) -> list[str]:
    """The items to be read for a number: none where the plan has neither lists nor limits."""
    if number is None:
        return []
    names = sorted({name for names in plan.lists.values() for name in names})
    found = [key for name in names for key in entry_keys(name, number, pseudonym)]
    return [*found, attempts_key(number, pseudonym)] if plan.limits else found


def entry_keys(name: str, number: str, pseudonym: Pseudonym) -> list[str]:
    """The items of a list, any of which lists the number (E.164)."""
    digits = number.removeprefix("+")
    prefixes = [prefix_key(name, digits[:length]) for length in PREFIX_DIGITS]
    return [number_key(name, number, pseudonym), *prefixes]


def list_prefix(name: str) -> str:
    """Return the prefix of the keys of all entries of a list."""
    return f"list#{name}#"


def number_key(name: str, number: str, pseudonym: Pseudonym) -> str:
    """The item of a number on a list."""
    return f"{list_prefix(name)}{pseudonym(number)}"


def prefix_key(name: str, digits: str) -> str:
    """The item of a prefix on a list: it is no person's number, so it stands there as it is."""
    return f"{list_prefix(name)}prefix#{digits}"


def attempts_key(number: str, pseudonym: Pseudonym) -> str:
    """The item of the calls to a number."""
    return f"attempts#{pseudonym(number)}"


def listed_facts(
    plan: DialPlan,
    number: str | None,
    items: Mapping[str, StoredItem],
    pseudonym: Pseudonym,
    now: float,
) -> Mapping[str, Scalar]:
    """Whether a number is on the lists that the rules name. A short or internal one is on none."""

    def is_listed(name: str) -> bool:
        entries = [] if number is None else entry_keys(name, number, pseudonym)
        return any(key in items and not _is_over(items[key], now) for key in entries)

    return {
        fact: any(is_listed(name) for name in sorted(names)) for fact, names in plan.lists.items()
    }


def attempts_facts(plan: DialPlan, calls: Calls, agent: str, now: float) -> Mapping[str, Scalar]:
    """How many calls a number got within the times that the rules name."""
    earlier = [(at, by) for at, by in calls if not _is_repeat(at, by, agent, now)]
    return {
        fact: sum(
            now - at < limit.within and (limit.by == "anyone" or by != agent) for at, by in earlier
        )
        for fact, limit in plan.limits.items()
    }


def calls_of(item: StoredItem | None) -> Calls:
    """The calls that an item holds; none where there is no item."""
    return [] if item is None else [(float(at), str(by)) for at, by in json.loads(item.data)]


def with_call(plan: DialPlan, calls: Calls, agent: str, now: float) -> StoredItem | None:
    """The item after one more call, without what no rule asks for; None for a mere repetition."""
    if any(_is_repeat(at, by, agent, now) for at, by in calls):
        return None
    longest = max(limit.within for limit in plan.limits.values())
    kept = [(at, by) for at, by in calls if now - at < longest]
    return StoredItem(json.dumps([*kept, (round(now, 3), agent)]), now + longest)


def _is_repeat(at: float, by: str, agent: str, now: float) -> bool:
    return by == agent and now - at < REPEAT_SECONDS


def _is_over(item: StoredItem, now: float) -> bool:
    return item.expires_at is not None and item.expires_at <= now
