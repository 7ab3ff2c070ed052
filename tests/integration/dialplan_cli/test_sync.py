"""`dialplan sync`: its output and its changes."""

from typing import Any

import pytest

from click_to_dial.dynamodb.plan_store import PlanStore
from local_stack.salesforce import Simulator
from tests.fakes import DOCUMENT
from tests.integration.dialplan_command import Dialplan
from tests.integration.sync.test_mappings import FILTERED, GOOD, METADATA, ORG, cached, document


@pytest.fixture
def org() -> Any:
    return ORG


@pytest.fixture
def published(store: PlanStore) -> PlanStore:
    plan = document(**{"by-brand": METADATA, "by-team": FILTERED})
    store.publish(plan, "# 1", author="jane", comment="", replaces=None)
    return store


def test_it_shows_the_changes(
    dialplan: Dialplan, published: PlanStore, salesforce: Simulator
) -> None:
    assert dialplan("sync") == 0
    header, brand, team = (line.split() for line in dialplan.out.splitlines()[:3])
    assert header == ["mapping", "entries", "added", "removed", "changed", "rows", "left", "out"]
    assert (brand, team) == (
        ["by-brand", "2", "2", "0", "0", "1"],
        ["by-team", "1", "1", "0", "0", "0"],
    )
    assert "+ Alpha: hotline-at\n" in dialplan.out
    assert "left out: 'Beta': 'no-such-number' is not a service number" in dialplan.out
    assert cached(published) == GOOD

    alpha = {**ORG["Hotline__mdt"][1], "Number__c": "hotline"}
    salesforce.org.add("Hotline__mdt", {**ORG["Hotline__mdt"][0], "IsDeleted": True})
    salesforce.org.add("Hotline__mdt", alpha)
    assert dialplan("sync") == 0
    assert "- Müller & Söhne: hotline\n~ Alpha: hotline-at → hotline\n" in dialplan.out
    assert dialplan("sync") == 0
    assert "→" not in dialplan.out


def test_a_dry_run_changes_nothing(dialplan: Dialplan, published: PlanStore) -> None:
    found = dialplan.json("sync", "--dry-run")
    assert found["dry_run"] is True
    assert found["mappings"][1] == {
        "mapping": "by-team",
        "entries": 1,
        "added": GOOD["by-team"],
        "removed": {},
        "changed": {},
        "left_out": [],
        "failure": None,
    }
    assert cached(published) == {}


def test_a_large_loss_is_refused_unless_accepted(
    dialplan: Dialplan, published: PlanStore, salesforce: Simulator
) -> None:
    dialplan("sync")
    for row in ORG["Hotline__mdt"]:
        salesforce.org.add("Hotline__mdt", {**row, "IsDeleted": True})
    assert dialplan("sync") == 1
    refusal = "Mapping 'by-brand' keeps its current entries: It would lose 100% of its 2 entries"
    assert refusal in dialplan.err
    assert cached(published) == GOOD
    assert dialplan("sync", "--dry-run") == 0
    assert "- Alpha: hotline-at" in dialplan.out
    assert refusal in dialplan.err
    brand, team = dialplan.json("sync", "--dry-run")["mappings"]
    assert brand["failure"].startswith("It would lose 100%")
    assert team["failure"] is None
    assert dialplan("sync", "--most-lost", 100) == 0
    assert cached(published)["by-brand"] == {}


def test_long_output_is_shortened(
    dialplan: Dialplan, published: PlanStore, salesforce: Simulator
) -> None:
    for number in range(30):
        row = {"Id": f"m000C00000001{number:02}", "Brand__c": f"b{number}", "Number__c": "hotline"}
        salesforce.org.add("Hotline__mdt", row)
    dialplan("sync")
    assert "… and 13 more; --json lists all\n" in dialplan.out
    assert "b29" not in dialplan.out


def test_a_failure_is_reported_in_one_sentence_for_each_mapping(
    dialplan: Dialplan, published: PlanStore, salesforce: Simulator
) -> None:
    salesforce.fail("quota", path="query")
    assert dialplan("sync") == 1
    assert "REQUEST_LIMIT_EXCEEDED" in dialplan.err
    assert len(dialplan.err.splitlines()) == 2, "for each mapping"
    assert dialplan("sync", "--most-lost", 101) == 2


def test_without_a_plan_or_without_mappings_in_salesforce(
    dialplan: Dialplan, store: PlanStore
) -> None:
    assert dialplan("sync") == 1
    assert "No dial plan is published" in dialplan.err
    store.publish(DOCUMENT, "", author="", comment="", replaces=None)
    assert dialplan("sync") == 0
    assert dialplan.out == "The active dial plan keeps no mapping and no list in Salesforce.\n"
