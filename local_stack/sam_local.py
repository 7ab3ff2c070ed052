"""`make sam-local`: the result of `sam build` under `sam local start-api`, with the simulator.

Needs Docker. Environment: PORT of the API (3000), AUTH (salesforce or key). Arguments go to SAM.
It runs only the demo organisation and plan: containers cannot reach 127.0.0.1, so that the services
that they call listen on all addresses of this machine.
"""

import copy
import json
import os
import platform
import sys
from pathlib import Path

import requests

from local_stack import template as sam
from local_stack.children import Child, run_command
from local_stack.run import START_ERRORS, listen, settings_of, state_folder
from local_stack.salesforce.simulator import CLIENT_ID, CLIENT_SECRET
from local_stack.setup import API_KEY, NUMBER_KEY, SECRET, TABLE, read_inputs, set_up

BUILT = Path(".aws-sam/build/template.yaml")
COPY = BUILT.with_name("sam-local.json")
LOOPBACK, ALL_ADDRESSES, HOST = "127.0.0.1", "0.0.0.0", "host.docker.internal"  # noqa: S104 (see above)
SAM = (".venv-sam/bin/sam", "local")
OPTIONS = ("-t", str(COPY), "--region", "eu-central-1", "--add-host", f"{HOST}:host-gateway")
CALL = "/jtelACD/onClickToDial?SalesForceID=001Tv00000Bq001IAB&CallerID=4930123456&AgentUID=ahuber"


def main() -> int:
    """Serve until Ctrl-C. Return SAM's exit status, or 1 if something cannot start."""
    try:
        return run()
    except START_ERRORS as error:
        print(error, file=sys.stderr)
        return 1


def run() -> int:
    """Start the services and SAM. Return SAM's exit status."""
    auth, port = os.environ.get("AUTH") or "salesforce", os.environ.get("PORT") or "3000"
    listen(port).server_close()  # SAM would notice a port in use only after the services run
    inputs = read_inputs(Path("local_stack/demo_org.json"), Path("dialplans/demo.yaml"))
    simulator = ("local_stack.salesforce", "--host", ALL_ADDRESSES, "--port", "0")
    with (
        state_folder(port) as folder,
        Child(folder / "aws.log", "local_stack.aws", ALL_ADDRESSES) as aws,
        Child(folder / "salesforce.log", *simulator) as salesforce,
    ):
        aws_url, salesforce_url = (
            each.url().replace(ALL_ADDRESSES, LOOPBACK) for each in (aws, salesforce)
        )
        with settings_of(aws_url, salesforce_url, folder) as settings:
            set_up(inputs, settings)
            write_copy(
                auth, aws_url.replace(LOOPBACK, HOST), salesforce_url.replace(LOOPBACK, HOST)
            )
            for name in settings:  # SAM would prefer them to those of the template
                del os.environ[name]
            token = API_KEY if auth == "key" else log_in(salesforce_url)
            invoke = " ".join([*SAM, "invoke", *OPTIONS])
            print("\nTo try:\n")
            print(f"  curl -H 'Authorization: Bearer {token}' 'http://{LOOPBACK}:{port}{CALL}'")
            print(f"  {invoke} OnClickToDialFunction -e events/403-opted-out.json\n", flush=True)
            return serve("--port", port, *sys.argv[1:])


def write_copy(auth: str, aws_url: str, salesforce_url: str) -> None:
    """Write the built template with this machine's values: containers get only declared ones."""
    template = copy.deepcopy(dict(sam.load(BUILT)))
    values = {"Table": TABLE, "SalesforceSecret": SECRET, "SalesforceUrl": salesforce_url}
    values |= {"AuthMode": auth, "ApiKeySecret": API_KEY, "NumberKeySecret": NUMBER_KEY}
    values["OnClickToDialFunction.Version"] = "OnClickToDialFunction"  # for CodeDeploy's hook
    shared = set(template["Globals"]["Function"]["Environment"]["Variables"])
    for name, function in sam.resources(template, "AWS::Serverless::Function"):
        given = sam.environment(template, values, aws_url, name)
        declared = {"AWS_ENDPOINT_URL"} | shared | set(function["Environment"]["Variables"])
        function["Environment"]["Variables"] = {each: given[each] for each in declared}
    arm = platform.machine() in ("arm64", "aarch64")
    template["Parameters"]["Architecture"]["Default"] = "arm64" if arm else "x86_64"
    COPY.write_text(json.dumps(template, indent=1))


def log_in(salesforce_url: str) -> str:
    """Log in to the simulator as jtel would, and return the access token."""
    url, grant = f"{salesforce_url}/services/oauth2/token", {"grant_type": "client_credentials"}
    response = requests.post(url, data=grant, auth=(CLIENT_ID, CLIENT_SECRET), timeout=5)
    return str(response.json()["access_token"])


def serve(*options: str) -> int:
    """Run SAM and return its exit status. After Ctrl-C, wait until it removed its containers."""
    return run_command([*SAM, "start-api", *OPTIONS, "--warm-containers", "LAZY", *options])


if __name__ == "__main__":
    sys.exit(main())
