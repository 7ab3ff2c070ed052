"""Lists from the simulator to DynamoDB and into decisions: the function, the command and calls."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.decision.service import ClickToDial
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import PlanConflictError
from click_to_dial.salesforce_id import to_18
from click_to_dial.sync import lists as runs_of_lists
from click_to_dial.sync import wiring
from dialplan_cli.explain import explain
from dialplan_cli.targets import find_target
from functions.sync import handler
from local_stack.salesforce import Simulator
from tests.integration.dialplan_command import Dialplan

PLAN = """\
version: 1
home_region: DE
service_numbers:
  hotline: {number: "4989461495000", name: Hotline}
objects:
  Account: {do_not_call: Phone}
lists:
  - robinson
  - name: opted-out
    salesforce:
      - {object: Contact, numbers: [Phone, MobilePhone], filter: DoNotCall = true}
      - {object: Lead, numbers: [Phone], filter: DoNotCall = true}
rules:
  - {id: emergency, when: {callee.kind: emergency}, signal: hotline}
  - {id: opted-out, when: {callee.listed: [robinson, opted-out]}, refuse: They opted out.}
  - {id: others, signal: hotline}
outage: {refuse: Later.}
"""
WITHOUT = PLAN.replace("[robinson, opted-out]", "robinson")
ALICE, BOB, CAROL, LEAD, ACCOUNT = (
    str(to_18(f"{prefix}0C000000000{number}"))
    for prefix, number in (("003", 1), ("003", 2), ("003", 3), ("00Q", 1), ("001", 1))
)


def contact(record_id: str, phone: str | None, mobile: str | None, opted_out: bool) -> Any:
    return {"Id": record_id, "Phone": phone, "MobilePhone": mobile, "DoNotCall": opted_out}


ORG: dict[str, Any] = {
    "Contact": [
        contact(ALICE, "089 / 123456-01", "+49 172 12345602", True),
        contact(BOB, "+49 (0)89 12345603", None, False),
        contact(CAROL, "n/a", "217", True),
    ],
    "Lead": [{"Id": LEAD, "Phone": "0043 1 26503003", "DoNotCall": True}],
    "Account": [{"Id": ACCOUNT, "Phone": None}],
    "User": [{"Id": "0050C0000000001", "CommunityNickname": "agent", "IsActive": True}],
}


pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def org() -> Any:
    return ORG


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


@pytest.fixture
def call(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that decides a call as the function would, by the rule or its cause."""

    def call(number: str, record: str = ACCOUNT) -> str:
        service: ClickToDial = find_target(None).service
        report = explain(service, record, number, "agent").report
        assert report is not None
        assert report.decision is not None
        decision = report.decision
        return decision.rule if decision.cause == "rule" else decision.cause

    return call


def test_a_number_counts_wherever_it_is_dialled_from(
    dialplan: Dialplan, plan: Path, call: Callable[..., str]
) -> None:
    assert dialplan("publish", plan, "--yes") == 0, dialplan.err
    assert "opted-out" in dialplan.out
    for number in ("+498912345601", "498912345601", "08912345601", "+4917212345602"):
        assert call(number) == call(number, BOB) == "opted-out"
    assert call("+43126503003") == "opted-out"
    assert call("+498912345603") == "others"
    assert call("112") == "emergency"


def test_until_the_first_run_completes_the_list_is_unknown(
    dialplan: Dialplan, plan: Path, call: Callable[..., str], salesforce: Simulator
) -> None:
    salesforce.page_size = 1
    assert dialplan("publish", plan, "--yes", "--offline") == 0
    assert "Not read from Salesforce: opted-out" in dialplan.err
    assert call("+498912345603") == "outage"
    assert call("217") == call("112").replace("emergency", "others"), "short numbers are on no list"
    salesforce.fail("unavailable-503", path="query")
    assert dialplan("sync") == 1
    assert "List 'opted-out' keeps its current entries: " in dialplan.err
    assert call("+498912345603") == "outage"
    salesforce.heal()
    assert dialplan("sync") == 0
    assert call("+498912345603") == "others"
    assert call("+498912345601") == "opted-out"


