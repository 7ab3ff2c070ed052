"""Lists of numbers and limits on calls in a plan file."""

import pytest

from click_to_dial.decision.number_lookups import MAX_LISTS
from click_to_dial.dialplan import evaluate, list_definition, load
from click_to_dial.dialplan.conditions import condition
from click_to_dial.dialplan.model import SalesforceList
from click_to_dial.model import CompletedRun, Facts
from dialplan_cli.permission_set import required_access
from dialplan_cli.plan.read import parse_plan
from tests.unit.dialplan_cli.plan.test_lint import warnings
from tests.unit.dialplan_cli.plan.test_read import PLAN, problems

LISTS = "\nlists: [dnc, robinson]\n"


def plan(condition: str) -> str:
    return PLAN.replace("{record.do_not_call: true}", f"{{{condition}}}") + LISTS


def test_lists_and_limits_are_published() -> None:
    text = plan("callee.attempts: {gte: 4, within: 30d}, callee.listed: {not: dnc}")
    document = parse_plan(text).document
    assert document["lists"] == ["dnc", "robinson"]
    assert document["rules"][0]["when"] == {
        "callee.attempts": {"gte": 4, "within": 2592000, "by": "anyone"},
        "callee.listed": {"not": "dnc"},
    }
    loaded = load(document)
    assert loaded.lists == {"callee.listed.dnc": {"dnc"}}
    (fact,) = loaded.limits
    facts = Facts({"callee.listed.dnc": False, fact: 4})
    assert evaluate(loaded, facts).rule == "opted-out"
    assert evaluate(loaded, Facts({**facts.values, fact: 3})).rule == "everyone-else"


@pytest.mark.parametrize("group", ["callee.listed", "callee.attempts"])
def test_an_unknown_list_or_limit_leads_to_outage(group: str) -> None:
    when = "callee.listed: dnc, callee.attempts: {gte: 1, within: 1h}"
    loaded = load(parse_plan(plan(when)).document)
    known = {"callee.listed.dnc": True, "callee.attempts.3600s.anyone": 1}
    values = {fact: value for fact, value in known.items() if not fact.startswith(group)}
    assert evaluate(loaded, Facts(values, frozenset({group}))).cause == "outage"


def test_a_list_is_any_of_them_and_not_is_none_of_them() -> None:
    any_of = condition("callee.listed", ["robinson", "dnc"])
    assert (any_of.fact, any_of.expected) == ("callee.listed.dnc+robinson", True)
    none_of = condition("callee.listed", {"not": ["dnc", "robinson"]})
    assert (none_of.fact, none_of.expected) == ("callee.listed.dnc+robinson", False)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("callee.listed: dcn", "unknown list 'dcn'; did you mean 'dnc'?"),
        ("callee.listed: [dnc, x]", "unknown list 'x'"),
        ("callee.listed: true", "unknown list 'True'"),
        ("callee.listed: {prefix: d}", "must be the name of a list, a list of such names, or"),
        ("callee.attempts: 4", "must be written as {gte: 4, within: 30d}"),
        ("callee.attempts: {gte: 4}", "must be written as {gte: 4, within: 30d}"),
        ("callee.attempts: {within: 30d}", "must be written as {gte: 4, within: 30d}"),
        ("callee.attempts: {gte: 3001, within: 30d}", "at most 3,000 calls"),
        ("callee.attempts: {gte: '4', within: 30d}", "must be written as {gte: 4, within: 30d}"),
        (
            "record.kind: {gte: 4, within: 30d}",
            "`within` and `by` can be used only with callee.attempts",
        ),
        ("callee.lisd: dnc", "unknown fact 'callee.lisd'; did you mean 'callee.listed'?"),
    ],
)
def test_mistakes_are_reported_with_their_remedy(condition: str, message: str) -> None:
    ((_, _, said),) = problems(plan(condition))
    assert message in said


@pytest.mark.parametrize("lists", ["5", "true", "dnc", "{dnc: 1}"])
def test_lists_of_the_wrong_form_are_a_problem(lists: str) -> None:
    found = problems(plan("callee.listed: dnc").replace("[dnc, robinson]", lists))
    assert "must be a list" in {path: said for _, path, said in found}["lists"]


def test_there_are_no_more_lists_than_one_read_of_the_table_takes() -> None:
    names = [f"list{number}" for number in range(MAX_LISTS + 1)]
    text = f"{PLAN}\nlists: [{', '.join(names)}]\n"
    ((_, path, said),) = problems(text)
    assert (path, said) == ("lists", "has 25 items; at most 24 are possible")


