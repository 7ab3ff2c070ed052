"""Screen "Versions and lists": publish, roll back, conflicts, and changes of a list."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.page import Page
from tests.browser.system import ROOT, System, running_system

DEMO = (ROOT / "dialplans/demo.yaml").read_text()
WITH_LIST = DEMO.replace("\nrules:\n", "\nlists: [robinson]\n\nrules:\n").replace(
    "when: {record.do_not_call: true}",
    "when: [{record.do_not_call: true}, {callee.listed: robinson}]",
)
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """The demo in a system of its own, because it is changed."""
    with running_system() as system:
        yield system


@pytest.fixture
def versions(page: Page, system: System) -> Page:
    page.open(system.console)
    page.open(f"{system.pages}/versions/")
    return page


def check_plan(page: Page, folder: Path, plan: str) -> None:
    file = folder / "plan.yaml"
    file.write_text(plan)
    page.find("[name=plan]").send_keys(str(file))
    page.press()


def test_publish_and_roll_back(versions: Page, system: System, tmp_path: Path) -> None:
    versions.check("versions")
    check_plan(versions, tmp_path, DEMO.replace("want to be called.", "want to be phoned."))
    versions.wait_for("want to be phoned.")
    versions.check("versions-publish")
    versions.fill("comment", MARKUP)
    versions.press("button.danger")
    versions.wait_for("Version 2 is active.")
    versions.open(f"{system.pages}/versions/")
    assert MARKUP in versions.text(".timeline")
    assert "Version 2" in versions.text(".active")
    versions.check("versions-hostile")

    versions.open(f"{system.pages}/versions/1/rollback")
    assert "want to be called." in versions.text()
    versions.check("versions-rollback")
    versions.press("button.danger")
    versions.wait_for("Version 1 is active.")


def test_a_publication_is_refused_if_the_active_version_changed_meanwhile(
    versions: Page, system: System, tmp_path: Path
) -> None:
    check_plan(versions, tmp_path, DEMO.replace("want to be called.", "want this."))
    versions.wait_for("want this.")
    other = tmp_path / "other.yaml"
    other.write_text(DEMO.replace("want to be called.", "want that."))
    assert system.dialplan("publish", str(other), "--yes").returncode == 0
    versions.press("button.danger")
    versions.wait_for("somebody has changed it")
    assert "want that." in system.dialplan("show").stdout


def test_a_rollback_is_refused_if_the_active_version_changed_meanwhile(
    versions: Page, system: System, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(DEMO.replace("want to be called.", "want version A."))
    assert system.dialplan("publish", str(plan), "--yes").returncode == 0
    versions.open(f"{system.pages}/versions/1/rollback")
    plan.write_text(DEMO.replace("want to be called.", "want version B."))
    assert system.dialplan("publish", str(plan), "--yes").returncode == 0
    versions.press("button.danger")
    versions.wait_for("somebody has changed it")
    assert "want version B." in system.dialplan("show").stdout


def test_a_list(versions: Page, system: System, tmp_path: Path) -> None:
    plan = tmp_path / "list.yaml"
    plan.write_text(WITH_LIST)
    published = system.dialplan("publish", str(plan), "--yes")
    assert published.returncode == 0, published.stderr
    versions.open(f"{system.pages}/lists/robinson")
    versions.find("#add-number").send_keys("+4917012345678")
    versions.find("#add-reason").send_keys(MARKUP)
    versions.press("form[action$=add] button")
    versions.wait_for("Added to the list.")
    versions.find("#search-number").send_keys("0170 12345678")
    versions.press("form[action$=search] button")
    versions.wait_for("0170 12345678 is on the list.")
    assert MARKUP in versions.text()
    assert "0170" not in versions.driver.current_url
    versions.check("list")
    versions.find("#remove-number").send_keys("+4917012345678")
    versions.press("form[action$=remove] button")
    versions.wait_for("Removed from the list.")
    versions.find("#remove-number").send_keys("+4917012345678")
    versions.press("form[action$=remove] button")
    versions.wait_for("It is not on the list robinson.")


def import_rows(page: Page, system: System, folder: Path, rows: str) -> None:
    file = folder / "numbers.csv"
    file.write_text("number\n" + rows)
    page.open(f"{system.pages}/lists/robinson")
    page.find("#file").send_keys(str(file))
    page.press("form[action$=import] button")


def test_import_into_a_list(versions: Page, system: System, tmp_path: Path) -> None:
    import_rows(versions, system, tmp_path, "+4917012345678\nnonsense\n")
    versions.wait_for("1 row cannot be read. Nothing was imported.")
    import_rows(versions, system, tmp_path, "".join(f"+491701{n:07}\n" for n in range(1000)))
    versions.wait_for("1,000 numbers were added")
    versions.check("list-import")
    versions.open(f"{system.pages}/lists/")
    versions.wait_for("1,000")
    assert "robinson" in versions.text()


def test_a_long_import_shows_its_progress_and_can_be_cancelled(
    versions: Page, system: System, tmp_path: Path
) -> None:
    rows = "".join(f"+491702{n:07}\n" for n in range(100_000))
    import_rows(versions, system, tmp_path, rows)
    versions.wait_for("of 100,000")
    versions.press("form[action$=cancel] button")
    versions.wait_for("numbers were written")
    entry = system.dialplan("list", "history", "--list", "robinson").stdout.splitlines()[1]
    assert "unfinished" in entry
