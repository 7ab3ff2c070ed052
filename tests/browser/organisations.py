"""Plans and organisations to show: the smallest, a huge and a hostile one."""

import json
from typing import Any

HUGE_RULES, HUGE_ENTRIES = 1000, 50_000

MARKUP = "<img src=x onerror=\"document.title='owned'\">'{{ 7*7 }}{0}<script>x</script>"
"""Text that would show itself if a page did not escape it, or formatted it."""

SMALLEST_PLAN = """
version: 1
home_region: DE
service_numbers: {hotline: {number: "498999998100"}}
rules:
  - {id: all, signal: hotline}
"""

HEAD = """
version: 1
home_region: DE
service_numbers:
  hotline: {number: "498999998100", name: Customer hotline}
  hotline-at: {number: "431265030", name: Hotline Austria}
objects: {Account: {branch: Branch__c, size: Size__c}}
agents: {match: CommunityNickname}
"""


def huge_plan() -> str:
    """Return a plan with 1,000 rules and a mapping with 50,000 entries."""
    numbers = ("hotline", "hotline-at")
    entries = ", ".join(f'"B{place:05}": {numbers[place % 2]}' for place in range(HUGE_ENTRIES))
    rules = "\n".join(
        f"  - {{id: size-{place}, when: {{record.size: {place}}}, signal: {numbers[place % 2]}}}"
        for place in range(HUGE_RULES - 2)
    )
    return f"""{HEAD}
mappings: {{branches: {{entries: {{{entries}}}, default: hotline}}}}
rules:
  - {{id: emergency, when: {{callee.kind: emergency}}, signal: hotline}}
{rules}
  - {{id: others, signal: {{mapping: branches, key: record.branch}}}}
"""


def hostile_plan() -> str:
    """Return a plan whose texts are markup, where a plan may have any text."""
    text = json.dumps(MARKUP)
    return f"""
version: 1
home_region: DE
service_numbers:
  hotline: {{number: "498999998100", name: {text}}}
mappings: {{branches: {{entries: {{{text}: hotline}}, default: hotline}}}}
objects: {{Account: {{branch: Branch__c}}}}
agents: {{match: CommunityNickname}}
rules:
  - {{id: emergency, when: {{callee.kind: emergency}}, signal: hotline}}
  - {{id: refused, when: {{record.branch: {text}}}, refuse: {text}}}
  - {{id: others, signal: {{mapping: branches, key: record.branch}}}}
outage: {{refuse: {text}}}
"""


def organisation(**fields: str) -> dict[str, Any]:
    """Return an organisation with one account, which has these fields, and one agent."""
    account = {"Id": "001Tv00000Bq001IAB", **fields}
    agent = {"Id": "005Tv00000Ah001IAB", "CommunityNickname": "ahuber", "IsActive": True}
    return {"Account": [account], "User": [agent]}
