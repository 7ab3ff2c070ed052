"""Reading plan files: the document of a valid one, and every mistake with its line and remedy."""

import json
import time
from pathlib import Path

import pytest

from click_to_dial.dialplan import load
from click_to_dial.model import Numbering
from dialplan_cli.plan.examples import check_results
from dialplan_cli.plan.read import parse_plan, read_plan
from dialplan_cli.plan.schema import plan_schema
from dialplan_cli.plan.source import PlanFileError

ROOT = Path(__file__).parents[4]

PLAN = """\
version: 1
home_region: DE

service_numbers:
  hotline: {number: "4989461495000", name: Customer hotline}
  hotline-at: {number: "431265030"}

mappings:
  by-country:
    entries: {DE: hotline, AT: hotline-at, NO: hotline}
    default: hotline

objects:
  Contact: {kind: Account.Type, country: MailingCountry, do_not_call: DoNotCall}

agents:
  attributes: {extension: Extension}

rules:
  - id: opted-out
    when: {record.do_not_call: true}
    refuse: The contact does not want to be called.
  - id: suppliers
    when: {record.kind: [Supplier, Vendor], callee.kind: {not: mobile}}
    signal: {agent: extension, prefix: "49894614"}
    otherwise: {signal: hotline}
  - id: everyone-else
    signal: {mapping: by-country, key: record.country}
"""


EMERGENCY_RULE = "  - {id: sos, when: {callee.kind: emergency}, signal: hotline}\n"


def with_emergency_rule(text: str) -> str:
    """Return the plan with a rule for emergency calls before its last rule."""
    return text.replace("  - id: everyone-else\n", f"{EMERGENCY_RULE}  - id: everyone-else\n")


