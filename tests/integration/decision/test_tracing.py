"""A tracing agent, which instruments botocore and requests, sees all requests of a call."""

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from click_to_dial.decision import wiring
from click_to_dial.decision.service import Request
from click_to_dial.dynamodb.plan_store import PlanStore
from tests.fakes import DOCUMENT

RECORD = "001dM00003jU9GxQAK"


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    """A tracing agent, as its layer attaches it to a function."""
    provider = TracerProvider(shutdown_on_exit=False)
    instrumentors = (BotocoreInstrumentor(), RequestsInstrumentor())  # type: ignore[no-untyped-call]
    for instrumentor in instrumentors:
        instrumentor.instrument(tracer_provider=provider)
    yield provider
    for instrumentor in instrumentors:
        instrumentor.uninstrument()


def test_all_requests_of_a_call_belong_to_its_trace(
    provider: TracerProvider,
    environment: Mapping[str, str],
    store: PlanStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    store.publish(DOCUMENT, "", author="jane", comment="", replaces=None)
    spans = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    wiring.click_to_dial.cache_clear()
    service = wiring.click_to_dial()

    with provider.get_tracer("lambda").start_as_current_span("decision") as call:
        report = service.decide(Request(RECORD, "+4989461495", "jdoe"))
    wiring.click_to_dial.cache_clear()
    assert report.gathered.record_from == "salesforce"

    *requests, root = spans.get_finished_spans()
    assert root.context == call.get_span_context()
    assert {span.context.trace_id for span in requests} == {root.context.trace_id}
    assert {span.parent.span_id for span in requests if span.parent} == {root.context.span_id}
    assert all(span.parent for span in requests)
    assert Counter(span.name for span in requests) >= Counter(
        {
            "DynamoDB.BatchGetItem": 2,  # the plan, and the facts
            "DynamoDB.GetItem": 1,  # which plan is active
            "Secrets Manager.GetSecretValue": 1,
            "POST": 2,  # Salesforce: the login, and the facts
            "DynamoDB.UpdateItem": 3,  # the token's lease, record, agent
        }
    )
