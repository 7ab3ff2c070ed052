"""YAML 1.2 with lines. Whatever the text is, there is a plan or a list of problems."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dialplan_cli.plan.read import parse_plan
from dialplan_cli.plan.source import PlanFileError, Problem, read_yaml
from tests.unit.dialplan_cli.plan.test_read import PLAN


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("217", 217),
        ("-3", -3),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("2026-11-24", "2026-11-24"),
        ("12:30:00", "12:30:00"),
        ("1_000", "1_000"),
        ('"0217"', "0217"),
        ("'true'", "true"),
        ("!!str 217", "217"),
        ("~", None),
        ("", None),
        ("+49 89", "+49 89"),
    ],
)
def test_a_scalar_is_read_by_the_core_schema(written: str, read: object) -> None:
    value = read_yaml(f"key: {written}\n").data["key"]
    assert (type(value), value) == (type(read), read)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the file is empty"),
        ("# only a comment\n", 1, "the file is empty"),
        ("---\n", 1, "the file is empty"),
        ("a: 1\n\tb: 2\n", 2, "indented with a tab"),
        ("a: [1\nb: 2\n", 1, "the closing ] is missing"),
        ("a: 'x\nb: 1\n", 1, "a quote that begins in this line is not closed"),
        ("a: b: c\n", 1, "a text with a colon must be written in quotes"),
        ("a: 1\n---\nb: 1\n", 2, "only one document"),
        ("a: &x 1\nb: *x\n", 1, "anchors (&) and aliases (*)"),
        ("a: *x\n", 1, "anchors (&) and aliases (*)"),
        ("a: 1\nb: !secret x\n", 2, "the tag !secret is not supported"),
        ("a: !!python/name:os.system\n", 1, "is not supported"),
        ("a: 1\nb: 2\na: 3\n", 3, "duplicate key; the first is in line 1"),
        ("a: 1\n? [b]\n: 2\n", 2, "a key must be plain text"),
        ("a:\n  1: x\n", 2, 'write it in quotes: "1"'),
        ("a: 1\nb: \x07\n", 2, "control characters are not allowed"),
        ("a: " + "[" * 100_000, 1, "nested deeper than 20 levels"),
    ],
)
def test_invalid_yaml_is_reported_with_its_line(text: str, line: int, message: str) -> None:
    (problem,) = read_yaml(text).problems
    assert problem.line == line
    assert message in problem.message


@pytest.mark.parametrize("text", ["- version: 1\n", "plan\n", "1\n", "[]\n", "{}\n", '""\n'])
def test_a_file_that_is_not_a_plan_is_a_problem(text: str) -> None:
    with pytest.raises(PlanFileError, match=r"^plan:1: "):
        parse_plan(text)


def test_a_default_has_the_line_of_its_parent() -> None:
    source = read_yaml("version: 1\nagents:\n  attributes: {a: B}\n", "x.yaml")
    (problem,) = source.locate([(("agents", "match"), "missing")])
    assert problem == Problem("x.yaml", 2, "agents.match", "missing")


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates()
)
KEYS = st.sampled_from(
    "version home_region service_numbers mappings objects agents rules outage freshness number "
    "entries salesforce default match attributes id when refuse signal otherwise mapping key agent "
    "prefix record not present lt hotline record.kind agent.known callee.kind".split()
)
STRUCTURES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=25,
)


def read_or_refuse(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        problems = parse_plan(text).warnings
    except PlanFileError as error:
        problems = error.problems
    assert all(problem.line >= 1 and problem.message for problem in problems)


@given(st.text())
def test_no_text_crashes_the_validator(text: str) -> None:
    read_or_refuse(text)


@given(STRUCTURES)
def test_no_structure_crashes_the_validator(structure: object) -> None:
    read_or_refuse(yaml.safe_dump(structure, allow_unicode=True))


@given(st.data())
def test_no_damage_to_a_plan_crashes_the_validator(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(PLAN)))
    end = data.draw(st.integers(start, min(len(PLAN), start + 12)))
    read_or_refuse(PLAN[:start] + data.draw(st.text(max_size=6)) + PLAN[end:])


@given(st.data())
def test_no_value_in_place_of_another_crashes_the_validator(
    data: st.DataObject,
) -> None:
    plan = read_yaml(PLAN).data
    place = plan
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(STRUCTURES)
    read_or_refuse(yaml.safe_dump(plan, allow_unicode=True))
