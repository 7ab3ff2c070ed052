"""Warnings about facts: always missing, compared in vain, numbers with separators."""

import pytest

from dialplan_cli.plan.read import parse_plan
from dialplan_cli.plan.source import PlanFileError
from tests.unit.dialplan_cli.plan.test_lint import warnings

PLAN = """\
version: 1
home_region: DE
service_numbers:
  hotline: {number: "4989461495000"}
mappings:
  by-country: {entries: {AT: hotline}, default: hotline}
objects:
  Contact: {country: MailingCountry, do_not_call: DoNotCall, size: Size__c, numbers: [Phone]}
  Lead: {country: Country, do_not_call: DoNotCall}
agents:
  attributes: {extension: Extension}
rules:
  - {id: sos, when: {callee.kind: emergency}, signal: hotline}
  - {id: opted-out, when: {record.do_not_call: true}, refuse: No.}
  - {id: elsewhere, when: {callee.on_record: false}, refuse: Not here.}
  - {id: desk, when: {record.size: {gte: 1000}}, signal: {agent: extension}, otherwise: next}
  - {id: rest, signal: {mapping: by-country, key: record.country}}
outage: {refuse: Later.}
"""


def changed(old: str, new: str) -> str:
    assert PLAN.count(old) == 1
    return PLAN.replace(old, new)


def outage(*entries: str) -> str:
    lines = "".join(f"  - {{{entry}}}\n" for entry in (*entries, "refuse: Later."))
    return changed("outage: {refuse: Later.}\n", f"outage:\n{lines}")


def test_the_plan_has_no_warnings() -> None:
    assert warnings(PLAN) == []
    assert warnings(outage("when: {record.object: [Lead, Contact]}, signal: hotline")) == []
    assert warnings(outage("when: {callee.country: AT}, signal: hotline")) == []


@pytest.mark.parametrize(
    ("entry", "path", "message"),
    [
        ("when: {record.do_not_call: true}, refuse: No.", "when.record.do_not_call", "is always"),
        ("when: {agent.known: false}, refuse: No.", "when.agent.known", "is always missing while"),
        ("when: {callee.on_record: true}, refuse: No.", "when.callee.on_record", "is always miss"),
        (
            "when: [{callee.country: AT}, {agent.id: x}], refuse: No.",
            "when[1].agent.id",
            "is always missing while Salesforce cannot be reached; use callee., hours. or",
        ),
        (
            "when: {callee.country: {same_as: record.country}}, refuse: No.",
            "when.callee.country.same_as",
            "record.country is always missing while Salesforce cannot be reached",
        ),
        (
            "when: {record.object: [Lead, Vehicle__c]}, refuse: No.",
            "when.record.object[1]",
            "Vehicle__c is not recognised while Salesforce cannot be reached; only these are: Acc",
        ),
        (
            "when: {callee.country: AT}, signal: {mapping: by-country, key: record.country}",
            "signal.key",
            "the mapping's default applies to all calls",
        ),
        (
            "when: {callee.country: AT}, signal: {agent: extension}, otherwise: next",
            "signal.agent",
            "finds no number while Salesforce cannot be reached: facts about the agent are missing",
        ),
        (
            "when: {callee.country: AT}, signal: {record: country}, otherwise: {signal: hotline}",
            "signal.record",
            "facts about the record are missing",
        ),
    ],
)
def test_facts_that_an_outage_hides_are_warned_of(entry: str, path: str, message: str) -> None:
    found = warnings(outage(entry))
    assert [each for each in found if each[0] == f"outage[0].{path}" and message in each[1]], found


def test_the_single_form_of_outage_is_checked_too() -> None:
    text = changed("outage: {refuse: Later.}", "outage: {signal: {agent: extension}}")
    found = warnings(text)
    assert [path for path, message in found if "finds no number while" in message] == [
        "outage.signal.agent"
    ]


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        (
            ", numbers: [Phone]",
            "",
            "rules[2].when.callee.on_record",
            "is always missing: no object has `numbers`",
        ),
        (
            "{callee.on_record: false}",
            "{callee.on_record: false, record.object: Lead}",
            "rules[2].when.callee.on_record",
            "is always missing: Lead has no `numbers`",
        ),
        (
            "{callee.on_record: false}",
            "{callee.country: FR}",
            "objects.Contact.numbers",
            "no rule uses callee.on_record",
        ),
    ],
)
def test_callee_on_record_without_numbers_is_warned_of(
    old: str, new: str, path: str, message: str
) -> None:
    found = warnings(changed(old, new))
    assert [each for each in found if each[0] == path and message in each[1]], found