def test_a_person_opts_in_changes_the_number_is_deleted_and_merged(
    dialplan: Dialplan, plan: Path, call: Callable[..., str], salesforce: Simulator
) -> None:
    dialplan("publish", plan, "--yes")
    salesforce.org.add("Contact", contact(BOB, "+49 89 12345603", None, True))
    assert call("+498912345603") == "others", "the next run reads it"
    dialplan("sync", "--most-lost", 100)
    assert call("+498912345603") == "opted-out"
    salesforce.org.add("Contact", contact(BOB, "+49 89 12345604", None, True))
    salesforce.org.add("Lead", {**ORG["Lead"][0], "IsDeleted": True})
    dialplan("sync", "--most-lost", 100)
    assert [call(f"+49891234560{each}") for each in (3, 4)] == ["opted-out"] * 2, "one more run"
    dialplan("sync", "--most-lost", 100)
    assert [call(f"+49891234560{each}") for each in (3, 4)] == ["others", "opted-out"]
    assert call("+43126503003") == "others"
    salesforce.org.add("Contact", {**contact(ALICE, None, None, True), "IsDeleted": True})
    salesforce.org.add("Contact", contact(BOB, "089 123456-01", None, True))
    for _ in range(2):
        dialplan("sync", "--most-lost", 100)
    assert call("+498912345601") == "opted-out", "the one who remains has the number"
    assert call("+4917212345602") == "others"


def test_sync_shows_the_lists_and_their_unreadable_numbers(dialplan: Dialplan, plan: Path) -> None:
    dialplan("publish", plan, "--yes")
    report = dialplan.json("sync")["lists"][0]
    assert (report["rows"], report["numbers"], report["unreadable"]) == (3, 3, 2)
    assert (report["added"], report["removed"], report["failure"]) == (0, 0, None)
    assert dialplan("sync", "--list", "opted-out", "--unreadable") == 0
    lines = [line.split(maxsplit=4) for line in dialplan.out.splitlines()]
    assert [line[:4] for line in lines[1:]] == [
        ["opted-out", "Contact", CAROL, "Phone"],
        ["opted-out", "Contact", CAROL, "MobilePhone"],
    ]
    assert "is no phone number" in dialplan.out
    assert "n/a" not in dialplan.out
    assert dialplan("sync", "--list", "robinson") == 1
    assert "unknown list 'robinson'" in dialplan.err


def test_lists_kept_in_salesforce_are_not_changed_by_hand(
    dialplan: Dialplan, plan: Path, call: Callable[..., str]
) -> None:
    dialplan("publish", plan, "--yes")
    assert dialplan("list", "add", "+4917012345678", "--list", "opted-out") == 1
    assert "kept in Salesforce" in dialplan.err
    assert dialplan("list", "remove", "+498912345601", "--list", "opted-out") == 1
    assert dialplan("list", "add", "+4917012345678", "--list", "robinson") == 0
    assert call("+4917012345678") == "opted-out"
    assert dialplan("number", "+498912345601", "--forget", "--yes") == 0
    assert call("+498912345601") == "opted-out", "its entry stays"
    assert dialplan("list", "check", "+498912345601", "--list", "opted-out") == 0
    assert "DoNotCall = true  Contact in Salesforce" in dialplan.out


def test_explain_says_which_list_and_which_source(dialplan: Dialplan, plan: Path) -> None:
    dialplan("publish", plan, "--yes")
    options = ("--number", "+43126503003", "--agent", "agent", "--record", ACCOUNT)
    assert dialplan("explain", *options) == 3
    assert "opted-out" in dialplan.out
    assert "Lead in Salesforce" in dialplan.out
    found = dialplan.json("explain", *options)
    assert found["on_lists"] == [
        {"list": "opted-out", "reason": "DoNotCall = true", "source": "Lead in Salesforce"}
    ]


def test_a_changed_source_is_unknown_until_it_is_read(
    dialplan: Dialplan, plan: Path, call: Callable[..., str], salesforce: Simulator
) -> None:
    dialplan("publish", plan, "--yes")
    plan.write_text(
        PLAN.replace(
            "filter: DoNotCall = true}\n      - {object: Lead",
            "filter: Id != null}\n      - {object: Lead",
        )
    )
    dialplan("publish", plan, "--yes", "--offline")
    assert call("+498912345603") == "outage"
    assert call("+498912345601") == "opted-out", "a hit decides"
    dialplan("sync")
    assert call("+498912345603") == "opted-out"
    dialplan("rollback", 1, "--yes")
    assert call("+4943211234") == "others"


