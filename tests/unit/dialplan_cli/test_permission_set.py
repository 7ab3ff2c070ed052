"""The permission set of a plan: exactly its objects and fields, in the form of the Metadata API."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from click_to_dial.deadline import Deadline
from dialplan_cli.checks.salesforce_schema import SalesforceSchema
from dialplan_cli.permission_set import (
    API_VERSION,
    Access,
    PermissionSetError,
    permission_set_xml,
    required_access,
    write_permission_set,
)
from local_stack import template

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


def access(**data: Any) -> Access:
    return required_access(data)


def test_the_fields_on_the_way_are_included() -> None:
    found = access(objects={"Case": {"kind": "Contact.Account.Type"}})
    assert found.fields == {"Case.ContactId", "Contact.AccountId", "Account.Type"}
    assert found.objects == {"Case", "Contact", "Account"}
    assert (found.left_out, found.notes) == (set(), [])


@pytest.mark.parametrize(
    ("object_name", "field", "permission"),
    [
        ("Contact", "DoNotCall", "Contact.DoNotCall"),
        ("Contact", "MailingCountryCode", "Contact.MailingAddress"),
        ("Lead", "City", "Lead.Address"),
        ("Account", "PersonDoNotCall", "Contact.DoNotCall"),
        ("Account", "PersonMailingCity", "Contact.MailingAddress"),
        ("Account", "Opted_Out__pc", "Contact.Opted_Out__c"),
        ("Vehicle__c", "Status__c", "Vehicle__c.Status__c"),
        ("Vehicle__c", "City__c", "Vehicle__c.City__c"),
        ("Task", "WhoId", "Task.WhoId"),
        ("Order", "Name", "Order.Name"),
    ],
)
def test_a_field_has_the_permission_that_salesforce_has_for_it(
    object_name: str, field: str, permission: str
) -> None:
    found = access(objects={object_name: {"fact": field}})
    assert found.fields == {permission}


@pytest.mark.parametrize(
    ("object_name", "field"),
    [
        ("Account", "Id"),
        ("Account", "Name"),
        ("Account", "OwnerId"),
        ("Account", "CreatedDate"),
        ("Contact", "LastName"),
        ("Contact", "RecordTypeId"),
        ("Lead", "Status"),
        ("Case", "Status"),
        ("Opportunity", "StageName"),
        ("Task", "Subject"),
        ("CampaignMember", "DoNotCall"),
        ("Vehicle__c", "Name"),
        ("Vehicle__c", "OwnerId"),
    ],
)
def test_a_field_that_a_permission_set_cannot_contain_is_left_out(
    object_name: str, field: str
) -> None:
    found = access(objects={object_name: {"fact": field}})
    assert found.fields == set()
    assert found.left_out == {f"{object_name}.{field}"}


def test_agents_need_to_be_seen_and_their_custom_fields_to_be_read() -> None:
    found = access(
        agents={"match": "Login__c", "attributes": {"extension": "Extension", "site": "Site__c"}}
    )
    assert found.fields == {"User.Login__c", "User.Site__c"}
    assert found.left_out == {"User.Extension"}
    assert found.objects == set()
    assert found.user_permissions == {"ApiEnabled", "ViewAllUsers"}


def test_objects_without_permissions_of_their_own() -> None:
    found = access(objects={"Task": {"type": "Type"}, "CampaignMember": {"status": "Status"}})
    assert found.objects == {"Campaign"}
    assert "ActivitiesAccess" in found.user_permissions


def test_who_reads_contacts_must_read_accounts() -> None:
    assert access(objects={"Contact": {}}).objects == {"Contact", "Account"}
    assert access(objects={"Lead": {}}).objects == {"Lead"}


def test_the_fields_with_numbers_are_included() -> None:
    found = access(objects={"Contact": {"numbers": ["Phone", "Account.Fax"]}})
    assert found.fields == {"Contact.Phone", "Contact.AccountId", "Account.Fax"}


def test_the_consent_of_the_person_is_included() -> None:
    found = access(objects={"Lead": {"consent": "IndividualId"}})
    assert found.fields == {
        "Lead.IndividualId",
        "ContactPointTypeConsent.EffectiveFrom",
        "ContactPointTypeConsent.EffectiveTo",
    }
    assert found.objects == {"Lead", "ContactPointTypeConsent"}


def test_mappings_need_their_type_their_fields_and_those_of_the_filter() -> None:
    source = {
        "object": "Hotline__mdt",
        "key": "Brand__c",
        "value": "Number__c",
        "filter": "Active__c = true AND (Kind__c IN ('A__c = 1', 'it\\'s') OR Label__c LIKE 'X%')",
    }
    in_object = {"object": "Hotline__c", "key": "Name", "value": "Owner__r.Number__c"}
    found = access(mappings={"one": {"salesforce": source}, "two": {"salesforce": in_object}})
    assert found.metadata_types == {"Hotline__mdt"}
    assert found.objects == {"Hotline__c", "Owner__c"}
    assert found.fields == {
        *(f"Hotline__mdt.{name}__c" for name in ("Brand", "Number", "Active", "Kind", "Label")),
        "Hotline__c.Owner__c",
        "Owner__c.Number__c",
    }
    assert found.notes == ["Hotline__c.Owner__r is assumed to lead to Owner__c"]


def test_a_relationship_to_several_objects_is_noted() -> None:
    found = access(objects={"Task": {"phone": "Who.Phone"}})
    assert found.fields == {"Task.WhoId"}
    ((note),) = found.notes
    assert note.startswith("Task.Who.Phone: Who can lead to several objects")


def described(name: str, kind: str = "string", **other: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "filterable": True,
        "referenceTo": [],
        "relationshipName": None,
        **other,
    }


OBJECTS: dict[str, Any] = {
    "Vehicle__c": {
        "fields": [
            described("Fleet__c", referenceTo=["Car_Pool__c"], relationshipName="Fleet__r"),
            described("Plate__c", permissionable=False),
        ]
    },
    "Car_Pool__c": {
        "fields": [
            described("Size__c", "double", permissionable=True),
            described(
                "Site__c", referenceTo=["Site__c"], relationshipName="Site__r", relationshipOrder=0
            ),
        ]
    },
    "Site__c": {"fields": []},
    "Hotlines__c": {"customSetting": True, "fields": [described("Number__c")]},
    "User": {"fields": []},
}


class Reader:
    """A Salesforce with OBJECTS."""

    def select(self, soql: str, deadline: Deadline) -> list[Any]:
        raise AssertionError(soql)

    def describe(self, object_name: str, deadline: Deadline) -> Any:
        return {"name": object_name, **OBJECTS[object_name]}


def test_salesforce_knows_relationships_masters_settings_and_required_fields() -> None:
    data = {
        "objects": {"Vehicle__c": {"size": "Fleet__r.Size__c", "plate": "Plate__c"}},
        "mappings": {
            "m": {"salesforce": {"object": "Hotlines__c", "key": "Name", "value": "Number__c"}}
        },
    }
    found = required_access(data, SalesforceSchema(Reader(), Deadline(10)))
    assert found.objects == {"Vehicle__c", "Car_Pool__c", "Site__c"}
    assert found.fields == {"Vehicle__c.Fleet__c", "Car_Pool__c.Size__c"}
    assert found.left_out == {"Vehicle__c.Plate__c"}
    assert found.custom_settings == {"Hotlines__c"}
    assert found.notes == []


ELEMENTS = {
    "customMetadataTypeAccesses": ["enabled", "name"],
    "customSettingAccesses": ["enabled", "name"],
    "fieldPermissions": ["editable", "field", "readable"],
    "objectPermissions": [
        "allowCreate",
        "allowDelete",
        "allowEdit",
        "allowRead",
        "modifyAllRecords",
        "object",
        "viewAllRecords",
    ],
    "userPermissions": ["enabled", "name"],
}
"""Elements of a permission set that an organisation returns, in the order that they have there."""


def test_the_file_has_the_elements_of_the_metadata_api_and_grants_only_reading() -> None:
    full = Access({"Lead"}, {"Lead.Phone"}, {"Hotline__mdt"}, {"Hotlines__c"})
    text = permission_set_xml(full, "A & B <C>")
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<PermissionSet xmlns=')
    root = ET.fromstring(text)  # noqa: S314 - our own file
    assert root.tag == f"{NAMESPACE}PermissionSet"
    assert root.findtext(f"{NAMESPACE}label") == "A & B <C>"
    tags = [child.tag.removeprefix(NAMESPACE) for child in root]
    assert tags == sorted(tags)
    assert set(tags) - {"description", "hasActivationRequired", "label"} == set(ELEMENTS)
    for child in root:
        tag = child.tag.removeprefix(NAMESPACE)
        if tag in ELEMENTS:
            assert [each.tag.removeprefix(NAMESPACE) for each in child] == ELEMENTS[tag]
            granted = {each.tag.removeprefix(NAMESPACE) for each in child if each.text == "true"}
            assert granted <= {"enabled", "readable", "allowRead", "viewAllRecords"}


def test_the_folder_is_a_project_that_can_be_deployed(tmp_path: Path) -> None:
    files = write_permission_set(access(objects={"Lead": {}}), "Click_to_Dial", tmp_path / "new")
    assert [str(path.relative_to(tmp_path / "new")) for path in files] == [
        "permissionsets/Click_to_Dial.permissionset-meta.xml",
        "package.xml",
        "sfdx-project.json",
    ]
    package = ET.fromstring(files[1].read_text())  # noqa: S314 - our own file
    types = package.find(f"{NAMESPACE}types")
    assert types is not None
    assert [each.text for each in types] == ["Click_to_Dial", "PermissionSet"]
    project = json.loads(files[2].read_text())
    assert project["sourceApiVersion"] == package.findtext(f"{NAMESPACE}version")
    assert (tmp_path / "new" / project["packageDirectories"][0]["path"]).is_dir()


def test_the_version_of_the_api_is_that_of_the_stack() -> None:
    parameters = template.load()["Parameters"]
    assert parameters["SalesforceApiVersion"]["Default"] == API_VERSION


@pytest.mark.parametrize("name", ["", "1st", "two words", "a__b", "a_", "../x", "ä", "x" * 81])
def test_a_name_that_salesforce_refuses_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(PermissionSetError, match="is no API name"):
        write_permission_set(access(), name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PermissionSetError, match=r"file.* cannot be written"):
        write_permission_set(access(), "Click_to_Dial", tmp_path / "file")
