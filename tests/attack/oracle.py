"""The dial plan and the organisation under attack, and an oracle of the right answers.

The oracle knows the plan by heart: it shares no code with the functions.
"""

import itertools
import random
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from local_stack.proxy_event import proxy_event

T = TypeVar("T")

HOTLINES = ("498999998100", "498999998110")
"""The hotline in each of the two dial plans that take turns."""
AUSTRIA = "431265030"
DIRECT_PREFIX = "4989461495"
RECORD_SECONDS, STALE_SECONDS = 2, 20
RECHECK_SECONDS = 30
"""A sandbox may use a dial plan for this long after another one was published."""
LIMIT, LIMIT_SECONDS = 3, 3600
LIMITED_PREFIX = "+49171"
BLOCKED_PREFIX = "4930231"
OUTAGE, NO_PLAN, NOT_FOUND = "outage", "503", "404"

AGENTS = 50
LOGINS = [f"zoë-agent-{number}" for number in range(AGENTS)]
CONTACTS = [f"003Tv00000Lx{number:03}" for number in range(12)]


def plan_document(hotline: str) -> dict[str, Any]:
    """Return the published form of the dial plan with this hotline."""
    limit = {"gte": LIMIT, "within": LIMIT_SECONDS, "by": "anyone"}
    direct = {"agent": "extension", "prefix": DIRECT_PREFIX, "name": "Direct line"}
    return {
        "version": 1,
        "home_region": "DE",
        "without_record": "refuse",
        "service_numbers": {
            "hotline": {"number": hotline, "name": "Hotline"},
            "austria": {"number": AUSTRIA, "name": "Austria"},
        },
        "mappings": {
            "by-country": {"entries": {"DE": "hotline", "AT": "austria"}, "default": "hotline"}
        },
        "objects": {
            "Contact": {
                "country": "MailingCountryCode",
                "do_not_call": "DoNotCall",
                "owner": "OwnerId",
            }
        },
        "agents": {"match": "CommunityNickname", "attributes": {"extension": "Extension"}},
        "lists": ["blocked"],
        "rules": [
            {
                "id": "emergency",
                "when": {"callee.kind": "emergency"},
                "signal": {"number": "hotline"},
            },
            {"id": "blocked", "when": {"callee.listed": ["blocked"]}, "refuse": "blocked"},
            {"id": "opted-out", "when": {"record.do_not_call": True}, "refuse": "opted-out"},
            {"id": "unknown", "when": {"agent.known": False}, "refuse": "unknown-agent"},
            {
                "id": "limit",
                "when": {"callee.number": {"prefix": LIMITED_PREFIX}, "callee.attempts": limit},
                "refuse": "limit",
            },
            {
                "id": "own",
                "when": {"record.owner": {"same_as": "agent.id"}},
                "signal": direct,
                "otherwise": "next",
            },
            {
                "id": "others",
                "when": {},
                "signal": {"mapping": "by-country", "key": "record.country"},
            },
        ],
        "outage": {"refuse": OUTAGE},
        "freshness": {"record": RECORD_SECONDS, "agent": 4, "stale_if_error": STALE_SECONDS},
    }


def agent_row(number: int) -> dict[str, Any]:
    """Return the User of an agent. Every fifth has no extension."""
    return {
        "Id": f"005Tv00000Ah{number:03}",
        "CommunityNickname": LOGINS[number],
        "IsActive": True,
        "Extension": None if number % 5 == 0 else f"2{number:02}",
    }


def random_row(contact: str, chance: random.Random) -> dict[str, Any]:
    """Return a state of a Contact."""
    return {
        "Id": contact,
        "DoNotCall": chance.random() < 0.4,
        "MailingCountryCode": chance.choice(["DE", "AT", "FR", None]),
        "OwnerId": agent_row(chance.randrange(AGENTS))["Id"],
        "IsDeleted": chance.random() < 0.1,
    }


class Call(NamedTuple):
    """A call. `agent` is the number of the agent, None for a login that does not exist."""

    contact: str
    number: str
    agent: int | None
    spelling: str
    is_limited: bool = False

    def event(self) -> Mapping[str, Any]:
        """Return the event in which API Gateway passes the call to the function."""
        query = {
            "SalesForceID": self.contact,
            "CallerID": self.number,
            "AgentUID": self.spelling,
        }
        text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        return proxy_event("GET", f"/jtelACD/onClickToDial?{text}")


def random_spelling(login: str, chance: random.Random) -> str:
    """Return a login in a spelling that means the same agent."""
    forms = [login, login.upper(), login.title(), unicodedata.normalize("NFD", login)]
    return chance.choice(forms)


def expected_outcome(call: Call, hotline: str, blocked: bool, row: Mapping[str, Any]) -> str:
    """Return the only right outcome for these facts, apart from the limit on attempts."""
    if call.number == "112":
        return hotline
    if blocked and call.number.startswith(f"+{BLOCKED_PREFIX}"):
        return "blocked"
    if row["IsDeleted"]:
        return NOT_FOUND
    if row["DoNotCall"]:
        return "opted-out"
    if call.agent is None:
        return "unknown-agent"
    agent = agent_row(call.agent)
    if row["OwnerId"] == agent["Id"] and agent["Extension"]:
        return f"{DIRECT_PREFIX}{agent['Extension']}"
    return AUSTRIA if row["MailingCountryCode"] == "AT" else hotline


@dataclass
class History(Generic[T]):
    """The values that something had, each with the time in which it may have been seen."""

    values: list[tuple[T, float, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def change(self, value: T, make_it_so: Callable[[T], object]) -> None:
        """Change the value by `make_it_so`. It has its old or its new value meanwhile."""
        began = time.monotonic()
        with self.lock:
            self.values.append((value, began, float("inf")))
        make_it_so(value)
        with self.lock:
            if len(self.values) > 1:
                before, since, _ = self.values[-2]
                self.values[-2] = (before, since, time.monotonic())

    def between(self, start: float, end: float) -> list[T]:
        """Return the values that may have been seen in this time."""
        with self.lock:
            return [value for value, since, until in self.values if since <= end and until >= start]


def outcomes(
    call: Call,
    hotlines: Iterable[str],
    blocked: Iterable[bool],
    rows: Iterable[Mapping[str, Any]],
) -> set[str]:
    """Return the right outcomes for all combinations of facts that may have been seen."""
    states = itertools.product(hotlines, blocked, rows)
    return {expected_outcome(call, *state) for state in states}


def outcome_of(response: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """Return the outcome of a response: a number, the reason of a refusal, or another status."""
    if response["statusCode"] == 200:
        return str(body["ServiceNumber"])
    if response["statusCode"] == 403:
        return str(body["detail"])
    return str(response["statusCode"])


def is_number(outcome: str) -> bool:
    """Return whether the call was allowed, with this number."""
    return outcome.isdigit() and len(outcome) > len(NO_PLAN)
