"""Commands for plan files, published plans and calls, with the table and the simulator."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer

from click_to_dial import aws, settings
from click_to_dial.decision import wiring as bootstrap
from click_to_dial.dynamodb.plan_items import ACTIVE_KEY
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.pseudonym import keyed
from dialplan_cli import targets
from dialplan_cli.plan.read import read_plan
from functions.on_click_to_dial import handler
from local_stack.salesforce import Simulator
from tests.integration.dialplan_command import Dialplan

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "dialplans/demo.yaml"
CUSTOMER, SUPPLIER, OPTED_OUT = "003Tv00000Lx002IAB", "003Tv00000Lx003IAB", "003Tv00000Lx004IAB"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The demo plan, changed: customers in Austria see the German hotline."""
    path = tmp_path / "changed.yaml"
    text = DEMO.read_text().replace("AT: hotline-at", "AT: hotline")
    path.write_text(text.replace("AT, expect: hotline-at", "AT, expect: hotline"))
    return path


class TestFiles:
    def test_a_valid_plan(self, dialplan: Dialplan) -> None:
        assert dialplan("validate", DEMO) == 0
        assert dialplan.out == f"{DEMO} is valid: 15 rules, 12 examples.\n"
        assert "demo.yaml:28: warning: objects.Account: has no `do_not_call`" in dialplan.err

    def test_a_plan_in_standard_input(
        self, dialplan: Dialplan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = io.BytesIO(DEMO.read_bytes())
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content))
        assert dialplan("validate", "-") == 0
        assert dialplan.out == "stdin is valid: 15 rules, 12 examples.\n"
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"version: 2\n")))
        assert dialplan("validate", "-") == 1
        assert dialplan.err.startswith("stdin:1: error: version: ")

    def test_an_invalid_plan(self, dialplan: Dialplan) -> None:
        path = ROOT / "tests/unit/dialplan_cli/plan/twenty_mistakes.yaml"
        assert dialplan("validate", path) == 1
        assert "twenty_mistakes.yaml:3: error: home_region: is not a country" in dialplan.err
        assert dialplan.err.endswith("23 errors.\n")
        problems = dialplan.json("validate", path)
        assert problems["errors"][0]["path"] == "home_region"

    @pytest.mark.parametrize(
        ("arguments", "status", "message"),
        [
            (("validate", "no-such.yaml"), 1, "no-such.yaml:1: error: the file cannot be read"),
            (("history",), 1, "No local system is running. Name a deployed stack"),
            (("frobnicate",), 2, "No such command 'frobnicate'"),
            (("publish",), 2, "Missing argument 'FILE'"),
            (("prune", "--keep", "0"), 2, "Invalid value for '--keep'"),
            (("simulate", "no-such.csv", "--plan", DEMO), 1, "no-such.csv cannot be read"),
            (("rollback", "one"), 2, "Invalid value for 'VERSION'"),
        ],
    )
    def test_an_error_is_reported_in_a_sentence(
        self, dialplan: Dialplan, arguments: tuple[object, ...], status: int, message: str
    ) -> None:
        assert dialplan(*arguments) == status
        assert message in dialplan.err
        assert dialplan.out == ""

    def test_a_missing_table_is_reported_in_a_sentence(
        self, dialplan: Dialplan, environment: Mapping[str, str]
    ) -> None:
        (targets.LOCAL / "3000/run.json").write_text(
            json.dumps({**environment, "TABLE_NAME": "gone"})
        )
        assert dialplan("history") == 1
        assert dialplan.err.startswith(
            "The dial plans cannot be reached. An error occurred (ResourceNotFoundException)"
        )
        assert len(dialplan.err.splitlines()) == 1

    def test_the_schema_is_printed(self, dialplan: Dialplan) -> None:
        assert dialplan("schema") == 0
        assert dialplan.out == (ROOT / "dialplans/dialplan.schema.json").read_text()


