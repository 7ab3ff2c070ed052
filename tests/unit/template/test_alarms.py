"""Alarms, dashboard and queries use metrics and log fields that the code really writes."""

import fnmatch
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from click_to_dial.authorizer.authorize import Verdict
from click_to_dial.authorizer.log import log_verdict
from click_to_dial.decision import api as http
from click_to_dial.decision import log as seen
from click_to_dial.decision.fact_sources import GatheredFacts
from click_to_dial.decision.service import Report
from click_to_dial.errors import (
    BadParameterError,
    DynamoDBError,
    NoDialPlanError,
    SalesforceConfigurationError,
)
from click_to_dial.model import Agent, Callee, Click, Decision, Facts, Record
from click_to_dial.observability import metrics as recorded
from click_to_dial.ports import ListRun
from click_to_dial.sync import log as observability_sync
from click_to_dial.sync.lists import ListSynced
from click_to_dial.sync.mappings import Change
from tests.unit.template.test_template import TEMPLATE, access_log_entry, of_type, properties

GLOBALS = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
NAMESPACE, STACK = GLOBALS["POWERTOOLS_METRICS_NAMESPACE"], GLOBALS["POWERTOOLS_SERVICE_NAME"]
ALARMS = {name: each["Properties"] for name, each in of_type("AWS::CloudWatch::Alarm").items()}
REFUSED_LOGIN = SalesforceConfigurationError("login-invalid-client", "Another secret.")
REPORT = Report(
    plan_version=1,
    plan_failure=NoDialPlanError("Not readable."),
    duration_ms=7,
    click=Click(None, Callee("mobile", "DE", "+491701234567"), "alice"),
    callee="0123abcd",
    facts=Facts({}),
    gathered=GatheredFacts(
        Record(True, None, {}),
        Agent(False, {}),
        "stale",
        "none",
        failures=(REFUSED_LOGIN,),
        cache_failures=(DynamoDBError("Cannot be read."),),
    ),
    decision=Decision("rule", None, "No.", "outage"),
)
DECISIONS = [
    REPORT.decision,
    None,
    Decision("rule", None, "No.", "unresolved"),
    Decision("rule", None, "No.", "rule"),
]
VERDICTS = [
    Verdict("AuthAllowed", "key", "key"),
    Verdict("AuthAllowedStale", "salesforce-timeout", "key"),
    Verdict("AuthRefused", "malformed"),
    Verdict("AuthUnverified", "salesforce-timeout", cache_failed=True),
    Verdict("AuthFailed", "TypeError"),
]


def log_everything() -> Iterator[Callable[[], None]]:
    for decision in DECISIONS:
        yield lambda decision=decision: seen.log_report(REPORT._replace(decision=decision))  # type: ignore[misc]
    yield lambda: seen.log_bad_parameter(BadParameterError("CallerID", "No."))
    yield lambda: seen.log_no_dial_plan(NoDialPlanError("None."))
    yield seen.log_no_such_path
    yield lambda: observability_sync.log_sync([Change("m", {}, {}, ("a row",))])
    yield lambda: observability_sync.log_sync_failure(NoDialPlanError("None."))
    run = ListRun(1, "", 0.0, 0, 0)
    failure = DynamoDBError("Cannot be written.")
    yield lambda: observability_sync.log_lists([ListSynced("l", run, None, 60.0)])
    yield lambda: observability_sync.log_lists([ListSynced("l", run, None, 60.0, (), failure)])
    yield lambda: observability_sync.log_lists_failure(NoDialPlanError("None."))
    yield lambda: seen.log_defect(ValueError())
    for verdict in VERDICTS:
        yield lambda verdict=verdict: log_verdict(verdict, 1)  # type: ignore[misc]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> list[Any]:
    """Output for CloudWatch: log lines, and metrics in the embedded format."""
    for write in log_everything():
        write()
        if recorded.metric_set:
            recorded.flush_metrics()
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return printed + [vars(record) for record in caplog.records]


