"""Click-to-dial as one writes it from the READMEs of the libraries, to compare with.

It does less than ours: no dial plan, no check of ids or numbers, no timeouts, no renewal of an
expired session. The only thing a deployment would not have is LocalSalesforce, which sends what is
meant for https://….salesforce.com to the simulator.
"""

import os

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from simple_salesforce import Salesforce, format_soql

logger = Logger(service="naive")
metrics = Metrics(namespace="Naive", service="naive")
app = APIGatewayRestResolver()


class LocalSalesforce(requests.adapters.HTTPAdapter):
    def send(self, request, **options):
        path = "/" + request.url.split("/", 3)[3]
        request.url = os.environ["SALESFORCE_URL"] + path
        return super().send(request, **options)


session = requests.Session()
session.mount("https://", LocalSalesforce())

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
secret = parameters.get_secret(os.environ["SALESFORCE_SECRET_ID"], transform="json")
sf = Salesforce(
    consumer_key=secret["client_id"],
    consumer_secret=secret["client_secret"],
    domain="acme.my",
    version=os.environ["SALESFORCE_API_VERSION"],
    session=session,
)


@app.get("/jtelACD/onClickToDial")
@app.get("/services/apexrest/jtelACD/onClickToDial")
def on_click_to_dial():
    record_id = app.current_event.get_query_string_value("SalesForceID")
    agent_uid = app.current_event.get_query_string_value("AgentUID")

    contacts = sf.query(
        format_soql(
            "SELECT Id, Account.Type, MailingCountryCode, DoNotCall FROM Contact WHERE Id = {}",
            record_id,
        )
    )
    if contacts["totalSize"] == 0:
        return Response(404, "application/json", '{"detail": "There is no such record."}')
    contact = contacts["records"][0]
    if contact["DoNotCall"]:
        return Response(403, "application/json", '{"detail": "The contact opted out."}')

    users = sf.query(
        format_soql(
            "SELECT Id, Extension, Department FROM User WHERE CommunityNickname = {}", agent_uid
        )
    )
    if users["totalSize"] == 0:
        return Response(403, "application/json", '{"detail": "There is no such user."}')

    country = contact["MailingCountryCode"] or "DE"
    mapping = table.get_item(Key={"pk": "country", "sk": country})["Item"]
    metrics.add_metric(name="Allowed", unit=MetricUnit.Count, value=1)
    return {"ServiceNumber": mapping["number"], "ServiceNumberName": mapping["name"]}


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event, context):
    return app.resolve(event, context)