class TestExamples:
    """A plan that decides one of its examples differently."""

    @pytest.fixture
    def failing(self, tmp_path: Path) -> Path:
        path = tmp_path / "failing.yaml"
        path.write_text(DEMO.read_text().replace("AT: hotline-at", "AT: hotline"))
        return path

    MESSAGE = "expects hotline-at, but the rule 'customers' (line 104) signals hotline"

    def test_is_not_valid(self, dialplan: Dialplan, failing: Path) -> None:
        assert dialplan("validate", failing) == 1
        assert dialplan.err.endswith(f"error: examples[7]: {self.MESSAGE}\n1 error.\n")
        (error,) = dialplan.json("validate", failing)["errors"]
        assert (error["path"], error["message"]) == ("examples[7]", self.MESSAGE)
        line = failing.read_text().splitlines()[error["line"] - 1]
        assert "record.country: AT, expect: hotline-at" in line

    @pytest.mark.parametrize("offline", [(), ("--offline",)])
    def test_is_not_published(
        self, dialplan: Dialplan, store: PlanStore, failing: Path, offline: tuple[str, ...]
    ) -> None:
        assert dialplan("publish", failing, "--yes", *offline) == 1
        assert self.MESSAGE in dialplan.err
        assert store.active() is None

    def test_is_explained_with_a_warning(
        self, dialplan: Dialplan, store: PlanStore, failing: Path
    ) -> None:
        call = ("--record", CUSTOMER, "--number", "+4312650321", "--agent", "ahuber")
        assert dialplan("explain", *call, "--plan", failing) == 0
        assert f"warning: examples[7]: {self.MESSAGE}" in dialplan.err


