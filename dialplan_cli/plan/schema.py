"""The schema of a dial plan file: its keys, as pydantic models and as JSON Schema for editors."""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from click_to_dial.decision.number_lookups import MAX_LISTS
from dialplan_cli.plan.examples import Example
from dialplan_cli.plan.facts import NUMBERS
from dialplan_cli.plan.hours import Hours
from dialplan_cli.plan.rules import Outage, Refusal, Rule
from dialplan_cli.plan.source import Path
from dialplan_cli.plan.types import (
    FIELD_PATH,
    ApiName,
    AttributeName,
    Date,
    Duration,
    FieldPath,
    InternalDigits,
    ListName,
    Name,
    PlanModel,
    Region,
    Sentence,
    Text,
    Version,
    Zone,
    form_by_key,
    one_or_list,
)

MAX_NUMBERS = 20
"""Maximum number of fields in `numbers` of an object."""

MAX_SOURCES = 10
"""Maximum number of Salesforce objects of one list."""


class ServiceNumber(PlanModel):
    """A number that the company owns and that jtel can signal."""

    number: Text = Field(description="jtel's ServiceNumbers.Name; returned as it is written here.")
    name: Text | None = Field(
        default=None, description="jtel's ServiceNumbers.Name2, which jtel looks up second."
    )
    valid_from: Date | None = Field(
        default=None, description="First day on which it may be signalled."
    )
    valid_to: Date | None = Field(
        default=None, description="Last day on which it may be signalled."
    )
    regions: list[Region] | None = Field(
        default=None, min_length=1, description="Countries of the callees that may see it."
    )
    allow_special: bool = Field(
        default=False, description="Allow a special number, such as a short or a premium number."
    )


class SalesforceSource(PlanModel):
    """A Salesforce object that contains a mapping, one record for each value."""

    object: ApiName = Field(description="API name, such as Hotline_Mapping__mdt.")
    key: FieldPath = Field(description="The field with the value to look up.")
    value: FieldPath = Field(description="The field with the key of a service number of this plan.")
    filter: Sentence | None = Field(
        default=None, description="SOQL condition, such as Active__c = true."
    )


_Default = Annotated[
    Name | None, Field(description="Service number if the value is missing or has no entry.")
]


class MappingInPlan(PlanModel):
    """A table from a value to a service number, kept in this file."""

    entries: dict[str, Name] = Field(min_length=1, description="Value: a service number's key.")
    default: _Default = None


class MappingInSalesforce(PlanModel):
    """A table from a value to a service number, kept in Salesforce."""

    salesforce: SalesforceSource
    default: _Default = None


Mapping = Annotated[
    Annotated[MappingInPlan, Tag("<entries>")]
    | Annotated[MappingInSalesforce, Tag("<salesforce>")],
    form_by_key("salesforce", default="entries"),
]


class ListSource(PlanModel):
    """A Salesforce object whose records' numbers are on a list."""

    object: ApiName = Field(description="API name, such as Contact.")
    numbers: list[FieldPath] = Field(
        min_length=1, max_length=MAX_NUMBERS, description="Fields that contain phone numbers."
    )
    filter: Sentence | None = Field(
        default=None, description="SOQL condition, such as DoNotCall = true. Default: all records."
    )


class ListInSalesforce(PlanModel):
    """A list whose entries are read from Salesforce."""

    name: ListName = Field(description="Name of the list, for callee.listed.")
    salesforce: list[ListSource] = Field(
        min_length=1, max_length=MAX_SOURCES, description="Objects whose numbers are on the list."
    )


NumberList = Annotated[
    Annotated[ListName, Tag("<name>")] | Annotated[ListInSalesforce, Tag("<salesforce>")],
    form_by_key(default="salesforce", scalar="name"),
]


