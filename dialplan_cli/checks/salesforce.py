"""Check of a plan against Salesforce: the objects and fields exist and can be read."""

import difflib
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.errors import SalesforceConfigurationError
from click_to_dial.salesforce.consent import CONSENT
from click_to_dial.salesforce.queries import list_query, mapping_query
from dialplan_cli.checks.salesforce_schema import (
    Field,
    SalesforceReader,
    SalesforceSchema,
    SObject,
)
from dialplan_cli.checks.values import check_values
from dialplan_cli.plan.facts import NUMBERS
from dialplan_cli.plan.names import list_sources
from dialplan_cli.plan.read import PlanFile
from dialplan_cli.plan.source import Finding, Findings, Path, PlanFileError, Problem

TIMEOUT_SECONDS = 60.0
"""Describing the Account of a large organisation takes a few seconds."""

COMPOUND_TYPES = ("address", "location")

NUMBER_TYPES = (
    "phone",
    "string",
    "textarea",
    "combobox",
    "picklist",
    "encryptedstring",
    "anyType",
)
"""Types of fields that can contain a phone number with its leading zero or plus."""

# Fields that can be read through a relationship with several parents: those of the object Name.
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_name.htm
NAME_FIELDS = frozenset(
    "alias email firstname id isactive lastname name phone profileid recordtypeid title type"
    " userroleid username".split()
)
NAME_RELATIONSHIPS = {"profile": "Profile", "recordtype": "RecordType", "userrole": "UserRole"}

CONSENT_FIELDS = (
    "PartyId",
    "ContactPointType",
    "PrivacyConsentStatus",
    "EffectiveFrom",
    "EffectiveTo",
)

REMEDY = "if it exists, the integration user's permission set must grant read access to it"


def check_salesforce(plan: PlanFile, salesforce: SalesforceReader) -> tuple[Problem, ...]:
    """Check that all objects and fields in the plan exist, can be read and fit their values.

    Return warnings. Raises PlanFileError with all errors, SalesforceError, OutOfTimeError.
    """
    schema = SalesforceSchema(salesforce, Deadline(TIMEOUT_SECONDS))
    user = schema.user()
    findings = [
        *check_agents(schema, user, plan.document["agents"]),
        *check_objects(schema, plan.document["objects"], plan.document.get("numbers", {})),
        *check_mappings(schema, plan.document["mappings"]),
        *check_lists(schema, plan.document),
    ]
    places = {path for path, _ in findings}
    values = [
        value for value in check_values(schema, plan.document) if places.isdisjoint(value.fields)
    ]
    findings += [(value.path, value.message) for value in values if value.is_error]
    if findings:
        raise PlanFileError(plan.source.locate(findings))
    return plan.source.locate((value.path, value.message) for value in values)


def check_agents(schema: SalesforceSchema, user: SObject, agents: Mapping[str, Any]) -> Findings:
    """Check the field that identifies agents, and their attributes."""
    match = user.fields.get(agents["match"].lower())
    if match is None:
        yield ("agents", "match"), _no_field(user, agents["match"])
    elif not match.filterable:
        message = f"Salesforce cannot filter users by {match.name}; name a field that it can filter"
        yield ("agents", "match"), message
    elif match.name != agents["match"]:
        yield ("agents", "match"), _misspelt(agents["match"], match.name)
    elif match.case_sensitive and not agents.get("case_sensitive"):
        message = f"Salesforce compares {match.name} with case; add `case_sensitive: true`"
        yield ("agents", "match"), message
    elif agents.get("case_sensitive") and not match.case_sensitive:
        message = f"Salesforce compares {match.name} without case; remove this key"
        yield ("agents", "case_sensitive"), message
    yield from check_fields(schema, user, ("agents", "attributes"), agents["attributes"])


def check_objects(
    schema: SalesforceSchema,
    objects: Mapping[str, Mapping[str, str]],
    numbers: Mapping[str, Sequence[str]],
) -> Findings:
    """Check the objects that may be clicked, their attributes, and their fields with numbers."""
    for name, fields in objects.items():
        sobject = yield from _find_object(schema, ("objects", name), name)
        if sobject is None:
            continue
        yield from check_fields(schema, sobject, ("objects", name), fields)
        place: Path = ("objects", name, NUMBERS)
        yield from check_numbers(schema, sobject, place, numbers.get(name, ()))
        if CONSENT in fields:
            place = ("objects", name, CONSENT)
            yield from check_consent(schema, sobject, place, fields[CONSENT])


def check_consent(schema: SalesforceSchema, sobject: SObject, path: Path, field: str) -> Findings:
    """Check the attribute that leads to a person, and the object with the consents."""
    if _path_error(schema, sobject, field) is None:
        found = schema.field(sobject, field)
        if found is None or "Individual" not in found.parents:
            remedy = "name the field that does, such as IndividualId"
            yield path, f"{field} does not lead to a person; {remedy}"
    consents = schema.object("ContactPointTypeConsent")
    if consents is None:
        yield path, _no_object("ContactPointTypeConsent")
        return
    for name in CONSENT_FIELDS:
        if name.lower() not in consents.fields:
            yield path, _no_field(consents, name)


