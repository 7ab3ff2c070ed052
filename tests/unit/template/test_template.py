"""template.yaml as CloudFormation gets it: expanded offline with AWS's own transform."""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from ipaddress import ip_network
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from hypothesis import example, given
from hypothesis import strategies as st
from samtranslator.translator.transform import transform

from click_to_dial import settings
from click_to_dial.authorizer.authorize import TIME_BUDGET_SECONDS
from click_to_dial.decision import api as http
from click_to_dial.pre_traffic.wiring import READ_SECONDS
from click_to_dial.sync.wiring import LISTS_SECONDS, SYNC_SECONDS
from local_stack import template as sam

TEMPLATE = sam.load()
PARAMETERS = TEMPLATE["Parameters"]

GATEWAY_RESPONSES = {
    "ACCESS_DENIED": (403, 401),
    "API_CONFIGURATION_ERROR": (500, 500),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, 500),
    "AUTHORIZER_FAILURE": (500, 500),
    "BAD_REQUEST_BODY": (400, 400),
    "BAD_REQUEST_PARAMETERS": (400, 400),
    "EXPIRED_TOKEN": (403, 401),
    "INTEGRATION_FAILURE": (504, 500),
    "INTEGRATION_TIMEOUT": (504, 504),
    "INVALID_API_KEY": (403, 401),
    "INVALID_SIGNATURE": (403, 401),
    "MISSING_AUTHENTICATION_TOKEN": (403, 404),
    "QUOTA_EXCEEDED": (429, 429),
    "REQUEST_TOO_LARGE": (413, 413),
    "RESOURCE_NOT_FOUND": (404, 404),
    "THROTTLED": (429, 429),
    "UNAUTHORIZED": (401, 401),
    "UNSUPPORTED_MEDIA_TYPE": (415, 415),
    "WAF_FILTERED": (403, 400),
}
"""All response types of API Gateway with their status by default and ours.

Source: docs.aws.amazon.com/apigateway, supported-gateway-response-types.
"""
DEFAULTS = {"DEFAULT_4XX": 400, "DEFAULT_5XX": 500}

Resources = Mapping[str, Any]


