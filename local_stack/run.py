"""`make run`: the whole system on one machine, from an organisation and a dial plan in two files.

Environment: PORT of the gateway (3000), ORG (local_stack/demo_org.json), PLAN
(dialplans/demo.yaml), and AUTH=key, which switches the API's authorizer on.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from click_to_dial.errors import ClickToDialError
from dialplan_cli.plan.read import read_plan
from dialplan_cli.targets import LOCAL
from local_stack import template as sam
from local_stack.children import Child, ChildError
from local_stack.decision_log import DecisionLog, without_metrics
from local_stack.examples import find_examples
from local_stack.gateway import Gateway
from local_stack.gateway_server import GatewayServer
from local_stack.salesforce.org import Org
from local_stack.salesforce.org_file import OrgError, read
from local_stack.set_up import API_KEY, SECRET, TABLE, Inputs, set_up


class UsageError(Exception):
    """It cannot start as it was called; the message says why."""


def main() -> int:
    """Runs until Ctrl-C; 1 with a sentence where it cannot start."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs ignore SIGINT
        signal.signal(ending, signal.default_int_handler)
    try:
        run(os.environ)
    except KeyboardInterrupt:
        print()
    except (ChildError, ClickToDialError, OrgError, UsageError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(environment: Mapping[str, str]) -> None:
    """Starts everything, and answers calls until it is interrupted."""
    if environment.get("AUTH") not in (None, "", "key"):
        raise UsageError("AUTH: only AUTH=key can be switched on here.")
    server = _listen(environment.get("PORT") or "3000")
    inputs = read_inputs(
        Path(environment.get("ORG") or "local_stack/demo_org.json"),
        Path(environment.get("PLAN") or "dialplans/demo.yaml"),
    )
    logs = LOCAL.parent
    logs.mkdir(exist_ok=True)
    simulator = ("local_stack.salesforce", "--port", "0", "--org", str(inputs.org_path))
    with (
        Child(logs / "aws.log", "local_stack.aws") as aws,
        Child(logs / "salesforce.log", *simulator) as salesforce,
        settings_of(aws.url(), salesforce.url()) as settings,
    ):
        set_up(inputs, settings)
        _serve(server, inputs, settings)


def _listen(port: str) -> GatewayServer:
    try:
        return GatewayServer(int(port))
    except (ValueError, OverflowError):
        raise UsageError(f"PORT: {port!r} is not the number of a port.") from None
    except OSError as error:
        raise UsageError(f"Port {port} cannot be used: {error.strerror}.") from None


def read_inputs(org_path: Path, plan_path: Path) -> Inputs:
    """What to run. Raises OrgError, and a ClickToDialError for the plan."""
    plan = read_plan(plan_path)
    tables, prefixes = read(org_path)
    return Inputs(org_path, tables, Org(tables, prefixes), plan_path, plan)


@contextmanager
def settings_of(aws_url: str, salesforce_url: str) -> Iterator[Mapping[str, str]]:
    """The functions' environment; the command `dialplan` finds it too as long as this runs."""
    template = sam.load()
    values = {"Table": TABLE, "SalesforceSecret": SECRET, "SalesforceUrl": salesforce_url}
    by_key = {**values, "AuthMode": "key", "ApiKeySecret": API_KEY}
    settings = {
        **sam.environment(template, by_key, aws_url, sam.authorizer(template)),
        **sam.environment(template, values, aws_url),
        "NO_PROXY": "127.0.0.1",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update(settings)
    LOCAL.write_text(json.dumps(settings, indent=2))
    try:
        yield settings
    finally:
        LOCAL.unlink(missing_ok=True)


def _gateway() -> Gateway:
    template = sam.load()
    authorize = sam.handler(template, sam.authorizer(template)) if os.environ.get("AUTH") else None
    return Gateway(
        template, lambda function: without_metrics(sam.handler(template, function)), authorize
    )


def _serve(server: GatewayServer, inputs: Inputs, settings: Mapping[str, str]) -> None:
    log = DecisionLog()
    log.attach()
    server.gateway = _gateway()
    server.on_answer = log.write
    url = f"http://127.0.0.1:{server.server_port}"
    rules = len(inputs.plan.document["rules"])
    print(f"Click-to-dial at {url} with {inputs.plan_path} ({rules} rules)")
    print(f"Salesforce simulator with {inputs.org_path} at {settings['SALESFORCE_URL']}\n")
    print("Calls to try, and their answers:\n")
    header = f"-H 'Authorization: Bearer {API_KEY}' " if os.environ.get("AUTH") else ""
    open_gateway = Gateway(sam.load())
    for target, answer in find_examples(open_gateway, inputs.tables, inputs.plan.document):
        print(f"  curl {header}'{url}{target}'\n  {answer.status} {answer.body}\n")
    print("Calls as they come in, until Ctrl-C:\n", flush=True)
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    sys.exit(main())
