"""The screens of a plan file without a system, and forms."""

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from click_to_dial.errors import DynamoDBError
from dialplan_cli.console.app import create_app, moment
from dialplan_cli.console.context import Console
from dialplan_cli.console.security import Access
from dialplan_cli.console.try_call import Inputs
from tests.unit.dialplan_cli.console.test_security import BASE, PLAN


def client(plan: Path = PLAN) -> tuple[FlaskClient, Access]:
    access = Access("token", 5000)
    found = create_app(Console(None, plan), access).test_client()
    found.get("/?token=token", base_url=BASE)
    return found, access


def get(path: str, plan: Path = PLAN, language: str = "en") -> TestResponse:
    found, _ = client(plan)
    return found.get(path, base_url=BASE, headers={"Accept-Language": language})


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/rules/", "When the person does not want to be called"),
        ("/rules/numbers", "+43 1 265030"),
        ("/rules/mappings", "hotline-by-country"),
        ("/rules/mapping?name=hotline-by-country", "All other values"),
        ("/try/", "A plan file alone cannot decide calls"),
    ],
)
def test_a_plan_file_without_a_system(path: str, words: str) -> None:
    page = get(path)
    assert page.status_code == 200
    assert words in page.text


def test_an_unknown_page_and_an_unknown_mapping() -> None:
    for path in ("/nothing", "/rules/mapping?name=nothing", "/rules/mapping"):
        page = get(path)
        assert page.status_code == 404
        assert "There is no such page." in page.text


def test_a_plan_file_with_errors(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("version: 1\nhome_region: DE\nrules: [{id: a, signal: <b>nobody}]\n")
    page = get("/rules/", plan)
    assert page.status_code == 422
    assert "The plan has errors" in page.text
    assert "&lt;b&gt;nobody" in page.text


def test_a_plan_file_that_is_gone(tmp_path: Path) -> None:
    page = get("/rules/", tmp_path / "gone.yaml")
    assert page.status_code == 422
    assert "the file cannot be read" in page.text


def test_a_changed_plan_file_is_read_again(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.read_text())
    found, _ = client(plan)
    assert "unknown-agent" in found.get("/rules/", base_url=BASE).text
    plan.write_text(PLAN.read_text().replace("unknown-agent", "who-is-this"))
    assert "who-is-this" in found.get("/rules/", base_url=BASE).text


def test_a_form_needs_its_token() -> None:
    found, access = client()
    for csrf in ("", "wrong", access.cookie):
        answer = found.post("/try/", base_url=BASE, data={"csrf": csrf, "number": "112"})
        assert answer.status_code == 403
    answer = found.post("/try/", base_url=BASE, data={"csrf": access.csrf, "number": "112"})
    assert answer.status_code == 200


def test_a_form_of_another_origin_is_refused() -> None:
    found, access = client()
    answer = found.post(
        "/try/",
        base_url=BASE,
        data={"csrf": access.csrf, "number": "112"},
        headers={"Origin": "https://attacker.example"},
    )
    assert answer.status_code == 403


def test_an_unreachable_system_is_explained() -> None:
    """The error of the table is on the page, as `dialplan` would print it."""

    class Unreachable:
        def active(self) -> None:
            raise DynamoDBError("The table cannot be reached.")

    target: Any = SimpleNamespace(name="a-stack", store=Unreachable(), log_file=None)
    found = create_app(Console(target), Access("token", 5000)).test_client()
    found.get("/?token=token", base_url=BASE)
    page = found.get("/", base_url=BASE, follow_redirects=True)
    assert page.status_code == 502
    assert "The system could not do this." in page.text
    assert "The table cannot be reached." in page.text


def test_a_defect_shows_no_values() -> None:
    access = Access("token", 5000)
    app = create_app(Console(None, PLAN), access)

    def fail() -> str:
        raise KeyError("+4917012345678")

    app.add_url_rule("/fail", "fail", fail)
    found = app.test_client()
    found.get("/?token=token", base_url=BASE)
    page = found.get("/fail", base_url=BASE)
    assert page.status_code == 500
    assert "This is a bug in dialplan" in page.text
    assert "KeyError, fail:" in page.text
    assert "4917012345678" not in page.text


@pytest.mark.parametrize("at", ["9999-12-31T23:59", "1969-12-31T23:59", "tomorrow", "<b>"])
def test_no_time_outside_the_calendar(at: str) -> None:
    with pytest.raises(ValueError, match=at):
        Inputs(at=at).time  # noqa: B018


def test_a_time_is_in_the_home_zone() -> None:
    assert Inputs(at="2026-11-28T19:59").time == datetime(2026, 11, 28, 19, 59)  # noqa: DTZ001
    assert Inputs().time is None


@pytest.mark.parametrize(("language", "date"), [("en", "2026-11-28"), ("de", "28.11.2026")])
def test_times_are_in_the_zone_and_the_language_of_the_page(language: str, date: str) -> None:
    access = Access("token", 5000)
    app = create_app(Console(None, PLAN), access)
    with app.test_request_context(headers={"Accept-Language": language}):
        assert moment("2026-11-28T18:59:07+00:00", "Europe/Berlin") == f"{date} 19:59"
        assert moment(1795892347, "Europe/Berlin", seconds=True) == f"{date} 19:59:07"
