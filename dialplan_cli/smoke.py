"""`make smoke STACK=…`: calls a deployed stack as jtel would, and says what it saw.

Environment: TOKEN, an access token of the organisation; not needed with AuthMode key, whose key is
read. QUERY, such as "SalesForceID=…&CallerID=…&AgentUID=…", is a call to try in earnest.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import boto3
import requests
from botocore.exceptions import BotoCoreError, ClientError

PATH = "/jtelACD/onClickToDial"
SECONDS = 30


@dataclass(frozen=True, slots=True)
class Try:
    """A call, and the statuses that it may be answered with."""

    what: str
    path: str
    token: str | None
    expected: tuple[int, ...]


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """0 where each answer is as it should be; 1 where not, or where there is no such stack."""
    stack = arguments[0] if arguments else "click-to-dial"
    try:
        outputs = _outputs(stack)
        token = environment.get("TOKEN") or _key(outputs)
    except (BotoCoreError, ClientError) as error:
        print(f"{stack}: {error}", file=sys.stderr)
        return 1
    if token is None:
        print("No TOKEN is set, so the calls with a good token are left out.")
    print(outputs["BaseUrl"])
    results = [_succeeds(outputs["BaseUrl"], each) for each in tries(token, environment)]
    return 0 if all(results) else 1


def tries(token: str | None, environment: Mapping[str, str]) -> Iterator[Try]:
    """The calls to try."""
    yield Try("no token", PATH, None, (401,))
    yield Try("a wrong token", PATH, "wrong", (401,))
    yield Try("another path", "/jtelACD/getCallerInformation", None, (404,))
    if token is not None:
        yield Try("no parameters", PATH, token, (400,))
        yield Try("the path of the Apex class", f"/services/apexrest{PATH}", token, (400,))
        if query := environment.get("QUERY"):
            yield Try("your call", f"{PATH}?{query}", token, (200, 403, 404))


def _succeeds(base_url: str, each: Try) -> bool:
    headers = {"Authorization": f"Bearer {each.token}"} if each.token else {}
    try:
        response = requests.get(base_url + each.path, headers=headers, timeout=SECONDS)
    except requests.RequestException as error:
        print(f"  WRONG  {each.what}: {type(error).__name__}")
        return False
    problems = list(_problems(response, each))
    milliseconds = round(response.elapsed.total_seconds() * 1000)
    verdict = "WRONG" if problems else "good "
    print(f"  {verdict}  {each.what}: {response.status_code} in {milliseconds} ms {response.text}")
    for problem in problems:
        print(f"         {problem}")
    return not problems


def _problems(response: requests.Response, each: Try) -> Iterator[str]:
    """What is wrong with an answer."""
    kind = "application/json" if response.status_code == 200 else "application/problem+json"
    if response.status_code not in each.expected:
        yield f"The status should be {' or '.join(map(str, each.expected))}."
    if response.headers.get("Content-Type") != f"{kind}; charset=utf-8":
        yield f"The content type should be {kind}, with its charset."
    if response.headers.get("Cache-Control") != "no-store":
        yield "Cache-Control should be no-store."
    if response.status_code == 401 and "WWW-Authenticate" not in response.headers:
        yield "WWW-Authenticate is missing."


def _outputs(stack: str) -> Mapping[str, str]:
    stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", ())}


def _key(outputs: Mapping[str, str]) -> str | None:
    secret = outputs.get("ApiKeySecretId")
    if secret is None:
        return None
    return str(boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
