"""docs/openapi.yaml describes the answers of the code and of API Gateway, and nothing else."""

import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from click_to_dial.decision import api as http
from click_to_dial.errors import BadParameterError
from click_to_dial.model import Decision, ServiceNumber
from local_stack import template as sam
from tests.unit.decision.test_api import GOOD, event, report, without
from tests.unit.template.test_template import DEFAULTS, GATEWAY_RESPONSES, TEMPLATE

DOCUMENT: Mapping[str, Any] = yaml.safe_load(
    (Path(__file__).parents[3] / "docs/openapi.yaml").read_text()
)
FUNCTION, PATH = "OnClickToDialFunction", "/jtelACD/onClickToDial"
Body = Mapping[str, Any]


def resolved(node: Any) -> Any:
    """Replace each reference by what it refers to."""
    if isinstance(node, dict) and "$ref" in node:
        found: Any = DOCUMENT
        for key in node["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        return resolved(found)
    if isinstance(node, dict):
        return {key: resolved(value) for key, value in node.items()}
    return [resolved(each) for each in node] if isinstance(node, list) else node


PATHS: Mapping[str, Any] = resolved(DOCUMENT["paths"])
OPERATION = PATHS[PATH]["get"]
PARAMETERS = {each["name"]: each for each in OPERATION["parameters"]}
RESPONSES = {int(status): each for status, each in OPERATION["responses"].items()}


def examples() -> Iterator[tuple[int, Body]]:
    """Yield status and body of each example of an answer."""
    for status, response in RESPONSES.items():
        for content in response["content"].values():
            for example in content["examples"].values():
                yield status, example["value"]


def gateway_bodies() -> list[Body]:
    """Return all errors that API Gateway answers itself, to a POST."""
    kinds = [*GATEWAY_RESPONSES, *DEFAULTS]
    return [json.loads(sam.gateway_response(TEMPLATE, kind, "POST", PATH)[2]) for kind in kinds]


def code_bodies() -> list[Body]:
    """Return an answer of each kind that the function gives."""
    number = ServiceNumber("431265030", "Hotline Austria")
    responses = [
        http.answer(report(Decision("austria", number))),
        http.answer(report(Decision("opted-out", reason="This person does not want calls."))),
        http.answer(report(None)),
        http.bad_parameter(BadParameterError("CallerID", "CallerID is missing.")),
        http.internal_error(),
        http.no_dial_plan(),
        http.no_such_path(),
    ]
    return [json.loads(each["body"]) for each in responses]


def problems_in_code() -> set[tuple[int, str]]:
    """Return status and type of each call of `problem` in the code."""
    return {
        (HTTPStatus[call.args[0].attr], f"urn:click-to-dial:{call.args[1].value!s}")
        for call in ast.walk(ast.parse(inspect.getsource(http)))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "problem"
        if isinstance(call.args[0], ast.Attribute) and isinstance(call.args[1], ast.Constant)
    }


def test_the_paths_are_the_routes_of_the_function() -> None:
    described = {(method.upper(), path) for path, item in PATHS.items() for method in item}
    routes = sam.routes(TEMPLATE)
    assert described == {(each.method, each.path) for each in routes if each.function == FUNCTION}
    assert described == {("GET", path) for path in http.PATHS}
    assert all(item == PATHS[PATH] for item in PATHS.values())


def test_the_parameters_are_those_that_the_code_reads() -> None:
    assert list(PARAMETERS) == list(GOOD)
    for name, parameter in PARAMETERS.items():
        assert (parameter["in"], parameter["required"]) == ("query", True)
        with pytest.raises(BadParameterError) as raised:
            http.read_request(without(name))
        assert raised.value.parameter == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, example["value"])
        for name, parameter in PARAMETERS.items()
        for example in parameter["examples"].values()
    ],
)
def test_an_example_of_a_parameter_is_valid(name: str, value: str) -> None:
    http.read_request(event(**{name: [value]}))
    Draft202012Validator(PARAMETERS[name]["schema"]).validate(value)


@given(st.from_regex(r"\A[A-Za-z0-9]{15}\Z"))
def test_an_id_as_described_is_accepted(record_id: str) -> None:
    assert re.search(PARAMETERS["SalesForceID"]["schema"]["pattern"], record_id)
    assert http.read_record_id({"SalesForceID": [record_id]})[:15] == record_id


@given(st.text() | st.text("09azAZ", min_size=14, max_size=19))
def test_an_id_that_is_not_as_described_is_refused(record_id: str) -> None:
    if re.fullmatch(PARAMETERS["SalesForceID"]["schema"]["pattern"], record_id):
        return
    if record_id.strip():  # only blanks are like an empty id
        with pytest.raises(BadParameterError):
            http.read_record_id({"SalesForceID": [record_id]})


def test_the_maximum_length_of_a_login() -> None:
    most = PARAMETERS["AgentUID"]["schema"]["maxLength"]
    assert most == http.MAX_AGENT_UID
    assert http.read_agent_uid({"AgentUID": ["x" * most]})
    with pytest.raises(BadParameterError):
        http.read_agent_uid({"AgentUID": ["x" * (most + 1)]})


def test_each_status_and_type_is_described_and_there_are_no_others() -> None:
    described = {(status, body["type"]) for status, body in examples() if status != HTTPStatus.OK}
    of_gateway = {(body["status"], body["type"]) for body in gateway_bodies()}
    assert described == of_gateway | problems_in_code()
    assert set(RESPONSES) == {HTTPStatus.OK} | {status for status, _ in described}
    types = DOCUMENT["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert sorted(types) == sorted({kind for _, kind in described})


def test_the_examples_are_answers_of_the_code_or_of_api_gateway() -> None:
    bodies = [body for _, body in examples()]
    for body in bodies:
        assert body in [*gateway_bodies(), *code_bodies()]
    for body in gateway_bodies():
        assert body in bodies


@pytest.mark.parametrize(("status", "body"), list(examples()))
def test_an_example_and_its_schema_agree(status: int, body: Body) -> None:
    (content,) = RESPONSES[status]["content"].values()
    Draft202012Validator(content["schema"]).validate(body)
    assert status == HTTPStatus.OK or body["status"] == status


@pytest.mark.parametrize("status", list(RESPONSES))
def test_the_headers_and_the_content_type(status: int) -> None:
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    described = {
        name: each["schema"]["const"] for name, each in RESPONSES[status]["headers"].items()
    }
    assert described == headers
    kind = "application/json" if status == HTTPStatus.OK else "application/problem+json"
    assert list(RESPONSES[status]["content"]) == [kind]


def test_the_security_scheme_is_the_authorizers() -> None:
    ((_, api),) = sam.resources(TEMPLATE, "AWS::Serverless::Api")
    assert api["Auth"]["Authorizers"]["Caller"]["Identity"]["Headers"] == ["Authorization"]
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert DOCUMENT["security"] == [{name: [] for name in schemes}]
    assert [(each["type"], each["scheme"]) for each in schemes.values()] == [("http", "bearer")]


def test_the_stage_and_the_limits_are_those_of_the_template() -> None:
    ((_, api),) = sam.resources(TEMPLATE, "AWS::Serverless::Api")
    assert DOCUMENT["servers"][0]["url"].endswith(f".amazonaws.com/{api['StageName']}")
    (settings,) = api["MethodSettings"]
    rate, burst = (
        limit if isinstance(limit, int) else TEMPLATE["Parameters"][limit["Ref"]]["Default"]
        for limit in (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"])
    )
    text = RESPONSES[HTTPStatus.TOO_MANY_REQUESTS]["description"]
    assert re.findall(r"\d+", text) == [str(rate), str(burst)]
