"""The console refuses every request that does not come from its own pages."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dialplan_cli.console.app import create_app
from dialplan_cli.console.context import Console
from dialplan_cli.console.security import Access

PLAN = Path(__file__).parents[4] / "dialplans/demo.yaml"
BASE = "http://127.0.0.1:5000"


def client(write: bool = False) -> FlaskClient:
    return create_app(Console(None, PLAN, write), Access("secret-token", 5000)).test_client()


def get(client: FlaskClient, path: str, base: str = BASE, **headers: str) -> TestResponse:
    return client.get(
        path,
        base_url=base,
        buffered=True,
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )


@pytest.fixture
def admitted() -> FlaskClient:
    found = client()
    assert get(found, "/?token=secret-token").status_code == 200
    return found


def test_the_token_gives_access(admitted: FlaskClient) -> None:
    page = get(admitted, "/rules/")
    assert page.status_code == 200
    assert "secret-token" not in page.text
    assert "emergency" in page.text


def test_a_link_on_another_site_gives_access() -> None:
    """A redirect would count as a request of that site, and the browser would not send the cookie.

    A page that goes on by itself makes a request of its own.
    """
    found = client()
    page = get(found, "/?token=secret-token", Sec_Fetch_Site="cross-site")
    assert page.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/">' in page.text
    assert "secret-token" not in page.text
    assert "SameSite=Strict" in page.headers["Set-Cookie"]
    first = get(found, "/", Sec_Fetch_Site="same-origin")
    assert first.headers["Location"] == "/rules/"


def test_port_80_is_not_in_the_host() -> None:
    """Browsers leave it out, because it is the default port of HTTP."""
    found = create_app(Console(None, PLAN), Access("secret-token", 80)).test_client()
    for base in ("http://127.0.0.1", "http://localhost:80"):
        assert get(found, "/?token=secret-token", base).status_code == 200
        assert get(found, "/rules/", base, Origin="http://127.0.0.1").status_code == 200
    for base in ("http://attacker.example", "http://127.0.0.1:5000"):
        assert get(found, "/rules/", base).status_code == 403


@pytest.mark.parametrize("path", ["/", "/rules/", "/?token=", "/?token=wrong", "/?token=ü"])
def test_without_the_token_there_is_no_access(path: str) -> None:
    page = get(client(), path)
    assert page.status_code == 401
    assert "emergency" not in page.text
    assert str(PLAN) not in page.text


@pytest.mark.parametrize(
    "base",
    [
        "http://attacker.example",
        "http://attacker.example:5000",
        "http://127.0.0.1:5001",
        "http://127.0.0.1.attacker.example:5000",
    ],
)
@pytest.mark.parametrize("path", ["/rules/", "/?token=secret-token", "/static/console.css"])
def test_another_host_is_refused(base: str, path: str) -> None:
    """A DNS name that was rebound to 127.0.0.1, even if its page knows the token."""
    page = get(client(), path, base)
    assert page.status_code == 403
    assert str(PLAN) not in page.text


@pytest.mark.parametrize(
    "origin", ["https://attacker.example", "null", "http://127.0.0.1:5001", ""]
)
def test_another_origin_is_refused(admitted: FlaskClient, origin: str) -> None:
    assert get(admitted, "/rules/", Origin=origin).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_of_another_site_is_refused(admitted: FlaskClient, site: str) -> None:
    assert get(admitted, "/rules/", Sec_Fetch_Site=site).status_code == 403


def test_every_answer_has_a_strict_policy(admitted: FlaskClient) -> None:
    for path in ("/rules/", "/nothing", "/static/console.css"):
        headers = get(admitted, path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("write", "status"), [(False, 403), (True, 200)])
def test_any_change_needs_write(write: bool, status: int) -> None:
    access = Access("secret-token", 5000)
    app = create_app(Console(None, PLAN, write), access)
    app.add_url_rule("/change", "change", lambda: "changed", methods=["POST"])
    browser = app.test_client()
    get(browser, "/?token=secret-token")
    answer = browser.post("/change", base_url=BASE, data={"csrf": access.csrf})
    assert answer.status_code == status
    assert ("changed" in answer.text) == write
    assert ("start it with --write" in answer.text) != write


def test_only_forms_that_change_nothing_work_without_write() -> None:
    app = client().application
    forms = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and not getattr(app.view_functions[rule.endpoint], "changes_system", True)
    }
    assert {name for name in forms if name.partition(".")[0] != "try_call"} == {
        "changes.compare_files",
        "jobs.cancel",
        "list_pages.search",
        "versions.check",
    }
