"""Checks of Salesforce's names without Salesforce: spelling, relationships, compound fields.

Salesforce ignores the case of names, but what is compared with them in a plan and kept by them does
not. Only what is wrong in every organisation is an error.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dialplan_cli.plan.source import Findings, Path, child, pairs
from dialplan_cli.plan.standard_objects import (
    FIELDS,
    FIELDS_OF_CUSTOM_OBJECTS,
    OBJECTS,
    compound_field,
    is_custom,
    parent_object,
)

Data = Mapping[str, Any]

_SUFFIX = re.compile(r"__(?!c\b|r\b|mdt\b|pc\b)(?i:c|r|mdt|pc)\b")

_BY_LOWER_CASE = {name.lower(): name for name in OBJECTS}


def check_names(data: Data) -> Findings:
    """Find objects and fields that cannot exist as they are written."""
    for path, name in objects(data):
        spelling = _BY_LOWER_CASE.get(name.lower(), name)
        if spelling != name:
            yield path, f"upper and lower case count; write {spelling}"
    for path, name in [*objects(data), *((path, field) for path, _, field in field_paths(data))]:
        if suffix := _SUFFIX.search(name):
            yield path, f"upper and lower case count; write {suffix[0].lower()}, not {suffix[0]}"
    for path, object_name, field in field_paths(data):
        message = path_error(_BY_LOWER_CASE.get(object_name.lower(), object_name), field)
        if message:
            yield path, message


def warn_names(data: Data) -> Findings:
    """Find objects and fields that no organisation is known to have: custom names without __c."""
    for path, name in objects(data):
        if not is_custom(name) and name not in OBJECTS:
            likely = difflib.get_close_matches(name, OBJECTS, n=1, cutoff=0.75)
            remedy = (
                f"did you mean {likely[0]}?" if likely else f"a custom object ends in {name}__c"
            )
            yield path, f"{name} is no well-known standard object; {remedy}"
    for path, object_name, field in field_paths(data):
        relationships = field.split(".")[:-1]
        if object_name.endswith("__c") and relationships and not is_custom(relationships[0]):
            name = relationships[0]
            if f"{name}Id" not in FIELDS_OF_CUSTOM_OBJECTS:
                yield path, f"{name} is no well-known relationship; a custom one ends in {name}__r"
                continue
        *_, (owner, step, _) = _steps(object_name, field)
        known = FIELDS.get(owner, frozenset())
        if object_name.endswith("__c") and not relationships:
            known = FIELDS_OF_CUSTOM_OBJECTS
        if not known or step in relationships or is_custom(step) or step in known:
            continue
        likely = difflib.get_close_matches(step, known, n=1, cutoff=0.75)
        remedy = f"did you mean {likely[0]}?" if likely else f"a custom field ends in {step}__c"
        yield path, f"{step} is no well-known field of {owner}; {remedy}"


def list_sources(data: Data) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each source of a list kept in Salesforce with its place.

    `data` is a plan as written or as published.
    """
    published = child(data, "salesforce_lists")
    lists = data.get("lists")
    for index, each in enumerate(lists if isinstance(lists, list) else ()):
        sources = published.get(each) if isinstance(each, str) else child(each).get("salesforce")
        for place, source in enumerate(sources if isinstance(sources, list) else ()):
            yield ("lists", index, "salesforce", place), child(source)


def objects(data: Data) -> Iterator[tuple[Path, str]]:
    """Yield each object that the plan names, with its place."""
    for name, _ in pairs(data.get("objects")):
        yield ("objects", name), name
    for name, mapping in pairs(data.get("mappings")):
        source = child(mapping, "salesforce").get("object")
        if isinstance(source, str):
            yield ("mappings", name, "salesforce", "object"), source
    for path, listed in list_sources(data):
        if isinstance(listed.get("object"), str):
            yield (*path, "object"), listed["object"]


def field_paths(data: Data) -> Iterator[tuple[Path, str, str]]:
    """Yield each field path that the plan names, with its place and the object it starts from."""
    places: list[tuple[Path, str, Any]] = []
    published = child(data, "numbers")  # as written, they are among the attributes
    for object_name, fields in pairs(data.get("objects")):
        for name, field in [*pairs(fields), ("numbers", published.get(object_name))]:
            items = enumerate(field) if isinstance(field, list) else ()
            places += [
                (("objects", object_name, name, index), object_name, f) for index, f in items
            ]
            places.append((("objects", object_name, name), object_name, field))
    for name, mapping in pairs(data.get("mappings")):
        source = child(mapping, "salesforce")
        for key in ("key", "value"):
            object_name = str(source.get("object"))
            places.append((("mappings", name, "salesforce", key), object_name, source.get(key)))
    for path, listed in list_sources(data):
        fields = listed.get("numbers")
        places += [
            ((*path, "numbers", index), str(listed.get("object")), field)
            for index, field in enumerate(fields if isinstance(fields, list) else ())
        ]
    places.append((("agents", "match"), "User", child(data, "agents").get("match")))
    for name, field in pairs(child(data, "agents").get("attributes")):
        places.append((("agents", "attributes", name), "User", field))
    for path, object_name, field in places:
        if isinstance(field, str):
            yield path, object_name, field


def path_error(object_name: str, path: str) -> str | None:
    """Return why no organisation has the field path, or None if some may have it."""
    *relationships, last = path.split(".")
    for owner, step, spelling in _steps(object_name, path):
        if spelling != step:
            return f"upper and lower case count; write {spelling} instead of {step}"
        if step == object_name == owner and step in relationships:
            return f"the path starts at the {owner} itself; leave out `{step}.`"
    for relationship in relationships:
        if relationship.endswith("__c"):
            return (
                f"a relationship ends in __r; write {relationship[:-1]}r instead of {relationship}"
            )
        if relationship.endswith("Id") and not is_custom(relationship):
            return f"{relationship} is a field; its relationship is {relationship[:-2]}"
    if last.endswith("__r"):
        return f"{last} is a record, not a value; name one of its fields: {path}.Name"
    *_, (owner, step, _) = _steps(object_name, path)
    fields = FIELDS.get(owner, frozenset())
    if step == last and last not in fields and f"{last}Id" in fields:
        return f"{last} is a record, not a value; name one of its fields: {path}.Name"
    if step == last and last in fields and compound_field(owner, f"{last[:-7]}City") == last:
        return f"{last} is not a single value; name one of its parts, such as {last[:-7]}Country"
    return None


def _steps(object_name: str, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield each object on a path with the step that starts from it, as far as objects are known.

    The third value is the step as Salesforce spells it. The last step is a field, all others are
    relationships.
    """
    *relationships, last = path.split(".")
    owner: str | None = object_name
    for relationship in relationships:
        if owner is None:
            return
        names = (field[:-2] for field in FIELDS.get(owner, ()) if field.endswith("Id"))
        spelling = {name.lower(): name for name in names}.get(relationship.lower(), relationship)
        yield owner, relationship, spelling
        owner = parent_object(owner, spelling)
    if owner is not None:
        yield (
            owner,
            last,
            {name.lower(): name for name in FIELDS.get(owner, ())}.get(last.lower(), last),
        )
