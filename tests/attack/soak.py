"""A soak: sandboxes answer calls while records change and faults happen; each answer is checked."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from click_to_dial.dynamodb.number_lists import ListEntry
from click_to_dial.list_keys import prefix_key
from tests.attack import dynamodb_proxy, oracle
from tests.attack.oracle import Call, History
from tests.attack.report import Part
from tests.attack.sandbox import Answer, KilledError
from tests.attack.world import World

MAX_SECONDS = 3.0
"""The time budget of 2.5 s, and some time for the machine."""
TOLERATED_SHARE = 0.02
"""Share of calls that a busy machine may answer late, or as an outage although nothing fails."""
BUSY_SECONDS = 0.3
"""Time of a simple request to DynamoDB from which on the machine counts as too busy: the functions
give up after 0.6 s."""
BUSY_BEFORE, BUSY_AFTER = 1.0, 6.0
"""Time before and after a busy moment in which calls are explained by it. The circuit breaker and a
failed login last for 5 s."""
CALLS_PER_LIMITED_NUMBER = 8
SLACK_SECONDS, CLOCK_SLACK_SECONDS = 0.5, 5.0

SALESFORCE_FAULTS: tuple[Mapping[str, Any], ...] = (
    *({"kind": kind} for kind in ("quota", "lock-row", "server-error-json", "server-error-html")),
    *({"kind": kind} for kind in ("unavailable-503", "login-page-200", "empty", "wrong-types")),
    *({"kind": kind} for kind in ("truncated", "reset", "close", "reset-kept-alive", "hang")),
    {"kind": "delay", "seconds": 1.0},
    {"kind": "drip", "seconds": 4.0},
    {"kind": "subrequest-record", "error": "query-timeout"},
    {"kind": "subrequest-agent", "error": "server-error-json"},
    {"kind": "expired-token", "times": 2},
    {"kind": "login-unknown-error", "times": 2},
)
CLOCK_OFFSETS = (86400.0, 21600.0, 605.0, 4.0, -4.0, -605.0, -21600.0)


@dataclass(frozen=True)
class Phase:
    """A part of the soak with its kinds of faults."""

    name: str
    salesforce: bool = False
    dynamodb: bool = False
    clocks: bool = False
    kills: bool = False

    @property
    def is_disturbed(self) -> bool:
        """Return whether facts may be stale, and calls decided as an outage."""
        return self.salesforce or self.dynamodb or self.kills


PHASES = (
    Phase("records change"),
    Phase("Salesforce fails", salesforce=True),
    Phase("DynamoDB fails", dynamodb=True),
    Phase("wrong clocks", clocks=True),
    Phase("killed processes", kills=True),
    Phase("everything at once", salesforce=True, dynamodb=True, clocks=True, kills=True),
)


@dataclass
class Limited:
    """A number that a limit applies to."""

    number: str
    begun: int = 0
    allowed: int = 0


@dataclass
class Soak:
    """The state of all phases. `chance` decides everything that is random."""

    world: World
    rate: float
    sandboxes: int
    chance: random.Random
    hotline: History[str] = field(default_factory=History)
    blocked: History[bool] = field(default_factory=History)
    rows: dict[str, History[Mapping[str, Any]]] = field(default_factory=dict)
    limited: list[Limited] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    started: float = field(default_factory=time.monotonic)
    busy: list[tuple[float, float]] = field(default_factory=list)
    doubtful: list[tuple[str, Answer]] = field(default_factory=list)

    def set_up(self) -> None:
        """Publish the plan, and give each record its first state."""
        self._publish(oracle.HOTLINES[0])
        self._block(True)
        for contact in oracle.CONTACTS:
            self.rows[contact] = History()
            self._change_record(contact)

    def run(self, phase: Phase, seconds: float) -> Part:
        """Run a phase. Each sandbox answers one call after the other in a thread of its own."""
        part = Part(f"soak: {phase.name}")
        logins = self.world.logins()
        offsets = CLOCK_OFFSETS if phase.clocks else ()
        right = [0.0] * max(2, self.sandboxes - len(offsets))
        with ThreadPoolExecutor(len(right) + len(offsets) + 1) as pool:
            callers = [Caller(self, phase, part, offset) for offset in (*right, *offsets)]
            for caller in callers:
                caller.wait()
            ends = time.monotonic() + seconds
            jobs = [pool.submit(caller.run, ends, len(callers) / self.rate) for caller in callers]
            jobs.append(pool.submit(self._watch_machine, ends))
            try:
                while time.monotonic() < ends:
                    self._disturb(phase, callers, part)
                    time.sleep(self.chance.uniform(0.1, 0.5))
            finally:
                self.world.fail_dynamodb(0, [])
                self.world.command("faults", {}, "DELETE")
            for job in jobs:
                job.result()
        part.counts["logins"] = self.world.logins() - logins
        unexplained = Counter(name for name, answer in self.doubtful if not self._was_busy(answer))
        self.doubtful.clear()
        part.counts["busy moments"] = len(self.busy)
        self.busy.clear()
        if phase.is_disturbed:
            del unexplained["outage"]
        tolerated = TOLERATED_SHARE * part.tried + 1
        for name, count in unexplained.items():
            if count > tolerated:
                part.violations.append(f"{count} answers were {name} although nothing failed")
        return part

    def random_call(self) -> tuple[Call, Limited | None]:
        """Return a call, and the state of its number if a limit applies to it."""
        with self.lock:
            chance = self.chance
            contact = chance.choice(oracle.CONTACTS)
            agent = chance.randrange(oracle.AGENTS)
            spelling = oracle.random_spelling(oracle.LOGINS[agent], chance)
            kind = chance.random()
            if kind < 0.05:
                return Call(contact, "112", agent, spelling), None
            if kind < 0.15:
                return Call(contact, "+498999998123", None, "nobody"), None
            if kind < 0.3:
                return Call(contact, f"+{oracle.BLOCKED_PREFIX}25640", agent, spelling), None
            if kind < 0.6:
                return Call(contact, "+498999998123", agent, spelling), None
            if not self.limited or self.limited[-1].begun == CALLS_PER_LIMITED_NUMBER:
                number = f"{oracle.LIMITED_PREFIX}{len(self.limited):07}"
                self.limited.append(Limited(number))
            limited = self.limited[-1]
            agent = limited.begun  # another one for each call: a repeated click does not count
            limited.begun += 1
            spelling = oracle.random_spelling(oracle.LOGINS[agent], chance)
            return Call(contact, limited.number, agent, spelling, is_limited=True), limited

    def right_outcomes(self, phase: Phase, call: Call, answer: Answer) -> set[str]:
        """Return the outcomes that are right for what the sandbox may have seen."""
        began, ended = answer.began, answer.ended
        slack = SLACK_SECONDS + (CLOCK_SLACK_SECONDS if phase.clocks else 0)
        oldest = oracle.STALE_SECONDS if phase.is_disturbed else oracle.RECORD_SECONDS
        oldest_plan = self.started if phase.dynamodb else began - oracle.RECHECK_SECONDS - slack
        rows = self.rows[call.contact].between(began - oldest - slack, ended)
        right = oracle.outcomes(
            call,
            self.hotline.between(oldest_plan, ended),
            self.blocked.between(began, ended),
            rows,
        )
        if call.is_limited and any(map(oracle.is_number, right)):
            right.add("limit")
        if call.number != "112":
            right.add(oracle.OUTAGE)  # `run` checks how many there are
            if any(row["IsDeleted"] for row in rows):
                right.add(oracle.NOT_FOUND)  # also if a list that refuses could not be read
        right.add(oracle.NO_PLAN)  # `run` checks it too
        return right

    def _watch_machine(self, ends: float) -> None:
        """Note the times at which the machine is too busy for the time limits of the functions."""
        while (began := time.monotonic()) < ends:
            self.world.plans.active()
            ended = time.monotonic()
            if ended - began > BUSY_SECONDS:
                self.busy.append((began - BUSY_BEFORE, ended + BUSY_AFTER))
            time.sleep(0.1)

    def _was_busy(self, answer: Answer) -> bool:
        return any(since <= answer.ended and until >= answer.began for since, until in self.busy)

    # Changes and faults ---------------------------------------------------------------------------

    def _disturb(self, phase: Phase, callers: list["Caller"], part: Part) -> None:
        """Change something, and let something fail that fails in this phase."""
        actions: list[Callable[[], None]] = [
            lambda: self._change_record(self.chance.choice(oracle.CONTACTS)),
            lambda: self._change_record(self.chance.choice(oracle.CONTACTS)),
            lambda: self._block(self.chance.random() < 0.5),
        ]
        if self.chance.random() < 0.1:
            actions.append(lambda: self._publish(self.chance.choice(oracle.HOTLINES)))
        if phase.salesforce:
            actions += [self._fail_salesforce] * 2 + [self._heal_salesforce] * 2
        if phase.dynamodb:
            actions += [self._fail_dynamodb, self._fail_dynamodb]
        if phase.kills:
            actions += [self.chance.choice(callers).kill, self._expire_tokens]
        self.chance.choice(actions)()
        part.counts["changes and faults"] += 1

    def _publish(self, hotline: str) -> None:
        document = oracle.plan_document(hotline)
        self.hotline.change(hotline, lambda _: self.world.publish(document))

    def _block(self, blocked: bool) -> None:
        key = prefix_key("blocked", oracle.BLOCKED_PREFIX)

        def make_it_so(_: bool) -> None:
            if blocked:
                self.world.lists.write([ListEntry(key, "asked", "attack", None)])
            else:
                self.world.lists.delete(key)

        self.blocked.change(blocked, make_it_so)

    def _change_record(self, contact: str) -> None:
        row = oracle.random_row(contact, self.chance)
        command = self.world.command
        self.rows[contact].change(row, lambda _: command("records", {"Contact": [row]}))

    def _fail_salesforce(self) -> None:
        self.world.command("faults", self.chance.choice(SALESFORCE_FAULTS))

    def _heal_salesforce(self) -> None:
        self.world.command("faults", {}, "DELETE")

    def _expire_tokens(self) -> None:
        self.world.command("tokens/expire", {})

    def _fail_dynamodb(self) -> None:
        kinds = self.chance.sample(dynamodb_proxy.KINDS, 3)
        self.world.fail_dynamodb(self.chance.choice([0.0, 0.1, 0.3, 1.0]), kinds)


class Caller:
    """Makes calls by one sandbox, which is replaced if it is killed."""

    def __init__(self, soak: Soak, phase: Phase, part: Part, clock_offset: float) -> None:
        self._soak = soak
        self._phase = phase
        self._part = part
        self._clock_offset = clock_offset
        self._sandbox = soak.world.sandbox(clock_offset)

    def wait(self) -> None:
        """Wait until the sandbox can answer."""
        self._sandbox.wait()

    def kill(self) -> None:
        """Kill the sandbox, whatever it is doing."""
        self._part.counts["killed"] += 1
        self._sandbox.kill()

    def run(self, ends: float, pause: float) -> None:
        """Make a call every `pause` seconds until `ends`."""
        following = time.monotonic()
        while (now := time.monotonic()) < ends:
            time.sleep(max(0.0, following - now))
            following = max(following + pause, now)
            call, limited = self._soak.random_call()
            try:
                answer = self._sandbox.call(call.event())
            except KilledError:
                self._sandbox.close()
                self._sandbox = self._soak.world.sandbox(self._clock_offset)
                continue
            except TimeoutError:
                self._part.violation(f"no answer at all in phase {self._phase.name}")
                break
            self._check(call, limited, answer)
        self._sandbox.close()

    def _check(self, call: Call, limited: Limited | None, answer: Answer) -> None:
        body = json.loads(answer.response["body"])
        outcome = oracle.outcome_of(answer.response, body)
        took = answer.ended - answer.began
        part, right = self._part, self._soak.right_outcomes(self._phase, call, answer)
        with part.lock:
            part.tried += 1
            part.seconds.append(took)
            failed = outcome in (oracle.OUTAGE, oracle.NO_PLAN)
            part.counts["outage" if failed else "answered"] += 1
            part.counts["late"] += took > MAX_SECONDS
            doubts = {"outage": failed, "late": took > MAX_SECONDS}
            self._soak.doubtful += [(name, answer) for name, holds in doubts.items() if holds]
        if outcome not in right:
            part.violation(f"{outcome} instead of {sorted(right)}, clock {self._clock_offset}")
        if limited is not None:
            self._check_limit(limited, outcome)

    def _check_limit(self, limited: Limited, outcome: str) -> None:
        """Check the limit. A sandbox with a wrong clock may not see calls that are recent."""
        with self._soak.lock:
            if outcome == "limit" and limited.begun <= oracle.LIMIT:
                self._part.violation("a limit refused a call too early")
            if oracle.is_number(outcome) and abs(self._clock_offset) < 60:
                limited.allowed += 1
                if limited.allowed > oracle.LIMIT:
                    self._part.violation(f"a limit of {oracle.LIMIT} allowed {limited.allowed}")
