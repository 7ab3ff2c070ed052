"""Examples in a plan: decided as the function decides, reported with line, rule and result."""

from datetime import datetime

import pytest

from dialplan_cli.plan.examples import check_results, run_examples
from dialplan_cli.plan.read import PlanFile, parse_plan
from dialplan_cli.plan.source import PlanFileError

PLAN = """\
version: 1
home_region: DE
service_numbers:
  hotline: {number: "4989461495000", name: Customer hotline}
  hotline-at: {number: "431265030"}
  summer: {number: "4989461495001", valid_from: 2026-06-01, valid_to: 2026-08-31}
mappings:
  by-country: {entries: {AT: hotline-at}, default: hotline}
  by-brand: {salesforce: {object: Hotline__mdt, key: Brand__c, value: Number__c}}
objects:
  Account: {kind: Type, country: BillingCountry, brand: Brand__c}
  Contact: {kind: Account.Type, do_not_call: DoNotCall, numbers: [Phone]}
agents:
  attributes: {extension: Extension}
lists: [dnc]
hours:
  france: {zone: callee, open: {Mon-Fri: 10:00-20:00}, holidays: callee}
  office: {zone: home, open: {Mon-Fri: 08:00-18:00}}
rules:
  - {id: sos, when: {callee.kind: emergency}, signal: hotline}
  - {id: listed, when: {callee.listed: dnc}, refuse: Listed.}
  - {id: often, when: {callee.attempts: {gte: 4, within: 30d}}, refuse: Often.}
  - {id: opted-out, when: {record.do_not_call: true}, refuse: Opted out.}
  - {id: elsewhere, when: {callee.on_record: false}, refuse: Not their number.}
  - {id: late, when: {callee.country: FR, hours.france: false}, refuse: Not now.}
  - {id: closed, when: {record.kind: Supplier, hours.office: false}, refuse: Closed.}
  - {id: known, when: {record.kind: Supplier, agent.known: false}, refuse: Who are you?}
  - {id: desk, when: {record.kind: Supplier}, signal: {agent: extension, prefix: "4989461495"}}
  - id: brand
    when: {record.brand: {present: true}}
    signal: {mapping: by-brand, key: record.brand}
    otherwise: next
  - {id: season, when: {record.kind: Guest}, signal: summer, otherwise: {signal: hotline}}
  - {id: rest, signal: {mapping: by-country, key: callee.country}}
outage:
  - {when: {record.object: Contact}, refuse: Later.}
  - {signal: hotline-at}
examples:
"""
FIRST_LINE = PLAN.count("\n") + 1
NOW = datetime.fromisoformat("2026-11-24T12:00:00+01:00").timestamp()


def plan(*examples: str) -> PlanFile:
    return parse_plan(PLAN + "".join(f"  - {{{each}}}\n" for each in examples))


def problems(*examples: str) -> list[tuple[int, str, str]]:
    """Return the problems of the plan as written: number of the example, path below it, message."""
    with pytest.raises(PlanFileError) as caught:
        plan(*examples)
    return [
        (each.line - FIRST_LINE, each.path.partition("].")[2], each.message)
        for each in caught.value.problems
    ]


