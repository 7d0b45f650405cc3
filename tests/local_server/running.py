"""A server process, and ways to speak to it."""

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
WORKLOAD = {"images": 8, "image_bytes": 4096, "latency_s": 0.0, "seed": 1}


class Running:
    """A server process and ways to speak to it."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready
        self.host, port = ready["url"].removeprefix("http://").rsplit(":", 1)
        self.port = int(port)
        self.paths = [urlsplit(url).path for url in ready.get("urls", ())]

    @contextmanager
    def connect(self) -> Iterator[http.client.HTTPConnection]:
        with closing(http.client.HTTPConnection(self.host, self.port, timeout=10)) as connection:
            yield connection

    def get(self, path: str) -> tuple[int, bytes]:
        with self.connect() as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()

    def control(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.ready['token'] if token is None else token}"}
        with self.connect() as connection:
            connection.request(method, f"/_control/workloads/{path}", data, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read(), object_hook=_with_path)

    def raw(self, data: bytes) -> bytes:
        """Send bytes; return all that comes until the server closes."""
        with socket.create_connection((self.host, self.port), timeout=10) as wire:
            wire.sendall(data)
            found = b""
            while chunk := wire.recv(65_536):
                found += chunk
        return found

    def ended(self) -> tuple[int, str]:
        """Ask it to end; return its exit code and what it wrote to standard error."""
        self.process.terminate()
        _, complaints = self.process.communicate(timeout=10)
        return self.process.returncode, complaints


@contextmanager
def running(*options: str, env: dict[str, str] | None = None) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "local_server", *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (env or {}),
    )
    assert process.stdout is not None
    try:
        yield Running(process, json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _with_path(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | ({"path": urlsplit(answer["url"]).path} if "url" in answer else {})


def get(path: str) -> bytes:
    """A request after which the server closes."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
