"""DynamoDB and Secrets Manager on this machine, as a program: moto's server [HOST].

It has a process of its own, so that it does not slow down the calls that are being decided.
"""

import logging
import sys
import threading

from moto.server import ThreadedMotoServer

from local_stack import moto_in_turn


def start(host: str = "127.0.0.1") -> tuple[ThreadedMotoServer, str]:
    """The server, which runs until it is stopped, and its URL."""
    moto_in_turn.install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=host, port=0, verbose=False)
    server.start()
    name, port = server.get_host_and_port()
    return server, f"http://{name}:{port}"


def main() -> None:
    """Prints where it listens, and serves until it is told to stop."""
    _, url = start(*sys.argv[1:2])
    print(url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