EXPECTED = [
    ('callee.number: "112"', "hotline"),
    ('callee.number: "112", outage: true', "hotline"),
    ('callee.number: "112", callee.listed: dnc, record.do_not_call: true', "hotline"),
    ("record.do_not_call: true", "refuse"),
    ("record.do_not_call: false", "hotline"),
    ("record.kind: Customer", "hotline"),
    ('callee.number: "+43 1 265030"', "hotline-at"),
    ('callee.number: "0043 1 265030"', "hotline-at"),
    ('callee.number: "089 461495"', "hotline"),
    ("callee.country: AT", "hotline-at"),
    ("callee.listed: dnc", "refuse"),
    ("callee.listed: [dnc]", "refuse"),
    ("callee.attempts: 4", "refuse"),
    ("callee.attempts: 3", "hotline"),
    ("record.object: Contact, callee.on_record: false", "refuse"),
    ("record.object: Contact, callee.on_record: true", "hotline"),
    ('record.kind: Supplier, agent.extension: "217"', '"4989461495217"'),
    ('record.kind: Supplier, agent.extension: "217", agent.known: false', "refuse"),
    ("record.kind: Supplier, hours.office: false", "refuse"),
    ('record.kind: Supplier, agent.extension: "1", at: 2026-11-24T17:59', '"49894614951"'),
    ("record.kind: Supplier, at: 2026-11-24T18:00", "refuse"),
    ('record.kind: Supplier, agent.extension: "1", at: 2026-11-24T18:00+02:00', '"49894614951"'),
    ('callee.number: "+33612345678", at: 2026-11-24T09:59', "refuse"),
    ('callee.number: "+33612345678", at: 2026-11-24T10:00', "hotline"),
    ('callee.number: "+33612345678", at: 2026-07-14T12:00', "refuse"),  # Bastille Day
    ('callee.number: "+33612345678"', "hotline"),
    ('callee.number: "+33612345678", hours.france: false', "refuse"),
    ("record.kind: Guest", "hotline"),
    ("record.kind: Guest, hours.france: true, at: 2026-06-01T00:00", "summer"),
    ("record.kind: Guest, hours.france: true, at: 2026-05-31T23:59", "hotline"),
    ("record.object: Contact, outage: true", "refuse"),
    ("record.object: Account, outage: true", "hotline-at"),
    ("record.object: Vehicle__c, outage: true", "hotline-at"),
    ("callee.listed: dnc, outage: true", "refuse"),
]


@pytest.mark.parametrize(("facts", "expect"), EXPECTED)
def test_an_example_is_decided_like_a_call(facts: str, expect: str) -> None:
    needs_number = " at: " in facts and "callee.number" not in facts and "hours.france" not in facts
    given = f"{facts}, hours.france: true" if needs_number else facts
    file = plan(f"{given}, expect: {expect}")
    assert [each.problem for each in run_examples(file.document, file.source, NOW)] == [None]


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (
            "record.do_not_call: true, expect: hotline",
            "expects hotline, but the rule 'opted-out' (line 23) refuses the call: \"Opted out.\"",
        ),
        ("expect: refuse", "expects refuse, but the rule 'rest' (line 34) signals hotline"),
        (
            'record.kind: Supplier, agent.extension: "217", expect: hotline',
            "expects hotline, but the rule 'desk' (line 28) signals 4989461495217",
        ),
        (
            "record.kind: Supplier, expect: hotline",
            "expects hotline, but the rule 'desk' (line 28) finds no number to signal, so the call "
            "is refused",
        ),
        (
            "record.object: Contact, outage: true, expect: hotline",
            "expects hotline, but the rule 'opted-out' (line 23) needs Salesforce, and `outage` "
            'refuses the call: "Later."',
        ),
        (
            "record.object: Lead, outage: true, expect: hotline",
            "expects hotline, but the rule 'opted-out' (line 23) needs Salesforce, and `outage` "
            "signals hotline-at",
        ),
    ],
)
def test_another_result_is_reported_with_the_rule_that_decided(example: str, message: str) -> None:
    file = plan("callee.country: AT, expect: hotline-at", example)
    with pytest.raises(PlanFileError) as caught:
        check_results(file.document, file.source, NOW)
    (problem,) = caught.value.problems
    assert (problem.line, problem.path) == (FIRST_LINE + 1, "examples[1]")
    assert problem.message == message


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("431265030", "is ambiguous; write it with a plus and the country code"),
        ("call me", "is not a number that can be called"),
        ("+491", "is not a number that can be called"),
    ],
)
def test_a_number_must_be_one_that_can_be_called(number: str, message: str) -> None:
    file = plan(f'callee.number: "{number}", expect: hotline')
    with pytest.raises(PlanFileError) as caught:
        check_results(file.document, file.source, NOW)
    (problem,) = caught.value.problems
    assert (problem.path, problem.message) == ("examples[0].callee.number", message)


def test_nothing_stays_unknown_in_an_emergency_call() -> None:
    """The function asks Salesforce for a second; then the facts are missing."""
    rule = "  - {id: vip, when: {record.kind: Vip}, signal: summer, otherwise: next}\n  - {id: sos"
    text = PLAN.replace("  - {id: sos", rule)
    file = parse_plan(f'{text}  - {{callee.number: "112", outage: true, expect: hotline}}\n')
    assert check_results(file.document, file.source, NOW) == ()


