"""Servers that are not ours, for tests: on loopback, answering as a test says."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Said(NamedTuple):
    """One answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}
    ends: bool = False  # the connection, without a word


class Site:
    """What a server was asked, and where it is.

    Attributes:
        asked: path of each request, in the order in which they came.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        host, port = server.server_address[:2]
        self.origin = f"http://{host!s}:{port}"
        self.asked: list[str] = []

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def site(answer: Callable[[str, int], Said], host: str = "127.0.0.1") -> Iterator[Site]:
    """Serve on a free port.

    Args:
        answer: what is said to a path, and to the how many-eth request of all (from 1).
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                found.asked.append(self.path)
                number = len(found.asked)
            said = answer(self.path, number)
            head = {"Content-Length": str(len(said.body))} | dict(said.headers)
            self.send_response(said.status)
            for name, value in head.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)
            self.close_connection = self.close_connection or said.ends

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: clients of tests may break off as they like."""

    lock = threading.Lock()
    server = Quiet((host, 0), Handler)
    found = Site(server)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield found
    finally:
        found.stop()