class NoManagedPolicies:
    """Replacement for the loader that asks IAM for the ARNs of AWS's policies."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(layer: str = "key", **parameters: str) -> Any:
    template: Any = copy.deepcopy(TEMPLATE)
    for resource in template["Resources"].values():  # as after `sam package`
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
        if "ContentUri" in resource.get("Properties", {}):
            resource["Properties"]["ContentUri"] = f"s3://bucket/{layer}"
    return transform(template, parameters, NoManagedPolicies())


def expanded(layer: str = "key", **parameters: str) -> Resources:
    resources: Resources = transformed(layer, **parameters)["Resources"]
    return resources


RESOURCES = expanded()


def of_type(kind: str, resources: Resources = RESOURCES) -> dict[str, Any]:
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def properties(kind: str) -> list[Any]:
    return [each["Properties"] for each in of_type(kind).values()]


def the_api() -> Any:
    (api,) = properties("AWS::ApiGateway::RestApi")
    return api


@pytest.mark.parametrize("name", RESOURCES)
def test_no_name_prevents_a_second_stack_in_the_account_and_region(name: str) -> None:
    """CloudFormation invents a name, or the name contains that of the stack."""
    kind = RESOURCES[name]["Type"]
    if kind in ("AWS::ApiGateway::Stage", "AWS::Lambda::Alias"):  # unique within API or function
        return
    for key, value in RESOURCES[name].get("Properties", {}).items():
        # Name, or LayerName of a LayerVersion; not FunctionName of an alias, which is a reference.
        if key.endswith("Name") and kind.rpartition("::")[2].startswith(key.removesuffix("Name")):
            assert "AWS::StackName" in json.dumps(value)


def test_there_is_one_stage() -> None:
    (stage,) = properties("AWS::ApiGateway::Stage")
    assert stage["StageName"] == "v1"
    (deployment,) = properties("AWS::ApiGateway::Deployment")
    assert "StageName" not in deployment


def test_the_routes_are_those_that_the_handler_answers() -> None:
    paths = the_api()["Body"]["paths"]
    assert sorted(paths) == sorted([*http.PATHS, *OTHER_PATHS])
    for methods in (paths[path] for path in http.PATHS):
        assert list(methods) == ["get"]
        assert methods["get"]["security"] == [{"Caller": []}]
        integration = methods["get"]["x-amazon-apigateway-integration"]
        assert integration["type"] == "aws_proxy"
        assert "OnClickToDialFunction" in json.dumps(integration["uri"])


OTHER_PATHS = ("/jtelACD/{proxy+}", "/services/apexrest/jtelACD/{proxy+}")


@pytest.mark.parametrize("path", OTHER_PATHS)
def test_other_calls_are_passed_on_to_salesforce_only_if_a_parameter_says_so(path: str) -> None:
    """With the caller's own token, after the same authorizer, and without a function."""
    condition, methods, otherwise = the_api()["Body"]["paths"][path]["Fn::If"]
    assert TEMPLATE["Conditions"][condition] == {"Fn::Equals": [{"Ref": "OtherCalls"}, "pass-on"]}
    assert PARAMETERS["OtherCalls"]["Default"] == "refuse"
    assert otherwise == {"Ref": "AWS::NoValue"}
    (operation,) = methods.values()
    assert list(methods) == ["x-amazon-apigateway-any-method"]
    assert operation["security"] == [{"Caller": []}]
    integration = operation["x-amazon-apigateway-integration"]
    assert (integration["type"], integration["httpMethod"]) == ("http_proxy", "ANY")
    uri = {"Fn::Sub": "${SalesforceUrl}/services/apexrest/jtelACD/{proxy}"}
    assert integration["uri"] == uri
    assert integration["requestParameters"] == {
        "integration.request.path.proxy": "method.request.path.proxy",
        "integration.request.header.Authorization": "method.request.header.Authorization",
    }
    declared = {(each["in"], each["name"]) for each in operation["parameters"]}
    assert declared == {("path", "proxy"), ("header", "Authorization")}
    binary = the_api()["Body"]["x-amazon-apigateway-binary-media-types"]
    assert binary == {"Fn::If": ["PassOn", ["*/*"], {"Ref": "AWS::NoValue"}]}


RULES = [
    ({"OtherCalls": "pass-on"}, True),
    ({"OtherCalls": "pass-on", "AuthMode": "key"}, False),
    ({"AuthMode": "key"}, True),
    ({"AuthMode": "key", "SalesforceAllowedUsers": "jtel@acme.example"}, False),
    ({"SalesforceAllowedUsers": "jtel@acme.example"}, True),
    ({"ProvisionedConcurrency": "2"}, False),
    ({"ProvisionedConcurrency": "2", "StartMode": "Provisioned"}, True),
    ({}, True),
]
"""Parameter values, and whether the rules between parameters allow them."""


@pytest.mark.parametrize(("values", "allowed"), RULES, ids=str)
def test_parameters_that_contradict_each_other_are_rejected(
    values: Mapping[str, str], allowed: bool
) -> None:
    known = {name: str(each.get("Default", "")) for name, each in PARAMETERS.items()}
    known.update(values)

    def holds(condition: Any) -> bool:
        ((function, operands),) = condition.items()
        if function == "Fn::Not":
            return not holds(operands[0])
        assert function == "Fn::Equals"
        left, right = (known[each["Ref"]] if isinstance(each, dict) else each for each in operands)
        return str(left) == str(right)

    rules = TEMPLATE["Rules"].values()
    kept = [
        holds(each["Assert"])
        for rule in rules
        if holds(rule["RuleCondition"])
        for each in rule["Assertions"]
    ]
    assert all(kept) == allowed
    assert all(each["AssertDescription"] for rule in rules for each in rule["Assertions"])


def test_requests_go_through_the_authorizer() -> None:
    caller = the_api()["Body"]["components"]["securitySchemes"]["Caller"]
    authorizer = caller["x-amazon-apigateway-authorizer"]
    assert authorizer["type"] == "request"
    assert authorizer["identitySource"] == "method.request.header.Authorization"
    assert authorizer["authorizerResultTtlInSeconds"] == 300
    assert "AuthorizeFunction" in json.dumps(authorizer["authorizerUri"])


