"""Fills the services that `make run` has started: table, secrets, dial plan, fields, mappings."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import requests

from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import ClickToDialError
from click_to_dial.sync.wiring import list_synchroniser, synchroniser
from dialplan_cli.plan.examples import check_results
from dialplan_cli.plan.read import PlanFile, read_plan
from local_stack import template as sam
from local_stack.salesforce.organisation import Organisation, read_organisation
from local_stack.salesforce.simulator import CLIENT_ID, CLIENT_SECRET

TABLE = SECRET = "click-to-dial"
API_KEY = "local-key"
"""The key that callers send if AUTH=key is set; its secret has the same name."""
NUMBER_KEY = "local-number-key"
"""The key of the hashes, which has to stay secret only on AWS; its secret has the same name."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The organisation and the dial plan to run, and the files they come from."""

    org_path: Path
    organisation: Organisation
    plan_path: Path
    plan: PlanFile


def read_inputs(org_path: Path, plan_path: Path) -> Inputs:
    """Read both files. Raises OrganisationError, and a ClickToDialError for the plan."""
    plan = read_plan(plan_path)
    check_results(plan.document, plan.source, time.time())
    return Inputs(org_path, read_organisation(org_path), plan_path, plan)


def set_up(inputs: Inputs, settings: Mapping[str, str]) -> None:
    """Create table and secrets, publish the plan, declare its fields, copy mappings and lists."""
    dynamodb = boto3.client("dynamodb")
    sam.create_table(dynamodb, sam.load(), TABLE)
    credentials = json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name=SECRET, SecretString=credentials)
    for name in (API_KEY, NUMBER_KEY):
        secrets.create_secret(Name=name, SecretString=name)
    store = PlanStore(dynamodb, TABLE)
    plan = inputs.plan
    store.publish(plan.document, plan.source.text, author="make run", comment="", replaces=None)
    missing = _declare_missing(inputs.organisation, plan.document)
    if missing:
        print(f"No row of {inputs.org_path} has {', '.join(missing)}: taken to be empty.")
        url = f"{settings['SALESFORCE_URL']}/_simulator/fields"
        requests.post(url, json=dict.fromkeys(missing, True), timeout=5).raise_for_status()
    # As on AWS, calls are decided without the mappings and lists of Salesforce as well.
    failures: dict[str, object] = {}
    try:
        if kept_in_salesforce(plan.document):
            failures = {f"mapping {each.mapping}": each.failure for each in synchroniser()()}
        if "salesforce_lists" in plan.document:
            failures |= {f"list {each.name}": each.failure for each in list_synchroniser()()}
    except ClickToDialError as error:
        print(f"The mappings and lists in Salesforce cannot be used: {error}")
    for name, failure in failures.items():
        if failure is not None:
            print(f"The {name} in Salesforce cannot be used: {failure}")


def _declare_missing(organisation: Organisation, plan: Mapping[str, Any]) -> list[str]:
    """Declare the fields that the plan reads and no row has: exports leave out empty columns."""
    agents = plan["agents"]
    user = {"match": agents["match"], **agents["attributes"]}
    missing: list[str] = []
    fields = [(name, attributes.values()) for name, attributes in plan["objects"].items()]
    for sources in plan.get("salesforce_lists", {}).values():
        fields += [(source["object"], source["numbers"]) for source in sources]
    for name, paths in (*fields, *plan.get("numbers", {}).items(), ("User", user.values())):
        for path in paths:
            while field := organisation.missing_field(name, path):
                organisation.set_field(field, visible=True)
                missing.append(field)
    return missing
