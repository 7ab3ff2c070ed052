"""Call a deployed stack as jtel does, and check the answers: `make smoke STACK=…`.

Environment: TOKEN is an access token of the organisation; with AuthMode key, the stack's key takes
its place. QUERY, such as "SalesForceID=…&CallerID=…&AgentUID=…", is one more call to make.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import requests
from botocore.exceptions import BotoCoreError, ClientError

from click_to_dial.errors import SecretError
from dialplan_cli.targets import read_secret, stack_outputs

PATH = "/jtelACD/onClickToDial"
OTHER_PATH = "/jtelACD/getCallerInformation"
PASSED_ON = (200, 400, 403, 404, 405)
"""Statuses of Salesforce, which depend on the Apex classes and on the parameters that they need."""
TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Check:
    """A call, and the statuses that are correct for it."""

    name: str
    path: str
    token: str | None
    statuses: tuple[int, ...]
    is_passed_on: bool = False
    """True if Salesforce answers the call, so that the body has its own form."""


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Return 0 if every answer is correct, and 1 if one is not or the stack does not exist."""
    stack = arguments[0] if arguments else "click-to-dial"
    try:
        outputs = stack_outputs(stack)
        token = environment.get("TOKEN") or None
        if token is None and "ApiKeySecretId" in outputs:  # AuthMode key
            token = read_secret(outputs["ApiKeySecretId"])
    except (BotoCoreError, ClientError, SecretError) as error:
        print(f"{stack}: {error}", file=sys.stderr)
        return 1
    if token is None:
        print("No TOKEN is set, so calls with a valid token are skipped.")
    print(outputs["BaseUrl"])
    passes_on = outputs.get("OtherCalls") == "pass-on"
    to_make = checks(token, environment, passes_on=passes_on)
    results = [_passes(outputs["BaseUrl"], check) for check in to_make]
    return 0 if all(results) else 1


def checks(
    token: str | None, environment: Mapping[str, str], *, passes_on: bool
) -> Iterator[Check]:
    """Yield the calls to make. Without a valid token, only those that need none.

    `passes_on` tells if the stack passes other calls on to Salesforce.
    """
    yield Check("no token", PATH, None, (401,))
    yield Check("a wrong token", PATH, "wrong", (401,))
    yield Check("another path", OTHER_PATH, None, (401,) if passes_on else (404,))
    if token is not None:
        if passes_on:
            yield Check("a call that is passed on", OTHER_PATH, token, PASSED_ON, is_passed_on=True)
        yield Check("no parameters", PATH, token, (400,))
        yield Check("the path of the Apex class", f"/services/apexrest{PATH}", token, (400,))
        if query := environment.get("QUERY"):
            yield Check("your call", f"{PATH}?{query}", token, (200, 403, 404))


def _passes(base_url: str, check: Check) -> bool:
    """Make the call, print the answer and its faults, and return True if it has none."""
    headers = {"Authorization": f"Bearer {check.token}"} if check.token else {}
    try:
        response = requests.get(base_url + check.path, headers=headers, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        print(f"  WRONG  {check.name}: {type(error).__name__}")
        return False
    faults = list(_faults(response, check))
    milliseconds = round(response.elapsed.total_seconds() * 1000)
    verdict = "WRONG" if faults else "good "
    # Salesforce's answer can be binary, and can contain personal data.
    answer = "" if check.is_passed_on else response.text
    print(
        f"  {verdict}  {check.name}: {response.status_code} in {milliseconds} ms {answer}".rstrip()
    )
    for fault in faults:
        print(f"         {fault}")
    return not faults


def _faults(response: requests.Response, check: Check) -> Iterator[str]:
    """Yield a sentence for each fault of an answer."""
    kind = "application/json" if response.status_code == 200 else "application/problem+json"
    if response.status_code not in check.statuses:
        yield f"The status should be {' or '.join(map(str, check.statuses))}."
    if check.is_passed_on:
        if "urn:click-to-dial:" in response.text:
            yield "This is not an answer of Salesforce."
        return
    if response.headers.get("Content-Type") != f"{kind}; charset=utf-8":
        yield f"The content type should be {kind}; charset=utf-8."
    if response.headers.get("Cache-Control") != "no-store":
        yield "Cache-Control should be no-store."
    if response.status_code == 401 and "WWW-Authenticate" not in response.headers:
        yield "WWW-Authenticate is missing."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
