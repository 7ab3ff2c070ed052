"""Looked-up calls of `dialplan simulate`, beside calls that are decided one after the other.

    python -m tests.benchmarks.simulation

decides calls in the environment of the function, and prints the measurements as JSON.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any

import requests

from click_to_dial import settings
from click_to_dial.dialplan import load
from click_to_dial.pseudonym import keyed
from click_to_dial.salesforce_id import to_18
from dialplan_cli.explain import explain, with_plan
from dialplan_cli.plan.read import read_plan
from dialplan_cli.simulate import simulate
from dialplan_cli.simulate_calls import Call
from dialplan_cli.targets import Target
from tests.benchmarks.world import World
from tests.e2e.sandbox import ROOT

CALLS, CALLS_IN_TURN = 2_000, 30


def measure(world: World) -> dict[str, Any]:
    """Measure both, with realistic response times and a record of its own for each call."""
    world.answer_realistically(replay=False)
    contacts = [
        {"Id": call.record_id, "AccountId": None, "MailingCountryCode": "DE", "DoNotCall": False}
        for call in calls()
    ]
    url = f"{world.simulator}/_simulator/records"
    requests.post(url, json={"Contact": contacts}, timeout=30).raise_for_status()
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        env={**os.environ, **world.environment("OnClickToDialFunction", "uncached")},
        capture_output=True,
        text=True,
        check=True,
    )
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def calls() -> list[Call]:
    """Return calls to records of their own by ten agents, of whom two are known."""
    agents = ["ahuber", "bkrueger", *(f"agent{number}" for number in range(8))]
    return [
        Call(
            row=number + 1,
            record_id=str(to_18(f"003Bn0000{number:06d}")),
            number=f"+49899999{number:04d}",
            agent_uid=agents[number % len(agents)],
        )
        for number in range(CALLS)
    ]


def main() -> None:
    """Decide the calls one after the other and by `simulate`, and print milliseconds of a call."""
    target = Target("the benchmark", settings.from_environment(), keyed("any key"))
    plan = load(read_plan(ROOT / "dialplans" / "demo.yaml").document)
    service = with_plan(target.service, plan)
    first, *some = calls()[: CALLS_IN_TURN + 1]
    explain(service, first.record_id, first.number, first.agent_uid)  # logs in
    started = time.perf_counter()
    for call in some:
        answer = explain(service, call.record_id, call.number, call.agent_uid)
        assert answer.report is not None, answer
        assert answer.report.gathered.failures == (), answer
    in_turn = (time.perf_counter() - started) / len(some)
    started = time.perf_counter()
    found = simulate(calls(), plan, plan, target)
    at_once = (time.perf_counter() - started) / CALLS
    assert not found.undecided, found.undecided[0]
    results = {
        "calls": CALLS,
        "ms": at_once * 1000,
        "api_calls": found.api_calls,
        "in_turn_ms": in_turn * 1000,
    }
    print(json.dumps(results))


if __name__ == "__main__":
    main()