def test_a_list_that_no_rule_names_is_warned_of() -> None:
    assert ("lists[1]", "no rule uses the list robinson") in warnings(plan("callee.listed: dnc"))


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("{gte: 0, within: 30d}", "holds for every call"),
        ("{gt: -1, within: 30d}", "holds for every call"),
        ("{lt: 0, within: 30d}", "never holds"),
        ("{lte: -1, within: 30d}", "never holds"),
        ("{gte: 4, within: 0s}", "counts no calls"),
        ("{lte: 0, within: 30d}", None),
        ("{gte: 1, within: 30d}", None),
        ("{gt: 0, within: 30d, by: others}", None),
    ],
)
def test_a_limit_that_any_number_of_calls_satisfies_is_warned_of(
    limit: str, message: str | None
) -> None:
    found = [said for path, said in warnings(plan(f"callee.attempts: {limit}")) if "when" in path]
    assert len(found) == (message is not None)
    assert message is None or message in found[0]


def test_limits_do_not_refuse_emergency_calls() -> None:
    found = warnings(plan("callee.attempts: {gte: 4, within: 30d}"))
    assert not [each for each in found if "emergency" in each[1]]


IN_SALESFORCE = """
lists:
  - robinson
  - name: opted-out
    salesforce:
      - {object: Contact, numbers: [Phone, MobilePhone], filter: DoNotCall = true}
      - {object: Lead, numbers: [Phone]}
"""


def in_salesforce(condition: str = "callee.listed: [robinson, opted-out]") -> str:
    return plan(condition).replace(LISTS, IN_SALESFORCE)


def test_a_list_in_salesforce_is_published_with_its_sources() -> None:
    document = parse_plan(in_salesforce()).document
    assert document["lists"] == ["robinson", "opted-out"], "as earlier releases read them"
    assert document["salesforce_lists"] == {
        "opted-out": [
            {
                "object": "Contact",
                "numbers": ["Phone", "MobilePhone"],
                "filter": "DoNotCall = true",
            },
            {"object": "Lead", "numbers": ["Phone"], "filter": None},
        ]
    }
    loaded = load(document)
    assert loaded.salesforce_lists == {"opted-out": SalesforceList(0, False)}
    assert loaded.lists == {"callee.listed.opted-out+robinson": {"robinson", "opted-out"}}


def test_a_list_is_complete_if_its_last_run_read_the_sources_of_the_plan() -> None:
    document = parse_plan(in_salesforce()).document
    definition = list_definition(document, "opted-out")
    run = CompletedRun(9, 7, definition, 3, 0.0, 1.0)
    loaded = load(document, completed_runs={"opted-out": run})
    assert loaded.salesforce_lists == {"opted-out": SalesforceList(7, True)}
    for before, after in (
        ("DoNotCall = true", "DoNotCall = false"),
        ("numbers: [Phone]", "numbers: [Fax]"),
        ("home_region: DE", "home_region: AT"),
    ):
        assert before in in_salesforce()
        changed = parse_plan(in_salesforce().replace(before, after)).document
        other = load(changed, completed_runs={"opted-out": run})
        assert other.salesforce_lists == {"opted-out": SalesforceList(7, False)}, after


@pytest.mark.parametrize(
    ("before", "after", "path", "message"),
    [
        ("name: opted-out", "name: opted out", "lists[1].name", "letters, digits, _ and -"),
        ("name: opted-out", "name: robinson", "lists[1].name", "duplicate list 'robinson'"),
        ("  - name: opted-out\n  ", "  - ", "lists[1]", "needs `name`"),
        ("numbers: [Phone]", "numbers: Phone", "lists[1].salesforce[1].numbers", "be a list"),
        (", numbers: [Phone]", "", "lists[1].salesforce[1]", "needs `numbers`"),
        ("object: Lead", "object: lead", "lists[1].salesforce[1].object", "write Lead"),
        ("filter:", "filtr:", "lists[1].salesforce[0].filtr", "did you mean 'filter'?"),
    ],
)
def test_mistakes_in_sources_are_reported(before: str, after: str, path: str, message: str) -> None:
    text = in_salesforce("callee.listed: robinson").replace(before, after, 1)
    found = {place: said for _, place, said in problems(text)}
    assert message in found[path]


def test_the_permission_set_contains_the_sources() -> None:
    source = parse_plan(in_salesforce()).source
    access = required_access(source.data)
    assert access.objects >= {"Contact", "Lead"}
    expected = {"Contact.Phone", "Contact.MobilePhone", "Contact.DoNotCall", "Lead.Phone"}
    assert access.fields >= expected
