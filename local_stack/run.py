"""`make run`: the whole system on one machine, from an organisation and a dial plan in two files.

Environment: PORT of the gateway (3000), ORG (local_stack/demo_org.json), PLAN
(dialplans/demo.yaml), AUTH=key, which switches the API's authorizer on, and OTHER_CALLS=pass-on,
which passes jtel's other calls on to the simulator.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice, zip_longest
from pathlib import Path
from urllib.parse import urlencode

import phonenumbers

from click_to_dial.errors import ClickToDialError
from dialplan_cli.decision_log import FILE_NAME
from dialplan_cli.targets import LOCAL
from local_stack import template as sam
from local_stack.children import Child, ChildError
from local_stack.decision_log import DecisionLog, without_metrics
from local_stack.gateway import Gateway, GatewayServer, Response
from local_stack.salesforce.organisation import OrganisationError
from local_stack.setup import API_KEY, NUMBER_KEY, SECRET, TABLE, Inputs, read_inputs, set_up

MAX_EXAMPLES = 3
MAX_TRIED_CALLS = 30


class UsageError(Exception):
    """An option cannot be used. The message says why."""


START_ERRORS = (ChildError, ClickToDialError, OrganisationError, UsageError)
"""Errors whose message is all that a user needs."""


def main() -> int:
    """Serve until Ctrl-C. Return 1 after a sentence on standard error if it cannot start."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs ignore SIGINT
        signal.signal(ending, signal.default_int_handler)
    try:
        run(os.environ)
    except KeyboardInterrupt:
        print()
    except BrokenPipeError:  # nobody reads the output any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except START_ERRORS as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(environment: Mapping[str, str]) -> None:
    """Start everything, and answer calls until interrupted."""
    if environment.get("AUTH") not in (None, "", "key"):
        raise UsageError("AUTH: only AUTH=key can be switched on here.")
    if environment.get("OTHER_CALLS") not in (None, "", "refuse", "pass-on"):
        raise UsageError("OTHER_CALLS: it is refuse or pass-on.")
    if environment.get("AUTH") and environment.get("OTHER_CALLS") == "pass-on":
        raise UsageError(
            "OTHER_CALLS=pass-on sends tokens of Salesforce, so AUTH=key is impossible."
        )
    with listen(environment.get("PORT") or "3000") as server:
        inputs = read_inputs(
            Path(environment.get("ORG") or "local_stack/demo_org.json"),
            Path(environment.get("PLAN") or "dialplans/demo.yaml"),
        )
        simulator = ("local_stack.salesforce", "--port", "0", "--org", str(inputs.org_path))
        with (
            state_folder(str(server.port)) as folder,
            Child(folder / "aws.log", "local_stack.aws") as aws,
            Child(folder / "salesforce.log", *simulator) as salesforce,
            settings_of(aws.url(), salesforce.url(), folder) as settings,
            console_of(server.port, folder) as console,
        ):
            set_up(inputs, settings)
            _serve(server, inputs, settings, console.url(), folder)


def listen(port: str) -> GatewayServer:
    """Open the port of the API. Raises UsageError."""
    try:
        return GatewayServer(int(port))
    except (ValueError, OverflowError):
        raise UsageError(f"PORT: {port!r} is not the number of a port.") from None
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be used: {error.strerror}. Choose another one with PORT=…"
        ) from None


