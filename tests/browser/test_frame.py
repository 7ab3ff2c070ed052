"""The frame of the console: access, navigation, both languages."""

import requests

from tests.browser.page import Page
from tests.browser.system import System


def test_the_printed_address_gives_access_and_leaves_no_token(demo: System, page: Page) -> None:
    page.driver.delete_all_cookies()
    page.open(demo.console)
    assert page.driver.current_url == f"{demo.pages}/rules/"
    assert page.text("h1") == "Rules"
    assert page.driver.get_cookies()[0]["httpOnly"]


def test_a_link_on_another_site_gives_access(demo: System, page: Page) -> None:
    page.driver.delete_all_cookies()
    page.driver.get(f"data:text/html,<a href='{demo.console}'>Console</a>")
    page.find("a").click()
    page.find("nav[aria-label]")
    assert page.driver.current_url == f"{demo.pages}/rules/"


def test_without_the_address_nothing_is_shown(demo: System) -> None:
    answer = requests.get(f"{demo.pages}/rules/", timeout=10)
    assert answer.status_code == 401
    assert "emergency" not in answer.text


def test_german(demo: System, page: Page) -> None:
    page.speak("de")
    page.open(demo.console)
    assert page.text("h1") == "Regeln"
    assert page.find("html").get_attribute("lang") == "de"