@pytest.fixture
def emitted(lines: list[Any]) -> dict[str, list[float]]:
    """Values of each metric. All metrics have one dimension, which is the cheapest way."""
    values: dict[str, list[float]] = {}
    for line in lines:
        for metrics in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            assert metrics["Namespace"] == NAMESPACE
            assert metrics["Dimensions"] == [["service"]]
            assert line["service"] == os.environ["POWERTOOLS_SERVICE_NAME"]
            for name in (metric["Name"] for metric in metrics["Metrics"]):
                values.setdefault(name, []).extend(
                    line[name] if isinstance(line[name], list) else [line[name]]
                )
    return values


def metrics_of(alarm: Any) -> list[Any]:
    """Return the metrics that an alarm reads."""
    several = alarm.get("Metrics", ())
    return [each["MetricStat"]["Metric"] for each in several if "MetricStat" in each] or [alarm]


AWS_METRICS = {
    ("AWS/Lambda", "Errors", "FunctionName"),
    ("AWS/Lambda", "Throttles", "FunctionName"),
    ("AWS/DynamoDB", "ReadThrottleEvents", "TableName"),
    ("AWS/DynamoDB", "WriteThrottleEvents", "TableName"),
}
"""Metrics that AWS itself records, with their dimensions."""


def test_the_alarm_of_a_rollout_that_ignores_alarms_is_never_on(
    emitted: dict[str, list[float]],
) -> None:
    never = ALARMS["NeverAlarm"]
    assert never["MetricName"] not in emitted
    assert never["TreatMissingData"] == "notBreaching"
    assert of_type("AWS::CloudWatch::Alarm")["NeverAlarm"]["Condition"] == "AtOnce"


@pytest.mark.parametrize("name", sorted(ALARMS.keys() - {"NeverAlarm"}))
def test_an_alarm_reads_a_metric_that_is_recorded(
    name: str, emitted: dict[str, list[float]]
) -> None:
    for metric in metrics_of(ALARMS[name]):
        dimensions = metric.get("Dimensions", [])
        if metric["Namespace"] == NAMESPACE:
            assert metric["MetricName"] in {*emitted, *FILTERED_METRICS}
            assert dimensions == [{"Name": "service", "Value": STACK}]
        else:
            names = ",".join(each["Name"] for each in dimensions)
            assert (metric["Namespace"], metric["MetricName"], names) in AWS_METRICS


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_can_fire_and_notifies(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]
    # Missing data are a problem only for the sync, which runs on a schedule.
    assert (alarm["TreatMissingData"] == "breaching") == (name == "MappingsOldAlarm")
    assert alarm.get("Period", 60) * alarm["EvaluationPeriods"] <= 24 * 3600


@pytest.mark.parametrize("metric", ["NoDialPlan", "Defect"])
def test_one_call_without_a_plan_or_with_a_defect_is_enough(metric: str) -> None:
    alarm = ALARMS[f"{metric}Alarm"]
    assert (alarm["MetricName"], alarm["Threshold"], alarm["Statistic"]) == (metric, 1, "Sum")
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["EvaluationPeriods"] == 1


