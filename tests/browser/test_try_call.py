"""Screen "Try a call": the answer, the trace, the facts, calling hours and both readings."""

from pathlib import Path

import pytest
from selenium.webdriver.support.ui import Select

from tests.browser.page import Page
from tests.browser.system import System

AUSTRIAN_CUSTOMER, LEAD = "003Tv00000Lx002IAB", "00QTv00000Mz001MAB"
HOURS = """
version: 1
home_region: DE
service_numbers:
  hotline: {number: "498999998100", name: Customer hotline}
agents: {match: CommunityNickname}
hours:
  evening: {zone: callee, open: {Mon-Fri: 08:00-20:00, Sat: ["09:00-12:00", "14:00-20:00"]}}
rules:
  - {id: emergency, when: {callee.kind: emergency}, signal: hotline}
  - {id: too-late, when: {hours.evening: false}, refuse: It is too late to call.}
  - {id: everyone, signal: hotline}
"""


def try_call(page: Page, system: System, record: str, number: str, at: str = "") -> None:
    page.open(f"{system.pages}/try/")
    page.fill("record", record)
    page.fill("number", number)
    page.fill("agent", "ahuber")
    if at:
        page.set_value("at", at)


def test_which_number_a_customer_in_austria_sees_on_saturday_evening(
    demo_page: Page, demo: System
) -> None:
    try_call(demo_page, demo, AUSTRIAN_CUSTOMER, "+43 1 265030", "2026-11-28T19:59")
    demo_page.press()
    assert "CALL ALLOWED" in demo_page.text(".phone")
    assert "Hotline Austria" in demo_page.text(".phone")
    assert "431265030" in demo_page.text(".phone")
    assert "customers" in demo_page.text(".trace tr.decided")
    assert "In fact, the agent is known in Salesforce." in demo_page.text(".trace")
    assert "Found: a fixed-line number." in demo_page.text(".trace")
    assert demo_page.find("[name=at]").get_attribute("value") == "2026-11-28T19:59"
    demo_page.check("try-allowed")


def test_why_a_call_was_refused(demo_page: Page, demo: System) -> None:
    try_call(demo_page, demo, AUSTRIAN_CUSTOMER, "0900 1234567")
    demo_page.press()
    assert "Numbers that cost extra are not called from here." in demo_page.text(".phone")
    assert "Decided by the rule premium-rate" in demo_page.text(".phone")
    assert "Requires that the number is a premium-rate number" in demo_page.text(
        ".trace tr.decided"
    )
    demo_page.check("try-refused")


def test_while_salesforce_cannot_be_reached(demo_page: Page, demo: System) -> None:
    try_call(demo_page, demo, AUSTRIAN_CUSTOMER, "+43 1 265030")
    Select(demo_page.find("[name=salesforce]")).select_by_value("down")
    demo_page.press()
    assert "Salesforce cannot be reached. Please dial again" in demo_page.text(".phone")
    assert "Salesforce could not be asked." in demo_page.text(".trace")
    demo_page.check("try-outage")


def test_salesforce_that_does_not_answer_is_reported(demo_page: Page, demo: System) -> None:
    demo.simulator("faults", {"kind": "unavailable-503"})
    try:
        try_call(demo_page, demo, LEAD, "+49 89 99998 411")
        demo_page.press()
        assert "Salesforce reported:" in demo_page.text(".notice.warn")
        assert "old copy" in demo_page.text("table:not(.trace)")  # of a call of make run
    finally:
        demo.heal()


def test_calling_hours_of_another_plan(demo_page: Page, demo: System, tmp_path: Path) -> None:
    plan = tmp_path / "evening.yaml"
    plan.write_text(HOURS)
    try_call(demo_page, demo, AUSTRIAN_CUSTOMER, "+44 20 7946 0018", "2026-11-28T21:01")
    demo_page.find("[name=plan]").send_keys(str(plan))
    demo_page.press()
    assert "It is too late to call." in demo_page.text(".phone")
    assert "Europe/London" in demo_page.text(".window")
    assert "20:01 there" in demo_page.text(".window")
    assert len(demo_page.all(".day")) == 2
    assert len(demo_page.all(".day:first-of-type .span")) >= 2
    demo_page.check("try-hours")


def test_both_readings_of_an_ambiguous_number(demo_page: Page, demo: System) -> None:
    try_call(demo_page, demo, AUSTRIAN_CUSTOMER, "431265030")
    demo_page.press()
    assert "can be read in two ways" in demo_page.text()
    assert len(demo_page.all(".trace")) == 2


@pytest.mark.parametrize("number", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "'\"><img src=x>"])
def test_markup_in_every_field_is_text(demo_page: Page, demo: System, number: str) -> None:
    try_call(demo_page, demo, number, number)
    demo_page.fill("agent", number)
    demo_page.press()
    assert "REQUEST REJECTED" in demo_page.text(".phone")
    for name in ("record", "number", "agent"):
        assert demo_page.find(f"[name={name}]").get_attribute("value") == number
    demo_page.no_errors()


def test_a_plan_with_errors_is_explained(demo_page: Page, demo: System, tmp_path: Path) -> None:
    plan = tmp_path / "<b>wrong.yaml"
    plan.write_text(HOURS.replace("signal: hotline}", "signal: <i>hotlin}"))
    try_call(demo_page, demo, AUSTRIAN_CUSTOMER, "112")
    demo_page.find("[name=plan]").send_keys(str(plan))
    demo_page.press()
    assert "The plan has errors" in demo_page.text("h1")
    assert "<i>hotlin" in demo_page.text()
