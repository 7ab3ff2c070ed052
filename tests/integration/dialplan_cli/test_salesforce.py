"""`validate --salesforce` and `publish`: a plan against what the integration user sees."""

from pathlib import Path
from typing import Any

import pytest

from click_to_dial.dynamodb.plan_store import PlanStore
from local_stack.salesforce import Simulator
from tests.integration.dialplan_command import Dialplan
from tests.integration.sync.test_mappings import GOOD, cached
from tests.integration.sync.test_mappings import ORG as MAPPINGS

ACCOUNT, CONTACT = "0010C0000000001QAA", "0030C0000000001QAA"
PLAN = """\
version: 1
home_region: DE
service_numbers:
  hotline: {number: "4989461495000"}
mappings:
  by-brand:
    salesforce: {object: Hotline__mdt, key: Brand__c, value: Number__c, filter: Brand__c != null}
    default: hotline
objects:
  Account: {kind: Type, owner: Owner.Department}
  Contact: {kind: Account.Type, do_not_call: DoNotCall}
  Case:    {owner: Owner.Name, queue: Owner.Profile.Name}
  Task:    {person: Who.Type, related: What.Name}
agents:
  match: CommunityNickname
  attributes: {extension: Extension, boss: Manager.Extension}
rules:
  - id: everyone-else
    signal: {mapping: by-brand, key: record.kind}
"""


@pytest.fixture
def org() -> Any:
    address = {"city": "Graz", "country": "Austria"}
    return {
        **MAPPINGS,
        "Account": [{"Id": ACCOUNT, "Type": "Customer", "BillingAddress": address}],
        "Contact": [{"Id": CONTACT, "AccountId": ACCOUNT, "DoNotCall": False}],
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN)
    return path


@pytest.fixture(autouse=True)
def _published_into(store: PlanStore) -> None:
    """A system on this machine, whose Salesforce is asked."""


def problems(dialplan: Dialplan, file: Path) -> list[tuple[int, str, str]]:
    found = dialplan.json("validate", file, "--salesforce")["errors"]
    return [(each["line"], each["path"], each["message"]) for each in found]


