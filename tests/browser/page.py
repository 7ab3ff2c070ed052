"""A page in the browser, with the checks that every page must pass."""

import os
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
PICTURES = Path(os.environ.get("PICTURES", Path(__file__).parents[2] / ".local/pictures"))

WIDE, NARROW = 1600, 400
THEMES = ("light", "dark")
WAIT_SECONDS = 20


class Page:
    """The browser, with a shown page. Methods fail the test if the page is not as it must be."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        """Open an address, wait for the page, and check that the browser reports no error.

        The address with the token shows a page that goes on to the next one by itself.
        """
        self.driver.get_log("browser")  # forget those of the page before
        self.driver.get(url)
        WebDriverWait(self.driver, WAIT_SECONDS).until(lambda _: self._is_complete())
        self.no_errors()

    def _is_complete(self) -> bool:
        has_token = "token=" in self.driver.current_url
        return not has_token and self._script("return document.readyState") == "complete"

    def no_errors(self) -> None:
        """Check that nothing violated the Content-Security-Policy and no script failed."""
        messages = self.driver.get_log("browser")
        assert [each for each in messages if each["level"] == "SEVERE"] == []

    def find(self, css: str) -> WebElement:
        """Return the first element of a CSS selector. Wait until it is there."""
        return WebDriverWait(self.driver, WAIT_SECONDS).until(
            lambda driver: driver.find_element(By.CSS_SELECTOR, css)
        )

    def all(self, css: str) -> list[WebElement]:
        """Return all elements of a CSS selector."""
        found: list[WebElement] = self.driver.find_elements(By.CSS_SELECTOR, css)
        return found

    def text(self, css: str = "main") -> str:
        """Return the visible text of an element."""
        return str(self.find(css).text)

    def fill(self, name: str, value: str) -> None:
        """Type a value into the field with a name."""
        field = self.find(f"[name={name}]")
        field.clear()
        field.send_keys(value)

    def set_value(self, name: str, value: str) -> None:
        """Set the value of a field that is not typed as it is stored, such as a time."""
        self.driver.execute_script(
            "arguments[0].value = arguments[1]", self.find(f"[name={name}]"), value
        )

    def press(self, css: str = "main button[type=submit]") -> None:
        """Press a button, and wait for the page that follows."""
        before = self.find("html")
        self.find(css).click()
        WebDriverWait(self.driver, WAIT_SECONDS).until(lambda _: _is_gone(before))
        self.find("main")

    def wait_for(self, words: str, css: str = "main") -> None:
        """Wait until an element contains words."""
        WebDriverWait(self.driver, WAIT_SECONDS).until(lambda _: words in self.text(css))

    def check(self, name: str) -> None:
        """Check the page in both widths and themes: accessibility, and no sideways scrolling.

        The pictures are saved as `<name>-<width>-<theme>.png`.
        """
        PICTURES.mkdir(parents=True, exist_ok=True)
        for width in (WIDE, NARROW):
            for theme in THEMES:
                self.show_in(width, theme)
                self._check_accessibility()
                assert self._script("return document.documentElement.scrollWidth") <= width
                self.save(f"{name}-{width}-{theme}")
        self.show_in(WIDE, "light")
        self.no_errors()

    def speak(self, language: str) -> None:
        """Set the language that the browser asks for."""
        agent = self._script("return navigator.userAgent")
        override = {"userAgent": agent, "acceptLanguage": language}
        self.driver.execute_cdp_cmd("Network.setUserAgentOverride", override)

    def show_in(self, width: int, theme: str) -> None:
        """Set the width of the window and the colour scheme."""
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def save(self, name: str, height: int = 4000) -> None:
        """Save a picture of the page, down to a height."""
        whole = self._script("return document.documentElement.scrollHeight")
        width = self._script("return document.documentElement.clientWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": min(whole, height), "scale": 1}
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {
                "width": width,
                "height": int(clip["height"]),
                "deviceScaleFactor": 1,
                "mobile": False,
            },
        )
        self.driver.save_screenshot(str(PICTURES / f"{name}.png"))

    def _check_accessibility(self) -> None:
        """Check the rules of axe-core for WCAG 2.2 A and AA, and its best practices."""
        self._script(AXE.read_text())
        run = "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(done)"
        violations = self.driver.execute_async_script(run)["violations"]
        found = {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in violations}
        assert found == {}, found

    def _script(self, source: str) -> Any:
        return self.driver.execute_script(source)


def _is_gone(element: WebElement) -> bool:
    try:
        element.is_enabled()
    except Exception:  # selenium has several exceptions for it
        return True
    return False
