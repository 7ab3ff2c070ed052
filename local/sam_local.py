"""`make sam-local`: what `sam build` made under `sam local start-api`, against the simulator.

Needs Docker. Environment: PORT of the API (3000), AUTH (salesforce, or key); arguments go to SAM.
The demo organisation and plan only: containers cannot reach 127.0.0.1, so what they ask listens on
all addresses of this machine.
"""

import copy
import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import requests

from cli.targets import LOCAL
from local import template as sam
from local.children import Child
from local.run import read_inputs, settings_of
from local.salesforce.state import CLIENT_ID, CLIENT_SECRET
from local.set_up import API_KEY, SECRET, TABLE, set_up

BUILT = Path(".aws-sam/build/template.yaml")
COPY = BUILT.with_name("sam-local.json")
SAM = (".venv-sam/bin/sam", "local")
HOST = "host.docker.internal"
OPTIONS = ("-t", str(COPY), "--region", "eu-central-1", "--add-host", f"{HOST}:host-gateway")
CALL = "/jtelACD/onClickToDial?SalesForceID=001Tv00000Bq001IAB&CallerID=4930123456&AgentUID=ahuber"
EVENT = "events/200-customer-in-germany.json"


def main() -> int:
    """Serves until Ctrl-C."""
    auth = os.environ.get("AUTH") or "salesforce"
    port = os.environ.get("PORT") or "3000"
    inputs = read_inputs(Path("local/demo_org.json"), Path("dialplans/demo.yaml"))
    LOCAL.parent.mkdir(exist_ok=True)
    everywhere = "0.0.0.0"  # noqa: S104 (see above)
    simulator = ("local.salesforce", "--host", everywhere, "--port", "0")
    with (
        Child(LOCAL.parent / "aws.log", "local.aws", everywhere) as aws,
        Child(LOCAL.parent / "salesforce.log", *simulator) as salesforce,
    ):
        urls = [url.url().replace(everywhere, "127.0.0.1") for url in (aws, salesforce)]
        with settings_of(*urls) as settings:
            set_up(inputs, settings)
            in_containers = [url.replace("127.0.0.1", HOST) for url in urls]
            names = write_copy(auth, *in_containers)
            token = API_KEY if auth == "key" else log_in(settings["SALESFORCE_URL"])
            print("\nCalls to try; the second in another shell, with any event of events/:\n")
            print(f"  curl -H 'Authorization: Bearer {token}' 'http://127.0.0.1:{port}{CALL}'")
            print(f"  {' '.join([*SAM, 'invoke', *OPTIONS])} -e {EVENT} OnClickToDialFunction\n")
            # SAM prefers its own environment to the template.
            rest = {name: value for name, value in os.environ.items() if name not in names}
            return serve(port, sys.argv[1:], rest)


def write_copy(auth: str, aws_url: str, salesforce_url: str) -> set[str]:
    """The built template with this machine's values: a container gets no variable besides.

    Gives the names of these variables.
    """
    template = copy.deepcopy(dict(sam.load(BUILT)))
    values = {"Table": TABLE, "SalesforceSecret": SECRET, "SalesforceUrl": salesforce_url}
    values |= {"AuthMode": auth, "ApiKeySecret": API_KEY}
    names: set[str] = set()
    for name, function in sam.resources(template, "AWS::Serverless::Function"):
        variables = {**sam.environment(template, values, name), "AWS_ENDPOINT_URL": aws_url}
        function["Environment"]["Variables"] = variables
        names |= set(variables)
    arm = platform.machine() in ("arm64", "aarch64")
    template["Parameters"]["Architecture"]["Default"] = "arm64" if arm else "x86_64"
    COPY.write_text(json.dumps(template, indent=1))
    return names


def log_in(salesforce_url: str) -> str:
    """An access token of the simulator, as jtel would fetch it."""
    response = requests.post(
        f"{salesforce_url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=5,
    )
    return str(response.json()["access_token"])


def serve(port: str, options: list[str], environment: Mapping[str, str]) -> int:
    """SAM's exit status. Ctrl-C reaches SAM too, which is waited for: it removes its containers."""
    sys.stdout.flush()
    command = [*SAM, "start-api", *OPTIONS, "--port", port, "--warm-containers", "LAZY", *options]
    process = subprocess.Popen(command, env=environment)  # noqa: S603
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