def test_all_that_the_plan_names_is_there(
    dialplan: Dialplan, file: Path, salesforce: Simulator
) -> None:
    assert dialplan("validate", file, "--salesforce") == 0
    assert dialplan.out.endswith("is valid: 1 rules.\n")
    asked = dict(salesforce.requests)
    assert asked == {"token": 1, "sobjects": 7, "query": 1}, "each object once, parents too"


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "message"),
    [
        ("kind: Type", "kind: Typ", 10, "objects.Account.kind", "no field Typ (did you mean Type?"),
        ("kind: Type", "kind: BillingAddress", 10, "objects.Account.kind", "not a single value"),
        ("kind: Type", "kind: Owner", 10, "objects.Account.kind", "Owner.Name"),
        (
            "DoNotCall}",
            "DoNotCall, numbers: [Phone, DoNotCall]}",
            11,
            "objects.Contact.numbers[1]",
            "DoNotCall has the type boolean; name fields of type phone or text",
        ),
        (
            "DoNotCall}",
            "DoNotCall, numbers: [Account.Phon]}",
            11,
            "objects.Contact.numbers[0]",
            "Account has no field Phon (did you mean Phone?)",
        ),
        (
            "owner: Owner.Dep",
            "owner: Ower.Dep",
            10,
            "objects.Account.owner",
            "no relationship Ower",
        ),
        (
            "Account.Type, d",
            "Account.Typ__c, d",
            11,
            "objects.Contact.kind",
            "Account has no field Typ__c",
        ),
        ("Case: ", "Akte__c: ", 12, "objects.Akte__c", "sees no object Akte__c; if it exists"),
        ("Owner.Name", "Owner.Department", 12, "objects.Case.owner", "may be Group or User"),
        ("Who.Type", "Who.DoNotCall", 13, "objects.Task.person", "may be Contact or Lead"),
        ("Who.Type", "Who.Account.Type", 13, "objects.Task.person", "may be Contact or Lead"),
        ("match: Comm", "match: Common", 15, "agents.match", "User has no field Common"),
        ("Manager.Ext", "Manager.Extn", 16, "agents.attributes.boss", "User has no field Extn"),
        (
            "Hotline__mdt",
            "Nothing__mdt",
            7,
            "mappings.by-brand.salesforce.object",
            "sees no object",
        ),
        ("key: Brand__c", "key: Marke__c", 7, "mappings.by-brand.salesforce.key", "no field Marke"),
        ("key: Brand__c", "key: brand__c", 7, "mappings.by-brand.salesforce.key", "write Brand__c"),
        ("Hotline__mdt", "hotline__mdt", 7, "mappings.by-brand.salesforce.object", "Hotline__mdt"),
        (
            "  - id: everyone-else",
            "  - {id: x, when: {record.kind: true}, refuse: No.}\n  - id: everyone-else",
            18,
            "rules[0].when.record.kind",
            "is text (type string); write the value in quotes",
        ),
        ("value: Number", "value: N", 7, "mappings.by-brand.salesforce.value", "no field N__c"),
        ("!= null", "!=", 7, "mappings.by-brand.salesforce.filter", "MALFORMED_QUERY"),
        ("Brand__c != ", "X__c != ", 7, "mappings.by-brand.salesforce.filter", "field X__c of"),
    ],
)
def test_what_is_not_there_is_named_with_its_line(
    dialplan: Dialplan, file: Path, old: str, new: str, line: int, path: str, message: str
) -> None:
    assert PLAN.count(old) == 1
    file.write_text(PLAN.replace(old, new))
    (found,) = problems(dialplan, file)
    assert found[:2] == (line, path)
    assert message in found[2]


def test_salesforce_is_not_guessed_about_where_it_is_asked(dialplan: Dialplan, file: Path) -> None:
    file.write_text(PLAN.replace("kind: Type,", "kind: BillingCountryCode,"))
    guess = "BillingCountryCode exists only if State and Country picklists are enabled"
    assert dialplan("validate", file) == 0
    assert guess in dialplan.err
    assert dialplan("validate", file, "--salesforce") == 0
    assert guess not in dialplan.err


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("Contact.IndividualId", None),
        ("contact.IndividualId", "write Contact instead of contact"),
        ("ContactId", "ContactId does not lead to a person; name the field that does, such as"),
        ("Contact.LastName", "Contact.LastName does not lead to a person"),
        ("Owner.Id", "Owner.Id does not lead to a person"),
        ("Contact.Individual", "Individual.Name"),
        ("Kontakt.IndividualId", "Case has no relationship Kontakt"),
    ],
)
def test_a_consent_leads_to_a_person(
    dialplan: Dialplan, file: Path, path: str, message: str | None
) -> None:
    file.write_text(PLAN.replace("Case:    {", f"Case:    {{consent: {path}, "))
    found = problems(dialplan, file) if message else []
    assert [(line, where) for line, where, _ in found] == [(12, "objects.Case.consent")] * len(
        found
    )
    if message:
        assert message in found[0][2]
    else:
        assert dialplan("validate", file, "--salesforce") == 0


def test_all_problems_are_said_at_once(
    dialplan: Dialplan, file: Path, salesforce: Simulator
) -> None:
    for field in ("Contact.DoNotCall", "User.CommunityNickname", "Account.Type"):
        salesforce.org.set_field(field, visible=False)
    assert dialplan("validate", file, "--salesforce") == 1
    lines = dialplan.err.splitlines()
    assert [line.split(": ")[0].rpartition(":")[2] for line in lines[:-1]] == [
        "10",
        "11",
        "11",
        "15",
    ]
    assert "Contact.do_not_call: Contact has no field DoNotCall; if it exists, the integration" in (
        dialplan.err
    )
    assert lines[-1] == "4 errors."


