"""An example has the result that the function gives to a call with the same facts."""

import json
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from click_to_dial.dialplan import load
from click_to_dial.model import Agent, Record, Scalar
from click_to_dial.ports import StoredItem
from dialplan_cli.plan.examples import run_examples
from dialplan_cli.plan.source import PlanSource
from tests.unit.dialplan_cli.test_explain import (
    ACCOUNT,
    ATTRIBUTES,
    MOMENTS,
    OUTAGE,
    Surroundings,
    answer,
    attributes,
    documents,
)

CALLED = ("+498912345678", "+4312650300", "+491712345678", "112", "217", "+49900123456")


@st.composite
def calls(draw: st.DrawFn) -> tuple[dict[str, Any], Surroundings]:
    """Generate the facts of an example, and the surroundings in which a call has them."""
    number, at = draw(st.sampled_from(CALLED)), draw(MOMENTS)
    now = datetime.fromisoformat(at).timestamp()
    record: dict[str, Scalar] = draw(attributes(*ATTRIBUTES))
    agent: dict[str, Scalar] = draw(attributes("team"))
    known, on_record, outage = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    example: dict[str, Any] = {"callee.number": number, "at": at, "record.object": "Account"}
    items = {}
    if number.startswith("+"):
        lists = draw(st.lists(st.sampled_from(["dnc", "vip"]), unique=True))
        attempts = draw(st.integers(0, 4))
        example |= {"callee.listed": lists, "callee.attempts": attempts}
        items = {f"list#{name}#{number}": StoredItem("{}") for name in lists}
        items[f"attempts#{number}"] = StoredItem(json.dumps([[now, "other"]] * attempts))
    if outage:
        return {**example, "outage": True}, Surroundings(OUTAGE, OUTAGE, now, items, False)
    example |= {f"record.{name}": value for name, value in record.items()}
    example |= {"agent.known": known, "callee.on_record": on_record}
    if known:
        example |= {f"agent.{name}": value for name, value in agent.items()}
    clicked = Record(True, "Account", record, numbers=(number,) if on_record else ("0",))
    user = Agent(True, agent) if known else Agent(False)
    return example, Surroundings(clicked, user, now, items, False)


@settings(max_examples=300, deadline=None)
@given(documents(), calls())
def test_an_example_is_decided_like_a_call(
    document: Any, call: tuple[dict[str, Any], Surroundings]
) -> None:
    example, around = call
    status, body = answer(
        around.service(load(document)), (ACCOUNT, example["callee.number"], "jdoe")
    )
    expect = body["ServiceNumber"] if status == 200 else "refuse"
    other = "refuse" if status == 200 else "4989461495000"
    assert status in (200, 403)
    examples = [{**example, "expect": each} for each in (expect, other)]
    source = PlanSource("plan", "", {"examples": examples})
    right, wrong = run_examples(document, source, 0.0)
    if right.is_checked:
        assert right.problem is None
        assert wrong.problem is not None
    else:
        assert "in-salesforce" in str(document["rules"]) + str(document["outage"])
