"""`dialplan validate --jtel`: what the plan signals and jtel does not know."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from dialplan_cli.plan.read import read_plan
from tests.integration.dialplan_command import Dialplan

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "dialplans/demo.yaml"
NUMBERS = [each["number"] for each in read_plan(DEMO).document["service_numbers"].values()]
USERS = json.loads((ROOT / "local_stack/demo_org.json").read_text())["User"]
EXTENSIONS = [each["Extension"] for each in USERS if each.get("Extension")]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return tmp_path / "numbers.csv"


def test_jtel_knows_all_numbers(dialplan: Dialplan, export: Path) -> None:
    export.write_text("Name;Name2\n" + "".join(f"{number};\n" for number in NUMBERS))
    assert dialplan("validate", DEMO, "--jtel", export) == 0


def test_a_number_is_found_by_its_second_name_too(dialplan: Dialplan, export: Path) -> None:
    rows = [f"{number},\n" for number in NUMBERS[1:]]
    export.write_text("Name,Name2\n" + "".join(rows) + "other,Customer hotline\n")
    assert dialplan("validate", DEMO, "--jtel", export) == 0


def test_a_number_that_jtel_does_not_know_is_named(dialplan: Dialplan, export: Path) -> None:
    export.write_text("Name,Name2\n" + "".join(f"{number},\n" for number in NUMBERS[1:]))
    assert dialplan("validate", DEMO, "--jtel", export) == 1
    assert "service_numbers.hotline: jtel has no ServiceNumber with this number" in dialplan.err
    assert "1 error." in dialplan.err


def test_agents_whose_numbers_jtel_does_not_know_are_counted(
    dialplan: Dialplan, export: Path, environment: Mapping[str, str]
) -> None:
    known = [*NUMBERS, *EXTENSIONS, *(f"498999998{each}" for each in EXTENSIONS)]
    export.write_text("Name,Name2\n" + "".join(f"{number},\n" for number in known))
    assert dialplan("validate", DEMO, "--jtel", export, "--salesforce") == 0
    export.write_text("Name,Name2\n" + "".join(f"{n},\n" for n in known if n not in EXTENSIONS))
    assert dialplan("validate", DEMO, "--jtel", export, "--salesforce") == 1
    assert "rules[3].signal (colleagues): jtel cannot signal the numbers of" in dialplan.err


@pytest.mark.parametrize("content", ["", "Number\n49\n", "Name\n"])
def test_another_file_is_refused(dialplan: Dialplan, export: Path, content: str) -> None:
    export.write_text(content)
    assert dialplan("validate", DEMO, "--jtel", export) == 1
    assert "is it jtel's ServiceNumbers?" in dialplan.err