def test_a_number_from_a_mapping_in_salesforce_cannot_be_checked() -> None:
    file = plan(
        "record.brand: Alpine, expect: hotline",
        "record.brand: Alpine, record.do_not_call: true, expect: refuse",
        "record.kind: Customer, expect: hotline",
    )
    (warning,) = check_results(file.document, file.source, NOW)
    assert warning.path == "examples[0]"
    assert warning.message.startswith("is not checked: the mapping by-brand is kept in Salesforce")


def test_examples_are_not_part_of_the_published_document() -> None:
    document = plan("callee.country: AT, expect: hotline-at").document
    assert "examples" not in document


@pytest.mark.parametrize(
    ("example", "path", "message"),
    [
        ("record.kind: x", "", "needs `expect`: refuse, or the key of a service number"),
        ("expect: hotlin", "expect", "did you mean 'hotline'?"),
        ("expect: 4711", "expect", "text in quotes"),
        ("expect: [refuse]", "expect", "must be refuse, the key of a service number"),
        ("record.knd: x, expect: refuse", "record.knd", "did you mean 'record.kind'?"),
        ("expct: hotline", "expct", "did you mean 'expect'?"),
        ("record.numbers: x, expect: refuse", "record.numbers", "unknown fact"),
        ("callee.listed: dcn, expect: refuse", "callee.listed", "did you mean 'dnc'?"),
        ("callee.attempts: many, expect: refuse", "callee.attempts", "must be a number of calls"),
        ("callee.attempts: -1, expect: refuse", "callee.attempts", "must be a number of calls"),
        ("callee.kind: mobil, expect: refuse", "callee.kind", "did you mean 'mobile'?"),
        ("callee.number: 112, expect: refuse", "callee.number", "in quotes"),
        ("callee.on_record: ja, expect: refuse", "callee.on_record", "is true or false"),
        ("record.kind: [a, b], expect: refuse", "record.kind", "must be one value"),
        ("record.kind: {not: a}, expect: refuse", "record.kind", "must be a text, a number"),
        ("outage: yes, expect: refuse", "outage", "must be true or false"),
        ("outage: true, record.kind: a, expect: refuse", "record.kind", "is not known while"),
        ("outage: true, agent.known: true, expect: refuse", "agent.known", "is not known while"),
        ("at: 18:00, hours.france: true, expect: refuse", "at", "must be a time, such as"),
        ("at: 2026-12-24, hours.france: true, expect: refuse", "at", "must be a time, such as"),
        ("at: 2026-12-24T18:00, expect: refuse", "", "needs callee.number: hours.france depends"),
        (
            'callee.number: "112", callee.kind: emergency, expect: hotline',
            "callee.kind",
            "follows from callee.number",
        ),
        (
            "record.object: Account, record.do_not_call: true, expect: refuse",
            "record.do_not_call",
            "the object Account has no attribute do_not_call in this plan",
        ),
        (
            "record.object: Account, callee.on_record: true, expect: refuse",
            "callee.on_record",
            "the object Account has no `numbers` in this plan",
        ),
        (
            "record.object: Asset, record.kind: x, expect: refuse",
            "record.kind",
            "the object Asset has no attribute kind in this plan",
        ),
    ],
)
def test_a_mistake_in_an_example_is_reported_with_its_line(
    example: str, path: str, message: str
) -> None:
    found = problems("callee.country: AT, expect: hotline-at", example)
    assert [each for each in found if each[:2] == (1, path) and message in each[2]], found


def test_refuse_must_not_be_a_service_number_too() -> None:
    text = PLAN.replace("  hotline-at: {", '  refuse: {number: "4989461495009"}\n  hotline-at: {')
    with pytest.raises(PlanFileError, match="has two meanings: rename the service number refuse"):
        parse_plan(f"{text}  - {{record.do_not_call: true, expect: refuse}}\n")


@pytest.mark.parametrize("examples", ["5", "hotline", "{expect: refuse}"])
def test_examples_must_be_a_list(examples: str) -> None:
    with pytest.raises(PlanFileError, match="must be a list"):
        parse_plan(PLAN.removesuffix("examples:\n") + f"examples: {examples}\n")
