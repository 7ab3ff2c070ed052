"""Requests to the Salesforce simulator for its own tests."""

from typing import Any
from urllib.parse import quote

import requests

from local_stack.salesforce import Simulator

ACCOUNT = "0010C0000000001QAA"
CONTACT = "0030C0000000001QAA"
ORG = {
    "Account": [
        {"Id": ACCOUNT, "Name": "Müller", "SystemModstamp": "2026-05-01T07:25:37.000+0000"}
    ],
    "Contact": [{"Id": CONTACT, "AccountId": None, "DoNotCall": False}],
    "User": [{"Id": f"0050C000000010{n}", "CommunityNickname": f"agent{n}"} for n in range(1, 6)],
}
DATA = "/services/data/v62.0"


def get(salesforce: Simulator, path: str, **headers: str) -> requests.Response:
    headers.setdefault("Authorization", f"Bearer {salesforce.log_in()}")
    return requests.get(salesforce.url + path, headers=headers, timeout=5, allow_redirects=False)


def soql(salesforce: Simulator, query: str) -> requests.Response:
    return get(salesforce, f"{DATA}/query?q={quote(query, safe='')}")


def log_in(salesforce: Simulator, **form: str) -> requests.Response:
    return requests.post(
        f"{salesforce.url}/services/oauth2/token",
        data={"grant_type": "client_credentials"} | form,
        auth=None if form else (salesforce.client_id, salesforce.client_secret),
        timeout=5,
    )


def composite(salesforce: Simulator, **urls: str) -> Any:
    subrequests = [
        {"method": "GET", "referenceId": name, "url": DATA + url} for name, url in urls.items()
    ]
    return requests.post(
        f"{salesforce.url}{DATA}/composite",
        json={"allOrNone": False, "compositeRequest": subrequests},
        headers={"Authorization": f"Bearer {salesforce.log_in()}"},
        timeout=5,
    )