def check_mappings(schema: SalesforceSchema, mappings: Mapping[str, Any]) -> Findings:
    """Check the objects that contain mappings."""
    for name, mapping in mappings.items():
        source = mapping.get("salesforce")
        if source is None:
            continue
        path: Path = ("mappings", name, "salesforce")
        sobject = yield from _find_object(schema, (*path, "object"), source["object"])
        if sobject is None:
            continue
        fields = {key: source[key] for key in ("key", "value")}
        findings = list(check_fields(schema, sobject, path, fields))
        # A custom metadata type returns all rows, whatever the LIMIT.
        soql = f"{mapping_query(source)} LIMIT 1"
        yield from findings or check_query(schema, path, soql, source)


def check_lists(schema: SalesforceSchema, document: Mapping[str, Any]) -> Findings:
    """Check the objects whose numbers are on lists."""
    for path, source in list_sources(document):
        sobject = yield from _find_object(schema, (*path, "object"), source["object"])
        if sobject is None:
            continue
        findings = list(check_numbers(schema, sobject, (*path, "numbers"), source["numbers"]))
        yield from findings or check_query(schema, path, list_query(source, None, 1), source)


def check_numbers(
    schema: SalesforceSchema, sobject: SObject, path: Path, numbers: Sequence[str]
) -> Findings:
    """Check the fields of an object that contain numbers. `path` is their place in the plan."""
    fields = dict(enumerate(numbers))
    yield from check_fields(schema, sobject, path, fields)
    for index, field_path in fields.items():
        field = schema.field(sobject, field_path)
        if field is not None and field.type not in NUMBER_TYPES:
            message = f"{field_path} has the type {field.type}; name fields of type phone or text"
            yield (*path, index), message


def check_query(
    schema: SalesforceSchema, path: Path, soql: str, source: Mapping[str, Any]
) -> Findings:
    """Check that the rows of a source can be read by this query."""
    try:
        schema.reader.select(soql, schema.deadline)
    except SalesforceConfigurationError as error:
        key = "filter" if source["filter"] else "object"
        yield (*path, key), f"Salesforce refuses the query '{soql}': {error}"


def check_fields(
    schema: SalesforceSchema, sobject: SObject, path: Path, fields: Mapping[Any, str]
) -> Findings:
    """Check the fields of an object. `path` is the place of `fields` in the plan."""
    for name, field in fields.items():
        if message := _path_error(schema, sobject, field):
            yield (*path, name), message


def _path_error(schema: SalesforceSchema, sobject: SObject, path: str) -> str | None:
    """Return why a field path from `sobject` cannot be read, or None if it can."""
    first, _, rest = path.partition(".")
    if not rest:
        target = sobject.fields.get(first.lower())
        if target is None:
            return _no_field(sobject, first)
        if target.type in COMPOUND_TYPES:
            return f"{target.name} of {sobject.name} is not a single value; name one of its parts"
        return None if target.name == first else _misspelt(first, target.name)
    field = sobject.relationships.get(first.lower())
    if field is None:
        names = [other.relationship or "" for other in sobject.relationships.values()]
        return f"{sobject.name} has no relationship {first}{_suggestion(first, names)}; {REMEDY}"
    if field.relationship and field.relationship != first:
        return _misspelt(first, field.relationship)
    if len(field.parents) == 1:
        return _parent_error(schema, first, field.parents[0], rest)
    return _polymorphic_error(schema, sobject, field, rest)


def _parent_error(
    schema: SalesforceSchema, relationship: str, parent_name: str, rest: str
) -> str | None:
    parent = schema.object(parent_name)
    if parent is None:
        return f"{relationship} leads to {parent_name}, but {_no_object(parent_name)}"
    return _path_error(schema, parent, rest)


def _polymorphic_error(
    schema: SalesforceSchema, sobject: SObject, field: Field, rest: str
) -> str | None:
    """Return the error of the path behind a relationship with several possible parents."""
    first, _, further = rest.partition(".")
    if further and first.lower() in NAME_RELATIONSHIPS:
        return _parent_error(schema, first, NAME_RELATIONSHIPS[first.lower()], further)
    if not further and first.lower() in NAME_FIELDS:
        return None
    parents = " or ".join(field.parents[:3]) or "any object"
    return (
        f"{field.relationship} of {sobject.name} may be {parents}; through such a relationship "
        "Salesforce returns only common fields: Name, Type, Phone, Email, Title and a few more"
    )


def _find_object(
    schema: SalesforceSchema, path: Path, name: str
) -> Generator[Finding, None, SObject | None]:
    """Yield a finding if the object does not exist or is misspelt. Return it, or None."""
    sobject = schema.object(name)
    if sobject is None:
        yield path, _no_object(name)
    elif sobject.name != name:
        yield path, _misspelt(name, sobject.name)
    return sobject


def _misspelt(name: str, spelling: str) -> str:
    return f"upper and lower case count; write {spelling} instead of {name}"


def _no_object(name: str) -> str:
    return f"the integration user sees no object {name}; {REMEDY}"


def _no_field(sobject: SObject, name: str) -> str:
    if field := sobject.relationships.get(name.lower()):
        relationship = field.relationship
        return (
            f"{relationship} of {sobject.name} is a record, not a value; name a field: "
            f"{relationship}.Name"
        )
    names = [field.name for field in sobject.fields.values()]
    return f"{sobject.name} has no field {name}{_suggestion(name, names)}; {REMEDY}"


def _suggestion(name: str, known: list[str]) -> str:
    likely = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return f" (did you mean {likely[0]}?)" if likely else ""
