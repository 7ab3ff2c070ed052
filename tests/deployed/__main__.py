"""`make deployed KEEP=1`: leave a deployed stack running to rehearse an upgrade by hand."""

import shlex
import signal
import tempfile
from pathlib import Path

from local_stack.salesforce.server import running as simulator
from tests.deployed.local_aws import ROOT, running
from tests.deployed.stack import Stack

QUERY = "SalesForceID=001Tv00000Bq001IAB&CallerID=4930123456&AgentUID=ahuber"


def main() -> None:
    """Deploy, publish the demo plan, print what to try, and wait for Ctrl-C."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as aws,
        simulator(ROOT / "local_stack/demo_org.json") as salesforce,
    ):
        stack = Stack(aws, "click-to-dial", salesforce)
        print("Deploying the stack click-to-dial to a local AWS …", flush=True)
        stack.deploy(ROOT / ".aws-sam/build/template.yaml")
        stack.fill_secrets()
        aws.dialplan("publish", "dialplans/demo.yaml", "--stack", stack.name, "--yes")
        exports = " ".join(f"{name}={shlex.quote(text)}" for name, text in aws.variables.items())
        url = f"{stack.outputs['BaseUrl']}/jtelACD/onClickToDial?{QUERY}"
        print(
            f"The stack is deployed. In another terminal:\n\n  export {exports}\n"
            f"  curl -H 'Authorization: Bearer {stack.token()}' '{url}'\n"
            "  .venv/bin/dialplan history --stack click-to-dial\n\n"
            "To upgrade it, change the code, then run:\n\n"
            "  make build\n"
            f"  .venv/bin/python -m tests.deployed.built_template {aws.url}\n"
            "  .venv-sam/bin/sam deploy --template-file .aws-sam/build/local-aws.json "
            "--stack-name click-to-dial --no-confirm-changeset "
            f"--parameter-overrides SalesforceUrl={salesforce.url}\n\n"
            "Ctrl-C ends it and removes everything.",
            flush=True,
        )
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