_ObjectField = Annotated[
    Annotated[FieldPath, Tag("<one>")]
    | Annotated[list[FieldPath], Field(min_length=1, max_length=MAX_NUMBERS), Tag("<list>")],
    Discriminator(one_or_list),
]
_FieldPaths = {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": FIELD_PATH}}
SalesforceObject = Annotated[
    dict[AttributeName, _ObjectField],
    Field(
        json_schema_extra={
            "properties": {
                NUMBERS: {
                    "description": "Fields that contain phone numbers, for callee.on_record.",
                    **_FieldPaths,
                }
            }
        }
    ),
]


class Agents(PlanModel):
    """The agents: how to find them among the Salesforce users, and which fields to read."""

    match: ApiName = Field(
        default="CommunityNickname", description="The field of User that contains the AgentUID."
    )
    attributes: dict[AttributeName, FieldPath] = Field(
        default={},
        description="Name in this plan: field of User. Rules use it as the fact agent.<name>.",
    )
    case_sensitive: bool = Field(
        default=False, description="Whether Salesforce compares the field `match` with case."
    )


class Freshness(PlanModel):
    """Times for which answers of Salesforce may be used again: 0s, 90s, 5m, 8h, 7d."""

    record: Duration = Field(default="0s", description="The clicked record.")
    agent: Duration = Field(default="1h", description="The agent.")
    stale_if_error: Duration = Field(
        default="8h", description="Both, while Salesforce cannot be reached."
    )


class Plan(PlanModel):
    """A dial plan: which numbers may be signalled, when, and which calls are refused."""

    version: Version = Field(description="Version of this format.")
    home_region: Region = Field(
        description="Country of the company, such as DE. National numbers (089…) belong to it."
    )
    home_zone: Zone | None = Field(
        default=None,
        description="Time zone of the company, if the country has several: Europe/London.",
    )
    internal_digits: InternalDigits | None = Field(
        default=None,
        description="Lengths of internal extensions, `3` or `2-4`. Default: up to 6 digits, unless "
        "the number is a public short number.",
    )
    plain_numbers: Literal["international", "national"] = Field(
        default="international",
        description="How digits without a prefix are read if both readings are valid.",
    )
    without_record: Literal["refuse", "allow"] = Field(
        default="refuse", description="What to do with calls without a Salesforce record."
    )
    service_numbers: dict[Name, ServiceNumber] = Field(
        default={}, description="All numbers that may be signalled."
    )
    mappings: dict[Name, Mapping] = Field(
        default={}, description="Tables from a value to a service number."
    )
    objects: dict[ApiName, SalesforceObject] = Field(
        default={},
        description="Salesforce objects and the fields to read. Name in this plan: field, or path "
        "such as Account.Type. Rules use it as the fact record.<name>. `numbers` is a list of "
        "fields with phone numbers.",
    )
    lists: list[NumberList] = Field(
        default=[],
        max_length=MAX_LISTS,
        description="Lists of numbers, which rules name in callee.listed: a name, or a name with "
        "the Salesforce objects that contain the numbers.",
    )
    hours: dict[AttributeName, Hours] = Field(
        default={}, description="Calling hours. Rules use them as the fact hours.<name>."
    )
    agents: Agents = Field(default=Agents(), description="The agents who click.")
    rules: list[Rule] = Field(min_length=1, description="The first rule that matches decides.")
    outage: Outage = Field(
        default=Refusal(refuse="Salesforce cannot be reached. Please dial again in a minute."),
        description="The outcome if a rule needs Salesforce and Salesforce cannot be reached; or "
        "rules for that case, the last one without `when`.",
    )
    freshness: Freshness = Field(
        default=Freshness(), description="How long answers of Salesforce may be used again."
    )
    examples: list[Example] = Field(
        default=[],
        description="Calls and their expected results. A plan with another result is not "
        "published.",
    )


JsonSchema = dict[str, Any]


@cache
def plan_schema() -> JsonSchema:
    """Return the JSON Schema of a dial plan file, without pydantic's titles and nulls."""
    schema: JsonSchema = _simplify(Plan.model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "click-to-dial dial plan",
        **schema,
    }


def known_keys(path: Path) -> frozenset[str]:
    """Return the keys that are possible at `path`, in any of the forms of the value there."""
    schema = plan_schema()
    nodes = [schema]
    for key in path:
        nodes = [each for node in _forms(schema, nodes) for each in _children(node, key)]
    return frozenset(key for node in _forms(schema, nodes) for key in node.get("properties", {}))


def _simplify(node: Any) -> Any:
    """Remove titles, null as a value (a key without value is omitted) and null defaults."""
    if isinstance(node, list):
        return [_simplify(item) for item in node]
    if not isinstance(node, dict):
        return node
    alternatives = [form for form in node.get("anyOf", ()) if form != {"type": "null"}]
    if len(alternatives) == 1:
        node = {key: value for key, value in node.items() if key != "anyOf"} | alternatives[0]
    if "patternProperties" in node:
        node = node | {"additionalProperties": False}
    return {
        key: {name: _simplify(each) for name, each in value.items()}
        if key in ("properties", "$defs")
        else _simplify(value)
        for key, value in node.items()
        if not (key == "title" or (key == "default" and value is None))
    }


def _forms(schema: JsonSchema, nodes: list[JsonSchema]) -> list[JsonSchema]:
    """Follow references and alternatives until only objects, lists and scalars are left."""
    forms: list[JsonSchema] = []
    for node in nodes:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        alternatives = node.get("oneOf") or node.get("anyOf")
        forms += _forms(schema, alternatives) if alternatives else [node]
    return forms


def _children(node: JsonSchema, key: str | int) -> list[JsonSchema]:
    """Return the schemas of the value at `key`."""
    if isinstance(key, int):
        return [node["items"]] if "items" in node else []
    if key in node.get("properties", {}):
        return [node["properties"][key]]
    children = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
    return [child for child in children if isinstance(child, dict)]
