"""Any rows of Salesforce become a fact or a SalesforceError."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.errors import SalesforceError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import SalesforceRequest
from click_to_dial.salesforce.client import rows_of
from click_to_dial.salesforce.results import agent_from, object_name, record_from
from tests.fakes import plan

ID = "001dM00003jU9GxQAK"
PLAN = plan(objects={"Account": {"kind": "Owner.Type", "consent": "IndividualId"}})
NAMES = "Id Owner Type IsActive KeyPrefix QualifiedApiName IndividualId records".split()
NAMES += "compositeResponse referenceId httpStatusCode body".split()
NAMES += "PrivacyConsentStatus EffectiveFrom EffectiveTo".split()
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
scalars |= st.sampled_from([ID, "record", "agent", "consent", "2026-01-01", 200, 404, 500])
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)
rows = st.lists(
    st.dictionaries(st.sampled_from(NAMES), json_values, max_size=5) | json_values, max_size=3
)


@given(record=rows, consent=rows, owner=json_values)
def test_any_rows_are_a_record_or_an_error(
    record: list[Any], consent: list[Any], owner: Any
) -> None:
    for each in (record, [{"Id": ID, "Owner": owner, "IndividualId": ID}]):
        results = {"record": each, "consent": consent}
        found = record_from(PLAN, SalesforceRequest(ID, None), "Account", results, 0.0)
        assert isinstance(found, Record | SalesforceError)


@given(rows)
def test_any_rows_are_an_agent_or_an_error(agent: list[Any]) -> None:
    assert isinstance(agent_from(PLAN, {"agent": agent}), Agent | SalesforceError)


@given(rows)
def test_any_rows_are_an_object_or_an_error(found: list[Any]) -> None:
    assert isinstance(object_name(PLAN, "001", found), str | Record | SalesforceError)


@given(json_values | st.fixed_dictionaries({"compositeResponse": rows}))
def test_any_answer_has_rows_or_is_an_error(answer: Any) -> None:
    assert isinstance(rows_of(answer, "record"), list | SalesforceError)
