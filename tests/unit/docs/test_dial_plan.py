"""Every example in docs/dial-plan.md is valid and decides as documented."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from click_to_dial.dialplan import evaluate, load
from click_to_dial.model import Facts
from dialplan_cli.app import app
from dialplan_cli.plan.examples import KEYS, ExampleResult, run_examples
from dialplan_cli.plan.facts import BUILT_IN, KINDS
from dialplan_cli.plan.read import parse_plan
from dialplan_cli.plan.rules import Operators
from dialplan_cli.plan.schema import Plan
from dialplan_cli.plan.source import read_yaml

PAGE = (Path(__file__).parents[3] / "docs/dial-plan.md").read_text()
EXAMPLE = re.compile(
    r"```yaml\n(?P<plan>.*?)```(?:(?:(?!```).)*?```text\n(?P<calls>.*?)```)?", re.S
)
FIRST, *_ = EXAMPLE.finditer(PAGE)


NOW = datetime.fromisoformat("2026-11-24T12:00:00+01:00").timestamp()
EMERGENCY = {"id": "emergency", "when": {"callee.kind": "emergency"}, "signal": "hotline"}
"""A rule that every plan needs, for the examples that leave it out."""


def examples() -> Iterator[Any]:
    """Yield each plan of the page with the calls below it, under the title of its section."""
    for example in EXAMPLE.finditer(PAGE):
        *_, section = re.findall(r"^#+ (.*)$", PAGE[: example.start()], re.M)
        line = PAGE.count("\n", 0, example.start()) + 1
        yield pytest.param(example["plan"], example["calls"] or "", id=f"{section}, line {line}")


def completed(part: str) -> str:
    """Return an example, completed with the first plan for keys that it leaves out."""
    plan = merged(read_yaml(FIRST["plan"]).data, read_yaml(part).data)
    if "when" in plan["rules"][-1]:
        plan["rules"].append({"id": "the-rest", "signal": "hotline"})
    if not any("emergency" in str(rule.get("when")) for rule in plan["rules"]):
        plan["rules"].insert(-1, EMERGENCY)
    return yaml.safe_dump(plan, allow_unicode=True, sort_keys=False)


def merged(whole: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return `whole` with the entries of `part`. Nested maps are merged, other values replaced."""
    result = dict(whole)
    for key, value in part.items():
        if key in ("service_numbers", "mappings", "objects", "agents", "attributes"):
            result[key] = merged(whole.get(key, {}), value)
        else:
            result[key] = value
    return result


@pytest.mark.parametrize(("plan", "calls"), list(examples()))
def test_an_example_decides_as_documented(plan: str, calls: str) -> None:
    document = parse_plan(completed(plan)).document
    parsed = parse_plan(with_examples(plan, calls))
    results = list(run_examples(parsed.document, parsed.source, NOW))
    assert results == [ExampleResult()] * len(results)
    assert document == parsed.document
    loaded = load(document)
    for call in calls.splitlines():
        known, _, outcome = call.partition("->")
        facts = read_yaml("{" + known + "}").data
        if not {"outage", "callee.number", "callee.listed"}.isdisjoint(facts):
            continue  # only `run_examples` reads them
        at = datetime.fromisoformat(facts.pop("at", "2026-11-24T12:00"))
        now = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo("Europe/Berlin"))).timestamp()
        decision = evaluate(loaded, Facts(facts, now=now))
        if outcome.strip() == "refuse":
            assert decision.service_number is None, call
        else:
            name = outcome.strip().removeprefix("signal ")
            numbers = {key: each["number"] for key, each in document["service_numbers"].items()}
            assert decision.service_number, call
            assert decision.service_number.number == numbers.get(name, name), call


def with_examples(plan: str, calls: str) -> str:
    """Return the plan with the calls below it, which have the notation of `examples`."""
    whole = yaml.safe_load(completed(plan))
    for call in calls.splitlines():
        known, _, outcome = call.partition("->")
        expect = outcome.strip().removeprefix("signal ")
        facts = read_yaml("{" + known + "}").data
        whole.setdefault("examples", []).append({**facts, "expect": expect})
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False)


def test_the_first_plan_has_only_the_warning_about_accounts() -> None:
    warnings = parse_plan(FIRST["plan"]).warnings
    assert [each.path for each in warnings] == ["objects.Account"]


def test_all_keys_facts_and_commands_are_documented() -> None:
    operators = [field.alias or name for name, field in Operators.model_fields.items()]
    commands = [
        f"dialplan {each.name or each.callback.__name__}"
        for each in app.registered_commands
        if each.callback
    ]
    for word in (*Plan.model_fields, *KEYS, *BUILT_IN, *KINDS, *operators, *commands):
        assert f"`{word}" in PAGE or f"`{{{word}: " in PAGE or f"### {word}" in PAGE, word