@contextmanager
def state_folder(port: str) -> Iterator[Path]:
    """Create the folder for state and logs of a local system, and remove it at the end.

    It is kept if a program does not start, because its log says why. Raises UsageError.
    """
    folder = LOCAL / port
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written ({error.strerror}). The local system keeps its state and"
            " logs there: use a checkout that you may write to."
        ) from None
    keep = False
    try:
        yield folder
    except ChildError:
        keep = True
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def settings_of(aws_url: str, salesforce_url: str, folder: Path) -> Iterator[Mapping[str, str]]:
    """Set the functions' environment, and keep it in `folder` for the command `dialplan`."""
    template = sam.load()
    values = {"Table": TABLE, "SalesforceSecret": SECRET, "SalesforceUrl": salesforce_url}
    values["NumberKeySecret"] = NUMBER_KEY
    by_key = {**values, "AuthMode": "key", "ApiKeySecret": API_KEY}
    settings = {
        **sam.environment(template, by_key, aws_url, sam.authorizer(template)),
        **sam.environment(template, values, aws_url, "SyncFunction"),
        **sam.environment(template, values, aws_url),
        "NO_PROXY": "127.0.0.1",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update(settings)
    state = folder / "run.json"
    state.write_text(json.dumps(settings, indent=2))
    try:
        yield settings
    finally:
        state.unlink(missing_ok=True)


def console_of(port: int, folder: Path) -> Child:
    """Return the program of the console, which may change this system."""
    os.environ["PORT"] = str(port)  # other local systems may run
    return Child(folder / "console.log", "dialplan_cli", "console", "--write")


def _serve(
    server: GatewayServer,
    inputs: Inputs,
    settings: Mapping[str, str],
    console_url: str,
    folder: Path,
) -> None:
    log = DecisionLog()
    log.attach()
    template = sam.load()
    authorize = sam.handler(template, sam.authorizer(template)) if os.environ.get("AUTH") else None
    server.gateway = Gateway(
        template,
        lambda function: without_metrics(sam.handler(template, function)),
        authorize,
        settings["SALESFORCE_URL"] if os.environ.get("OTHER_CALLS") == "pass-on" else None,
    )
    server.on_response = log.write
    url = f"http://127.0.0.1:{server.port}"
    rules = len(inputs.plan.document["rules"])
    print(f"Click-to-dial at {url} with {inputs.plan_path} ({rules} rules)")
    print(f"Salesforce simulator with {inputs.org_path} at {settings['SALESFORCE_URL']}")
    print(f"Console for a browser: {console_url}\n")
    header = f"-H 'Authorization: Bearer {API_KEY}' " if authorize else ""
    examples = find_examples(Gateway(template), inputs)
    if examples:
        print("Calls to try, and their answers:\n")
    for target, response in examples:
        print(f"  curl {header}'{url}{target}'\n  {response.status} {response.text}\n")
    log.keep(folder / FILE_NAME)  # not the examples, which nobody has called
    print("Calls as they come in, until Ctrl-C:\n", flush=True)
    server.serve_forever(poll_interval=0.1)  # returns after Ctrl-C
    print()


def find_examples(gateway: Gateway, inputs: Inputs) -> list[tuple[str, Response]]:
    """Return up to three calls and their responses, of as many statuses as possible."""
    by_response: dict[tuple[int, str], tuple[str, Response]] = {}
    for target in islice(_calls(inputs), MAX_TRIED_CALLS):
        response = gateway.respond("GET", target)
        by_response.setdefault((response.status, response.text), (target, response))
    by_status: dict[int, list[tuple[str, Response]]] = {}
    for example in by_response.values():
        by_status.setdefault(example[1].status, []).append(example)
    rounds = zip_longest(*by_status.values())
    chosen = [example for round_ in rounds for example in round_ if example][:MAX_EXAMPLES]
    return sorted(chosen, key=lambda example: example[1].status)


def _calls(inputs: Inputs) -> Iterator[str]:
    """Yield a call for the first record of each object of the plan, then for the second, ..."""
    plan = inputs.plan.document
    number = phonenumbers.example_number(plan["home_region"])
    assert number is not None  # home_region was validated
    match = plan["agents"]["match"].lower()
    users = inputs.organisation.named("User")
    assert users is not None  # a standard object
    agents = [row[match] for row in users.visible_rows() if row.get(match) and row["isactive"]]
    objects = [inputs.organisation.named(name) for name in plan["objects"]]
    rounds = zip_longest(*(sobject.rows for sobject in objects if sobject))
    for record_id in (record_id for round_ in rounds for record_id in round_ if record_id):
        query = {
            "SalesForceID": record_id,
            "CallerID": f"{number.country_code}{number.national_number}",
            "AgentUID": agents[0] if agents else "nobody",
        }
        yield f"/jtelACD/onClickToDial?{urlencode(query)}"


if __name__ == "__main__":
    sys.exit(main())