def test_slow_calls_are_noticed_at_six_calls_an_hour_but_not_a_single_one() -> None:
    """One call in a hundred, or half of fewer calls, of at least two in 15 minutes."""
    alarm = ALARMS["SlowAlarm"]
    slow, *inputs = alarm["Metrics"]
    assert slow["Expression"] == "IF(count >= 100, 100 * average, IF(count >= 2, 2 * average, 0))"
    assert {each["Id"]: each["MetricStat"]["Stat"] for each in inputs} == {
        "count": "SampleCount",
        "average": "Average",
    }
    assert {each["MetricStat"]["Period"] for each in inputs} == {900}
    assert (alarm["EvaluationPeriods"], alarm["Threshold"]) == (1, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


@pytest.mark.parametrize(
    "metric", ["CacheFailed", "ReadThrottleEvents", "WriteThrottleEvents"], ids=str
)
def test_the_table_has_alarms(metric: str) -> None:
    (alarm,) = [each for each in ALARMS.values() if each.get("MetricName") == metric]
    assert alarm["Statistic"] == "Sum"
    assert alarm["EvaluationPeriods"] == 1


FILTERS = {name: each["Properties"] for name, each in of_type("AWS::Logs::MetricFilter").items()}
FILTERED_METRICS = {"ServerError", "SlowCall", "ThrottledCalls", "Unauthorized"}
"""Metrics that the access log yields."""


@pytest.mark.parametrize("name", FILTERS)
def test_a_metric_filter_records_the_metric_of_an_alarm(name: str) -> None:
    assert FILTERS[name]["LogGroupName"] == {"Ref": "ApiLogs"}
    (counted,) = FILTERS[name]["MetricTransformations"]
    assert counted["MetricName"] in FILTERED_METRICS
    read = {each["MetricName"] for alarm in ALARMS.values() for each in metrics_of(alarm)}
    assert counted["MetricName"] in read
    assert counted["MetricNamespace"] == NAMESPACE
    assert counted["Dimensions"] == [{"Key": "service", "Value": "$.service"}]


@pytest.mark.parametrize("name", FILTERS)
def test_a_metric_filter_compares_fields_of_the_access_log(name: str) -> None:
    (stage,) = properties("AWS::ApiGateway::Stage")
    entry = access_log_entry(stage)
    assert entry["service"] == "${AWS::StackName}"
    assert STACK == {"Ref": "AWS::StackName"}
    variables = {
        "error": "$context.error.responseType",
        "responseLatency": "$context.responseLatency",
        "resource": "$context.resourcePath",
        "status": "$context.status",
    }
    compared = re.findall(r"\$\.(\w+)", pattern_of(name))
    assert compared
    for field in compared:
        assert entry[field] == variables[field]


BUDGET = 2500


def pattern_of(name: str) -> str:
    """Return the pattern of a filter with the default time budget."""
    pattern = FILTERS[name]["FilterPattern"]
    text: str = pattern["Fn::Sub"] if isinstance(pattern, dict) else pattern
    return text.replace("${TimeBudgetMs}", str(BUDGET))


def matches(pattern: str, entry: Mapping[str, Any]) -> bool:
    """Match a pattern of comparisons with texts and numbers, as CloudWatch Logs does."""
    terms = pattern.removeprefix("{ ").removesuffix(" }").split(" && ")
    found = [re.fullmatch(r'\$\.(\w+) (!?=|>|<=) (?:"([^"]*)"|(\d+))', term) for term in terms]
    comparisons = [term.groups() for term in found if term]
    assert len(comparisons) == len(terms)

    def holds(field: str, operator: str, text: str | None, number: str) -> bool:
        if text is not None:
            return fnmatch.fnmatchcase(str(entry[field]), text) == (operator == "=")
        return (int(entry[field]) > int(number)) == (operator == ">")

    return all(holds(*comparison) for comparison in comparisons)


def recorded_for(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return the value of each metric that the filters record for a line of the access log."""
    transformations = [
        each["MetricTransformations"][0]
        for name, each in FILTERS.items()
        if matches(pattern_of(name), entry)
    ]
    values = {each["MetricName"]: each["MetricValue"] for each in transformations}
    assert len(values) == len(transformations)
    return values


@pytest.mark.parametrize("resource", http.PATHS)
@pytest.mark.parametrize("latency", [7, BUDGET, BUDGET + 1, 29_000])
@pytest.mark.parametrize("status", ["200", "401", "403", "500", "503", "504"])
def test_each_call_to_our_path_has_a_share_in_each_metric(
    resource: str, status: str, latency: int
) -> None:
    entry = {"resource": resource, "status": status, "error": "-", "responseLatency": latency}
    assert recorded_for(entry) == {
        "Unauthorized": str(int(status == "401")),
        "ServerError": str(int(status[0] == "5")),
        "SlowCall": str(int(latency > BUDGET)),
    }


@pytest.mark.parametrize(
    "resource", ["-", "/jtelACD/{proxy+}", "/services/apexrest/jtelACD/{proxy+}"]
)
@pytest.mark.parametrize("status", ["200", "401", "404", "503"])
def test_a_call_to_another_path_is_not_counted(resource: str, status: str) -> None:
    entry = {"resource": resource, "status": status, "error": "-", "responseLatency": 29_000}
    assert recorded_for(entry) == {}


@pytest.mark.parametrize(
    ("resource", "counted"), [*((path, True) for path in http.PATHS), ("/jtelACD/{proxy+}", False)]
)
def test_a_throttled_call_is_counted_unless_it_would_be_passed_on(
    resource: str, counted: bool
) -> None:
    entry = {
        "resource": resource,
        "status": "429",
        "error": "THROTTLED",
        "responseLatency": 1,
    }
    assert ("ThrottledCalls" in recorded_for(entry)) == counted


@pytest.mark.parametrize("name", ["OutageAlarm", "ServerErrorsAlarm", "UnauthorizedAlarm"])
def test_an_alarm_on_a_share_works_with_six_calls_an_hour(name: str) -> None:
    """The share is that of at least two calls in 15 minutes."""
    share, *inputs = ALARMS[name]["Metrics"]
    assert share["Expression"] == "IF(count >= 2, 100 * average, 0)"
    assert [(each["Id"], each["MetricStat"]["Stat"]) for each in inputs] == [
        ("count", "Sum"),
        ("average", "Average"),
    ]
    assert {each["MetricStat"]["Period"] for each in inputs} == {900}
    assert ALARMS[name]["EvaluationPeriods"] == 1


@pytest.mark.parametrize("name", ["DecidedAsOutage", "UnknownAgent"])
def test_a_share_is_recorded_as_0_or_1(
    name: str, emitted: dict[str, list[float]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 in emitted[name]
    known = REPORT.gathered._replace(agent=Agent(True, {}))
    allowed = Decision("rule", None, "No.", "rule")
    seen.log_report(REPORT._replace(gathered=known, decision=allowed))
    recorded.flush_metrics()
    assert json.loads(capsys.readouterr().out.splitlines()[-1])[name] == [0]


def test_the_dashboard_shows_metrics_that_are_recorded(emitted: dict[str, list[float]]) -> None:
    (dashboard,) = of_type("AWS::CloudWatch::Dashboard").values()
    text = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    body = json.loads(text.replace("${TimeBudgetMs}", "1"))
    rows = [row for each in body["widgets"] for row in each["properties"]["metrics"]]
    shown = {row[1] for row in rows if row[0] in (NAMESPACE, ".")}
    assert {row[3] for row in rows if row[0] == NAMESPACE} == {"${AWS::StackName}"}
    assert len(shown) > 20
    assert shown <= {*emitted, "Allowed", *FILTERED_METRICS}


def test_docs_operations_has_the_number_of_metrics(
    emitted: dict[str, list[float]],
) -> None:
    assert len({*emitted, "Allowed", *FILTERED_METRICS}) == 33


@pytest.mark.parametrize("name", of_type("AWS::Logs::QueryDefinition"))
def test_a_query_uses_fields_that_are_logged(name: str, lines: list[Any]) -> None:
    text = of_type("AWS::Logs::QueryDefinition")[name]["Properties"]["QueryString"]
    words = set(re.findall(r"[a-z]+_[a-z_]+|outcome|rule|parameter|reason|remedy|mappings", text))
    aliases = set(re.findall(r"as (\w+)", text))
    assert words - aliases <= {key for line in lines for key in line}
