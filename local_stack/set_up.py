"""Fills the services that `make run` has started: table, secret, dial plan, fields."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import requests

from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import ClickToDialError
from click_to_dial.sync.wiring import synchroniser
from dialplan_cli.plan.read import PlanFile
from local_stack import template as sam
from local_stack.salesforce.org import Org
from local_stack.salesforce.org_file import Tables
from local_stack.salesforce.state import CLIENT_ID, CLIENT_SECRET

TABLE = SECRET = "click-to-dial"
API_KEY = "local-key"
"""The key that callers send where AUTH=key is set; its secret has the same name."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What to run, read and found good."""

    org_path: Path
    tables: Tables
    org: Org
    plan_path: Path
    plan: PlanFile


def set_up(inputs: Inputs, settings: Mapping[str, str]) -> None:
    """Table, secret, dial plan; and in Salesforce the fields that the plan wants."""
    dynamodb = boto3.client("dynamodb")
    sam.create_table(dynamodb, sam.load(), TABLE)
    credentials = json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name=SECRET, SecretString=credentials)
    secrets.create_secret(Name=API_KEY, SecretString=API_KEY)
    store = PlanStore(dynamodb, TABLE)
    plan = inputs.plan
    store.publish(plan.document, plan.source, author="make run", comment="", replaces=None)
    missing = _declare_missing(inputs.org, plan.document)
    if missing:
        print(f"No row of {inputs.org_path} has {', '.join(missing)}: taken to be empty.")
        url = f"{settings['SALESFORCE_URL']}/_simulator/fields"
        requests.post(url, json=dict.fromkeys(missing, True), timeout=5).raise_for_status()
    if kept_in_salesforce(plan.document):
        _synchronise()


def _synchronise() -> None:
    """As on AWS, calls are decided without the mappings of Salesforce too: by their defaults."""
    try:
        changes = synchroniser()()
    except ClickToDialError as error:
        print(f"The mappings in Salesforce cannot be used: {error}")
        return
    for change in changes:
        if change.failure is not None:
            print(f"The mapping {change.mapping} in Salesforce cannot be used: {change.failure}")


def _declare_missing(org: Org, plan: Mapping[str, Any]) -> list[str]:
    """Fields that the plan reads and no row has: an export may well leave out empty columns."""
    agents = plan["agents"]
    user = {"match": agents["match"], **agents["attributes"]}
    missing: list[str] = []
    for name, attributes in (*plan["objects"].items(), ("User", user)):
        for path in attributes.values():
            while field := org.missing_field(name, path):
                org.set_field(field, visible=True)
                missing.append(field)
    return missing
