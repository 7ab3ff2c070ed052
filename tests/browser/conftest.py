"""Chromium, and a system with the demo organisation and plan for all tests that change nothing."""

import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.browser.page import Page
from tests.browser.system import System, running_system

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # the sandbox needs a user other than root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # a container's is small
    "--hide-scrollbars",
)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = Options()
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.add_argument("--lang=en")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    program = shutil.which("chromedriver")
    assert program, "chromedriver is missing: on Debian, apt install chromium chromium-driver"
    driver = webdriver.Chrome(options, Service(program))
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def page(driver: webdriver.Chrome) -> Page:
    """The browser, in English."""
    page = Page(driver)
    page.speak("en")
    return page


@pytest.fixture(scope="session")
def demo() -> Iterator[System]:
    """The system with the demo organisation and plan."""
    with running_system() as system:
        yield system


@pytest.fixture
def demo_page(page: Page, demo: System) -> Page:
    """The browser, with access to the console of `demo`."""
    page.open(demo.console)
    return page
