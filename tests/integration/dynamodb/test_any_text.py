"""Whatever texts and numbers come from outside, the adapters' requests are valid."""

import uuid
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.dynamodb.number_lists import ListEntry, NumberLists
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.dynamodb.verified_tokens import VerifiedTokens
from click_to_dial.model import Agent, Record
from click_to_dial.ports import SalesforceResult
from tests.fakes import DOCUMENT, Clock, plan

RECORD_ID = "001dM00003jU9GxQAK"
few = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
values = st.dictionaries(
    st.text(), st.text() | st.booleans() | st.integers() | st.floats(allow_nan=False)
)


@few
@given(agent_uid=st.text(max_size=80), record=values, agent=values)
def test_facts(table: Any, agent_uid: str, record: Any, agent: Any) -> None:
    clock = Clock()
    facts = DynamoDBFacts(table.dynamodb, table.name, "org", clock)
    result = SalesforceResult(Record(True, "Account", record), Agent(True, agent))
    facts.write(plan(), RECORD_ID, agent_uid, result, clock())
    found = facts.read(plan(), RECORD_ID, agent_uid)
    assert (found.record, found.agent) == (result.record, result.agent)


@few
@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(), st.text()), max_size=60))
def test_list_entries(table: Any, texts: Any) -> None:
    entries = {
        key: ListEntry(f"list#dnc#{key}", reason, source, None) for key, reason, source in texts
    }
    lists = NumberLists(table.dynamodb, table.name)
    lists.write(
        [ListEntry(f"list#dnc#{key}", reason, source, None) for key, reason, source in texts]
    )
    keys = [entry.key for entry in entries.values()]
    assert sorted(lists.read(keys)) == sorted(entries.values())


@few
@given(source=st.text(), author=st.text(), comment=st.text())
def test_plans(table: Any, source: str, author: str, comment: str) -> None:
    store = PlanStore(table.dynamodb, table.name)
    active = store.active()
    replaces = active.version if active else None
    published = store.publish(DOCUMENT, source, author=author, comment=comment, replaces=replaces)
    version = store.version(published.version)
    assert (version.author, version.comment, store.source(version)) == (author, comment, source)


@few
@given(st.text(), st.text())
def test_verified_tokens(table: Any, token: str, user_id: str) -> None:
    scope = uuid.uuid4().hex  # a token that was rejected once stays so
    tokens = VerifiedTokens(table.dynamodb, table.name, scope, 60, Clock())
    tokens.keep(token, user_id)
    assert tokens.user_of(token) == user_id
    tokens.forget(token)
