"""The console on a system: lists, publications, and calls in CloudWatch, without a browser."""

import io
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from click_to_dial.dynamodb.plan_store import PlanStore
from dialplan_cli.console.app import create_app
from dialplan_cli.console.context import Console
from dialplan_cli.console.security import Access
from dialplan_cli.plan.read import parse_plan
from dialplan_cli.targets import Target, find_target
from tests.logged_calls import line

DEMO = (Path(__file__).parents[3] / "dialplans/demo.yaml").read_text()
ACCESS = Access("token", 5000)
NUMBER = "+4917012345678"


class Pages:
    """The console with `--write`, as a browser sees it."""

    def __init__(self, target: Target, *, write: bool = True) -> None:
        console = Console(target, write=write, author="jürgen")
        self._client: FlaskClient = create_app(console, ACCESS).test_client()
        self.get(f"/?token={ACCESS.token}")

    def get(self, path: str) -> TestResponse:
        """Return a page; follow the job that it starts until it is finished."""
        return self._finished(self._client.get(path, base_url="http://127.0.0.1:5000"))

    def post(self, path: str, **fields: object) -> TestResponse:
        """Send a form and return the page that follows."""
        return self._finished(
            self._client.post(
                path,
                base_url="http://127.0.0.1:5000",
                data={"csrf": ACCESS.csrf, **fields},
                content_type="multipart/form-data",
            )
        )

    def _finished(self, page: TestResponse) -> TestResponse:
        end = time.monotonic() + 60
        while page.status_code == 302 or 'id="progress"' in page.text:
            assert time.monotonic() < end
            time.sleep(0.02)
            self.address = page.headers.get("Location", page.request.path)
            page = self._client.get(self.address, base_url="http://127.0.0.1:5000")
        return page


@pytest.fixture
def target(environment: Mapping[str, str]) -> Target:
    return find_target(None)


@pytest.fixture
def pages(target: Target) -> Pages:
    return Pages(target)


def upload(text: str, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), name


def test_a_number_is_added_found_and_removed(pages: Pages, target: Target) -> None:
    assert "Added to the list." in pages.post("/lists/robinson/add", number=NUMBER).text
    found = pages.post("/lists/robinson/search", number=NUMBER).text
    assert f"{NUMBER} is on the list." in found
    assert "Removed from the list." in pages.post("/lists/robinson/remove", number=NUMBER).text
    assert (
        f"{NUMBER} is not on the list." in pages.post("/lists/robinson/search", number=NUMBER).text
    )
    changes = [(each.action, each.author) for each in target.list_changes.newest_first()]
    assert changes == [("remove", "jürgen"), ("add", "jürgen")]
    assert NUMBER not in pages.get("/versions/").text


@pytest.mark.parametrize(
    ("form", "fields", "message"),
    [
        ("add", {"number": "nonsense"}, "must be written with its country code"),
        ("add", {"number": NUMBER, "expires": "2020-01-31"}, "is in the past"),
        ("add", {"number": NUMBER, "expires": "soon"}, "must be a day"),
        ("remove", {"number": NUMBER}, "nothing was added to any list"),
        ("search", {"number": ""}, "error"),
    ],
)
def test_mistakes_are_explained_beside_the_forms(
    pages: Pages, form: str, fields: dict[str, str], message: str
) -> None:
    page = pages.post(f"/lists/robinson/{form}", **fields)
    assert page.status_code == 200
    assert message in page.text
    assert 'role="alert"' in page.text


def test_a_file_is_imported_only_if_all_its_rows_are_valid(pages: Pages, target: Target) -> None:
    text = f"number\n{NUMBER}\nnonsense\n"
    page = pages.post("/lists/robinson/import", file=upload(text, "numbers.csv"))
    assert "1 row cannot be read. Nothing was imported." in page.text
    assert list(target.list_changes.newest_first()) == []
    page = pages.post("/lists/robinson/import", file=upload(text, "numbers.csv"), skip="on")
    assert "1 number was added" in page.text
    page = pages.post("/lists/robinson/import", file=upload("Nummer\n1\n", "numbers.csv"))
    assert "the columns are number" in page.text
    assert "/tmp" not in page.text  # noqa: S108
    assert "robinson" in pages.get("/lists/").text


