"""A line of 20 ms between two namespaces, as the harness uses it, and what is said where none can be had."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import monotonic, sleep

import pytest

from harness.link import Link
from harness.measure.link.line import Line, LinkUnavailable, Mechanism, open_link
from harness.measure.processes.launch import ROOT
from harness.measure.server import starting_server
from harness.model import HarnessError
from harness.workload import Workload
from tests.measure.link.ends import trips

LINK = Link(round_trip_s=0.02)
HOLD = """
import sys, time
from harness.link import Link
from harness.measure.link.line import open_link
with open_link(Link(round_trip_s=0.02)) as line:
    print(line.pid, line.client_prefix[-2].partition("=")[2], flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["netem", "tun"])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    try:
        with open_link(LINK, mechanisms=[request.param]) as made:
            yield made
    except LinkUnavailable as reason:
        pytest.skip(str(reason))


def test_every_round_trip_has_its_delay_and_each_packet_is_counted(line: Line) -> None:
    line.seen()
    found = trips(line.client_prefix, line.server_prefix, line.hosts[-1])
    assert min(found) >= LINK.round_trip_s
    assert median(found) < 2 * LINK.round_trip_s
    seen = line.seen()
    assert seen.up.packets >= 5 + 2
    assert seen.down.packets >= 5 + 1
    assert seen.up.bytes > 5 * 41
    assert (seen.up.dropped, seen.down.dropped) == (0, 0)
    assert line.seen().up.packets < seen.up.packets


def test_what_is_started_at_an_end_keeps_its_process_and_sees_that_end_alone(line: Line) -> None:
    ours = Path("/proc/net/dev").read_text()
    code = "import os; print(os.getpid(), open('/proc/net/dev').read())"
    for prefix in (line.client_prefix, line.server_prefix):
        with subprocess.Popen(
            [*prefix, sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            said = process.stdout.read()
        assert said.split()[0] == str(process.pid)
        devices = {row.partition(":")[0].strip() for row in said.splitlines() if ":" in row}
        assert {"lo", "line"} <= devices
        assert not devices & {"eth0", "ens3"}
    assert "line:" not in ours


def test_packets_to_an_address_that_nobody_has_come_nowhere(line: Line) -> None:
    """A connection to it is neither made nor refused."""
    code = """if True:
        import socket, sys
        for host, port in (url.split("/")[2].split(":") for url in sys.argv[1:]):
            try:
                socket.create_connection((host, int(port)), timeout=0.2).close()
                print("connected")
            except OSError as error:
                print(type(error).__name__)
    """
    workload = Workload.of(
        "lost", images=2, image_bytes=2048, concurrency=1, sink="memory", round_trip_s=0.02,
        faults={"unroutable": 0.5},
    )  # fmt: skip
    with starting_server(cpus=(), line=line) as ready:
        manifest = ready().register(workload)
        command = [*line.client_prefix, sys.executable, "-c", code, *manifest.urls]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert found == ["TimeoutError" if met else "connected" for met in manifest.meets]
    assert sorted(found) == ["TimeoutError", "connected"]


def test_a_line_that_was_killed_says_so(line: Line) -> None:
    os.kill(line.pid, signal.SIGKILL)
    with pytest.raises(HarnessError, match="the line between the hosts has ended: it was killed"):
        line.seen()


def test_a_line_that_died_long_ago_says_the_same_and_closes_in_peace() -> None:
    said = pytest.raises(HarnessError, match="the line between the hosts has ended: it was killed")
    try:
        with said, open_link(LINK) as line:
            line.process.kill()
            line.process.wait()
            line.seen()
    except LinkUnavailable as reason:
        pytest.skip(str(reason))


def eventually(holds: Callable[[], bool]) -> bool:
    ends = monotonic() + 10
    while not holds() and monotonic() < ends:
        sleep(0.02)
    return holds()


def namespaces() -> set[str]:
    """The network namespaces that any process is in."""
    found: set[str] = set()
    for path in Path("/proc").glob("[0-9]*/ns/net"):
        with suppress(OSError):
            found.add(str(path.readlink()))
    return found


def test_nothing_stays_when_whoever_opened_it_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as owner:
        assert owner.stdout is not None
        assert owner.stderr is not None
        told = owner.stdout.readline().split()
        if not told:
            pytest.skip(owner.stderr.read().splitlines()[-1])
        relay, namespace = Path("/proc", told[0]), str(Path(told[1]).readlink())
        assert namespace in namespaces()
        owner.kill()
    assert eventually(lambda: not relay.exists())
    assert namespace not in namespaces()


def through(*command: str) -> "subprocess.CompletedProcess[str]":
    """Run this module as a program by another one, which takes rights from it."""
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is missing")
    return subprocess.run(
        [program, *command[1:], sys.executable, "-m", "tests.measure.link.test_line"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_without_the_right_to_namespaces_it_takes_one_of_users() -> None:
    if os.geteuid() != 0:
        pytest.skip("who is not root takes that way in all the tests")
    done = through("setpriv", "--bounding-set=-sys_admin")
    if "LinkUnavailable" in done.stderr:
        pytest.skip(done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["prefix"].startswith("--user=")
    assert min(found["trips"]) >= LINK.round_trip_s


def test_where_no_namespace_is_left_one_line_says_so() -> None:
    script = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"'
    done = through("unshare", "--user", "--map-root-user", "sh", "-c", script, "sh")
    if "max_net_namespaces" in done.stderr or "unshare" in done.stderr:
        pytest.skip(done.stderr.splitlines()[-1])
    said = done.stderr.splitlines()[-1]
    assert (
        "LinkUnavailable: no line between two hosts can be had here (namespaces: No space left on device)"
        in said
    )


@pytest.mark.parametrize(
    ("programs", "mechanism", "reason"),
    [
        ((), "tun", "(nsenter: it is missing"),
        (("nsenter",), "netem", "(netem: ip: No such file or directory)"),
    ],
)
def test_where_none_can_be_had_one_line_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    programs: tuple[str, ...],
    mechanism: Mechanism,
    reason: str,
) -> None:
    for name in programs:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is missing")
        (tmp_path / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LinkUnavailable) as caught, open_link(LINK, mechanisms=[mechanism]):
        pass
    message = str(caught.value)
    if "namespaces:" not in message:
        assert reason in message
    assert message.startswith("no line between two hosts can be had here (")
    assert "\n" not in message
    assert caught.value.exit_code == 5


def test_a_folder_with_too_long_a_path_for_a_socket_is_known_before(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux" or shutil.which("nsenter") is None:
        pytest.skip("there are no lines here")
    monkeypatch.setattr(tempfile, "tempdir", "/tmp/" + "long" * 30)  # noqa: S108 - nothing is written there
    with (
        pytest.raises(
            LinkUnavailable, match=r"\(TMPDIR: /tmp/long.* is too long for the path of a socket; name"
        ),
        open_link(LINK),
    ):
        pass


if __name__ == "__main__":
    with open_link(LINK, mechanisms=["tun"]) as made:
        seconds = trips(made.client_prefix, made.server_prefix, made.hosts[0])
        print(json.dumps({"prefix": made.client_prefix[1], "trips": seconds}))  # noqa: T201
