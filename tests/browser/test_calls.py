"""Screen "Calls": a refused call is explained without any fact of it; huge and hostile logs."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialplan_cli import targets
from dialplan_cli.decision_log import FILE_NAME
from tests.browser.page import Page
from tests.browser.system import System, running_system
from tests.logged_calls import line

MARKUP = "<img src=x onerror=alert(1)>'\"&{{7*7}}"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """The demo in a system of its own, because its log is written to."""
    with running_system() as system:
        yield system


@pytest.fixture
def log(system: System) -> Path:
    """The log of the system, empty."""
    path = targets.LOCAL / system.gateway.rpartition(":")[2] / FILE_NAME
    path.write_text("")
    return path


@pytest.fixture
def calls(page: Page, system: System) -> Page:
    page.open(system.console)
    return page


def show(page: Page, system: System, query: str = "") -> None:
    page.open(f"{system.pages}/calls/{query}")


def test_a_refused_call_is_explained(calls: Page, system: System, log: Path) -> None:
    assert system.call("003Tv00000Lx004IAB", "496990009731", "ahuber").status_code == 403
    assert system.call("001Tv00000Bq001IAB", "112", "ahuber").status_code == 200
    assert system.call("001Tv00000Bq001IAB", "drop table", "ahuber").status_code == 400
    show(calls, system)
    calls.find(".log .outcome-Refused").click()
    calls.wait_for("The contact does not want to be called.")
    assert "premium-rate: not met: the number callee.kind" in calls.text(".before")
    for secret in ("496990009731", "003Tv00000Lx004IAB", "ahuber"):
        assert secret not in calls.driver.page_source
    calls.check("calls")


def test_new_calls_appear_by_themselves(calls: Page, system: System, log: Path) -> None:
    show(calls, system)
    assert "no such call" in calls.text("#calls")
    system.call("001Tv00000Bq001IAB", "112", "ahuber")
    calls.wait_for("emergency", "#calls .log")
    calls.no_errors()


def test_calls_are_filtered_by_outcome_and_rule(calls: Page, system: System, log: Path) -> None:
    system.call("003Tv00000Lx004IAB", "496990009731", "ahuber")
    system.call("001Tv00000Bq001IAB", "112", "ahuber")
    show(calls, system, "?outcome=Refused")
    assert [each.text for each in calls.all(".log summary .rule-id")] == ["opted-out"]
    show(calls, system, "?rule=emergency")
    assert [each.text for each in calls.all(".log summary .rule-id")] == ["emergency"]


def test_without_calls(calls: Page, system: System, log: Path) -> None:
    show(calls, system)
    calls.check("calls-empty")


def test_ten_thousand_calls(calls: Page, system: System, log: Path) -> None:
    now = time.time()
    outcomes = ("Allowed", "Allowed", "Refused", "DecidedAsOutage", "Unresolved", "NoSuchRecord")
    log.write_text(
        "".join(
            line(now - n, outcome=outcomes[n % 6], rule=f"rule-{n % 1000}") + "\n"
            for n in range(10_500, 0, -1)
        )
    )
    show(calls, system, "?period=day")
    assert "Only the newest 10,000" in calls.text(".notice")
    assert calls.text(".pages span") == "Page 1 of 200"
    calls.check("calls-huge")


def test_markup_in_the_log_is_only_text(calls: Page, system: System, log: Path) -> None:
    log.write_text(
        line(
            time.time(),
            outcome=MARKUP,
            rule=MARKUP,
            reason=MARKUP,
            remedy=MARKUP,
            callee_kind=MARKUP,
            record_from=MARKUP,
            salesforce_failures=[MARKUP],
            rules_before=[[MARKUP, MARKUP]],
        )
        + "\n"
    )
    show(calls, system)
    calls.find(".log summary").click()
    assert calls.text(".log").count(MARKUP) >= 7
    assert not calls.all("main img")
    calls.check("calls-hostile")
