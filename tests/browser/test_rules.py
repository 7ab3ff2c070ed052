"""Screen "Rules" with the demo plan, and with the smallest, a huge and a hostile one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.organisations import (
    HUGE_RULES,
    MARKUP,
    SMALLEST_PLAN,
    hostile_plan,
    huge_plan,
    organisation,
)
from tests.browser.page import Page
from tests.browser.system import System, running_system


@contextmanager
def system_with(folder: Path, plan: str, rows: dict[str, Any], page: Page) -> Iterator[System]:
    org_file, plan_file = folder / "org.json", folder / "plan.yaml"
    org_file.write_text(json.dumps(rows))
    plan_file.write_text(plan)
    with running_system(org_file, plan_file) as system:
        page.open(system.console)
        yield system


def test_the_rules_in_words(demo_page: Page, demo: System) -> None:
    demo.call("003Tv00000Lx001IAB", "112", "ahuber")
    demo_page.open(f"{demo.pages}/rules/")
    rules = [rule.text for rule in demo_page.all("main > .rules > li")]
    assert len(rules) == 15
    assert "When the number is an emergency number" in rules[0]
    assert "Show:\nCustomer hotline" in rules[0]
    assert "+49 89 99998100" in rules[0]
    assert "0 calls" not in rules[0]
    assert "When the person does not want to be called" in rules[4]
    assert "Refuse: The contact does not want to be called." in rules[4]
    assert "has no `do_not_call`" in demo_page.text(".notice.warn")
    demo_page.check("rules")


def test_searching_in_the_rules(demo_page: Page, demo: System) -> None:
    demo_page.open(f"{demo.pages}/rules/")
    demo_page.fill("search", "hotline austria")
    demo_page.press()
    assert "2 of 15 rules" in demo_page.text()
    assert len(demo_page.all("main > .rules > li")) == 2


def test_numbers_mappings_and_lists_are_one_click_away(demo_page: Page, demo: System) -> None:
    demo_page.open(f"{demo.pages}/rules/")
    for place, (name, words) in enumerate(
        {
            "numbers": "leads-without-country",
            "mappings": "hotline-by-country",
        }.items(),
        start=2,
    ):
        demo_page.press(f".tabs a:nth-child({place})")
        assert words in demo_page.text()
        demo_page.check(f"rules-{name}")
    demo.dialplan("list", "add", "+4917012345678", "--list", "dnc")
    demo_page.press(".tabs a:nth-child(4)")
    demo_page.wait_for("dnc 1 0 0 20")  # entries, prefixes, expired, and the year of the change


def test_a_mapping_in_german(demo_page: Page, demo: System) -> None:
    demo_page.speak("de")
    demo_page.open(f"{demo.pages}/rules/mapping?name=hotline-by-country&search=AT")
    assert "Österreich" in demo_page.text("table")
    assert len(demo_page.all("tbody tr")) == 1
    demo_page.check("rules-mapping")


def test_the_smallest_plan_without_any_records(page: Page, tmp_path: Path) -> None:
    with system_with(tmp_path, SMALLEST_PLAN, {}, page) as system:
        assert "Every other call" in page.text(".rules")
        page.check("rules-smallest")
        page.open(f"{system.pages}/rules/mappings")
        assert "The plan has no mappings." in page.text()
        page.open(f"{system.pages}/try/")
        page.fill("number", "112")
        page.press()
        assert "498999998100" in page.text(".phone")


def test_a_thousand_rules_and_a_mapping_with_50_000_entries(page: Page, tmp_path: Path) -> None:
    with system_with(tmp_path, huge_plan(), organisation(Branch__c="B04711"), page) as system:
        assert len(page.all("main > .rules > li")) == HUGE_RULES
        page.fill("search", "size-777")
        page.press()
        assert len(page.all("main > .rules > li")) == 1
        page.open(f"{system.pages}/rules/mapping?name=branches&search=B04711")
        assert "Hotline Austria" in page.text("tbody")
        page.open(f"{system.pages}/rules/mapping?name=branches")
        assert "The first 200 of 50000 entries." in page.text()
        page.open(f"{system.pages}/try/")
        page.fill("record", "001Tv00000Bq001IAB")
        page.fill("number", "+43 1 265030")
        page.fill("agent", "ahuber")
        page.press()
        assert "Hotline Austria" in page.text(".phone")
        assert len(page.all(".trace tbody tr")) == HUGE_RULES


def test_markup_in_a_plan_and_in_records_is_text(page: Page, tmp_path: Path) -> None:
    rows = organisation(Branch__c=MARKUP)
    with system_with(tmp_path, hostile_plan(), rows, page) as system:
        for path in ("rules/", "rules/numbers", "rules/mapping?name=branches"):
            page.open(f"{system.pages}/{path}")
            assert MARKUP in page.text()
            assert page.all("main img, main script") == []
            assert "owned" not in page.driver.title
        page.open(f"{system.pages}/try/")
        page.fill("record", "001Tv00000Bq001IAB")
        page.fill("number", "+43 1 265030")
        page.fill("agent", "ahuber")
        page.press()
        assert MARKUP in page.text(".phone")
        page.check("try-hostile")
