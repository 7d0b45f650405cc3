"""The code of a row as one program: it runs as it stands, and downloads what it is given."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from harness.measure.processes.launch import ROOT
from harness.model import Axis, Contender
from harness.report.page.program import program
from tests import builders

FOLDERS: dict[Axis, str] = {"client": "clients", "concurrency": "concurrency", "loop": "loops"}


class Images(BaseHTTPRequestHandler):
    """Answers each path with a body of its own."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"image {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def files(variant: str) -> list[Contender]:
    """The project's own files of a variant."""
    concurrency, client, *loop = variant.split("/")
    names: dict[Axis, str] = {"client": client, "concurrency": concurrency}
    names |= {"loop": loop[0]} if loop else {}
    found = []
    for axis, name in names.items():
        source = (ROOT / "benchmarks" / FOLDERS[axis] / f"{name}.py").read_text(encoding="utf-8")
        is_async = axis == "client" and "asynccontextmanager" in source
        found.append(
            replace(builders.contender(axis, name), source=source, fetch="async" if is_async else "sync")
        )
    return found


@pytest.mark.parametrize(
    "variant",
    [
        "thread_pool/requests_session",
        "to_thread_sized/requests_session/asyncio",
        "queue_workers/aiohttp_session/asyncio",
        "nursery/httpx_async/trio",
    ],
)
def test_it_downloads_what_it_is_given(variant: str, tmp_path: Path) -> None:
    text = program(files(variant), 4)
    assert text is not None
    assert "LOOPS" not in text
    (tmp_path / "download.py").write_text(text, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Images)
    Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True).start()
    try:
        urls = [f"http://127.0.0.1:{server.server_port}/img_{number}.jpg" for number in range(6)]
        subprocess.run(
            [sys.executable, "download.py", *urls],
            cwd=tmp_path,
            check=True,
            timeout=60,
            env={**os.environ, "NO_PROXY": "*"},
        )
    finally:
        server.shutdown()
        server.server_close()
    found = {path.name: path.read_bytes() for path in tmp_path.glob("*.jpg")}
    assert found == {f"img_{number}.jpg": f"image /img_{number}.jpg".encode() for number in range(6)}


def test_files_that_name_two_things_alike_are_shown_apart() -> None:
    client, model = files("thread_pool/requests_session")
    helper = "\n\ndef _wait():\n    pass\n"
    both = [replace(file, source=file.source + helper) for file in (client, model)]
    assert program(both, 4) is None
    assert program([replace(client, source="def ("), model], 4) is None
    assert program([client], 4) is None


def test_comments_stay_with_what_they_explain_and_the_contract_goes() -> None:
    client, model = files("thread_pool/requests_session")
    download = "def download(fetch, urls, concurrency):\n    pass  # nothing\n"
    source = f'"""Mine."""\n\nFETCH = "sync"\nLOOPS = ()\n# As many as there are.\nMOST = 7\n\n\n{download}'
    text = program([client, replace(model, source=source)], 4)
    assert text is not None
    assert "# As many as there are.\nMOST = 7\n" in text
    assert "FETCH" not in text
    assert "Mine." not in text
