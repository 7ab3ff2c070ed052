"""Calls to try: three of the organisation's own records whose answers differ."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

import phonenumbers

from local_stack.gateway import Answer, Gateway
from local_stack.salesforce.org_file import Row, Tables

WANTED = 3
MOST_TRIED = 30
_PATH = "/jtelACD/onClickToDial"

Example = tuple[str, Answer]


def find_examples(gateway: Gateway, tables: Tables, plan: Mapping[str, Any]) -> list[Example]:
    """Up to three calls with their answers, of as many statuses as there are; found by trying."""
    by_answer: dict[tuple[int, str], Example] = {}
    for _, target in zip(range(MOST_TRIED), _calls(tables, plan), strict=False):
        answer = gateway.answer("GET", target)
        by_answer.setdefault((answer.status, answer.body), (target, answer))
    by_status: dict[int, list[Example]] = {}
    for example in by_answer.values():
        by_status.setdefault(example[1].status, []).append(example)
    in_turn = [example for turn in zip_longest(*by_status.values()) for example in turn if example]
    return sorted(in_turn[:WANTED], key=lambda example: example[1].status)


def _calls(tables: Tables, plan: Mapping[str, Any]) -> Iterator[str]:
    """The first record of each object that the plan reads, then the second of each, and so on."""
    number = phonenumbers.example_number(plan["home_region"])
    assert number is not None  # the plan's home_region was checked
    match = plan["agents"]["match"]
    agents = [row[match] for row in tables.get("User", ()) if _is_agent(row, match)]
    rows = [tables.get(name, ()) for name in plan["objects"]]
    for record in (record for turn in zip_longest(*rows) for record in turn if record):
        query = {
            "SalesForceID": record["Id"],
            "CallerID": f"{number.country_code}{number.national_number}",
            "AgentUID": agents[0] if agents else "nobody",
        }
        yield f"{_PATH}?{urlencode(query)}"


def _is_agent(row: Row, match: str) -> bool:
    return bool(row.get(match)) and row.get("IsActive") is not False