def test_only_the_allowed_addresses_reach_the_api() -> None:
    allow, deny = the_api()["Body"]["x-amazon-apigateway-policy"]["Statement"]
    assert (allow["Effect"], deny["Effect"]) == ("Allow", "Deny")
    ranges = {"Fn::Split": [",", "0.0.0.0/0,::/0"]}  # the default value: SAM resolves parameters
    assert deny["Condition"] == {"NotIpAddress": {"aws:SourceIp": ranges}}
    assert (deny["Principal"], deny["Resource"]) == (allow["Principal"], allow["Resource"])


def test_the_api_requires_tls_1_2_and_is_throttled() -> None:
    assert the_api()["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_2021_06"
    (stage,) = properties("AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    for limit, default in (("ThrottlingRateLimit", 100), ("ThrottlingBurstLimit", 200)):
        assert settings[limit] == {"Ref": limit}
        assert PARAMETERS[limit]["Default"] == default


RANGES = re.compile(PARAMETERS["AllowedIpRanges"]["AllowedPattern"])


@given(
    st.lists(
        st.tuples(st.ip_addresses(v=4), st.integers(0, 32))
        | st.tuples(st.ip_addresses(v=6), st.integers(0, 128)),
        min_size=1,
        max_size=4,
    )
)
def test_all_ip_ranges_are_accepted(ranges: list[tuple[Any, int]]) -> None:
    text = ",".join(str(ip_network(each, strict=False)) for each in ranges)
    assert RANGES.fullmatch(text)


PIECES = ["0", "9", "25", "255", "256", "a", "ffff", "10000", "32", "33", "128", "129"]
PIECES += [*".::/,", "::", "10.0.0.0", "1:2:3:4:5:6", "/8", "::/64"]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join))
@example("0.0.0.0/0,::/0")
@example("256.0.0.0/8")
@example("10.0.0.0/33")
@example("10.0.0/8")
@example("10.0.0.0")
@example("2001:db8::/129")
@example("2001::db8::/32")
@example(":::/0")
@example("1:2:3:4:5:6:7:8:9/0")
@example("10.0.0.0/8,")
@example(",10.0.0.0/8")
def test_no_impossible_ip_range_is_accepted(text: str) -> None:
    if RANGES.fullmatch(text):
        for each in text.split(","):
            assert "/" in each
            ip_network(each, strict=False)


@pytest.mark.parametrize("text", ["", "005Tv0000001AbC", "a@b.example,005Tv0000001AbCIAW"])
def test_allowed_users_are_ids_or_usernames(text: str) -> None:
    assert re.match(PARAMETERS["SalesforceAllowedUsers"]["AllowedPattern"], text)


@pytest.mark.parametrize("text", ["a@b.example, c@d.example", "a@b.example,", ",", " "])
def test_a_list_of_allowed_users_that_was_cut_off_is_rejected(text: str) -> None:
    """`sam deploy` drops what follows a blank, and one of the users with it."""
    assert not re.match(PARAMETERS["SalesforceAllowedUsers"]["AllowedPattern"], text)


def test_a_multi_region_key_is_a_key() -> None:
    pattern = re.compile(PARAMETERS["KmsKeyArn"]["AllowedPattern"])
    key = "arn:aws:kms:eu-central-1:123456789012:key/"
    assert pattern.fullmatch(f"{key}mrk-1234abcd12ab34cd56ef1234567890ab")
    assert pattern.fullmatch(f"{key}1234abcd-12ab-34cd-56ef-1234567890ab")
    assert not pattern.fullmatch("arn:aws:kms:eu-central-1:123456789012:alias/mine")