def test_an_invalid_source_is_found_before_publication(dialplan: Dialplan, plan: Path) -> None:
    plan.write_text(PLAN.replace("numbers: [Phone]", "numbers: [Fone, Id]"))
    assert dialplan("publish", plan, "--yes") == 1
    assert "lists[1].salesforce[1].numbers[0]: " in dialplan.err
    assert "no field Fone" in dialplan.err
    assert "Id has the type id; name fields of type phone or text" in dialplan.err
    plan.write_text(PLAN.replace("filter: DoNotCall = true}\nrules", "filter: DoNotCall =}\nrules"))
    assert dialplan("publish", plan, "--yes") == 1
    assert "lists[1].salesforce[1].filter: " in dialplan.err


class TestFunction:
    """The handler with all its adapters."""

    @pytest.fixture
    def run(
        self, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Callable[[], Any]]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        context = SimpleNamespace(
            function_name="sync",
            memory_limit_in_mb=512,
            invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:sync",
            aws_request_id="request-1",
        )
        caches = (wiring.synchroniser, wiring.list_synchroniser)
        for each in caches:
            each.cache_clear()
        yield lambda: handler.lambda_handler({}, context)
        for each in caches:
            each.cache_clear()

    def test_it_reads_a_list_when_it_is_due(
        self, run: Callable[[], Any], dialplan: Dialplan, plan: Path, capsys: Any
    ) -> None:
        dialplan("publish", plan, "--yes", "--offline")
        assert run() == {"entries": {}, "lists": {"opted-out": 3}}
        printed = capsys.readouterr().out
        metrics = json.loads(printed.splitlines()[-1])
        assert metrics["ListEntries"] == [3.0]
        assert metrics["ListAge"][0] < 60
        assert ALICE not in printed
        assert run() == {"entries": {}, "lists": {"opted-out": 3}}

    def test_it_continues_a_run_that_was_killed(
        self,
        run: Callable[[], Any],
        dialplan: Dialplan,
        plan: Path,
        salesforce: Simulator,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        dialplan("publish", plan, "--yes", "--offline")
        salesforce.fail("unavailable-503", path="query", count=1)
        dialplan("sync")
        salesforce.heal()
        monkeypatch.setattr(runs_of_lists, "LEASE_SECONDS", 0.0)
        assert run()["lists"] == {"opted-out": 3}


def test_publications_runs_and_calls_at_the_same_time(
    dialplan: Dialplan, plan: Path, call: Callable[..., str], store: PlanStore
) -> None:
    dialplan("publish", plan, "--yes")
    target = find_target(None)
    writing = True
    jobs: list[Future[Any]]
    answers: list[str] = []

    def publish() -> None:
        for number in range(4):
            active = store.active()
            assert active is not None
            try:
                store.publish(
                    store.document(active),
                    PLAN,
                    author="",
                    comment=str(number),
                    replaces=active.version,
                )
            except PlanConflictError:
                continue

    def sync() -> list[Any]:
        lists = wiring.build_list_sync(
            target.store._client, target.settings.table_name, target.organisation, target.pseudonym
        )
        return [
            each.run
            for _ in range(4)
            for each in lists.sync(Deadline(60), runs_of_lists.Due(), 0.5)
        ]

    def calls() -> None:
        while writing:
            answers.append(call("+498912345601"))

    with ThreadPoolExecutor(4) as pool:
        caller = pool.submit(calls)
        jobs = [pool.submit(publish), pool.submit(sync), pool.submit(sync)]
        for job in jobs:
            job.result(timeout=60)
        writing = False
        caller.result(timeout=60)
    assert "opted-out" in answers
    assert set(answers) <= {"opted-out", "outage"}, "a busy table may not answer in time"
    dialplan("sync")
    assert dialplan.json("sync")["lists"][0]["numbers"] == 3
