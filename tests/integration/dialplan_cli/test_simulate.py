"""`dialplan simulate` with the table and the simulator of Salesforce."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from click_to_dial.dialplan import load
from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.errors import DynamoDBError
from click_to_dial.ports import CachedFacts
from dialplan_cli import simulate_lookups
from dialplan_cli.explain import NoCopies, explain, with_plan
from dialplan_cli.plan.read import read_plan
from dialplan_cli.simulate import Answer, simulate
from dialplan_cli.simulate_calls import Call
from dialplan_cli.targets import find_target
from local_stack.salesforce import Simulator
from tests.integration.conftest import Table
from tests.integration.dialplan_command import Dialplan

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "dialplans/demo.yaml"
CUSTOMER, SUPPLIER, OPTED_OUT = "003Tv00000Lx002IAB", "003Tv00000Lx003IAB", "003Tv00000Lx004IAB"
NO_CONTACT, VEHICLE = "003Tv00000Lx009IAB", "a0BTv00000Vn001MAB"
CALLS = """\
CallerID,AgentUID,record.object,record.kind,record.country,record.do_not_call,agent.extension
+4989461495,ahuber,Contact,Customer,AT,false,217
+4989461495,ahuber,Contact,Customer,AT,false,217
+4989461495,ahuber,Contact,Supplier,AT,false,217
+4989461495,ahuber,Contact,Customer,DE,true,217
"""
BEFORE, AFTER = "200 431265030 Hotline Austria", "200 498999998100 Customer hotline"

Write = Callable[..., Path]


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The demo plan, changed: customers in Austria see the German hotline."""
    path = tmp_path / "changed.yaml"
    path.write_text(
        DEMO.read_text()
        .replace("AT: hotline-at", "AT: hotline")
        .replace("kind: Account.Type, country", "kind: Account.Type, phone: Phone, country")
    )
    return path


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of calls without facts, each with SalesForceID, CallerID and AgentUID."""

    def write(*calls: str) -> Path:
        path = tmp_path / "calls.csv"
        path.write_text("\n".join(["SalesForceID,CallerID,AgentUID", *calls, ""]))
        return path

    return write


class TestFacts:
    """Calls that bring their facts."""

    def test_the_changed_answers_are_shown(
        self, dialplan: Dialplan, changed: Path, tmp_path: Path
    ) -> None:
        calls = tmp_path / "calls.csv"
        calls.write_text(CALLS)
        arguments = ("simulate", calls, "--plan", changed, "--against", DEMO)
        found = dialplan.json(*arguments)
        supplier = "200 498999998217 Direct line"
        refused = "403 The contact does not want to be called."
        assert found.pop("assumptions")[0].startswith("Assumption: agent.team is missing in all")
        assert found == {
            "calls": 4,
            "changes": [
                {"row": 1, "before": BEFORE, "after": AFTER},
                {"row": 2, "before": BEFORE, "after": AFTER},
            ],
            "undecided": [],
            "matrix": [
                {"before": BEFORE, "after": AFTER, "calls": 2},
                {"before": supplier, "after": supplier, "calls": 1},
                {"before": refused, "after": refused, "calls": 1},
            ],
            "api_calls": 0,
        }
        assert dialplan(*arguments) == 0
        assert "2 of 4 answers change." in dialplan.out
        assert BEFORE in dialplan.out
        assert dialplan(*arguments, "--expect-no-change") == 1
        same = ("simulate", calls, "--plan", DEMO, "--against", DEMO, "--expect-no-change")
        assert dialplan(*same) == 0
        assert dialplan.out.startswith("No answer changes in 4 calls.\nAssumption: ")

    def test_no_change_is_expected_only_of_decided_calls(
        self, dialplan: Dialplan, tmp_path: Path
    ) -> None:
        calls = tmp_path / "calls.csv"
        calls.write_text(CALLS + "abc,ahuber,Contact,Customer,AT,,217\n")
        arguments = ("simulate", calls, "--plan", DEMO, "--against", DEMO)
        assert dialplan(*arguments) == 0
        assert "1 of 5 calls are not decided by the rules." in dialplan.out
        assert "400 CallerID" in dialplan.out
        assert dialplan(*arguments, "--expect-no-change") == 1
        (call,) = dialplan.json(*arguments)["undecided"]
        assert (call["row"], call["looked_up"], call["after"][:3]) == (5, True, "400")

    def test_lists_and_attempts_are_those_of_the_file_or_assumed(
        self, dialplan: Dialplan, tmp_path: Path
    ) -> None:
        limits = tmp_path / "limits.yaml"
        limits.write_text(
            DEMO.read_text().replace(
                "rules:\n",
                "lists: [dnc, vip]\nrules:\n"
                "  - {id: listed, when: {callee.listed: dnc}, refuse: Listed.}\n"
                "  - {id: often, when: {callee.attempts: {gte: 2, within: 1d}}, refuse: Often.}\n",
                1,
            )
        )
        calls = tmp_path / "calls.csv"
        calls.write_text("CallerID,record.kind\n+493012345,Customer\n")
        arguments = ("simulate", calls, "--plan", limits, "--against", DEMO)
        assert dialplan(*arguments) == 0
        lines = dialplan.out.splitlines()
        assert lines[0] == "No answer changes in 1 call."
        assert {
            "Assumption: no number is on a list, because the file has no column callee.listed.",
            "Assumption: no number was called before, because the file has no column "
            "callee.attempts.",
        } < set(lines)
        calls.write_text(
            "CallerID,record.kind,callee.listed,callee.attempts\n+493012345,Customer,,\n"
            "+493012345,Customer,vip dnc,\n+493012345,Customer,vip,1\n+493012345,Customer,,2\n"
            "112,Customer,dnc,2\n"
        )
        found = dialplan.json(*arguments)
        assert [(each["row"], each["after"]) for each in found["changes"]] == [
            (2, "403 Listed."),
            (4, "403 Often."),
        ]
        assert not any("callee." in each for each in found["assumptions"])

    def test_a_row_says_whether_the_number_is_on_the_record(
        self, dialplan: Dialplan, tmp_path: Path
    ) -> None:
        strict = tmp_path / "strict.yaml"
        strict.write_text(
            DEMO.read_text()
            .replace("Contact: {kind", "Contact: {numbers: [Phone], kind")
            .replace(
                "rules:\n",
                "rules:\n"
                "  - {id: other, when: {callee.on_record: false}, refuse: Not on the record.}\n"
                "  - {id: own, when: {callee.on_record: true}, signal: sales}\n",
                1,
            )
        )
        calls = tmp_path / "calls.csv"
        calls.write_text(
            "CallerID,record.object,record.kind,callee.on_record\n"
            "+4989461495,Contact,Customer,yes\n+4989461495,Contact,Customer,0\n"
            "+4989461495,Contact,Customer,\n+4989461495,,Customer,no\n217,Lead,,yes\n"
        )
        found = dialplan.json("simulate", calls, "--plan", strict, "--against", DEMO)
        sales, refused = "200 498999998120 Sales", "403 Not on the record."
        assert [(each["row"], each["after"]) for each in found["changes"]] == [
            (1, sales),
            (2, refused),
            (4, refused),
            (5, sales),
        ]

    def test_a_mapping_whose_entries_are_not_known_is_named(
        self, dialplan: Dialplan, tmp_path: Path
    ) -> None:
        mapped = tmp_path / "mapped.yaml"
        source = "{object: Hotline__mdt, key: Country__c, value: Number__c}"
        mapped.write_text(
            DEMO.read_text().replace(
                "entries: {DE: hotline, AT: hotline-at}", f"salesforce: {source}"
            )
        )
        calls = tmp_path / "calls.csv"
        calls.write_text(CALLS)
        found = dialplan.json("simulate", calls, "--plan", mapped, "--against", DEMO)
        assert found["assumptions"][0] == (
            "Assumption: the mapping hotline-by-country has no entries, because they were not yet "
            "read from Salesforce."
        )

    def test_a_table_with_errors_is_refused(self, dialplan: Dialplan, tmp_path: Path) -> None:
        calls = tmp_path / "calls.csv"
        calls.write_text("CallerID,record.do_not_call\n1,perhaps\n2,\n3,never\n")
        assert dialplan("simulate", calls, "--plan", DEMO, "--against", DEMO) == 1
        assert dialplan.out == ""
        assert [line.split(":")[1] for line in dialplan.err.splitlines()] == ["2", "4"]

    def test_calls_without_facts_need_a_system_to_look_them_up(
        self, dialplan: Dialplan, write: Write
    ) -> None:
        calls = write(f"{CUSTOMER},+4312650321,ahuber")
        assert dialplan("simulate", calls, "--plan", DEMO, "--against", DEMO) == 1
        assert "No local system is running" in dialplan.err


class TestLookUps:
    """Calls that are looked up."""

    @pytest.fixture(autouse=True)
    def _published(self, environment: Mapping[str, str], dialplan: Dialplan) -> None:
        assert dialplan("publish", DEMO, "--yes") == 0

    def test_a_call_is_looked_up_once_for_both_plans(
        self, dialplan: Dialplan, changed: Path, write: Write, salesforce: Simulator
    ) -> None:
        calls = write(
            f"{CUSTOMER},+4312650321,ahuber",
            f"{OPTED_OUT},+496990009731,ahuber",
            f"{CUSTOMER},+4312650322,bkrueger",
            f"{VEHICLE},+4312650322,bkrueger",
            f"{CUSTOMER},112,ahuber",
        )
        salesforce.reset_stats()
        found = dialplan.json("simulate", calls, "--plan", changed)
        assert (found["calls"], found["undecided"], found["assumptions"]) == (5, [], [])
        assert [each["row"] for each in found["changes"]] == [1, 3]
        assert found["api_calls"] == salesforce.api_calls == 3  # an object, records, agents
        assert dialplan("simulate", calls, "--plan", changed) == 0
        assert "The look-ups took 3 API calls to Salesforce." in dialplan.out

    def test_answers_are_those_of_single_decisions(self, org: Any) -> None:
        target, plan = find_target(None), load(read_plan(DEMO).document)
        records = [row["Id"] for name, rows in org.items() if name[0] != "_" for row in rows]
        agents = ("ahuber", "bkrueger", "cehemals", "nobody")
        numbers = ("+4312650321", "089 9999 8411", "431265030", "112", "217", "0900123456", "x")
        calls = [
            Call(row, record, numbers[row % len(numbers)], agents[row % len(agents)])
            for row, record in enumerate([*records, *records, NO_CONTACT, "a0Z000000000001AAA", ""])
        ]
        found = simulate(calls, plan, plan, target)
        items = partial(target.service.cache.read, plan, None, "")
        service = replace(with_plan(target.service, plan), cache=NoCopies(items))
        for call, outcome in zip(calls, found.outcomes, strict=True):
            single = explain(service, call.record_id, call.number, call.agent_uid)
            assert outcome.before == outcome.after == Answer.of(single), call
        statuses = {outcome.after.text[:3] for outcome in found.outcomes}
        assert statuses == {"200", "400", "403", "404"}

    def test_nothing_is_stored(
        self, dialplan: Dialplan, write: Write, changed: Path, table: Table
    ) -> None:
        before = table.boto3.scan(TableName=table.name)["Items"]
        calls = write(f"{CUSTOMER},+4312650321,ahuber")
        assert len(dialplan.json("simulate", calls, "--plan", changed)["changes"]) == 1
        assert table.boto3.scan(TableName=table.name)["Items"] == before

    @pytest.mark.parametrize("fault", ["unavailable-503", "reset", "quota", "login-rate"])
    def test_calls_that_cannot_be_looked_up_are_no_unchanged_calls(
        self, dialplan: Dialplan, write: Write, changed: Path, salesforce: Simulator, fault: str
    ) -> None:
        calls = write(f"{CUSTOMER},+4312650321,ahuber", "003Tv00000Lx003IAB,110,ahuber")
        salesforce.expire_tokens()
        salesforce.fail(fault)
        assert dialplan("simulate", calls, "--plan", changed) == 1
        assert "No answer changes. 1 of 2 calls were looked up." in dialplan.out
        assert "1 of 2 calls could not be looked up." in dialplan.out
        found = dialplan.json("simulate", calls, "--plan", changed)
        (call,) = found["undecided"]
        assert (call["row"], call["looked_up"], found["changes"]) == (1, False, [])
        assert call["before"].startswith("not looked up (")

    def test_a_part_that_cannot_be_looked_up(
        self, dialplan: Dialplan, write: Write, changed: Path, salesforce: Simulator
    ) -> None:
        salesforce.org.set_field("Vehicle__c.Status__c", visible=False)
        calls = write(f"{CUSTOMER},+4312650321,ahuber", f"{VEHICLE},+4312650321,ahuber")
        assert dialplan("simulate", calls, "--plan", changed) == 1
        assert "1 of 2 answers change." in dialplan.out
        assert "field Status__c of Vehicle__c" in dialplan.out

    def test_records_that_do_not_exist_are_undecided(
        self, dialplan: Dialplan, write: Write
    ) -> None:
        calls = write(f"{NO_CONTACT},+4312650321,ahuber", f"{CUSTOMER},+4312650321,")
        assert dialplan("simulate", calls, "--plan", DEMO) == 0
        assert "2 of 2 calls are not decided by the rules." in dialplan.out
        assert "404 Salesforce has no record with this SalesForceID" in dialplan.out
        assert "400 AgentUID is empty." in dialplan.out
        assert dialplan("simulate", calls, "--plan", DEMO, "--expect-no-change") == 1

    def test_lists_and_attempts_are_read_from_the_table(
        self, dialplan: Dialplan, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = tmp_path / "listed.yaml"
        plan.write_text(
            DEMO.read_text().replace(
                "rules:\n",
                "lists: [dnc]\nrules:\n"
                "  - {id: listed, when: {callee.listed: dnc}, refuse: Listed.}\n",
                1,
            )
        )
        assert dialplan("list", "add", "+4312650321", "--list", "dnc") == 0
        calls = write(f"{CUSTOMER},+4312650321,ahuber", f"{CUSTOMER},+4312650322,ahuber")
        found = dialplan.json("simulate", calls, "--plan", plan)
        assert [(each["row"], each["after"]) for each in found["changes"]] == [(1, "403 Listed.")]

        def broken(*_: object) -> CachedFacts:
            raise DynamoDBError("Facts cannot be read.")

        monkeypatch.setattr(DynamoDBFacts, "read", broken)
        assert dialplan("simulate", calls, "--plan", plan) == 1
        assert "2 of 2 calls could not be looked up." in dialplan.out
        monkeypatch.setattr(
            DynamoDBFacts, "read", lambda *each: CachedFacts(items=dict.fromkeys(each[-1]))
        )
        monkeypatch.setattr(simulate_lookups, "MAX_READS", 2)
        assert dialplan("simulate", calls, "--plan", plan) == 1
        assert "DynamoDB does not return all items" in dialplan.out


class TestScale:
    """Ten thousand calls."""

    @pytest.fixture
    def org(self) -> Any:
        numbers = range(10_000)
        accounts = [f"001Tv0000{number:06d}" for number in range(200)]
        countries = ("DE", "AT")
        return {
            "Account": [{"Id": each, "Type": "Customer"} for each in accounts],
            "Contact": [
                {
                    "Id": f"003Tv0000{number:06d}",
                    "AccountId": accounts[number % 200],
                    "MailingCountryCode": countries[number % 2],
                    "DoNotCall": number % 10 == 0,
                }
                for number in numbers
            ],
            "User": [
                {"Id": f"005Tv0000{number:06d}", "CommunityNickname": f"agent{number}"}
                | {"Extension": None, "Department": None}
                for number in range(100)
            ],
        }

    def test_ten_thousand_calls(
        self,
        dialplan: Dialplan,
        environment: Mapping[str, str],
        write: Write,
        changed: Path,
        salesforce: Simulator,
    ) -> None:
        calls = write(
            *(f"003Tv0000{n:06d},+4312650{n % 1000:03d},agent{n % 100}" for n in range(10_000))
        )
        salesforce.reset_stats()
        found = dialplan.json("simulate", calls, "--plan", changed, "--against", DEMO)
        assert (found["calls"], found["undecided"]) == (10_000, [])
        assert len(found["changes"]) == 5_000
        assert found["api_calls"] == salesforce.api_calls == 10 + 20
