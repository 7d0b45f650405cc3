"""Starting the server: whatever goes wrong is one line."""

import http.client
import socket
import sys
from urllib.parse import urlsplit

import pytest

from harness.measure import server
from harness.measure.server import ServerError, running_server
from harness.workload import Workload


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise SystemExit('cannot listen on 127.0.0.1:80: Address in use')", "did not start: cannot listen"),
        ("pass", "did not start: no message"),
        ("print('hello')", "did not start: no message"),
        ("print('{}')", "did not start: no message"),
    ],
)
def test_a_server_that_does_not_start_is_one_line(code: str, message: str) -> None:
    with pytest.raises(ServerError, match=message), running_server(cpus=(), command=python(code)):
        pass


def test_a_server_that_is_never_ready_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "START_TIMEOUT_S", 0.3)
    silent = python("import sys; sys.stdin.read()")
    with pytest.raises(ServerError, match="was not ready within"), running_server(cpus=(), command=silent):
        pass


def test_a_connection_that_the_server_has_ended_meanwhile_is_opened_anew() -> None:
    """As after a pass that took longer than the server keeps an idle connection."""
    with running_server(cpus=()) as running:
        workload = Workload.of(
            "again", images=1, image_bytes=4096, latency_s=0.0, concurrency=1, sink="memory"
        )
        running.register(workload)
        assert running._connection.sock is not None
        running._connection.sock.shutdown(socket.SHUT_RDWR)
        assert len(running.register(workload).urls) == 1


def test_it_knows_what_each_url_meets_also_when_the_images_have_moved() -> None:
    with running_server(cpus=()) as running:
        workload = Workload.of(
            "faulty", images=12, image_bytes=2048, latency_s=0.0, concurrency=1, sink="memory",
            faults={"not_found": 0.25, "unavailable": 0.25, "refused": 0.25}, fault_attempts=3,
        )  # fmt: skip
        manifest = running.register(workload)
        assert list(manifest.meets) == running.meets("faulty") == workload.meets
        assert list(manifest.digests) == running.digests("faulty")
        before = dict(zip(manifest.digests, manifest.meets, strict=True))
        refused = {place for place, met in enumerate(manifest.meets) if met and met.fault == "refused"}
        assert len(refused) == 3
        for seed in (5, 6):
            running.window("faulty", seed=seed)
            meets, digests = running.meets("faulty"), running.digests("faulty")
            assert dict(zip(digests, meets, strict=True)) == before  # a fault goes with its image
            assert all(digests[place] == manifest.digests[place] for place in refused)
            assert digests != list(manifest.digests)
            found = [status(url) for url in manifest.urls]
            expected = {"not_found": 404, "unavailable": 503, "refused": None}
            assert found == [expected[met.fault] if met else 200 for met in meets]
        seen = running.window("faulty")
        assert (seen.requests, seen.faults) == (9, {"not_found": 3, "unavailable": 3})


def status(url: str) -> int | None:
    """Of what a URL gives; None if nobody listens there."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status
    except ConnectionRefusedError:
        return None
    finally:
        connection.close()
