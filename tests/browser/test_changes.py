"""Screen "What would change": difference, warnings and changed answers of a new plan."""

from pathlib import Path

import pytest

from tests.browser.page import Page
from tests.browser.system import ROOT, System

DEMO = (ROOT / "dialplans/demo.yaml").read_text()
CALLS = """SalesForceID;CallerID;AgentUID
003Tv00000Lx004IAB;496990009731;ahuber
001Tv00000Bq001IAB;112;ahuber
003Tv00000Lx003IAB;494066969513;ahuber
"""


@pytest.fixture
def changes(demo_page: Page, demo: System) -> Page:
    demo_page.open(f"{demo.pages}/changes/")
    return demo_page


def compare(page: Page, folder: Path, plan: str, calls: str = "") -> None:
    file = folder / "plan.yaml"
    file.write_text(plan)
    page.find("[name=plan]").send_keys(str(file))
    if calls:
        table = folder / "calls.csv"
        table.write_text(calls)
        page.find("[name=calls]").send_keys(str(table))
    page.press()


def test_the_form(changes: Page) -> None:
    changes.check("changes-form")


def test_a_new_plan_beside_the_active_one(changes: Page, tmp_path: Path) -> None:
    plan = DEMO.replace("The contact does not want to be called.", "Please write instead.")
    plan = plan.replace('number: "431265030"', 'number: "431265031"')
    assert plan.count("431265031") == 1
    compare(changes, tmp_path, plan, CALLS)
    changes.wait_for("1 of 3 answers change.")
    text = changes.text()
    assert "opted-out" in text
    assert "Please write instead." in text
    assert "431265031" in text
    assert changes.text(".matrix tr:nth-child(2) td:nth-child(3)") == "1"
    changes.check("changes")


def test_the_same_plan(changes: Page, tmp_path: Path) -> None:
    compare(changes, tmp_path, f"# only a comment\n{DEMO}")
    changes.wait_for("There is no difference in meaning.")


def test_mistakes_are_listed_with_their_lines(changes: Page, tmp_path: Path) -> None:
    compare(changes, tmp_path, DEMO.replace("signal: sales", "signal: slaes"))
    changes.wait_for("slaes")
    assert "line" in changes.text()
    assert str(tmp_path) not in changes.text()
    assert "/tmp" not in changes.text()  # noqa: S108


def test_calls_that_cannot_be_read(changes: Page, tmp_path: Path) -> None:
    compare(changes, tmp_path, DEMO, "Number\n1\n")
    changes.wait_for("calls.csv has no column CallerID")
    assert "/tmp" not in changes.text()  # noqa: S108


def test_markup_in_a_plan_and_in_file_names_is_only_text(changes: Page, tmp_path: Path) -> None:
    markup = "<img src=x onerror=alert(1)>"
    plan = DEMO.replace("The contact does not want to be called.", markup)
    compare(changes, tmp_path, plan.replace("name: Sales", f"name: '{markup}'"))
    changes.wait_for(markup)
    assert not changes.all("main img")
    changes.check("changes-hostile")


def test_a_plan_with_a_thousand_rules(changes: Page, tmp_path: Path) -> None:
    rules = "".join(
        f"  - {{id: rule-{n}, when: {{record.kind: Kind {n}}}, signal: sales}}\n"
        for n in range(1000)
    )
    rows = "".join(f"+498999{n:06},Kind {n},true\n" for n in range(500))
    calls = f"CallerID,record.kind,agent.known\n{rows}"
    marker = "  - id: everyone-else"
    assert DEMO.count(marker) == 1
    compare(changes, tmp_path, DEMO.replace(marker, rules + marker), calls)
    changes.wait_for("500 of 500 answers change.")
    assert "1000 rules" in changes.text()
    changes.check("changes-huge")