@pytest.mark.parametrize("role", of_type("AWS::IAM::Role"))
def test_a_permissions_boundary_limits_each_role(role: str) -> None:
    boundary = {"Fn::If": ["WithBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
    assert RESOURCES[role]["Properties"]["PermissionsBoundary"] == boundary


@pytest.mark.parametrize(
    ("function", "parameter"),
    [
        ("OnClickToDialFunction", "ReservedConcurrency"),
        ("AuthorizeFunction", "AuthorizerReservedConcurrency"),
    ],
)
def test_concurrency_is_reserved_only_if_a_parameter_says_so(function: str, parameter: str) -> None:
    reserved = RESOURCES[function]["Properties"]["ReservedConcurrentExecutions"]
    condition, number, nothing = reserved["Fn::If"]
    assert (number, nothing) == ({"Ref": parameter}, {"Ref": "AWS::NoValue"})
    unless = {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, 0]}]}
    assert TEMPLATE["Conditions"][condition] == unless
    assert PARAMETERS[parameter]["Default"] == 0


def test_a_gateway_response_has_an_entry_or_the_status_of_the_default() -> None:
    """The status of DEFAULT_4XX and DEFAULT_5XX replaces that of each type without an entry."""
    responses = the_api()["Body"]["x-amazon-apigateway-gateway-responses"]
    assert set(responses) <= set(GATEWAY_RESPONSES) | set(DEFAULTS)
    entries = {kind: int(each["statusCode"]) for kind, each in responses.items()}
    for kind, (by_default, ours) in GATEWAY_RESPONSES.items():
        default = "DEFAULT_4XX" if by_default < 500 else "DEFAULT_5XX"
        assert entries.get(kind, entries[default]) == ours != 403
        # A 403 must not depend on the fallback.
        assert kind in entries or by_default != 403
    assert {kind: entries[kind] for kind in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize("kind", [*GATEWAY_RESPONSES, *DEFAULTS])
def test_a_gateway_response_is_a_problem_document(kind: str) -> None:
    status, headers, text = sam.gateway_response(TEMPLATE, kind)
    body = json.loads(text)
    challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    assert headers == challenge | {
        "Cache-Control": "no-store",
        "Content-Type": "application/problem+json; charset=utf-8",
    }
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == status == GATEWAY_RESPONSES.get(kind, (0, DEFAULTS.get(kind)))[1]
    assert body["title"] == HTTPStatus(status).phrase or status == 413  # renamed in Python 3.13
    assert body["type"].startswith("urn:click-to-dial:")


def test_every_log_group_is_in_the_template_with_a_retention() -> None:
    (stage,) = properties("AWS::ApiGateway::Stage")
    destinations = [stage["AccessLogSetting"]["DestinationArn"]["Fn::GetAtt"][0]]
    destinations += [
        function["LoggingConfig"]["LogGroup"]["Ref"]
        for function in properties("AWS::Lambda::Function")
    ]
    groups = of_type("AWS::Logs::LogGroup")
    assert sorted(destinations) == sorted(groups)
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_account_may_keep_its_role_for_the_logs_of_api_gateway() -> None:
    parameter = PARAMETERS["ApiGatewayLogging"]
    assert (parameter["Default"], parameter["AllowedValues"]) == ("manage", ["manage", "existing"])
    condition = {"Fn::Equals": [{"Ref": "ApiGatewayLogging"}, "manage"]}
    assert TEMPLATE["Conditions"]["ManageLogging"] == condition
    conditional = {
        name for name, each in RESOURCES.items() if each.get("Condition") == "ManageLogging"
    }
    assert conditional == {"ApiGatewayAccount", "ApiGatewayLogsRole"}
    (stage,) = properties("AWS::ApiGateway::Stage")  # it waits for the role
    reference = {"Fn::If": ["ManageLogging", {"Ref": "ApiGatewayAccount"}, "existing"]}
    assert stage["Variables"] == {"ApiGatewayLogging": reference}


@pytest.mark.parametrize(("tracing", "enabled"), [("PassThrough", False), ("Active", True)])
def test_tracing_is_off_by_default_and_one_parameter_switches_it_on(
    tracing: str, enabled: bool
) -> None:
    assert TEMPLATE["Parameters"]["Tracing"]["Default"] == "PassThrough"
    (stage,) = properties("AWS::ApiGateway::Stage")
    condition, *branches = stage["TracingEnabled"]["Fn::If"]
    assert TEMPLATE["Conditions"][condition] == {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}
    assert branches[tracing != "Active"] is enabled
    for function in properties("AWS::Lambda::Function"):
        assert function["TracingConfig"] == {"Mode": {"Ref": "Tracing"}}


def access_log_entry(stage: Any) -> dict[str, str]:
    """Return the fields of a line of the access log, with the variables that they contain."""
    text = stage["AccessLogSetting"]["Format"]["Fn::Sub"]
    quoted = re.sub(r": (\$context[\w.]+)", r': "\1"', text)  # numbers have no quotes
    entry: dict[str, str] = json.loads(quoted)
    return entry


def test_the_access_log_is_json_without_the_query() -> None:
    (stage,) = properties("AWS::ApiGateway::Stage")
    entry = access_log_entry(stage)
    assert entry["resource"] == "$context.resourcePath"
    assert not {"$context.path", "$context.requestOverride"} & set(entry.values())
    assert not [value for value in entry.values() if "querystring" in value]


def test_the_access_log_leads_to_the_lines_of_the_functions() -> None:
    """Also for a 401, which the decision function never sees."""
    (stage,) = properties("AWS::ApiGateway::Stage")
    entry = access_log_entry(stage)
    assert entry["requestId"] == "$context.requestId"
    for function in ("authorizer", "integration"):
        for name, variable in (
            ("RequestId", "requestId"),
            ("Status", "status"),
            ("Latency", "latency"),
            ("Error", "error"),
        ):
            assert entry[f"{function}{name}"] == f"$context.{function}.{variable}"


SHARED = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
"""Variables of all functions, some of which Powertools reads. Not every function needs all."""


def decider_settings(environment: Mapping[str, str]) -> tuple[settings.Settings, str]:
    return settings.from_environment(environment), settings.number_key_secret_id(environment)


def sync_settings(environment: Mapping[str, str]) -> tuple[Any, ...]:
    return *decider_settings(environment), settings.list_minutes(environment)


@pytest.mark.parametrize(
    ("function", "read_by"),
    [
        (
            "OnClickToDialFunction",
            decider_settings,
        ),
        ("SyncFunction", sync_settings),
        ("AuthorizeFunction", settings.auth_from_environment),
        ("PreTrafficFunction", settings.new_version),
    ],
)
def test_a_functions_environment_is_what_its_settings_read(
    function: str, read_by: Callable[[Mapping[str, str]], Any]
) -> None:
    variables = RESOURCES[function]["Properties"]["Environment"]["Variables"]
    asked: set[str] = set()

    class Environment(dict[str, str]):
        def __getitem__(self, name: str) -> str:
            asked.add(name)
            return "1"

    read_by(Environment())
    assert set(variables) == asked | SHARED


def test_the_architecture_reaches_functions_layers_and_their_build() -> None:
    parameter = {"Ref": "Architecture"}
    for function in properties("AWS::Lambda::Function"):
        assert function["Architectures"] == [parameter]
    for layer in properties("AWS::Lambda::LayerVersion"):
        assert layer["CompatibleArchitectures"] == [parameter]
    for layer in of_type("AWS::Serverless::LayerVersion", TEMPLATE["Resources"]).values():
        assert layer["Metadata"]["BuildArchitecture"] == parameter


@pytest.mark.parametrize(
    ("function", "seconds"),
    [
        ("OnClickToDialFunction", TEMPLATE["Parameters"]["TimeBudgetMs"]["MaxValue"] / 1000),
        ("AuthorizeFunction", TIME_BUDGET_SECONDS),
        ("SyncFunction", SYNC_SECONDS + LISTS_SECONDS),
    ],
)
def test_the_timeout_of_a_function_exceeds_its_time_budget(function: str, seconds: float) -> None:
    assert seconds < RESOURCES[function]["Properties"]["Timeout"]


def test_the_gateway_waits_for_the_decision() -> None:
    assert RESOURCES["OnClickToDialFunction"]["Properties"]["Timeout"] < 29


def test_data_are_kept_when_the_stack_is_deleted() -> None:
    secrets = of_type("AWS::SecretsManager::Secret")
    logs = of_type("AWS::Logs::LogGroup")
    for name in ("Table", *secrets, *logs):
        # A failed first deployment deletes the others again. The table is protected from deletion.
        policy = "Retain" if name == "Table" else "RetainExceptOnCreate"
        assert RESOURCES[name]["DeletionPolicy"] == policy
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_table_is_encrypted_has_backups_and_expires_items() -> None:
    (table,) = properties("AWS::DynamoDB::Table")
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["DeletionProtectionEnabled"] is True


def test_no_secret_value_is_in_the_template() -> None:
    assert set(RESOURCES["SalesforceSecret"]["Properties"]) == {"Description", "KmsKeyId"}
    generated = RESOURCES["ApiKeySecret"]["Properties"]["GenerateSecretString"]
    assert generated == {"PasswordLength": 48, "ExcludePunctuation": True}


def test_the_mappings_are_synced_on_a_schedule() -> None:
    (schedule,) = properties("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == {"Fn::Sub": "rate(${SyncMinutes} minutes)"}
    assert schedule["Target"]["Arn"] == {"Ref": "SyncFunctionAliaslive"}


def test_a_failed_sync_is_not_retried_before_the_next_run() -> None:
    (schedule,) = properties("AWS::Scheduler::Schedule")
    assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 0}
    (invocation,) = properties("AWS::Lambda::EventInvokeConfig")
    assert invocation["FunctionName"] == {"Ref": "SyncFunction"}
    assert invocation["Qualifier"] == "live"
    assert invocation["MaximumRetryAttempts"] == 0
    assert invocation["MaximumEventAgeInSeconds"] <= PARAMETERS["SyncMinutes"]["MinValue"] * 60


def versions(resources: Resources) -> set[str]:
    return set(of_type("AWS::Lambda::Version", resources))


def test_a_changed_layer_publishes_new_versions() -> None:
    """The code of the functions themselves is a few lines and rarely changes."""
    before = versions(RESOURCES)
    assert len(before) == 3
    assert versions(expanded()) == before
    assert not versions(expanded(layer="another")) & before
    # SAM does not notice parameters. Therefore versions have descriptions.
    assert versions(expanded(TimeBudgetMs="3000")) == before


def test_the_console_shows_each_parameter_once_in_the_order_of_the_template() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert [name for group in groups for name in group["Parameters"]] == list(PARAMETERS)


@pytest.mark.parametrize("version", properties("AWS::Lambda::Version"), ids=str)
def test_a_new_parameter_value_publishes_a_version(version: Any) -> None:
    """CloudFormation replaces a version if its description changes."""
    name = version["FunctionName"]["Ref"]
    function = RESOURCES[name]["Properties"]
    assert version["Description"] == function["Description"]
    # ReservedConcurrency is not a property of versions.
    versioned = {key: each for key, each in function.items() if not key.startswith("Reserved")}
    needed = set(references(versioned)) | set(conditions_of(versioned))
    assert needed & set(PARAMETERS) == set(references(version["Description"]))


def conditions_of(value: Any) -> Iterator[str]:
    """Yield the parameters that the conditions of Fn::If use."""
    if isinstance(value, dict):
        if "Fn::If" in value:
            yield from references(TEMPLATE["Conditions"][value["Fn::If"][0]])
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from conditions_of(each)


def test_a_version_description_is_immutable_and_short_enough() -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::Lambda::Version").schema
    assert "/properties/Description" in schema["createOnlyProperties"]
    for version in properties("AWS::Lambda::Version"):
        longest = re.sub(r"\$\{(\w+)\}", longest_value, version["Description"]["Fn::Sub"])
        assert len(longest) <= schema["properties"]["Description"]["maxLength"]


def longest_value(match: re.Match[str]) -> str:
    """Return a parameter value of the maximum length."""
    parameter = PARAMETERS[match[1]]
    choices = [str(each) for each in parameter.get("AllowedValues", ())]
    pattern = {"SalesforceOrgId": 18, "SalesforceApiVersion": 5}.get(match[1])
    most = pattern or parameter.get("MaxLength") or len(str(parameter.get("MaxValue", "")))
    return max(choices, key=len) if choices else "x" * (most or 1000)


def test_old_versions_are_deleted() -> None:
    for version in of_type("AWS::Lambda::Version").values():
        assert version["DeletionPolicy"] == "Delete"


def test_callers_reach_the_live_version() -> None:
    for alias in properties("AWS::Lambda::Alias"):
        assert alias["Name"] == "live"
    body = json.dumps(the_api()["Body"])
    assert "OnClickToDialFunctionAliaslive" in body
    assert "${AuthorizeFunction.Arn}:live" in body
    allowed = [json.dumps(each["FunctionName"]) for each in properties("AWS::Lambda::Permission")]
    assert allowed
    assert all("Aliaslive" in name for name in allowed)


def test_alarms_roll_a_version_back() -> None:
    groups = properties("AWS::CodeDeploy::DeploymentGroup")
    assert len(groups) == 2
    for group in groups:
        condition, at_once, watched = group["AlarmConfiguration"]["Fn::If"]
        assert TEMPLATE["Conditions"][condition] == {
            "Fn::Equals": [{"Ref": "Rollout"}, "AllAtOnce"]
        }
        # An empty configuration could leave the alarms of the previous deployment in place.
        assert at_once == {"Enabled": True, "Alarms": [{"Name": {"Ref": "NeverAlarm"}}]}
        names = {alarm["Name"]["Ref"] for alarm in watched["Alarms"]}
        assert names & {"DefectAlarm", "AuthFailedAlarm"}  # one call is enough for them
        assert names <= set(of_type("AWS::CloudWatch::Alarm")) - {"NeverAlarm"}
        assert watched["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


def test_a_new_version_is_checked_before_it_gets_traffic() -> None:
    update = RESOURCES["OnClickToDialFunctionAliaslive"]["UpdatePolicy"]
    hook = update["CodeDeployLambdaAliasUpdate"]["BeforeAllowTrafficHook"]
    assert hook == {"Ref": "PreTrafficFunction"}
    function = RESOURCES["PreTrafficFunction"]["Properties"]
    assert "FunctionName" not in function
    (version,) = [
        name
        for name, each in of_type("AWS::Lambda::Version").items()
        if each["Properties"]["FunctionName"] == {"Ref": "OnClickToDialFunction"}
    ]
    assert function["Environment"]["Variables"]["NEW_VERSION"] == {"Ref": version}
    # Both requests, each sent at most twice.
    assert function["Timeout"] > 2 * 2 * READ_SECONDS
    assert RESOURCES["OnClickToDialFunction"]["Properties"]["Timeout"] * 2 < READ_SECONDS


def test_code_deploy_may_invoke_the_hook() -> None:
    for group in properties("AWS::CodeDeploy::DeploymentGroup"):
        assert group["ServiceRoleArn"] == {"Fn::GetAtt": ["CodeDeployRole", "Arn"]}
    role = RESOURCES["CodeDeployRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    (managed,) = role["ManagedPolicyArns"]
    assert managed["Fn::Sub"].endswith("AWSCodeDeployRoleForLambdaLimited")


def test_there_are_no_circular_references() -> None:
    """An alarm with a Ref to the API would be one: alias, rollout, alarm, API, alias."""
    seen: dict[str, bool] = {}

    def visit(name: str) -> None:
        assert seen.get(name) is not False, name
        if name in RESOURCES and name not in seen:
            seen[name] = False
            for other in references(RESOURCES[name]):
                visit(other)
            seen[name] = True

    for name in RESOURCES:
        visit(name)


def references(value: Any) -> Iterator[str]:
    """Yield the logical ids that must exist before a resource is created."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "Ref":
                yield each
            elif key == "Fn::GetAtt":
                yield each[0] if isinstance(each, list) else each.split(".")[0]
            elif key == "Fn::Sub":
                text = each if isinstance(each, str) else each[0]
                yield from re.findall(r"\$\{(\w+)", text)
            elif key == "DependsOn":
                yield from [each] if isinstance(each, str) else each
            else:
                yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
