"""A plan against the organisation: what it names exists, and the integration user sees it."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.errors import SalesforceConfigurationError
from click_to_dial.salesforce.consent import CONSENT
from click_to_dial.salesforce.queries import mapping_query
from dialplan_cli.checks.salesforce_schema import Field, Organisation, Schema, SObject
from dialplan_cli.plan.problems import Path, PlanFileError, Problem, show_path
from dialplan_cli.plan.read import PlanFile
from dialplan_cli.plan.source import read_yaml

Found = Iterator[tuple[Path, str]]

PATIENCE_SECONDS = 60.0
"""A large organisation describes its Account in a few seconds."""

COMPOUND = ("address", "location")

# What a relationship with several parents gives of each of them: the fields of the object Name.
# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_name.htm
NAME_FIELDS = frozenset(
    "alias email firstname id isactive lastname name phone profileid recordtypeid title type"
    " userroleid username".split()
)
NAME_RELATIONSHIPS = {"profile": "Profile", "recordtype": "RecordType", "userrole": "UserRole"}

CURE = "if it exists, the integration user's permission set must let it be read"


def check_salesforce(plan: PlanFile, file: str, organisation: Organisation) -> None:
    """Asks Salesforce about all objects and fields that the plan names.

    Raises PlanFileError with all that is missing, SalesforceError, OutOfTimeError.
    """
    schema = Schema(organisation, Deadline(PATIENCE_SECONDS))
    user = schema.user()
    found = [
        *_agents(schema, user, plan.document["agents"]),
        *_objects(schema, plan.document["objects"]),
        *_mappings(schema, plan.document["mappings"]),
    ]
    if found:
        raise PlanFileError(_problems(plan, file, found))


def _agents(schema: Schema, user: SObject, agents: Mapping[str, Any]) -> Found:
    match = user.fields.get(agents["match"].lower())
    if match is None:
        yield ("agents", "match"), _no_field(user, agents["match"])
    elif not match.filterable:
        message = f"users cannot be searched for by {match.name}; name a field that can be filtered"
        yield ("agents", "match"), message
    yield from _fields(schema, user, ("agents", "attributes"), agents["attributes"])


def _objects(schema: Schema, objects: Mapping[str, Mapping[str, str]]) -> Found:
    for name, fields in objects.items():
        sobject = schema.object(name)
        if sobject is None:
            yield ("objects", name), _no_object(name)
            continue
        yield from _fields(schema, sobject, ("objects", name), fields)
        if CONSENT in fields:
            yield from _consent(schema, sobject, ("objects", name, CONSENT), fields[CONSENT])


def _consent(schema: Schema, sobject: SObject, path: Path, field: str) -> Found:
    if _fault(schema, sobject, field) is None and (message := _no_person(schema, sobject, field)):
        yield path, message
    consents = schema.object("ContactPointTypeConsent")
    if consents is None:
        yield path, _no_object("ContactPointTypeConsent")
        return
    names = "PartyId ContactPointType PrivacyConsentStatus EffectiveFrom EffectiveTo".split()
    for name in names:
        if name.lower() not in consents.fields:
            yield path, _no_field(consents, name)


def _no_person(schema: Schema, sobject: SObject, path: str) -> str | None:
    """What is wrong with a path that must lead to an Individual, in Salesforce's own spelling.

    It stands in a reference to the record's row, where upper and lower case count.
    """
    spelled: list[str] = []
    at: SObject | None = sobject
    *relationships, last = path.lower().split(".")
    for name in relationships:
        step = at.relationships.get(name) if at else None
        spelled.append(step.relationship or "" if step else name)
        at = schema.object(step.parents[0]) if step and len(step.parents) == 1 else None
    field = at.fields.get(last) if at else None
    if field is None or "Individual" not in field.parents:
        return f"{path} does not lead to a person; name the field that does, such as IndividualId"
    correct = ".".join([*spelled, field.name])
    return None if correct == path else f"upper and lower case count here; write it as {correct}"


def _mappings(schema: Schema, mappings: Mapping[str, Any]) -> Found:
    for name, mapping in mappings.items():
        source = mapping.get("salesforce")
        if source is None:
            continue
        path: Path = ("mappings", name, "salesforce")
        sobject = schema.object(source["object"])
        if sobject is None:
            yield (*path, "object"), _no_object(source["object"])
            continue
        parts = {part: source[part] for part in ("key", "value")}
        missing = list(_fields(schema, sobject, path, parts))
        yield from missing or _rows(schema, path, source)


def _rows(schema: Schema, path: Path, source: Mapping[str, Any]) -> Found:
    """Whether the rows can be read. Custom metadata types answer with all, whatever the LIMIT."""
    soql = mapping_query(source)
    try:
        schema.organisation.select(f"{soql} LIMIT 1", schema.deadline)
    except SalesforceConfigurationError as error:
        part = "filter" if source["filter"] else "object"
        yield (*path, part), f"Salesforce refuses the query '{soql}': {error}"


def _fields(schema: Schema, sobject: SObject, path: Path, fields: Mapping[str, str]) -> Found:
    for name, field in fields.items():
        if message := _fault(schema, sobject, field):
            yield (*path, name), message


def _fault(schema: Schema, sobject: SObject, path: str) -> str | None:
    """What is wrong with a path that starts at `sobject`; None where it can be read."""
    first, _, rest = path.partition(".")
    if not rest:
        return _fault_of_field(sobject, first)
    field = sobject.relationships.get(first.lower())
    if field is None:
        return _no_relationship(sobject, first)
    if len(field.parents) != 1:
        return _fault_behind_many(schema, sobject, field, rest)
    return _fault_behind(schema, first, field.parents[0], rest)


def _fault_behind(schema: Schema, relationship: str, target: str, rest: str) -> str | None:
    parent = schema.object(target)
    if parent is None:
        return f"{relationship} leads to {target}, but {_no_object(target)}"
    return _fault(schema, parent, rest)


def _fault_behind_many(schema: Schema, sobject: SObject, field: Field, rest: str) -> str | None:
    """The same where the parent may be one of several objects, or of any."""
    first, _, further = rest.partition(".")
    if further and first.lower() in NAME_RELATIONSHIPS:
        return _fault_behind(schema, first, NAME_RELATIONSHIPS[first.lower()], further)
    if not further and first.lower() in NAME_FIELDS:
        return None
    parents = " or ".join(field.parents[:3]) or "any object"
    return (
        f"{field.relationship} of {sobject.name} may be {parents}; of such a relationship "
        "Salesforce gives only what all have: Name, Type, Phone, Email, Title and the like"
    )


def _fault_of_field(sobject: SObject, name: str) -> str | None:
    found = sobject.fields.get(name.lower())
    if found is None:
        return _no_field(sobject, name)
    if found.type in COMPOUND:
        return f"{found.name} of {sobject.name} is no single value; name one of its parts"
    return None


def _no_object(name: str) -> str:
    return f"the integration user sees no object {name}; {CURE}"


def _no_field(sobject: SObject, name: str) -> str:
    if relation := sobject.relationships.get(name.lower()):
        named = relation.relationship
        return f"{named} of {sobject.name} is a record, not a value; name a field: {named}.Name"
    spelled = [field.name for field in sobject.fields.values()]
    return f"{sobject.name} has no field {name}{_likely(name, spelled)}; {CURE}"


def _no_relationship(sobject: SObject, name: str) -> str:
    spelled = [field.relationship or "" for field in sobject.relationships.values()]
    return f"{sobject.name} has no relationship {name}{_likely(name, spelled)}; {CURE}"


def _likely(name: str, candidates: list[str]) -> str:
    likely = difflib.get_close_matches(name, candidates, n=1, cutoff=0.75)
    return f" (did you mean {likely[0]}?)" if likely else ""


def _problems(plan: PlanFile, file: str, found: Iterable[tuple[Path, str]]) -> list[Problem]:
    places = read_yaml(plan.source).places
    problems = []
    for path, message in found:
        place = path
        while place not in places:  # a default stands nowhere in the file
            place = place[:-1]
        problems.append(Problem(file, places[place].line, show_path(path), message))
    return sorted(problems, key=lambda problem: problem.line)
