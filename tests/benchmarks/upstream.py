"""A proxy in front of DynamoDB or Salesforce, as a program: counts requests, sets response times.

    python -m tests.benchmarks.upstream URL CERTIFICATE

serves HTTP, and HTTPS with the certificate and key in that file, and prints the URL for HTTP.

    POST /_upstream {"seconds": 0.005, "replay": true}
    GET /_upstream → {"requests": {…}, "https": "https://…"}
    GET /_upstream/trip → an empty response after these seconds

With `replay` a request that was seen before is answered from memory, so that each response takes
exactly the set time, whatever moto or the simulator need. A replayed write is not carried out.
"""

import asyncio
import json
import ssl
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CONTROL, TRIP = b"/_upstream", b"/_upstream/trip"
WRITES = ("PutItem", "UpdateItem")
"""Replayed by operation alone: their bodies contain the time, so that no two are equal."""


@dataclass
class Upstream:
    """The server behind the proxy, the settings, and the requests so far."""

    host: str
    port: int
    https: str = ""
    seconds: float = 0.0
    replay: bool = False
    requests: Counter[str] = field(default_factory=Counter)
    memory: dict[bytes, bytes] = field(default_factory=dict)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection until the client closes it."""
        try:
            while True:
                head, body = await read_message(reader)
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
        operation = operation_of(head)
        self.requests[operation] += 1
        key = operation.encode() + (b"" if operation in WRITES else body)
        answer = self.memory.get(key) if self.replay else None
        if answer is None:
            answer = self.memory[key] = await forward(self.host, self.port, head, body)
        rest = self.seconds - (time.monotonic() - started)
        if rest > 0:
            await asyncio.sleep(rest)
        return answer

    def _control(self, body: bytes) -> bytes:
        if body:
            settings = json.loads(body)
            self.seconds, self.replay = settings["seconds"], settings["replay"]
            self.requests.clear()
        text = json.dumps({"requests": self.requests, "https": self.https}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text


async def forward(host: str, port: int, head: bytes, body: bytes) -> bytes:
    """Send a request, and return the response as HTTP/1.1, for a connection that stays open."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(head + body)
        head, body = await read_message(reader)
    finally:
        writer.close()
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection")]
    return b"\r\n".join(lines).replace(b"HTTP/1.0", b"HTTP/1.1", 1) + body


async def read_message(reader: StreamReader) -> tuple[bytes, bytes]:
    """Read head and body. Every message has a Content-Length; none is chunked."""
    head = await reader.readuntil(b"\r\n\r\n")
    return head, await reader.readexactly(int(header(head, "content-length") or 0))


def header(head: bytes, name: str) -> str:
    """Return the value of a header, or an empty string."""
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    return ""


def operation_of(head: bytes) -> str:
    """Return the operation, such as `GetItem`, of a request to AWS, the path of any other."""
    target = header(head, "x-amz-target")
    return target.rpartition(".")[2] or head.split(b" ", 2)[1].decode("latin-1")


async def main(target: str, certificate: str) -> None:
    """Print the URL for HTTP, and serve until the process is terminated."""
    url = urlsplit(target)
    upstream = Upstream(url.hostname or "", url.port or 80)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    plain = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    secure = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, ssl=context)
    upstream.https = f"https://127.0.0.1:{secure.sockets[0].getsockname()[1]}"
    print(f"http://127.0.0.1:{plain.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.gather(plain.serve_forever(), secure.serve_forever())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
