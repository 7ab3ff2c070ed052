"""The form of a rule: what must hold of a call's facts, and what then becomes of the call."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from click_to_dial.model import CalleeKind
from dialplan_cli.plan.types import (
    AttributeName,
    Comparable,
    Duration,
    Name,
    Part,
    Scalar,
    Scalars,
    Sentence,
    Text,
    Texts,
)


class Operators(Part):
    """Comparisons, all of which must hold."""

    not_: Scalars | None = Field(
        default=None, alias="not", description="None of these; never if missing."
    )
    prefix: Texts | None = Field(default=None, description="Text that starts with one of these.")
    matches: Texts | None = Field(
        default=None, description="Text that fits one of these: * ? [a-z]."
    )
    lt: Comparable | None = Field(default=None, description="Less than.")
    lte: Comparable | None = Field(default=None, description="Less than or equal to.")
    gt: Comparable | None = Field(default=None, description="Greater than.")
    gte: Comparable | None = Field(default=None, description="Greater than or equal to.")
    present: bool | None = Field(
        default=None, description="false: the fact is missing; true: it is not."
    )
    within: Duration | None = Field(default=None, description="callee.attempts: in how long.")
    by: Literal["anyone", "others"] | None = Field(
        default=None, description="callee.attempts: whose; left out, anyone's."
    )

    @model_validator(mode="after")
    def _compares(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("operator", "needs an operator, such as `not` or `present`")
        return self


def _expected_form(value: object) -> str:
    if isinstance(value, dict):
        return "<operators>"
    return "<list>" if isinstance(value, list) else "<one>"


Expected = Annotated[
    Annotated[Scalar, Tag("<one>")]
    | Annotated[list[Scalar], Field(min_length=1), Tag("<list>")]
    | Annotated[Operators, Tag("<operators>")],
    Discriminator(_expected_form),
]


class MappedNumber(Part):
    """The service number that a mapping holds for a fact."""

    mapping: Name
    key: Name = Field(description="The fact that is looked up, such as record.country.")


class AgentNumber(Part):
    """The agent's own number."""

    agent: AttributeName = Field(description="The agent attribute with the number.")
    prefix: Text | None = Field(
        default=None, description="Put before it: an extension is no number."
    )
    name: Text | None = Field(
        default=None, description="jtel's ServiceNumbers.Name2, its second try."
    )


def _signal_form(value: object) -> str:
    if not isinstance(value, dict):
        return "<number>"
    return "<agent>" if "agent" in value else "<mapping>"


Signal = Annotated[
    Annotated[Name, Tag("<number>")]
    | Annotated[MappedNumber, Tag("<mapping>")]
    | Annotated[AgentNumber, Tag("<agent>")],
    Discriminator(_signal_form),
]


class Refusal(Part):
    """The call is not placed."""

    refuse: Sentence = Field(description="What the agent reads.")


class Signalling(Part):
    """The call is placed; the called party sees a service number."""

    signal: Signal = Field(
        description="A service number's key, a mapping with its key, or an agent attribute."
    )
    otherwise: "Outcome | None" = Field(default=None, description="Where there is no such number.")


def _outcome_form(value: object) -> str:
    return "<signal>" if isinstance(value, dict) and "signal" in value else "<refuse>"


Outcome = Annotated[
    Annotated[Refusal, Tag("<refuse>")] | Annotated[Signalling, Tag("<signal>")],
    Discriminator(_outcome_form),
]

RuleId = Annotated[Name, Field(description="Stands in refusals, logs and explanations.")]
_KIND = {"enum": list(get_args(CalleeKind))}
_BUILT_IN_FACTS = {
    "callee.kind": {
        "description": "What kind of number is called.",
        "anyOf": [_KIND, {"type": "array", "items": _KIND}, {"type": "object"}],
    },
    "callee.country": {"description": "Two capital letters, such as AT."},
    "callee.number": {"description": "With plus, such as +436601234567; missing for short ones."},
    "callee.listed": {"description": "Lists that the number may be on."},
    "callee.attempts": {"description": "Calls to it: {gte: 4, within: 30d, by: anyone}."},
    "record.object": {"description": "The API name of the record's object, such as Contact."},
    "agent.known": {"description": "Whether exactly one active user has the AgentUID."},
}
When = Annotated[
    dict[Name, Expected],
    Field(
        min_length=1,
        description="Fact: what it must be. All must hold. Besides the facts that are offered "
        "there are record.<name> and agent.<name> for each attribute. The last rule has no `when`.",
        json_schema_extra={"properties": _BUILT_IN_FACTS},
    ),
]


class RefusingRule(Refusal):
    """A rule that refuses."""

    id: RuleId
    when: When | None = None


class SignallingRule(Signalling):
    """A rule that lets the call be placed."""

    id: RuleId
    when: When | None = None


Rule = Annotated[
    Annotated[RefusingRule, Tag("<refuse>")] | Annotated[SignallingRule, Tag("<signal>")],
    Discriminator(_outcome_form),
]
