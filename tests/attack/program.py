"""The program: options, the order of the attacks, and the search for secrets in the log."""

import argparse
import json
import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tests.attack import hostile, known, oracle, storms
from tests.attack.report import MAX_PRINTED_VIOLATIONS, Part, table, update_page
from tests.attack.soak import PHASES, Soak
from tests.attack.world import World, running

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
SECRETS = ("Traceback", "00D0C0000000001!", "zoë", "zoe", "8999998123", "491710", "491719")
"""Parts of tokens, logins and called numbers. None of them may be in a log."""


def main(arguments: list[str]) -> int:
    """Run all attacks and print their figures. Return 1 if something happened that must not."""
    options = read_options(arguments)
    parts = []
    print("Seed:", options.seed, flush=True)
    for part in attacks(options):
        parts.append(part)
        print(" | ".join(part.row()), flush=True)
        for violation in part.violations[:MAX_PRINTED_VIOLATIONS]:
            print("  ", violation, flush=True)
    print("", *table(parts), sep="\n")
    if options.write:
        load = f"{options.rate:g} calls a second, {options.seconds:g} s for each phase of the soak"
        text = f"Run on {date.today().isoformat()}, {os.cpu_count()} processors: {load}."  # noqa: DTZ011
        update_page(PAGE, text, parts)
    return 1 if any(part.violations for part in parts) else 0


def read_options(arguments: list[str]) -> argparse.Namespace:
    """Return the options. `--short` sets the amounts for CI; others can be set one by one."""
    parser = argparse.ArgumentParser(prog="make attack", description="Attacks click-to-dial.")
    parser.add_argument("--short", action="store_true", help="one to two minutes, for CI")
    parser.add_argument("--seconds", type=float, help="duration of each phase of the soak")
    parser.add_argument("--rate", type=float, help="calls a second in the soak")
    parser.add_argument("--sandboxes", type=int, default=8, help="sandboxes with the right time")
    parser.add_argument("--processes", type=int, help="processes in a storm, at most 50")
    parser.add_argument("--requests", type=int, help="number of hostile requests")
    parser.add_argument("--examples", type=int, help="number of decisions against the oracle")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--only", help="attacks whose module has this name: known, storms, …")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    short = {"seconds": 6, "rate": 10, "processes": 20, "requests": 500, "examples": 1000}
    full = {"seconds": 60, "rate": 20, "processes": 50, "requests": 10_000, "examples": 20_000}
    defaults = short if "--short" in arguments else full
    parser.set_defaults(**defaults)
    return parser.parse_args(arguments)


def attacks(options: argparse.Namespace) -> Iterator[Part]:
    """Run each attack and yield its figures."""
    chance = random.Random(options.seed)
    only = options.only or ""
    org = {
        "Contact": [oracle.random_row(contact, chance) for contact in oracle.CONTACTS],
        "User": [oracle.agent_row(number) for number in range(oracle.AGENTS)],
    }
    if only in ("", "known"):
        yield known.oracle(options.examples)
        if not options.short:  # the tests have just run in CI
            with tempfile.TemporaryDirectory() as folder:
                yield known.matrix(Path(folder))
    with running(org) as world:
        world.publish(oracle.plan_document(oracle.HOTLINES[0]))
        if only in ("", "hostile"):
            yield hostile.run(world, options.requests, chance)
        if only in ("", "storms"):
            yield storms.run(world, options.processes)
        if only in ("", "soak"):
            soak = Soak(world, options.rate, options.sandboxes, chance)
            soak.set_up()
            for phase in PHASES:
                yield soak.run(phase, options.seconds)
            failed = world.failed_requests()
            yield Part(
                "requests to DynamoDB that failed",
                sum(failed.values()),
                "requests",
                [],
                Counter(failed),
            )
        yield from search_log(world)


def search_log(world: World) -> Iterator[Part]:
    """Search the log of all sandboxes for secrets, tracebacks and defects; count the failures."""
    part = Part("log of all sandboxes", unit="lines")
    survived = Part("failures that calls met", unit="failures")
    for line in world.log.read_text().splitlines() if world.log.exists() else []:
        part.tried += 1
        part.violations += [f"{secret}: {line:.200}" for secret in SECRETS if secret in line]
        try:
            fields = json.loads(line)
        except ValueError:
            part.violations.append(f"not JSON: {line:.200}")
            continue
        outcome = fields.get("outcome")
        part.counts[outcome or "metrics"] += 1
        if outcome == "Defect":
            part.violations.append(f"a defect: {line:.500}")
        for failure in fields.get("failures", ()):
            survived.tried += 1
            survived.counts[failure.get("reason") or failure.get("code") or failure["error"]] += 1
    yield from (part, survived)
