"""The permission set that a dial plan needs, as source of Salesforce's Metadata API.

It gives read access to exactly the objects and fields of the plan, and nothing else.

Format: https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_permissionset.htm
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from click_to_dial.errors import ClickToDialError
from click_to_dial.salesforce.consent import CONSENT
from dialplan_cli.checks.salesforce import CONSENT_FIELDS
from dialplan_cli.checks.salesforce_schema import SalesforceSchema
from dialplan_cli.plan.names import field_paths, list_sources
from dialplan_cli.plan.source import child, pairs
from dialplan_cli.plan.standard_objects import (
    ACTIVITIES,
    DEPENDENCIES,
    FOLLOWING,
    WITHOUT_PERMISSIONS,
    is_custom,
    lookup_field,
    parent_object,
    permission_field,
)

API_VERSION = "66.0"
NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
NAME = re.compile(r"[A-Za-z](_?[A-Za-z0-9])*")
"""Names of permission sets: letters, digits and single underscores."""

_SHARED_FIELDS = ("Email", "Phone", "Title")
"""Fields with a permission that can be read through a relationship to several objects."""

_SOQL_TEXT = re.compile(r"'(?:\\.|[^'\\])*'")
_SOQL_FIELD = re.compile(
    r"([A-Za-z][\w.]*)\s*(?:[=<>]|!=|\b(?:LIKE|IN|NOT\s+IN|INCLUDES|EXCLUDES)\b)", re.IGNORECASE
)


class PermissionSetError(ClickToDialError):
    """The permission set cannot be written."""


@dataclass(slots=True)
class Access:
    """The objects, fields and permissions that the integration user needs.

    `fields` have the form Object.Field. `left_out` are the fields of the plan that need no
    permission and that a permission set cannot contain. `notes` are about what is not certain.
    """

    objects: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    metadata_types: set[str] = field(default_factory=set)
    custom_settings: set[str] = field(default_factory=set)
    user_permissions: set[str] = field(default_factory=lambda: {"ApiEnabled", "ViewAllUsers"})
    left_out: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def required_access(data: Mapping[str, Any], schema: SalesforceSchema | None = None) -> Access:
    """Return the access that a plan, as it is written, needs.

    Without a schema, custom relationships are assumed to lead to the object of the same name.
    Raises SalesforceError, OutOfTimeError.
    """
    collector = _Collector(schema)
    for name, fields in pairs(data.get("objects")):
        collector.add_object(name)
        if CONSENT in child(fields):
            for consent_field in CONSENT_FIELDS:
                collector.add_path("ContactPointTypeConsent", consent_field)
    for _, object_name, path in field_paths(data):
        collector.add_path(object_name, path)
    sources = [child(mapping, "salesforce") for _, mapping in pairs(data.get("mappings"))]
    sources += [source for _, source in list_sources(data)]
    for source in sources:
        soql = _SOQL_TEXT.sub("''", str(source.get("filter") or ""))
        for path in _SOQL_FIELD.findall(soql):
            collector.add_path(source["object"], path)
    return collector.access


class _Collector:
    """Collects the access to objects and fields, step by step along their paths."""

    def __init__(self, schema: SalesforceSchema | None) -> None:
        self.access = Access()
        self._schema = schema

    def add_object(self, name: str) -> None:
        """Add an object with the permissions that it needs to be read."""
        described = self._schema.object(name) if self._schema else None
        if name.endswith("__mdt"):
            self.access.metadata_types.add(name)
        elif described and described.is_custom_setting:
            self.access.custom_settings.add(name)
        elif name in ACTIVITIES:
            self.access.user_permissions.add("ActivitiesAccess")
        elif name not in WITHOUT_PERMISSIONS:
            self.access.objects.add(FOLLOWING.get(name, name))
            masters = {DEPENDENCIES[name]} if name in DEPENDENCIES else set()
            if described:
                masters |= {each.parents[0] for each in described.fields.values() if each.is_detail}
            for master in masters - self.access.objects:
                self.add_object(master)

    def add_path(self, object_name: str, path: str) -> None:
        """Add the fields on a path, and the objects that it leads through."""
        *relationships, last = path.split(".")
        for relationship in relationships:
            self.add_object(object_name)
            parent = self._follow(object_name, relationship)
            if parent is None:
                if last in _SHARED_FIELDS:
                    self.access.notes.append(
                        f"{object_name}.{path}: {relationship} can lead to several objects; add "
                        f"the permission for {last} of those that are used"
                    )
                return
            object_name = parent
        self.add_object(object_name)
        self._add_field(object_name, last)

    def _follow(self, object_name: str, relationship: str) -> str | None:
        """Add the lookup field of a relationship. Return the object that it leads to."""
        described = self._schema.object(object_name) if self._schema else None
        step = described.relationships.get(relationship.lower()) if described else None
        if step is not None:
            self._add_field(object_name, step.name)
            return step.parents[0] if len(step.parents) == 1 else None
        self._add_field(object_name, lookup_field(relationship))
        parent = parent_object(object_name, relationship)
        if parent and is_custom(relationship):
            note = f"{object_name}.{relationship} is assumed to lead to {parent}"
            if note not in self.access.notes:
                self.access.notes.append(note)
        return parent

    def _add_field(self, object_name: str, name: str) -> None:
        if object_name in self.access.custom_settings:
            return
        described = self._schema.object(object_name) if self._schema else None
        known = described.fields.get(name.lower()) if described else None
        allowed = permission_field(object_name, name)
        if allowed is None or (known and not known.is_permissionable):
            self.access.left_out.add(f"{object_name}.{name}")
        else:
            self.access.fields.add(".".join(allowed))


def permission_set_xml(access: Access, label: str) -> str:
    """Return the permission set in the form of the Metadata API, its elements in its order."""
    root = ET.Element("PermissionSet", xmlns=NAMESPACE)
    for name in sorted(access.metadata_types):
        _add(root, "customMetadataTypeAccesses", enabled="true", name=name)
    for name in sorted(access.custom_settings):
        _add(root, "customSettingAccesses", enabled="true", name=name)
    ET.SubElement(
        root, "description"
    ).text = (
        "Read access for the integration user of click-to-dial. Written by dialplan permission-set."
    )
    for name in sorted(access.fields):
        _add(root, "fieldPermissions", editable="false", field=name, readable="true")
    ET.SubElement(root, "hasActivationRequired").text = "false"
    ET.SubElement(root, "label").text = label
    for name in sorted(access.objects):
        _add(
            root,
            "objectPermissions",
            allowCreate="false",
            allowDelete="false",
            allowEdit="false",
            allowRead="true",
            modifyAllRecords="false",
            object=name,
            viewAllRecords="true",
        )
    for name in sorted(access.user_permissions):
        _add(root, "userPermissions", enabled="true", name=name)
    return _to_text(root)


def manifest_xml(name: str) -> str:
    """Return the package.xml of a permission set."""
    root = ET.Element("Package", xmlns=NAMESPACE)
    types = ET.SubElement(root, "types")
    ET.SubElement(types, "members").text = name
    ET.SubElement(types, "name").text = "PermissionSet"
    ET.SubElement(root, "version").text = API_VERSION
    return _to_text(root)


def write_permission_set(access: Access, name: str, folder: Path) -> list[Path]:
    """Write the files of a project that `sf project deploy start` deploys. Return their paths.

    Raises PermissionSetError.
    """
    if not NAME.fullmatch(name) or len(name) > 80:
        raise PermissionSetError(
            f"{name} is no API name: write letters, digits and single underscores, a letter first."
        )
    project = {
        "packageDirectories": [{"path": "permissionsets", "default": True}],
        "sourceApiVersion": API_VERSION,
    }
    files = {
        folder / f"permissionsets/{name}.permissionset-meta.xml": permission_set_xml(
            access, name.replace("_", " ")
        ),
        folder / "package.xml": manifest_xml(name),
        folder / "sfdx-project.json": json.dumps(project, indent=2) + "\n",
    }
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PermissionSetError(
            f"{error.filename} cannot be written: {error.strerror}."
        ) from error
    return list(files)


def _add(parent: ET.Element, tag: str, **values: str) -> None:
    element = ET.SubElement(parent, tag)
    for name, value in values.items():
        ET.SubElement(element, name).text = value


def _to_text(root: ET.Element) -> str:
    ET.indent(root, "    ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'