@pytest.mark.parametrize(
    ("condition", "operator", "message"),
    [
        ("{same_as: record.country}", "same_as", "compares record.country with itself"),
        ("{same_as: agent.id}", "same_as", "agent.id is the Id of a user, but record.country is"),
        ("{differs_from: agent.id}", "differs_from", "name the field with the Id, such as OwnerId"),
        ("{includes: A;B}", "includes", "is one value; for several values write a list: [A, B]"),
        ("{excludes: [C, A;B]}", "excludes[1]", "is one value; for several values write a list"),
        ("{same_as: agent.extension}", "same_as", None),
        ("{includes: [A, B]}", "includes", None),
    ],
)
def test_comparisons_that_cannot_be_meant_are_warned_of(
    condition: str, operator: str, message: str | None
) -> None:
    found = warnings(changed("{record.size: {gte: 1000}}", f"{{record.country: {condition}}}"))
    path = f"rules[3].when.record.country.{operator}"
    said = [text for place, text in found if place == path]
    assert len(said) == (message is not None)
    assert message is None or message in said[0]


def test_an_owner_is_compared_with_the_agents_id() -> None:
    text = changed("size: Size__c", "size: Size__c, owner: Account.OwnerId, boss: Boss__c")
    conditions = "record.owner: {same_as: agent.id}, record.boss: {differs_from: agent.id}"
    text = text.replace("{record.size: {gte: 1000}}", f"{{record.size: {{gte: 1}}, {conditions}}}")
    assert warnings(text) == []


def test_the_owner_of_each_object_is_compared_with_the_agents_id() -> None:
    text = changed("size: Size__c", "size: Size__c, owner: Account.Owner.Name")
    text = text.replace("Lead: {", "Lead: {owner: OwnerId, ")
    text = text.replace("{record.size: {gte: 1000}}", "{record.owner: {same_as: agent.id}}")
    assert [said for _, said in warnings(text) if "record.owner is Account.Owner.Name" in said]


def test_fields_in_numbers_are_checked_like_attributes() -> None:
    found = warnings(changed("numbers: [Phone", "numbers: [Phon"))
    assert [path for path, said in found if "did you mean Phone?" in said] == [
        "objects.Contact.numbers[0]"
    ]


def test_an_entry_of_outage_that_never_decides_is_warned_of() -> None:
    found = warnings(outage("signal: hotline", "when: {record.object: Lead}, refuse: No."))
    message = "never decides: 'outage[0]' decides all its calls first"
    assert [path for path, said in found if said == message] == ["outage[1]", "outage[2]"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("1_000", "1_000 is text, not a number; write 1000, or use quotes if it is text"),
        ("10.000", "10.000 is the number 10; write 10000 or 10"),
        ("1.500", "1.500 is the number 1.5; write 1500 or 1.5"),
        ("1.000.000", "1.000.000 is text, not a number; write 1000000, or use quotes"),
        ("0.5", None),
        ("10.25", None),
        ('"1_000"', None),
        ("-3", None),
    ],
)
def test_numbers_with_separators_are_warned_of(written: str, message: str | None) -> None:
    found = [
        said
        for path, said in warnings(changed("gte: 1000", f"gte: {written}"))
        if path == "rules[3].when.record.size.gte"
    ]
    assert len(found) == (message is not None)
    assert message is None or found[0].startswith(message)


def test_a_decimal_comma_is_warned_of() -> None:
    rule = "  - id: size\n    when:\n      record.size: 4,5\n    refuse: No.\n"
    found = warnings(changed("  - {id: desk", f"{rule}  - {{id: desk"))
    message = "4,5 is text, not a number; write 4.5, or use quotes if it is text"
    assert ("rules[3].when.record.size", message) in found


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("numbers: [Phone]", "numbers: Phone", "objects.Contact.numbers", "is reserved for a list"),
        ("numbers: [Phone]", "numbers: []", "objects.Contact.numbers", "must not be empty"),
        ("numbers: [Phone]", "phones: [Phone]", "objects.Contact.phones", "only `numbers` is a"),
        ("numbers: [Phone]", "numbers: [A..B]", "objects.Contact.numbers[0]", "Salesforce field"),
        ("on_record: false", "on_record: nein", "rules[2].when.callee.on_record", "true or false"),
        ("on_record: false", "on_recrd: false", "rules[2].when.callee.on_recrd", "did you mean"),
        ("key: record.country", "key: record.numbers", "rules[4].signal.key", "unknown fact"),
    ],
)
def test_mistakes_in_numbers_are_errors(old: str, new: str, path: str, message: str) -> None:
    with pytest.raises(PlanFileError) as caught:
        parse_plan(changed(old, new))
    found = [(each.path, each.message) for each in caught.value.problems]
    assert [each for each in found if each[0] == path and message in each[1]], found


def test_numbers_are_published_beside_the_attributes() -> None:
    document = parse_plan(PLAN).document
    assert document["numbers"] == {"Contact": ["Phone"]}
    assert document["objects"]["Contact"].keys() == {"country", "do_not_call", "size"}
    assert "numbers" not in parse_plan(changed(", numbers: [Phone]", "")).document
