"""Each event in events/ is answered with the status at the beginning of its file name."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.sandbox import ROOT, Sandbox

EVENTS = sorted((ROOT / "events").glob("*.json"))


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_an_event_is_answered_as_its_name_says(path: Path, request: pytest.FixtureRequest) -> None:
    without_plan = path.stem == "503-no-dial-plan"
    fixture = "sandbox_without_plan" if without_plan else "sandbox"
    sandbox: Sandbox = request.getfixturevalue(fixture)

    response = sandbox.invoke(json.loads(path.read_text()))

    assert response["statusCode"] == int(path.stem.split("-")[0]), response
    check_body(response)
    assert response["headers"]["Cache-Control"] == "no-store"


def check_body(response: dict[str, Any]) -> None:
    body = json.loads(response["body"])
    if response["statusCode"] == 200:
        assert response["headers"]["Content-Type"] == "application/json; charset=utf-8"
        assert set(body) == {"ServiceNumber", "ServiceNumberName"}
    else:
        assert response["headers"]["Content-Type"] == "application/problem+json; charset=utf-8"
        assert body["status"] == response["statusCode"]
        assert {"type", "title", "detail"} <= set(body)


def test_there_is_an_event_for_each_status() -> None:
    assert {path.stem[:3] for path in EVENTS} == {"200", "400", "403", "404", "503"}
