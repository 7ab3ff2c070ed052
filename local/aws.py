"""DynamoDB and Secrets Manager on this machine, as a program: moto's server [HOST].

It has a process of its own, so that it does not slow down the calls that are being decided.
"""

import logging
import sys
import threading

from moto.server import ThreadedMotoServer

from local import moto_in_turn


def main() -> None:
    """Prints where it listens, and serves until it is told to stop."""
    moto_in_turn.install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    address = sys.argv[1] if sys.argv[1:] else "127.0.0.1"
    server = ThreadedMotoServer(ip_address=address, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
