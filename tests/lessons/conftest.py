"""A tiny image server in a thread: enough for a lesson that fetches; not the project's own server."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

BODY = b"\xff\xd8 not quite a JPEG \xff\xd9"


class Images(BaseHTTPRequestHandler):
    """Answers every GET with the same bytes, a little late."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer one request."""
        time.sleep(0.01)
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def image_urls() -> Iterator[list[str]]:
    """URLs of six images on 127.0.0.1."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Images) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield [f"http://127.0.0.1:{server.server_port}/{number}.jpg" for number in range(6)]
        server.shutdown()
        thread.join()