def test_a_list_that_is_kept_in_salesforce_cannot_be_changed(
    pages: Pages, store: PlanStore, target: Target
) -> None:
    lists = """
lists:
  - name: opted-out
    salesforce: [{object: Contact, numbers: [Phone], filter: DoNotCall = true}]

rules:
"""
    plan = parse_plan(DEMO.replace("\nrules:\n", lists))
    store.publish(plan.document, plan.source.text, author="", comment="", replaces=None)
    assert "read from Salesforce" in pages.get("/lists/opted-out").text
    for form, field in (("add", NUMBER), ("remove", NUMBER)):
        page = pages.post(f"/lists/opted-out/{form}", number=field)
        assert "is kept in Salesforce" in page.text
    file = upload(f"number\n{NUMBER}\n", "numbers.csv")
    assert "is kept in Salesforce" in pages.post("/lists/opted-out/import", file=file).text
    assert list(target.list_changes.newest_first()) == []


def test_without_write_a_list_can_only_be_searched(target: Target) -> None:
    pages = Pages(target, write=False)
    assert pages.post("/lists/robinson/add", number=NUMBER).status_code == 403
    assert pages.post("/lists/robinson/search", number=NUMBER).status_code == 200


@pytest.mark.parametrize("name", ["..", "a b", "x" * 81, "<img>"])
def test_no_other_names_of_lists(pages: Pages, name: str) -> None:
    assert pages.get(f"/lists/{name}").status_code in (404, 308)


def test_a_plan_is_published_and_rolled_back(pages: Pages, store: PlanStore) -> None:
    first = pages.post("/versions/check", plan=upload(DEMO, "demo.yaml"), offline="on")
    assert "Publish demo.yaml" in first.text
    assert "Version 1 is active." in pages.post(pages.address, comment="first").text
    changed = DEMO.replace("want to be called.", "want to be phoned.")
    pages.post("/versions/check", plan=upload(changed, "demo.yaml"), offline="on")
    assert "Version 2 is active." in pages.post(pages.address).text
    assert "want to be phoned." in pages.get("/versions/2?before=1").text
    stale = pages.post("/versions/1/rollback", active="1")
    assert stale.status_code == 409
    assert "somebody has changed it" in stale.text
    assert "Version 1 is active." in pages.post("/versions/1/rollback", active="2").text
    assert [each.action for each in store.moves()] == ["rollback", "publish", "publish"]
    timeline = pages.get("/versions/").text
    assert timeline.index("rollback") < timeline.index("first")


def test_a_publication_is_refused_after_another_one(pages: Pages, store: PlanStore) -> None:
    pages.post("/versions/check", plan=upload(DEMO, "demo.yaml"), offline="on")
    draft = pages.address
    pages.post("/versions/check", plan=upload(DEMO, "demo.yaml"), offline="on")
    pages.post(pages.address)
    stale = pages.post(draft)
    assert stale.status_code == 409
    assert "somebody has changed it" in stale.text
    assert len(store.versions()) == 1


def test_a_job_is_shown_only_by_its_own_screen(pages: Pages) -> None:
    pages.post("/versions/check", plan=upload(DEMO, "demo.yaml"), offline="on")
    job_id = pages.address.rpartition("/")[2]
    for path in ("/changes/result", "/calls/read", "/lists/counts", "/lists/imported"):
        assert pages.get(f"{path}/{job_id}").status_code == 404
    assert "Publish demo.yaml" in pages.get(f"/versions/draft/{job_id}").text


def test_a_version_that_does_not_exist(pages: Pages) -> None:
    assert "cannot be compared" in pages.get("/versions/7").text
    assert "There is no version 7" in pages.get("/versions/7/rollback").text


def test_the_calls_of_a_stack_come_from_cloudwatch(target: Target) -> None:
    group, now = f"group-{uuid.uuid4()}", time.time()
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    events = [(now - 7200, line(now - 7200, rule="old")), (now - 60, line(now - 60, rule="new"))]
    logs.put_log_events(
        logGroupName=group,
        logStreamName="one",
        logEvents=[{"timestamp": int(at * 1000), "message": text} for at, text in events],
    )
    pages = Pages(replace(target, name="a-stack", log_file=None, log_group=group))
    hour = pages.get("/calls/").text
    assert "new" in hour
    assert "<option>old" not in hour
    assert "<option>old" in pages.get("/calls/?period=day").text
    gone = Pages(replace(target, name="a-stack", log_file=None, log_group=None))
    assert "has no output DecisionLogGroup" in gone.get("/calls/").text
