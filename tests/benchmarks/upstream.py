"""Stands before DynamoDB or Salesforce as a program: counts requests and gives them their time.

`replay` answers a request that was seen before from memory, so that answers take exactly as long
as told, and not what moto or the simulator happen to need: DynamoDB takes 5 ms, Salesforce 150 ms.
What is replayed changes nothing behind it; a write is then answered, but not carried out.

    POST /_upstream {"seconds": 0.005, "replay": true}
    GET /_upstream → {"requests": {…}}        GET /_upstream/trip → nothing, after as many seconds
"""

import asyncio
import json
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CONTROL, TRIP = b"/_upstream", b"/_upstream/trip"
WRITES = ("BatchWriteItem",)
"""Hold the time, so that no two are alike; one answer is good for all."""


@dataclass
class Upstream:
    """What it stands before, what it was told, what it saw."""

    host: str
    port: int
    seconds: float = 0.0
    replay: bool = False
    requests: Counter[str] = field(default_factory=Counter)
    memory: dict[bytes, bytes] = field(default_factory=dict)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, kept alive until the client closes it."""
        try:
            while True:
                head, body = await _message(reader)
                writer.write(await self._answer(head, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, head: bytes, body: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if path == CONTROL:
            return self._control(body)
        if path == TRIP:
            await asyncio.sleep(self.seconds)
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        started = time.monotonic()
        operation = _operation(head)
        self.requests[operation] += 1
        key = operation.encode() + (b"" if operation in WRITES else body)
        answer = self.memory.get(key) if self.replay else None
        if answer is None:
            answer = self.memory[key] = await self._forward(head, body)
        rest = self.seconds - (time.monotonic() - started)
        if rest > 0:
            await asyncio.sleep(rest)
        return answer

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(head + body)
            head, body = await _message(reader)
        finally:
            writer.close()
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection")]
        return b"\r\n".join(lines).replace(b"HTTP/1.0", b"HTTP/1.1", 1) + body

    def _control(self, body: bytes) -> bytes:
        if body:
            told = json.loads(body)
            self.seconds, self.replay = told["seconds"], told["replay"]
            self.requests.clear()
        text = json.dumps({"requests": self.requests}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text


async def _message(reader: StreamReader) -> tuple[bytes, bytes]:
    """Head and body; both sides say how long a body is, and neither uses chunks."""
    head = await reader.readuntil(b"\r\n\r\n")
    return head, await reader.readexactly(int(_header(head, "content-length") or 0))


def _header(head: bytes, name: str) -> str:
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    return ""


def _operation(head: bytes) -> str:
    """`GetItem` of AWS; of Salesforce the path."""
    target = _header(head, "x-amz-target")
    return target.rpartition(".")[2] or head.split(b" ", 2)[1].decode("latin-1")


async def main() -> None:
    """Prints where it listens, and serves until it is told to stop."""
    target = urlsplit(sys.argv[1])
    upstream = Upstream(target.hostname or "", target.port or 80)
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
