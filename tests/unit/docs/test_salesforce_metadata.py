"""docs/salesforce is source of the Metadata API with the type that docs/dial-plan.md uses."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from dialplan_cli.plan.source import child, read_yaml
from tests.unit.docs.test_dial_plan import EXAMPLE, PAGE

FOLDER = Path(__file__).parents[3] / "docs/salesforce"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


def parsed(path: Path) -> ET.Element:
    return ET.fromstring(path.read_text())  # noqa: S314 - our own file


def test_the_type_has_the_fields_that_the_example_names() -> None:
    (source,) = (
        child(read_yaml(each["plan"]).data, "mappings", "hotline-by-brand", "salesforce")
        for each in EXAMPLE.finditer(PAGE)
        if "Hotline_Mapping__mdt" in each["plan"]
    )
    (package,) = json.loads((FOLDER / "sfdx-project.json").read_text())["packageDirectories"]
    folder = FOLDER / package["path"] / "objects" / source["object"]
    fields = {parsed(path).findtext(f"{NAMESPACE}fullName") for path in folder.glob("fields/*.xml")}
    assert fields == {source["key"], source["value"], source["filter"].split()[0]}
    assert all((folder / "fields" / f"{name}.field-meta.xml").is_file() for name in fields)
    (record,) = (FOLDER / package["path"] / "customMetadata").glob("*.md-meta.xml")
    values = parsed(record).findall(f"{NAMESPACE}values")
    assert {value.findtext(f"{NAMESPACE}field") for value in values} == fields


def test_the_manifest_names_what_is_there() -> None:
    members = {
        types.findtext(f"{NAMESPACE}name"): types.findtext(f"{NAMESPACE}members")
        for types in parsed(FOLDER / "package.xml").findall(f"{NAMESPACE}types")
    }
    assert members == {
        "CustomObject": "Hotline_Mapping__mdt",
        "CustomMetadata": "Hotline_Mapping.Alpine",
    }
    names = {path.name for path in FOLDER.rglob("*-meta.xml")}
    assert {f"{members['CustomObject']}.object-meta.xml"} <= names
    assert {f"{members['CustomMetadata']}.md-meta.xml"} <= names
