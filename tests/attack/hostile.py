"""Hostile requests: whatever a caller sends, an opted-out contact is not called."""

import json
import random
import string
from collections.abc import Mapping
from typing import Any

from local_stack.proxy_event import proxy_event
from tests.attack import oracle
from tests.attack.report import Part
from tests.attack.sandbox import Event
from tests.attack.storms import ROW
from tests.attack.world import World

ALLOWED = oracle.CONTACTS[1]
OPTED_OUT = oracle.CONTACTS[2]
NASTY = (
    "' OR Name != '",
    "x' OR IsActive = true OR Name = '",
    "\\' OR CommunityNickname LIKE '%",
    "') OR (IsActive = true",
    "@{record.records[0].OwnerId}",
    "%27%20OR%201=1",
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1/a}",
    "<script>alert(1)</script>",
    "../../services/data",
    "\r\nX-Evil: 1",
    "\x00",
    "\ufffd",
    "\u202e491700000000",
    "\u0664\u0669",
    "😀" * 20,
    "9" * 500,
    "a" * 5000,
    "null",
    "-1",
    "+",
    "00",
    "%2B4989461495",
    "+49 89 461495;ext=1",
    "tel:+4989461495",
    "zoe\u0308" * 30,
)
INTERNALS = ("arn:", "Traceback", "botocore", "dynamodb", "amazonaws", "Exception", "SELECT ")
STATUSES = {200, 400, 403, 404}
EMERGENCY = ("112", "110")


def run(world: World, requests: int, chance: random.Random) -> Part:
    """Send random hostile events to one sandbox, and check the form and the meaning of answers."""
    part = Part("hostile requests", unit="requests")
    rows = [{"Id": ALLOWED, **ROW}, {"Id": OPTED_OUT, **ROW, "DoNotCall": True}]
    world.command("records", {"Contact": rows})
    sandbox = world.sandbox()
    try:
        for _ in range(requests):
            event, query = random_event(chance)
            answer = sandbox.call(event)
            part.tried += 1
            part.seconds.append(answer.ended - answer.began)
            part.counts[str(answer.response["statusCode"])] += 1
            for problem in problems(answer.response, query):
                part.violation(f"{problem}: {query!r:.200}")
    finally:
        sandbox.close()
    return part


def random_event(chance: random.Random) -> tuple[Event, Mapping[str, Any]]:
    """Return an event, and its query."""

    def nasty() -> str:
        kind = chance.random()
        if kind < 0.5:
            return chance.choice(NASTY)
        if kind < 0.7:
            return "".join(chance.choices(string.printable, k=chance.randrange(1, 40)))
        return "".join(chr(chance.randrange(1, 0x2FFF)) for _ in range(chance.randrange(1, 20)))

    # Only requests with a hostile agent or a hostile record use the contact that may be called.
    forms = (
        (OPTED_OUT, chance.choice(["+498999998123", nasty()]), nasty()),
        (OPTED_OUT, nasty(), oracle.LOGINS[1]),
        (ALLOWED, "+498999998123", nasty()),
        (nasty(), "+498999998123", oracle.LOGINS[1]),
        (OPTED_OUT.swapcase(), "+498999998123", oracle.LOGINS[1]),
    )
    values: list[Any] = [[value] for value in chance.choice(forms)]
    query = dict(zip(("SalesForceID", "CallerID", "AgentUID"), values, strict=True))
    name = chance.choice(list(query))
    kind = chance.random()
    if kind < 0.05:
        query[name] = [nasty(), nasty()]
    elif kind < 0.1:
        query[name] = chance.choice([None, {}, 7, "text", [7], [None], [[]], []])
    elif kind < 0.15:
        query[nasty()] = [nasty()]
    elif kind < 0.2:
        del query[name]
    event = proxy_event("GET", "/jtelACD/onClickToDial")
    return {**event, "multiValueQueryStringParameters": query}, query


def problems(response: Mapping[str, Any], query: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with an answer."""
    body = json.loads(response["body"])
    found = []
    if response["statusCode"] not in STATUSES:
        found.append(f"status {response['statusCode']}")
    if response["headers"].get("Cache-Control") != "no-store":
        found.append("may be cached")
    if response["statusCode"] == 200:
        number = "".join(filter(str.isalnum, str(query.get("CallerID"))))
        if not number.endswith(EMERGENCY):
            found.append("a call was let through")
    elif not {"type", "title", "status", "detail"} <= body.keys():
        found.append("no problem document")
    text = str(body.get("detail", ""))
    found += [f"shows {word}" for word in INTERNALS if word.lower() in text.lower()]
    found += ["quotes the request" for value in NASTY if len(value) > 4 and value in text]
    return found
