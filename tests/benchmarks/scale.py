"""Row 4, as programs of probe.py: how decisions, loading and memory grow with the dial plan."""

import gc
import json
import time
import tracemalloc
from typing import Any

from click_to_dial.dialplan import DialPlan, evaluate, load
from click_to_dial.model import Facts

RULES = (10, 100, 1_000, 10_000)
ENTRIES = (10, 100, 1_000, 10_000, 100_000)
FACTS = Facts(
    {
        "record.kind": "Customer",
        "record.country": "C7",
        "callee.kind": "mobile",
        "agent.known": True,
    }
)
NUMBERS = {f"n{index}": {"number": f"4989{index:05d}", "name": str(index)} for index in range(10)}


def rules(_: dict[str, Any]) -> dict[str, dict[str, float]]:
    """By the number of rules, of which only the last one matches."""
    return {str(count): _measure(_document(rules=count, entries=10), {}) for count in RULES}


def entries(_: dict[str, Any]) -> dict[str, dict[str, float]]:
    """By the number of a mapping's entries."""
    results = {}
    for count in ENTRIES:
        mapping = {f"C{index}": f"n{index % 10}" for index in range(count)}
        results[str(count)] = _measure(_document(rules=10, entries=count), {"by-country": mapping})
    return results


def _document(rules: int, entries: int) -> dict[str, Any]:
    filler = [
        {
            "id": f"rule-{index}",
            "when": {"callee.kind": ["mobile", "fixed-line"], "record.kind": f"Kind {index}"},
            "signal": {"number": "n1"},
        }
        for index in range(rules - 1)
    ]
    last = {"id": "last", "when": {}, "signal": {"mapping": "by-country", "key": "record.country"}}
    source = {"object": "Mapping__mdt", "key": "K__c", "value": "V__c", "filter": None}
    return {
        "version": 1,
        "home_region": "DE",
        "without_record": "refuse",
        "service_numbers": NUMBERS,
        "mappings": {"by-country": {"salesforce": source, "default": "n0"}},
        "objects": {},
        "agents": {"match": "CommunityNickname", "attributes": {}},
        "rules": [*filler, last],
        "outage": {"refuse": "Later."},
        "freshness": {"record": 0, "agent": 0, "stale_if_error": 0},
    }


def _measure(document: dict[str, Any], mappings: dict[str, dict[str, str]]) -> dict[str, float]:
    """p50 and p99 of a decision, loading from JSON (ms of CPU), and what stays in memory (MB)."""
    texts = json.dumps(document), json.dumps(mappings)
    started = time.process_time()
    load(json.loads(texts[0]), json.loads(texts[1]))
    loading = (time.process_time() - started) * 1000
    gc.collect()
    tracemalloc.start()
    plan = load(json.loads(texts[0]), json.loads(texts[1]))
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return {**_decisions(plan), "load_ms": loading, "memory_mb": held}


def _decisions(plan: DialPlan, count: int = 300) -> dict[str, float]:
    taken = []
    for _ in range(count):
        started = time.process_time()
        decision = evaluate(plan, FACTS)
        taken.append((time.process_time() - started) * 1000)
        assert decision.rule == "last"
    taken.sort()
    return {"p50_ms": taken[count // 2], "p99_ms": taken[count * 99 // 100]}