def problems(text: str) -> list[tuple[int, str, str]]:
    """Return the problems of a plan: line, path, message."""
    with pytest.raises(PlanFileError) as caught:
        parse_plan(text)
    return [(each.line, each.path, each.message) for each in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert PLAN.count(old) == 1
    return PLAN.replace(old, new)


def test_a_plan_becomes_json_with_all_defaults() -> None:
    plan = parse_plan(PLAN)
    assert plan.document == {
        "version": 1,
        "home_region": "DE",
        "without_record": "refuse",
        "service_numbers": {
            "hotline": {"number": "4989461495000", "name": "Customer hotline"},
            "hotline-at": {"number": "431265030", "name": "431265030"},
        },
        "mappings": {
            "by-country": {
                "entries": {"DE": "hotline", "AT": "hotline-at", "NO": "hotline"},
                "default": "hotline",
            }
        },
        "objects": {
            "Contact": {
                "kind": "Account.Type",
                "country": "MailingCountry",
                "do_not_call": "DoNotCall",
            }
        },
        "agents": {"match": "CommunityNickname", "attributes": {"extension": "Extension"}},
        "rules": [
            {
                "id": "opted-out",
                "when": {"record.do_not_call": True},
                "refuse": "The contact does not want to be called.",
            },
            {
                "id": "suppliers",
                "when": {
                    "record.kind": ["Supplier", "Vendor"],
                    "callee.kind": {"not": "mobile"},
                },
                "signal": {"agent": "extension", "prefix": "49894614", "name": ""},
                "otherwise": {"signal": {"number": "hotline"}},
            },
            {
                "id": "everyone-else",
                "when": {},
                "signal": {"mapping": "by-country", "key": "record.country"},
            },
        ],
        "outage": {"refuse": "Salesforce cannot be reached. Please dial again in a minute."},
        "freshness": {"record": 0, "agent": 3600, "stale_if_error": 28800},
    }
    assert plan.source.text == PLAN
    assert plan.warnings == ()


def test_logins_that_are_compared_with_case_are_published_so() -> None:
    text = PLAN.replace("agents:\n", "agents:\n  case_sensitive: true\n")
    assert parse_plan(text).document["agents"]["case_sensitive"] is True


def test_the_function_understands_the_document() -> None:
    document = json.loads(json.dumps(parse_plan(PLAN).document))
    assert [rule.id for rule in load(document).rules] == ["opted-out", "suppliers", "everyone-else"]


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("version: 1", "version: 2", "version", "must be 1"),
        ("version: 1", 'version: "1"', "version", "must be a whole number"),
        ("version: 1", "version: true", "version", "must be a whole number"),
        ("version: 1\n", "", "", "needs `version`"),
        ("home_region: DE", "home_region: UK", "home_region", "is not a country"),
        ("home_region: DE", "home_regoin: DE", "home_regoin", "did you mean 'home_region'?"),
        ("home_region: DE", "home_region:", "home_region", "has no value"),
        ('"431265030"', "431265030", "service_numbers.hotline-at.number", "in quotes"),
        ('"431265030"', '""', "service_numbers.hotline-at.number", "must not be empty"),
        ('"431265030"', '"43\\a"', "service_numbers.hotline-at.number", "must be printable"),
        ("hotline-at: {", "hotline at: {", "service_numbers.hotline at", "without blanks"),
        ("hotline-at: {", "49: {", "service_numbers.49", 'in quotes: "49"'),
        ("AT: hotline-at", "AT: hotlineat", "mappings.by-country.entries.AT", "'hotline-at'?"),
        ("AT: hotline-at", "AT: 0217", "mappings.by-country.entries.AT", 'in quotes: "0217"'),
        ("AT: hotline-at", "43: hotline", "mappings.by-country.entries.43", 'quotes: "43"'),
        ("default: hotline", "default: hotlne", "mappings.by-country.default", "'hotline'?"),
        ("entries:", "entires:", "mappings.by-country.entires", "did you mean 'entries'?"),
        ("Account.Type", "Account..Type", "objects.Contact.kind", "must be a Salesforce field"),
        ("Account.Type", "A.B.C.D.E.F.G", "objects.Contact.kind", "at most 5 relationships"),
        ("kind: Account.Type", "object: Name", "objects.Contact.object", "another name"),
        ("  Contact:", "  Contact!:", "objects.Contact!", "must be a Salesforce API name"),
        ("{extension: Extension}", "{known: IsActive}", "agents.attributes.known", "another name"),
        ("agents:\n", "agents:\n  match: Owner.Name\n", "agents.match", "must be a Salesforce API"),
        (
            "record.do_not_call: true",
            "record.dnc: true",
            "rules[0].when.record.dnc",
            "unknown fact",
        ),
        ("record.do_not_call: true", "", "rules[0].when", "must not be empty"),
        ("true}", "tru}\n    foo: 1", "rules[0].foo", "unknown key 'foo'"),
        ("    refuse: The contact does not want to be called.\n", "", "rules[0]", "`refuse`"),
        (
            "refuse: The",
            "signal: hotline\n    refuse: The",
            "rules[0].refuse",
            "together with `signal`",
        ),
        ("[Supplier, Vendor]", "[]", "rules[1].when.record.kind", "must not be empty"),
        ("[Supplier, Vendor]", "[a, [b]]", "rules[1].when.record.kind[1]", "must be a text"),
        ("[Supplier, Vendor]", "+49", "rules[1].when.record.kind", 'in quotes: "+49"'),
        ("[Supplier, Vendor]", "1e3", "rules[1].when.record.kind", 'in quotes: "1e3"'),
        ("[Supplier, Vendor]", "9" * 99, "rules[1].when.record.kind", "too large"),
        ("[Supplier, Vendor]", ".inf", "rules[1].when.record.kind", "too large"),
        ("[Supplier, Vendor]", "{lt: true}", "rules[1].when.record.kind.lt", "order"),
        ("[Supplier, Vendor]", "{present: 1}", "rules[1].when.record.kind.present", "true or fal"),
        ("[Supplier, Vendor]", "{prefix: 49}", "rules[1].when.record.kind.prefix", "in quotes"),
        (
            "[Supplier, Vendor]",
            "{like: x}",
            "rules[1].when.record.kind.like",
            "operator 'like'; use `matches`",
        ),
        ("[Supplier, Vendor]", "{}", "rules[1].when.record.kind", "needs an operator"),
        ("not: mobile", "not: mobil", "rules[1].when.callee.kind.not", "did you mean 'mobile'?"),
        ("callee.kind: {not: mobile}", "agent.known: 1", "rules[1].when.agent.known", "true or fa"),
        ("callee.kind: {not: mobile}", "callee.country: 49", "rules[1].when.callee.country", "quo"),
        (
            "callee.kind: {not: mobile}",
            "agent.extension: 217",
            "rules[1].when.agent.extension",
            "q",
        ),
        ("agent: extension", "agent: extensoin", "rules[1].signal.agent", "'extension'?"),
        ('prefix: "49894614"', "prefix: 089", "rules[1].signal.prefix", 'in quotes: "089"'),
        ("{signal: hotline}", "{signal: hotlin}", "rules[1].otherwise.signal", "'hotline'?"),
        (
            "{signal: hotline}",
            "{signal: {number: hotline}}",
            "rules[1].otherwise.signal",
            "must be",
        ),
        ("id: suppliers", "id: opted-out", "rules[1].id", "duplicate id"),
        ("- id: suppliers\n    when", "- when", "rules[1]", "needs `id`"),
        (
            "id: everyone-else",
            "id: x\n    when: {agent.known: true}",
            "rules[2].when",
            "the last ru",
        ),
        ("mapping: by-country", "mapping: by-contry", "rules[2].signal.mapping", "'by-country'?"),
        ("key: record.country", "key: record.land", "rules[2].signal.key", "unknown fact"),
        (", key: record.country", "", "rules[2].signal", "needs `key`"),
        ("rules:\n", "outage: {signal: hotlne}\nrules:\n", "outage.signal", "'hotline'?"),
        ("rules:\n", "freshness: {agent: 60}\nrules:\n", "freshness.agent", "with its unit"),
        ("rules:\n", "freshness: {agent: 1w}\nrules:\n", "freshness.agent", "with its unit"),
        ("rules:\n", "without_record: ja\nrules:\n", "without_record", "must be 'refuse' or"),
    ],
)
def test_a_mistake_is_reported_with_its_path_and_remedy(
    old: str, new: str, path: str, message: str
) -> None:
    found = problems(changed(old, new))
    assert [each for each in found if each[1] == path and message in each[2]], found


