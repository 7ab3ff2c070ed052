"""Fifty processes at the same moment: one login, an exact limit, and some of them killed."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.attack import oracle
from tests.attack.oracle import Call
from tests.attack.report import Part
from tests.attack.sandbox import KilledError, Sandbox
from tests.attack.world import World

BUDGET_MS = "20000"
"""Longer than in production, because all processes share the machine with their services."""
KILLED = 10
ROW = {
    "DoNotCall": False,
    "MailingCountryCode": "DE",
    "OwnerId": None,
    "IsDeleted": False,
}


def run(world: World, processes: int) -> Part:
    """Let all processes call one number that a limit applies to: cold, then with an expired token.

    In the second wave some are killed. Numbers and agents are different in each wave.
    """
    part = Part(f"storms of {processes} processes")
    contact = oracle.CONTACTS[0]
    world.command("records", {"Contact": [{"Id": contact, **ROW}]})
    logins = world.logins()
    sandboxes = [world.sandbox(TIME_BUDGET_MS=BUDGET_MS) for _ in range(processes)]
    try:
        for wave, killed in (("cold", 0), ("expired token", 0), ("killed", KILLED)):
            world.command("tokens/expire", {})
            number = f"{oracle.LIMITED_PREFIX}99{part.tried:05}"
            outcomes = call_at_once(sandboxes, contact, number, killed)
            part.tried += len(outcomes)
            allowed = sum(map(oracle.is_number, outcomes))
            part.counts["allowed"] += allowed
            part.counts["refused by the limit"] += outcomes.count("limit")
            part.counts["decided as an outage"] += outcomes.count(oracle.OUTAGE)
            part.counts["no dial plan in time"] += outcomes.count(oracle.NO_PLAN)
            part.counts["killed"] += outcomes.count("killed")
            if allowed > oracle.LIMIT:
                part.violations.append(f"{wave}: a limit of {oracle.LIMIT} allowed {allowed}")
            wrong = {each for each in outcomes if not oracle.is_number(each)}
            wrong -= {"limit", oracle.OUTAGE, oracle.NO_PLAN, "killed"}
            part.violations += [f"{wave}: {outcome}" for outcome in sorted(wrong)]
    finally:
        for sandbox in sandboxes:
            sandbox.close()
    part.counts["logins"] = world.logins() - logins
    if not part.counts["allowed"]:
        part.violations.append("no call was allowed, so that the limit was not tried")
    if part.counts["logins"] > 2 * 3:  # one for each wave, and another if a lease ends on the way
        part.violations.append(f"{part.counts['logins']} logins")
    return part


def call_at_once(sandboxes: list[Sandbox], contact: str, number: str, killed: int) -> list[str]:
    """Return the outcome of a call by each sandbox. The last ones are killed during their calls."""

    def call(index: int) -> str:
        call = Call(contact, number, index, oracle.LOGINS[index], is_limited=True)
        try:
            response = sandboxes[index].call(call.event()).response
        except KilledError:
            return "killed"
        except TimeoutError:
            return "no answer"
        return oracle.outcome_of(response, json.loads(response["body"]))

    with ThreadPoolExecutor(len(sandboxes)) as pool:
        for sandbox in sandboxes:
            sandbox.wait()
        found = [pool.submit(call, index) for index in range(len(sandboxes))]
        for sandbox in sandboxes[len(sandboxes) - killed :]:
            time.sleep(0.02)
            with suppress(OSError):
                sandbox.kill()
        return [each.result() for each in found]
