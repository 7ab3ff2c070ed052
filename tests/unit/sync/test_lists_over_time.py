"""Lists of an organisation that changes while runs fail, die, overlap and are taken over.

The oracle knows nothing of runs' pages and entries: it knows since when a person has been opted out
with a number, and when the last completed run began.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from click_to_dial.deadline import Deadline
from click_to_dial.decision.number_lookups import keys, number_facts
from click_to_dial.dialplan import DialPlan, load
from click_to_dial.errors import ClickToDialError, PlanConflictError, SalesforceUnavailableError
from click_to_dial.model import Click, CompletedRun
from click_to_dial.phone_numbers import clean, read_number
from click_to_dial.ports import ActivePlan, BlobRef, ListRow, ListRun, StoredRun
from click_to_dial.sync.lists import Due, ListSync
from tests.fakes import DOCUMENT, Clock, FakeListRuns

SPELLINGS = {
    "+498912345601": ("+49 89 12345601", "089/123456-01", "0049 (0)89 12345601", "+498912345601"),
    "+4917212345602": ("0172 12345602", "+49172-12345602", "(0172) 123 456 02", "00491721234 5602"),
    "+43126503003": ("+43 1 26503003", "0043126503003", "+43 (0) 1 265 03 003", "+43126503003"),
    "+33142685304": ("+33 1 42 68 53 04", "0033142685304", "+33 (0)1.42.68.53.04", "+33142685304"),
}
"""Numbers, which families and duplicates share, and ways in which people write them."""
NUMBERS = sorted(SPELLINGS)
LISTED = "callee.listed.opted-out"
PAGE = 2
HOUR = 3600.0


def document(objects: Sequence[str]) -> Mapping[str, Any]:
    rule = {"id": "opted-out", "when": {"callee.listed": "opted-out"}, "refuse": "No."}
    sources = [{"object": name, "numbers": ["Phone"], "filter": None} for name in objects]
    return {
        **DOCUMENT,
        "lists": ["opted-out"],
        "salesforce_lists": {"opted-out": sources},
        "rules": [rule, *DOCUMENT["rules"]],
    }


class KilledError(BaseException):
    """The process of a run is killed before it writes its state: it does nothing any more."""


@dataclass
class Person:
    object_name: str
    number: str
    spelling: int
    opted_out: bool


class Plans:
    """The active plan in memory."""

    def __init__(self) -> None:
        self.document = document(["Contact", "Lead"])
        self.plan = ActivePlan(1, 1, BlobRef("", 0), {}, "2027-01-15T08:00:00+00:00", "")

    def active(self) -> ActivePlan:
        return self.plan

    def load(self, active: ActivePlan) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return self.document, {}

    def complete_run(self, active: ActivePlan, name: str, run: CompletedRun) -> ActivePlan:
        if active.revision != self.plan.revision:
            raise PlanConflictError("")
        self.change(lists={**active.lists, name: run})
        return self.plan

    def change(self, **changes: Any) -> None:
        self.plan = self.plan._replace(revision=self.plan.revision + 1, **changes)


class RecordedRuns(FakeListRuns):
    """Runs whose beginnings are recorded, as numbers of the last event before them."""

    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__()
        self._now = now
        self.began: dict[int, int] = {}
        self.dying = False

    def write(
        self, name: str, run: ListRun, before: StoredRun | None, lease_until: float
    ) -> StoredRun:
        if self.dying:
            raise KilledError
        stored = super().write(name, run, before, lease_until)
        self.began.setdefault(run.number, self._now())
        return stored


IDS = st.integers(0, 8)
EVENTS = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.sampled_from(
            ("opt-out", "opt-in", "renumber", "delete", "kill", "fail", "sync", "late", "plan")
        ),
        IDS,
        st.sampled_from(NUMBERS),
    ),
    max_size=6,
)
"""Events during a run: the step before which each happens, the event, the person, the number."""


@settings(max_examples=100, stateful_step_count=25)
class Organisation(RuleBasedStateMachine):
    """People, runs and calls. An event during a run happens before one of its steps."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.time = 0
        self.plans = Plans()
        self.runs = RecordedRuns(lambda: self.time)
        self.people: dict[int, Person] = {}
        self.since: dict[tuple[int, str, str], int] = {}
        self.known_plan = self.load_plan()
        self.steps: list[tuple[int, Callable[[], None]]] = []
        self.step = 0
        self.depth = 0

    # Salesforce -----------------------------------------------------------------------------------

    def change(self, person_id: int, person: Person | None) -> None:
        """Change a record, and remember since when it has been opted out with its number."""
        self.time += 1
        self.people.pop(person_id, None)
        if person is not None:
            self.people[person_id] = person
        kept = {
            (each, person.object_name, person.number)
            for each, person in self.people.items()
            if person.opted_out
        }
        self.since = {pair: self.since.get(pair, self.time) for pair in kept}

    @rule(
        person=IDS, number=st.sampled_from(NUMBERS), spelling=st.integers(0, 3), lead=st.booleans()
    )
    def create_or_renumber(self, person: int, number: str, spelling: int, lead: bool) -> None:
        before = self.people.get(person)
        name = before.object_name if before else ("Lead" if lead else "Contact")
        opted_out = before.opted_out if before else True
        self.change(person, Person(name, number, spelling, opted_out))

    @rule(person=IDS, opted_out=st.booleans())
    def opt(self, person: int, opted_out: bool) -> None:
        if before := self.people.get(person):
            changed = Person(before.object_name, before.number, before.spelling, opted_out)
            self.change(person, changed)

    @rule(person=IDS, other=IDS)
    def merge(self, person: int, other: int) -> None:
        """Merge a person into another one, who keeps its own number and takes over the opt-out."""
        loser, winner = self.people.get(person), self.people.get(other)
        if loser and winner and person != other:
            opted_out = winner.opted_out or loser.opted_out
            merged = Person(winner.object_name, winner.number, winner.spelling, opted_out)
            self.change(person, None)
            self.change(other, merged)

    def read_rows(
        self, source: Mapping[str, Any], after: str | None, deadline: Deadline
    ) -> Sequence[ListRow]:
        self.next_step()
        rows = [
            ListRow(f"{each:03}", {"Phone": SPELLINGS[person.number][person.spelling]})
            for each, person in sorted(self.people.items())
            if person.opted_out and person.object_name == source["object"]
        ]
        return [row for row in rows if after is None or row.record_id > after][:PAGE]

    # Runs -----------------------------------------------------------------------------------------

    def next_step(self) -> None:
        """Let happen what happens before this step of the run, and check the calls meanwhile."""
        self.step += 1
        for step, event in self.steps:
            if step == self.step:
                event()
        self.nobody_is_callable()

    def event(self, kind: str, person: int, number: str) -> None:
        before = self.people.get(person)
        match kind:
            case "opt-out" | "opt-in" if before:
                self.opt(person, kind == "opt-out")
            case "renumber":
                self.create_or_renumber(person, number, 1, True)
            case "delete":
                self.change(person, None)
            case "kill":
                self.runs.dying = True
            case "fail":
                raise SalesforceUnavailableError("down", "Salesforce is down.")
            case "late":
                self.clock.advance(HOUR / 4)
            case "plan":
                self.plans.change(version=self.plans.plan.version + 1)
            case "sync" if self.depth < 3:
                self.sync([], 1.0)

    def sync(self, events: Sequence[tuple[int, str, int, str]], max_loss: float) -> Any:
        outer = self.steps, self.step
        self.steps = [
            (step, lambda args=args: self.event(*args))  # type: ignore[misc]
            for step, *args in events
        ]
        self.step = 0
        self.depth += 1
        dying, self.runs.dying = self.runs.dying, False
        lists = ListSync(self.plans, self.runs, self.read_rows, str, self.clock)
        self.runs.before_write = self.next_step
        try:
            (result,) = lists.sync(Deadline(60), Due(), max_loss)
            return result
        except KilledError:
            return None
        finally:
            self.runs.dying = dying
            (self.steps, self.step), self.depth = outer, self.depth - 1

    @rule(events=EVENTS, max_loss=st.sampled_from((0.5, 1.0)))
    def run(self, events: Sequence[tuple[int, str, int, str]], max_loss: float) -> None:
        self.sync(events, max_loss)

    @rule()
    def two_undisturbed_runs_leave_exactly_those_who_are_opted_out(self) -> None:
        self.clock.advance(HOUR)
        for _ in range(2):
            result = self.sync([], 1.0)
            assert result is not None
            assert result.failure is None
            assert result.run.state == "completed"
        objects = self.objects()
        opted_out = {number for _, name, number in self.since if name in objects}
        assert result.completed.entries == len(opted_out)
        assert {number for number in NUMBERS if self.listed(number, self.load_plan())} == opted_out
        assert len(self.runs.entries) == len(opted_out), "older entries are deleted"

    @rule(hours=st.sampled_from((0.05, 1.0, 48.0)))
    def time_passes(self, hours: float) -> None:
        self.clock.advance(hours * HOUR)

    # Plans ----------------------------------------------------------------------------------------

    @rule(objects=st.sampled_from((["Contact", "Lead"], ["Contact"], ["Lead", "Contact"])))
    def publish(self, objects: Sequence[str]) -> None:
        self.plans.document = document(objects)
        self.plans.change(version=self.plans.plan.version + 1)

    @rule()
    def an_earlier_release_moves_the_active_plan(self) -> None:
        """It does not know the state of lists, so that it is lost."""
        self.plans.change(lists={})

    # Calls ----------------------------------------------------------------------------------------

    def objects(self) -> set[str]:
        sources = self.plans.document["salesforce_lists"]["opted-out"]
        return {source["object"] for source in sources}

    def load_plan(self) -> DialPlan:
        return load(self.plans.document, {}, 1, self.plans.plan.lists)

    @rule()
    def a_sandbox_checks_the_plan(self) -> None:
        self.known_plan = self.load_plan()

    def listed(self, number: str, plan: DialPlan) -> bool | None:
        """Return what a call to the number would find; None if the list is unknown."""
        callee, *_ = read_number(clean(number), plan.numbering)
        click = Click(None, callee, "agent")
        items = self.runs.items(keys(plan, click, str))
        found = number_facts(plan, click, items, str, self.clock()).get(LISTED)
        return None if found is None else bool(found)

    @invariant()
    def nobody_is_callable(self) -> None:
        """Nobody is who was opted out when the last completed run began, and still is."""
        objects = self.objects()
        last = self.plans.plan.lists.get("opted-out")
        began = -1 if last is None else self.runs.began[last.number]
        plan = self.load_plan()
        for (_, object_name, number), since in self.since.items():
            if object_name not in objects:
                continue
            found = self.listed(number, plan)
            assert found is None or found or since > began, f"{number} is callable"
            if since <= began and plan.salesforce_lists["opted-out"].is_complete:
                assert self.listed(number, self.known_plan) is not False, "an older plan"


TestOrganisation = Organisation.TestCase


def test_the_state_of_a_list_is_unknown_until_its_first_run_completes() -> None:
    machine = Organisation()
    machine.create_or_renumber(1, NUMBERS[0], 0, False)
    assert machine.listed(NUMBERS[0], machine.load_plan()) is None
    machine.run([(3, "fail", 0, "")], 0.5)
    assert machine.listed(NUMBERS[0], machine.load_plan()) is True, "a hit decides"
    assert machine.listed(NUMBERS[1], machine.load_plan()) is None
    machine.run([], 0.5)
    assert machine.listed(NUMBERS[1], machine.load_plan()) is False


def test_two_days_of_failing_runs_make_nobody_callable() -> None:
    machine = Organisation()
    machine.create_or_renumber(1, NUMBERS[0], 0, False)
    machine.run([], 0.5)
    for _ in range(2 * 24 * 12):
        machine.clock.advance(HOUR / 12)
        result = machine.sync([(1, "fail", 0, "")], 0.5)
        assert isinstance(result.failure, ClickToDialError)
    assert machine.listed(NUMBERS[0], machine.load_plan()) is True
    assert result.age > 47 * HOUR
