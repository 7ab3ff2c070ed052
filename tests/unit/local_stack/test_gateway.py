"""The local API gateway: routes and errors of template.yaml, and events of API Gateway."""

import json
from typing import Any

import pytest

from local_stack import template as sam
from local_stack.gateway import Gateway
from local_stack.proxy_event import Event, proxy_event

PATH = "/jtelACD/onClickToDial"
TEMPLATE = sam.load()


def echo(event: Event, context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {"X-Function": context.function_name}, "body": "ok"}


def broken(event: Event, context: Any) -> dict[str, Any]:
    raise RuntimeError("secret detail")


def query(target: str) -> tuple[Any, Any]:
    event = proxy_event("GET", target)
    return event["queryStringParameters"], event["multiValueQueryStringParameters"]


@pytest.mark.parametrize("path", [PATH, f"/services/apexrest{PATH}"])
def test_routes_are_the_templates(path: str) -> None:
    response = Gateway(TEMPLATE, lambda function: echo).respond("GET", f"{path}?a=1")
    assert (response.status, response.body) == (200, "ok")
    assert response.headers == {"X-Function": "OnClickToDialFunction"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", PATH), ("GET", "/"), ("GET", f"{PATH}/x"), ("GET", "/%00"), ("HEAD", PATH)],
)
def test_an_unknown_path_or_method_is_a_404_problem(method: str, path: str) -> None:
    response = Gateway(TEMPLATE, lambda function: echo).respond(method, path)
    assert response.status == 404
    assert response.headers["Content-Type"].startswith("application/problem+json")
    assert response.headers["Cache-Control"] == "no-store"
    assert json.loads(response.body)["status"] == 404


@pytest.mark.parametrize("handler", [broken, lambda event, context: None])
def test_a_handler_that_fails_is_a_5xx_problem_without_details(handler: Any) -> None:
    response = Gateway(TEMPLATE, lambda function: handler).respond("GET", PATH)
    assert response.status >= 500
    assert json.loads(response.body)["status"] == response.status
    assert "secret" not in response.body


def test_no_gateway_response_is_a_403() -> None:
    _, api = next(sam.resources(TEMPLATE, "AWS::Serverless::Api"))
    for kind in api["GatewayResponses"]:
        status, _, body = sam.gateway_response(TEMPLATE, kind)
        assert status != 403
        assert json.loads(body)["status"] == status


class TestAuthorizer:
    def status(self, effect: str | Exception) -> int:
        def authorize(event: Event, context: Any) -> dict[str, Any]:
            assert event["methodArn"].endswith(PATH)
            if isinstance(effect, Exception):
                raise effect
            return {"policyDocument": {"Statement": [{"Effect": effect}]}}

        return Gateway(TEMPLATE, lambda function: echo, authorize).respond("GET", PATH).status

    def test_lets_in(self) -> None:
        assert self.status("Allow") == 200

    def test_turns_away(self) -> None:
        assert self.status("Deny") == 401
        assert self.status(Exception("Unauthorized")) == 401

    def test_fails_closed(self) -> None:
        assert self.status(RuntimeError()) == 500


class TestEvent:
    @pytest.mark.parametrize(
        ("target", "value"),
        [
            ("/?a=%2B49", "+49"),
            ("/?a=+49", " 49"),
            ("/?a=", ""),
            ("/?a", ""),
            ("/?a=%C3%BC", "ü"),
            ("/?a=%FF%00", "\ufffd\0"),
            ("/?a=%zz", "%zz"),
            ("/?a=x=y", "x=y"),
            (f"/?a={'x' * 8192}", "x" * 8192),
        ],
    )
    def test_parameters_are_unescaped(self, target: str, value: str) -> None:
        assert query(target) == ({"a": value}, {"a": [value]})

    def test_of_repeated_parameters_the_last_counts_and_all_are_kept(self) -> None:
        assert query("/?a=1&b=2&a=3") == ({"a": "3", "b": "2"}, {"a": ["1", "3"], "b": ["2"]})

    def test_none_is_null(self) -> None:
        assert query("/") == (None, None)

    def test_headers_and_context(self) -> None:
        event = proxy_event("GET", PATH, [("Host", "x"), ("A", "1"), ("A", "2")])
        assert event["headers"] == {"Host": "x", "A": "2"}
        assert event["multiValueHeaders"]["A"] == ["1", "2"]
        context = event["requestContext"]
        assert event["resource"] == context["resourcePath"] == PATH
        assert context["identity"]["sourceIp"] == "127.0.0.1"
        assert context["path"] == f"/v1{PATH}"
        assert context["requestTimeEpoch"] > 1_700_000_000_000
        assert (event["body"], event["isBase64Encoded"]) == (None, False)


def test_the_functions_environment_comes_from_the_template() -> None:
    values = {"Table": "t", "SalesforceUrl": "http://x", "SalesforceSecret": "s"}
    values["NumberKeySecret"] = "n"
    environment = sam.environment(TEMPLATE, values, "http://aws")
    assert environment["TABLE_NAME"] == "t"
    assert environment["SALESFORCE_URL"] == "http://x"
    assert environment["SALESFORCE_API_VERSION"] == "66.0"
    assert environment["AWS_ENDPOINT_URL"] == "http://aws"
