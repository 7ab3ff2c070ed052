"""A proxy in front of DynamoDB and Secrets Manager that fails on command, as a program.

    python -m tests.attack.dynamodb_proxy URL

prints its own URL. `POST /_proxy {"share": 0.3, "kinds": ["lost-answer", "throttled"]}` makes it
treat this share of the requests in one of these ways, and `GET /_proxy` returns how many it has
treated so since the start, by kind.
"""

import asyncio
import json
import random
import sys
from asyncio import StreamReader, StreamWriter
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.benchmarks.upstream import forward, operation_of, read_message

CONTROL = b"/_proxy"
ERROR = b'{"__type": "com.amazonaws.dynamodb.v20120810#%s", "message": "arn:aws:dynamodb:secret"}'
ANSWERS = {
    "throttled": (400, ERROR % b"ProvisionedThroughputExceededException"),
    "denied": (400, ERROR % b"AccessDeniedException"),
    "server-error": (500, ERROR % b"InternalServerError"),
    "html": (503, b"<html>Service Unavailable</html>"),
    "not-json": (200, b"<html>Welcome</html>"),
    "empty": (200, b"{}"),
}
"""Answers instead of DynamoDB's, which never sees these requests."""
KINDS = ("lost-request", "lost-answer", "truncated", "delayed", "unprocessed", *ANSWERS)
MAX_DELAY_SECONDS = 3.0


@dataclass
class Proxy:
    """The server behind the proxy, and how its requests are treated."""

    host: str
    port: int
    share: float = 0.0
    kinds: list[str] = field(default_factory=list)
    treated: Counter[str] = field(default_factory=Counter)
    chance: random.Random = field(default_factory=lambda: random.Random(15))

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection until the client closes it or a fault does."""
        try:
            while True:
                head, body = await read_message(reader)
                answer = await self._answer(head, body)
                writer.write(answer)
                await writer.drain()
                if not _is_complete(answer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has closed the connection
        writer.close()

    async def _answer(self, head: bytes, body: bytes) -> bytes:
        """Return the answer, incomplete or empty if the connection is to be closed after it."""
        if head.split(b" ", 2)[1] == CONTROL:
            return self._control(body)
        if self.chance.random() >= self.share:
            return await forward(self.host, self.port, head, body)
        kind = self.chance.choice(self.kinds)
        if kind == "unprocessed" and operation_of(head) != "BatchGetItem":
            return await forward(self.host, self.port, head, body)
        self.treated[kind] += 1
        if kind == "lost-request":
            return b""
        if kind in ANSWERS:
            return _response(*ANSWERS[kind])
        if kind == "unprocessed":
            wanted = json.loads(body)["RequestItems"]
            nothing = {"Responses": {table: [] for table in wanted}, "UnprocessedKeys": wanted}
            return _response(200, json.dumps(nothing).encode())
        answer = await forward(self.host, self.port, head, body)
        if kind == "delayed":
            await asyncio.sleep(self.chance.uniform(0.1, MAX_DELAY_SECONDS))
            return answer
        return answer[:-1] if kind == "truncated" else b""

    def _control(self, body: bytes) -> bytes:
        if body:
            settings = json.loads(body)
            self.share, self.kinds = settings["share"], settings["kinds"]
        return _response(200, json.dumps(self.treated).encode())


def _response(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body


def _is_complete(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    return answer != b"" and f"content-length: {len(body)}" in head.decode("latin-1").lower()


async def main(target: str) -> None:
    """Print the URL, and serve until the process is terminated."""
    url = urlsplit(target)
    proxy = Proxy(url.hostname or "", url.port or 80)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