class TestPublishing:
    def test_publish_twice_and_roll_back(
        self, dialplan: Dialplan, store: PlanStore, changed: Path
    ) -> None:
        assert dialplan("publish", DEMO, "--yes", "--author", "jane", "--comment", "start") == 0
        assert "Version 1 is active" in dialplan.out
        assert dialplan("diff", DEMO) == 0
        assert dialplan.out == "No difference.\n"
        assert dialplan("diff", changed) == 3
        assert "-    entries: {DE: hotline, AT: hotline-at}" in dialplan.out
        assert "+    entries: {DE: hotline, AT: hotline}" in dialplan.out
        assert dialplan.json("publish", changed, "--yes")["version"] == 2
        assert dialplan("diff") == 3
        assert "--- version 1\n+++ version 2 (active)\n" in dialplan.out
        why = ("--comment", "2 was wrong")
        assert dialplan("rollback", 1, "--yes", "--author", "joe", *why) == 0
        assert "Version 1 is active" in dialplan.out
        active = store.active()
        assert active is not None
        assert (active.version, active.activated_by) == (1, "joe")
        assert dialplan("diff") == 3
        assert "--- version 2\n+++ version 1 (active)\n" in dialplan.out
        moves = dialplan.json("history")["moves"]
        assert [(each["version"], each["before"], each["active"]) for each in moves] == [
            (1, 2, True),
            (2, 1, False),
            (1, None, False),
        ]
        assert (moves[0]["author"], moves[0]["comment"]) == ("joe", "2 was wrong")
        assert (moves[2]["author"], moves[2]["comment"]) == ("jane", "start")
        assert dialplan("history") == 0
        first, *_, last = [line.split() for line in dialplan.out.splitlines()[1:]]
        assert first[:3] + first[5:] == ["→", "1", "2", "joe", "rollback:", "2", "was", "wrong"]
        assert (last[0], last[-2:]) == ("1", ["jane", "start"])

    def test_a_plan_is_shown_as_it_was_written(
        self, dialplan: Dialplan, store: PlanStore, changed: Path
    ) -> None:
        dialplan("publish", DEMO, "--yes")
        dialplan("publish", changed, "--yes")
        dialplan("show")
        assert dialplan.out == changed.read_text()
        dialplan("show", 1)
        assert dialplan.out == DEMO.read_text()
        shown = dialplan.json("show", 1)
        assert (shown["version"], shown["document"]["home_region"]) == (1, "DE")
        assert dialplan("show", 3) == 1
        assert dialplan.err == "There is no version 3 of the dial plan.\n"

    def test_it_asks_before_it_publishes(
        self,
        dialplan: Dialplan,
        store: PlanStore,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        assert dialplan("publish", DEMO) == 1
        assert "Publish to this machine?" in dialplan.err
        assert store.active() is None

    def test_a_plan_in_standard_input_is_published_only_without_a_question(
        self, dialplan: Dialplan, store: PlanStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = io.BytesIO(DEMO.read_bytes())
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content))
        assert dialplan("publish", "-") == 2
        assert "needs --yes" in dialplan.err
        assert (store.active(), content.tell()) == (None, 0)
        assert dialplan("publish", "-", "--yes") == 0
        assert dialplan.out.startswith("--- nothing published\n+++ stdin\n")
        assert store.active() is not None

    def test_a_change_by_someone_else_is_not_overwritten(
        self,
        dialplan: Dialplan,
        store: PlanStore,
        changed: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        dialplan("publish", DEMO, "--yes")

        def confirm(*_: object, **__: object) -> None:
            document = store.document(store.version(1))
            store.publish(document, "# other\n", author="", comment="", replaces=1)

        monkeypatch.setattr(typer, "confirm", confirm)
        assert dialplan("publish", changed) == 1
        assert "Version 2 of the dial plan is active, not 1" in dialplan.err

    def test_an_unchanged_plan_is_not_published_again(
        self, dialplan: Dialplan, store: PlanStore
    ) -> None:
        dialplan("publish", DEMO, "--yes")
        assert dialplan("publish", DEMO) == 0
        assert dialplan.out == "No difference from the active version.\n"
        unchanged = dialplan.json("publish", DEMO)
        assert (unchanged["changed"], unchanged["version"]) == (False, 1)
        assert len(store.versions()) == 1

    def test_an_unchanged_plan_is_published_if_this_version_reads_it_differently(
        self, dialplan: Dialplan, store: PlanStore
    ) -> None:
        old = {**read_plan(DEMO).document, "without_record": "allow"}
        store.publish(old, DEMO.read_text(), author="", comment="", replaces=None)
        assert dialplan("publish", DEMO, "--yes") == 0
        assert "The text is the same" in dialplan.out
        assert store.document(store.version(2)) == read_plan(DEMO).document

    @pytest.mark.parametrize("damage", [{"mappings": {"S": ""}}, {"revision": {"S": ""}}])
    @pytest.mark.parametrize("command", [("publish", DEMO), ("rollback", 1)])
    def test_an_unreadable_plan_can_be_replaced(
        self, dialplan: Dialplan, store: PlanStore, table: Any, damage: Any, command: Any
    ) -> None:
        dialplan("publish", DEMO, "--yes")
        item = table.boto3.get_item(TableName=table.name, Key=ACTIVE_KEY)["Item"]
        table.boto3.put_item(TableName=table.name, Item={**item, **damage})
        assert dialplan("history") == 1
        assert "written by another version of click-to-dial" in dialplan.err
        assert dialplan(*command, "--yes") == 0
        assert "--- an unreadable plan" in dialplan.out
        assert store.active() is not None
        assert dialplan("history") == 0

    def test_an_invalid_plan_is_not_published(self, dialplan: Dialplan, store: PlanStore) -> None:
        assert (
            dialplan("publish", ROOT / "tests/unit/dialplan_cli/plan/twenty_mistakes.yaml", "--yes")
            == 1
        )
        assert store.active() is None

    def test_old_versions_are_pruned(
        self, dialplan: Dialplan, store: PlanStore, changed: Path
    ) -> None:
        for path in (DEMO, changed, DEMO):
            dialplan("publish", path, "--yes")
        assert dialplan.json("prune", "--keep", 2, "--yes") == {"deleted": [1]}

    def test_a_stack_is_found_by_its_outputs(
        self,
        dialplan: Dialplan,
        environment: Mapping[str, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        outputs = {output: environment[name] for output, name in targets.OUTPUTS.items()}
        outputs["NumberKeySecretId"] = "number-key"
        stack = Stack(outputs)
        real = aws.create_client

        def client_of(name: str, **options: Any) -> Any:
            client = real(name, **options)
            if name == "cloudformation":
                client.describe_stacks = stack.describe_stacks
            return client

        monkeypatch.setattr(aws, "create_client", client_of)
        (targets.LOCAL / "3000/run.json").unlink()
        assert dialplan("publish", DEMO, "--yes", "--stack", "acme-prod") == 0
        assert dialplan.json("history", "--stack", "acme-prod")["moves"][0]["version"] == 1
        del outputs["TableName"]
        assert dialplan("history", "--stack", "acme-prod") == 1
        assert "The stack acme-prod has no output TableName" in dialplan.err


class Stack:
    """A client of CloudFormation with one stack."""

    def __init__(self, outputs: dict[str, str]) -> None:
        self._outputs = outputs

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803
        assert StackName == "acme-prod"
        outputs = [{"OutputKey": key, "OutputValue": each} for key, each in self._outputs.items()]
        return {"Stacks": [{"Outputs": outputs}]}


class TestCalls:
    @pytest.mark.parametrize(
        ("record", "number", "agent"),
        [
            (CUSTOMER, "+4312650321", "ahuber"),
            (SUPPLIER, "04066969513", "ahuber"),
            (SUPPLIER, "04066969513", "bkrueger"),
            (OPTED_OUT, "+496990009731", "ahuber"),
            ("003Tv00000Lx006IAB", "+4989999984", "ahuber"),
            (CUSTOMER, "+4312650321", "nobody"),
            (CUSTOMER, "112", "ahuber"),
            (CUSTOMER, "abc", "ahuber"),
            ("", "112", "ahuber"),
        ],
    )
    def test_explain_answers_as_the_handler_does(
        self,
        dialplan: Dialplan,
        environment: Mapping[str, str],
        monkeypatch: pytest.MonkeyPatch,
        record: str,
        number: str,
        agent: str,
    ) -> None:
        dialplan("publish", DEMO, "--yes")
        call = ("--record", record, "--number", number, "--agent", agent)
        explained = dialplan.json("explain", *call)
        service = bootstrap.build_service(
            settings.from_environment(environment),
            aws.dynamodb_client(),
            aws.secrets_client,
            keyed("as good as any"),
        )
        monkeypatch.setattr(handler, "click_to_dial", lambda: service)
        query = {"SalesForceID": [record], "CallerID": [number], "AgentUID": [agent]}
        answer = handler.respond(
            {
                "httpMethod": "GET",
                "resource": "/jtelACD/onClickToDial",
                "multiValueQueryStringParameters": query,
            }
        )
        assert explained["status"] == answer["statusCode"]
        assert explained["body"] == json.loads(answer["body"])

    def test_explain_shows_why_each_rule_failed_or_decided(
        self, dialplan: Dialplan, environment: Mapping[str, str]
    ) -> None:
        dialplan("publish", DEMO, "--yes")
        call = ("--record", SUPPLIER, "--number", "04066969513", "--agent", "ahuber")
        explained = dialplan.json("explain", *call)
        assert explained["facts"]["record.kind"] == "Supplier"
        assert explained["facts"]["agent.extension"] == "217"
        opted_out, suppliers = explained["rules"][-2:]
        assert opted_out == {
            "rule": "opted-out",
            "result": "failed",
            "fact": "record.do_not_call",
            "expected": True,
            "value": False,
        }
        assert (suppliers["rule"], suppliers["result"]) == ("suppliers", "decided")
        assert dialplan("explain", *call) == 0
        assert "record.do_not_call must be true; it is false" in dialplan.out
        assert '200 {"ServiceNumber": "498999998217"' in dialplan.out

    def test_explain_with_a_plan_file(
        self, dialplan: Dialplan, environment: Mapping[str, str], changed: Path
    ) -> None:
        call = ("--record", CUSTOMER, "--number", "+4312650321", "--agent", "ahuber")
        assert dialplan("explain", *call) == 1
        assert dialplan.err.startswith("No dial plan is published. Publish one: dialplan publish")
        explained = dialplan.json("explain", *call, "--plan", changed)
        assert explained["body"]["ServiceNumber"] == "498999998100"

    @pytest.mark.parametrize(
        ("record", "number", "status"),
        [(CUSTOMER, "+4312650321", 0), (OPTED_OUT, "+496990009731", 3), (CUSTOMER, "abc", 3)],
    )
    def test_the_exit_status_tells_if_the_call_is_allowed(
        self,
        dialplan: Dialplan,
        environment: Mapping[str, str],
        record: str,
        number: str,
        status: int,
    ) -> None:
        call = ("--record", record, "--number", number, "--agent", "ahuber", "--plan", DEMO)
        assert dialplan("explain", *call) == status
        assert dialplan("explain", *call, "--json") == status

    def test_explain_shows_no_rules_for_a_record_that_does_not_exist(
        self, dialplan: Dialplan, environment: Mapping[str, str], salesforce: Simulator
    ) -> None:
        call = ("--record", "003Tv00000Lx006IAB", "--number", "4312650321", "--agent", "ahuber")
        assert dialplan("explain", *call, "--plan", DEMO) == 3
        assert "Answer\n404 " in dialplan.out
        assert "because" not in dialplan.out

    def test_explain_an_outage(
        self, dialplan: Dialplan, environment: Mapping[str, str], salesforce: Simulator
    ) -> None:
        dialplan("publish", DEMO, "--yes")
        call = ("explain", "--record", CUSTOMER, "--number", "+4312650321", "--agent", "ahuber")
        requests = salesforce.stats()
        down = dialplan.json(*call, "--outage")
        assert salesforce.stats() == requests, "nothing was asked"
        assert (down["status"], down["record_from"]) == (403, "unknown")
        assert down["without_copies"] is None
        assert dialplan(*call, "--outage") == 3
        assert "Salesforce: outage: with --outage, Salesforce is not asked." in dialplan.out

        assert dialplan(*call) == 0, "now there are copies in the table"
        stale = dialplan.json(*call, "--outage")
        assert (stale["status"], stale["record_from"]) == (200, "stale")
        assert stale["without_copies"]["body"] == down["body"]
        assert dialplan(*call, "--outage") == 0
        assert "This answer uses copies of record or agent." in dialplan.out
        assert dialplan.out.rstrip().endswith(json.dumps(down["body"], ensure_ascii=False))

    @pytest.mark.parametrize(
        ("at", "status"),
        [
            ("2026-11-24T17:59+01:00", 200),
            ("2026-11-24T18:00+01:00", 403),
            ("2026-11-24T17:59", 200),  # in Berlin
            ("2026-11-24T18:00", 403),
        ],
    )
    def test_explain_at_another_time(
        self,
        dialplan: Dialplan,
        environment: Mapping[str, str],
        tmp_path: Path,
        at: str,
        status: int,
    ) -> None:
        office = tmp_path / "office.yaml"
        office.write_text(
            DEMO.read_text().replace(
                "rules:\n",
                "hours:\n  office: {zone: home, open: {Mon-Fri: 08:00-18:00}}\nrules:\n"
                "  - {id: closed, when: {hours.office: false}, refuse: Closed.}\n",
            )
        )
        dialplan("publish", DEMO, "--yes")
        call = ("--record", CUSTOMER, "--number", "+4312650321", "--agent", "ahuber")
        explained = dialplan.json("explain", *call, "--plan", office, "--at", at)
        assert explained["status"] == status
        assert explained["facts"]["hours.office"] is (status == 200)
        assert explained["at"] == at.removesuffix("+01:00") + ":00+01:00"

    def test_explain_an_ambiguous_number(
        self, dialplan: Dialplan, environment: Mapping[str, str]
    ) -> None:
        call = ("--record", CUSTOMER, "--number", "431265030", "--agent", "ahuber", "--plan", DEMO)
        explained = dialplan.json("explain", *call)
        assert explained["facts"]["callee.number"] == "+431265030"
        other = explained["other_reading"]
        assert other["facts"]["callee.number"] == "+49431265030"
        assert other["rules"][-1]["result"] == "decided"
        assert dialplan("explain", *call) == 0
        assert "The number is ambiguous" in dialplan.out
        assert "+49431265030" in dialplan.out
