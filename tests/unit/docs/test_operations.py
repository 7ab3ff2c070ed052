"""docs/operations.md has a runbook for each alarm and correct costs."""

import json
import re
from pathlib import Path
from typing import Any

from tests.benchmarks.report import PHASES
from tests.unit.template.test_template import of_type

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "operations.md").read_text()
SANDBOXES: dict[str, Any] = json.loads((DOCS / "benchmarks/sandboxes.json").read_text())
GB = 1.7275
SECOND = 0.0000133334


def rows(heading: str) -> dict[str, list[str]]:
    """Return the cells of each row, by the first cell, of the table with this first heading."""
    table = TEXT.split(f"| {heading} |")[1].split("\n\n")[0]
    lines = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return {line[0].strip(" `*"): [cell.strip(" *") for cell in line[1:]] for line in lines}


def test_there_is_a_runbook_for_each_alarm() -> None:
    alarms = {name.strip("`") for row in rows("alarm") for name in row.split(", ")}
    assert alarms == set(of_type("AWS::CloudWatch::Alarm"))


def test_the_fixed_costs() -> None:
    costs = {name: float(cells[-1]) for name, cells in rows("item").items()}
    total = costs.pop("fixed costs")
    alarms = [
        each["Properties"]
        for each in of_type("AWS::CloudWatch::Alarm").values()
        if "Condition" not in each  # NeverAlarm does not exist in production
    ]
    metrics = sum(max(1, len(alarm.get("Metrics", [])) - 1) for alarm in alarms)
    assert list(costs.values()) == [
        *(round(33 * 0.30, 2), round(metrics * 0.10, 2), 3.00, round(2 * 0.40, 2)),
        *(round(8640 * 1 * GB * SECOND, 2), round(8640 / 1e6, 2), 0.05),
    ]
    assert abs(0.1 * (0.25 + 0.20) - 0.05) < 0.0051
    assert total == round(sum(costs.values()), 2)


def test_the_secrets_that_are_paid_for() -> None:
    secrets = of_type("AWS::SecretsManager::Secret")
    assert (len(secrets), [each for each in secrets if "Condition" in secrets[each]]) == (
        *(3, ["ApiKeySecret"]),
    )


def test_the_costs_of_a_million_calls() -> None:
    costs = {name: float(cells[-1]) for name, cells in rows("item, per million calls").items()}
    total = costs.pop("per million calls")
    exact = [
        *(3.50, 0.20, 1e6 * 0.200 * GB * SECOND, 0.125, 2 * 0.625, 2 * (0.50 + 0.03)),
        0.5 * 0.09,
    ]
    for written, computed in zip(costs.values(), exact, strict=True):
        assert abs(written - computed) <= 0.0051
    assert total == round(sum(costs.values()), 2)


def test_the_costs_of_a_month() -> None:
    for calls, cells in rows("calls per month").items():
        fixed, per_call, authorizer, together = map(float, cells)
        number = int(calls.replace(",", ""))
        assert fixed == 16.56
        assert per_call == round(number / 1e6 * 10.80, 2)
        runs = min(number, 8640)
        assert abs(authorizer - runs * 0.3 * GB * SECOND) < 0.0051
        assert together == round(fixed + per_call + authorizer, 2)


def test_the_costs_of_start_modes() -> None:
    month = 2 * GB * 2_592_000
    assert f"{month * 0.0000015046:.2f} a month" in re.sub(r"\s+", " ", TEXT)
    assert f"{month * 0.0000033334:.2f} a month" in re.sub(r"\s+", " ", TEXT)


def test_the_load_at_a_rate_of_clicks() -> None:
    for clicks, cells in rows("clicks per second").items():
        rate = int(clicks.replace(",", ""))
        sandboxes, calls = (int(cell.replace(",", "")) for cell in cells[:2])
        assert sandboxes == max(1, rate * 0.2)
        assert calls == rate * 8 * 3600


def test_the_requests_of_many_sandboxes_are_those_that_were_measured() -> None:
    table = rows("requests per second")
    assert {name.partition(", ")[2] for name in table} == set(PHASES.values())
    for name, cells in table.items():
        item, _, title = name.partition(", ")
        (phase,) = [phase for phase, each in PHASES.items() if each == title]
        measured = [SANDBOXES[number]["requests"][item][phase] for number in ("10", "100", "1000")]
        assert [int(cell.replace(",", "")) for cell in cells] == measured