def test_two_objects_must_not_differ_only_in_case() -> None:
    found = problems(changed("agents:\n", "  contact: {kind: LeadSource}\n\nagents:\n"))
    message = "is the same object as Contact: Salesforce ignores upper and lower case"
    assert found == [(16, "objects.contact", message)]


def test_twenty_mistakes_are_all_reported_in_one_run_with_their_lines() -> None:
    text = (ROOT / "tests/unit/dialplan_cli/plan/twenty_mistakes.yaml").read_text()
    marked = {number for number, line in enumerate(text.splitlines(), start=1) if "# wrong" in line}
    assert len(marked) >= 20
    assert {line for line, _, _ in problems(text)} == marked


def test_a_large_plan_is_read_quickly() -> None:
    entries = "".join(f"      customer-{number}: hotline\n" for number in range(50_000))
    rules = "".join(
        f"  - {{id: rule-{number}, when: {{record.kind: K{number}}}, signal: hotline}}\n"
        for number in range(1_000)
    )
    text = changed(
        "    entries: {DE: hotline, AT: hotline-at, NO: hotline}\n", f"    entries:\n{entries}"
    )
    started = time.process_time()
    plan = parse_plan(text.replace("rules:\n", f"rules:\n{rules}"))
    assert time.process_time() - started < 15  # about 2 s; quadratic would be minutes
    assert len(plan.document["rules"]) == 1_003
    assert len(plan.document["mappings"]["by-country"]["entries"]) == 50_000


def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match=r"missing\.yaml:1: the file cannot be read: No such"):
        read_plan(tmp_path / "missing.yaml")
    (tmp_path / "latin.yaml").write_bytes(PLAN.encode() + "# für\n".encode("latin-1"))
    with pytest.raises(PlanFileError, match=r"latin\.yaml:29: this is not UTF-8 text"):
        read_plan(tmp_path / "latin.yaml")


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_bytes(b"\xef\xbb\xbf" + PLAN.encode())
    assert read_plan(tmp_path / "plan.yaml").document == parse_plan(PLAN).document


def test_the_committed_schema_is_up_to_date() -> None:
    """If not: `make schema`."""
    committed = json.loads((ROOT / "dialplans/dialplan.schema.json").read_text())
    assert committed == plan_schema()


@pytest.mark.parametrize("path", sorted((ROOT / "dialplans").glob("*.yaml")), ids=lambda p: p.name)
def test_the_plans_in_the_repository_are_valid_and_name_the_schema(path: Path) -> None:
    plan = read_plan(path)
    assert plan.source.text.startswith("# yaml-language-server: $schema=dialplan.schema.json\n")
    assert check_results(plan.document, plan.source, time.time()) == ()
    load(plan.document)


def test_consent_may_follow_relationships_and_has_four_values() -> None:
    text = changed("do_not_call: DoNotCall}", "do_not_call: DoNotCall, consent: IndividualId}")
    text = text.replace("{record.do_not_call: true}", "{record.consent: [opted-out, expired]}")
    assert parse_plan(text).document["objects"]["Contact"]["consent"] == "IndividualId"
    assert parse_plan(text.replace("IndividualId", "Account.PersonIndividualId"))
    ((_, _, said),) = problems(text.replace("expired", "optout"))
    assert said == "unknown consent 'optout'; did you mean 'opted-out'?"


@pytest.mark.parametrize(
    ("written", "published"),
    [("3", [3, 3]), ("2-4", [2, 4]), ("1-7", [1, 7])],
)
def test_internal_digits_are_published_as_the_least_and_the_most(
    written: str, published: list[int]
) -> None:
    text = f"{PLAN}internal_digits: {written}\nplain_numbers: national\n"
    document = parse_plan(text).document
    assert document["internal_digits"] == published
    numbering = load(document).numbering
    assert numbering == Numbering("DE", range(published[0], published[1] + 1), "national")
    assert load(parse_plan(PLAN).document).numbering == Numbering("DE")


@pytest.mark.parametrize("written", ["0", "8", "4-2", "2-8", "two", "2.5", "[2]", "true"])
def test_internal_digits_must_be_lengths_from_1_to_7(written: str) -> None:
    ((_, path, message),) = problems(f"{PLAN}internal_digits: {written}\n")
    assert (path, "3 or 2-4" in message) == ("internal_digits", True)