def test_a_default_that_is_not_visible_is_named_where_it_would_stand(
    dialplan: Dialplan, file: Path, salesforce: Simulator
) -> None:
    file.write_text(PLAN.replace("  match: CommunityNickname\n", ""))
    salesforce.org.set_field("User.CommunityNickname", visible=False)
    ((line, path, _),) = problems(dialplan, file)
    assert (line, path) == (14, "agents.match")


def test_users_must_be_searchable_by_the_agents_field(
    dialplan: Dialplan, file: Path, salesforce: Simulator
) -> None:
    user = {"Id": "0050C0000000011QAA", "Place__c": {"city": "Graz"}}
    salesforce.org.add("User", user)
    file.write_text(PLAN.replace("match: CommunityNickname", "match: Place__c"))
    ((_, path, message),) = problems(dialplan, file)
    assert path == "agents.match"
    assert "cannot filter users by Place__c" in message


def test_publish_asks_salesforce_unless_told_not_to(
    dialplan: Dialplan, file: Path, salesforce: Simulator, store: PlanStore
) -> None:
    salesforce.org.set_field("Contact.DoNotCall", visible=False)
    assert dialplan("publish", file, "--yes") == 1
    assert "plan.yaml:11: error: objects.Contact.do_not_call: Contact has no" in dialplan.err
    assert store.active() is None
    assert dialplan("publish", file, "--yes", "--offline") == 0
    assert store.active() is not None


def test_a_published_plan_reads_its_mappings_at_once(
    dialplan: Dialplan, file: Path, salesforce: Simulator, store: PlanStore
) -> None:
    plan = PLAN.replace("  hotline: {", "  hotline-at: {number: '431265030'}\n  hotline: {")
    file.write_text(plan)
    assert dialplan("publish", file, "--yes") == 0
    assert cached(store) == {"by-brand": GOOD["by-brand"]}

    file.write_text(plan.replace("by-brand", "per-brand"))
    assert dialplan("publish", file, "--yes", "--offline") == 0
    assert "Not read from Salesforce: per-brand. To read now: dialplan sync" in dialplan.err
    assert "per-brand" not in cached(store)

    assert dialplan.json("rollback", 1, "--yes")["mappings_not_read"] == []
    salesforce.fail("quota", path="query")
    assert dialplan("rollback", 2, "--yes") == 0, "the plan decides all the same"
    assert "Mapping 'per-brand' keeps its current entries: HTTP 403" in dialplan.err


@pytest.mark.parametrize("fault", ["unavailable-503", "login-page-200", "wrong-types", "not-found"])
def test_a_salesforce_that_cannot_be_asked_is_told_from_a_field_that_is_missing(
    dialplan: Dialplan, file: Path, salesforce: Simulator, store: PlanStore, fault: str
) -> None:
    salesforce.fail(fault, path="sobjects")
    assert dialplan("publish", file, "--yes") == 1
    assert dialplan.err.startswith(
        "Salesforce cannot be asked. To publish without it, use --offline.\n"
    )
    assert len(dialplan.err.splitlines()) == 2
    assert store.active() is None


def test_the_permission_set_follows_the_relationships_that_salesforce_describes(
    dialplan: Dialplan, file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "permissions"
    written = dialplan.json("permission-set", file, "--salesforce", "--output", folder)
    assert written["objects"] == ["Account", "Case", "Contact", "Hotline__mdt"]
    assert {"Account.Type", "Contact.AccountId", "Contact.DoNotCall"} <= set(written["fields"])
    assert {"Account.OwnerId", "User.Department", "User.Extension"} <= set(written["left_out"])
    assert "ActivitiesAccess" in written["permissions"]
    assert written["notes"] == []
    assert all(Path(path).is_file() for path in written["files"])
