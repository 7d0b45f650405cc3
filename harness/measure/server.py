"""Start the image server as a process of its own and speak to its control routes. It never imports the server."""

import http.client
import json
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from harness.draws import moved
from harness.faults import Met, fixed_places
from harness.measure.link.line import Line
from harness.measure.manifest import Given, Manifest
from harness.measure.processes.launch import ROOT, first_line
from harness.measure.processes.variables import clean_environment
from harness.measured import Witness
from harness.model import HarnessError
from harness.text import last_line, printable_values
from harness.workload import SPECS, Workload

START_TIMEOUT_S = 20.0
CONTROL_TIMEOUT_S = 60.0  # registering a workload prepares all its images


class ServerError(HarnessError):
    """The server did not start, or stopped answering: nothing more can be measured."""


class _AtPath(http.client.HTTPConnection):
    """HTTP over a socket in the file system.

    Args:
        path: of the socket.
    """

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=CONTROL_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the path instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Server:
    """A running image server of ours.

    Args:
        url: where it answers, e.g. ``http://127.0.0.1:40001``.
        token: for its control routes.
        pid: of its process.
        control: path of the socket for its control routes; None if they are reached at the URL.

    Attributes:
        pause: that it asks for; it never does.
        moments: of the last window that was watched: path -> when its connection was accepted, and open (None as in
            ``local_server.witness.Opening``), when it arrived, and when its answer began (None: at once).
    """

    pause = None

    def __init__(self, url: str, token: str, pid: int, control: str | None = None) -> None:
        self.url = url
        self.pid = pid
        self.moments: Mapping[str, Sequence[float | None]] = {}
        self._given: dict[str, Sequence[Given]] = {}
        parts = urlsplit(url)
        self._connection = (
            _AtPath(control)
            if control
            else http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=CONTROL_TIMEOUT_S)
        )
        self._headers = {"Authorization": f"Bearer {token}"}

    def register(self, workload: Workload) -> Manifest:
        """Have the workload's images prepared."""
        served = {name: value for name, value in workload.flat.items() if SPECS[name].is_served}
        answer = self._control("PUT", workload.name, served)
        images = answer["images"]
        given = self._given[workload.name] = [Given.told(image) for image in images]
        return Manifest(
            urls=tuple(image["url"] for image in images),
            digests=tuple(image.digest for image in given),
            meets=tuple(image.met for image in given),
            authority=answer["authority"],
            refused=answer["refused"],
        )

    def remove(self, workload: str) -> None:
        """Have the workload's images forgotten."""
        self._control("DELETE", workload, None)

    def digests(self, workload: str) -> Sequence[str]:
        """SHA-256 of the body that each URL gives now, in the order of the manifest's URLs."""
        return [image.digest for image in self._given[workload]]

    def meets(self, workload: str) -> Sequence[Met | None]:
        """The fault of the image that each URL gives now, None without; in the same order."""
        return [image.met for image in self._given[workload]]

    def window(self, workload: str, *, seed: int | None = None, is_watched: bool = False) -> Witness:
        """What the server saw of this workload since the last call.

        Args:
            workload: its name.
            seed: from now on let each URL give another image, drawn from this; None changes nothing.
            is_watched: whether the moments of each request are to be kept from now on; it needs a seed.
        """
        path = f"{workload}/window" if seed is None else f"{workload}/window/{seed}"
        answer = self._control("POST", f"{path}/watched" if is_watched else path, None)
        self.moments = answer.pop("moments", {})
        witness = Witness(**answer)
        if seed is not None:
            fixed = fixed_places(self.meets(workload))
            self._given[workload] = moved(self._given[workload], seed, fixed)
        return witness

    def excuses(self, reason: str, answer: Mapping[str, Any], suspect: int) -> bool:
        """Never: what fails here is the contender's doing."""
        del reason, answer, suspect
        return False

    def close(self) -> None:
        """Close the control connection."""
        self._connection.close()

    def _control(self, method: str, path: str, body: object) -> dict[str, Any]:
        idle = self._connection.sock
        if idle is not None and select.select([idle], [], [], 0)[0]:
            self._connection.close()  # the server has ended it, as after a long pass: the next request opens another
        try:
            self._connection.request(
                method, f"/_control/workloads/{path}", json.dumps(body) if body else None, self._headers
            )
            response = self._connection.getresponse()
            answer: dict[str, Any] = printable_values(json.loads(response.read()))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ServerError(
                f"the image server stopped answering ({type(error).__name__}: {error})"
            ) from None
        if response.status != http.client.OK:
            raise ServerError(f"the image server refused {method} {path}: {answer.get('error')}")
        return answer


@contextmanager
def running_server(*, cpus: Sequence[int], command: Sequence[str] = ()) -> Iterator[Server]:
    """Start a server, yield it when it is ready, and end it whatever happens (see ``starting_server``)."""
    with starting_server(cpus=cpus, command=command) as ready:
        yield ready()


@contextmanager
def starting_server(
    *, cpus: Sequence[int], line: Line | None = None, command: Sequence[str] = ()
) -> Iterator[Callable[[], Server]]:
    """Start a server, yield what waits until it is ready, and end it whatever happens.

    It also ends by itself if we are killed.

    Args:
        cpus: CPUs that it may use; () leaves the choice to the kernel.
        line: at whose far end it is; None is this host's loopback.
        command: what to run instead of ``python -m local_server``.
    """
    options = ["--exit-with-stdin", *(["--cpus", ",".join(map(str, cpus))] if cpus else [])]
    with clean_environment() as clean, ExitStack() as stack:
        control = None
        if line is not None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fetchbench-"))
            control = str(Path(folder, "control"))
            options += ["--host", line.hosts[0], "--control", control]
        errors = stack.enter_context(
            tempfile.TemporaryFile()
        )  # a pipe that nobody reads would stop it in the end
        process = subprocess.Popen(
            [
                *(line.server_prefix if line else ()),
                *(command or (sys.executable, "-m", "local_server")),
                *options,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env=clean,
            start_new_session=True,
        )
        stack.callback(_end, process)

        def ready() -> Server:
            server = _ready(process, errors, control)
            stack.callback(server.close)
            return server

        yield ready


def _ready(process: subprocess.Popen[bytes], errors: IO[bytes], control: str | None) -> Server:
    assert process.stdout is not None  # noqa: S101 - opened as a pipe
    line = first_line(process.stdout, START_TIMEOUT_S)
    if line is None:
        raise ServerError(f"the image server was not ready within {START_TIMEOUT_S:g} s")
    try:
        ready = json.loads(line)
        return Server(ready["url"], ready["token"], process.pid, control)
    except (ValueError, KeyError, TypeError):
        process.kill()
        process.wait()
        errors.seek(0)
        last = last_line(errors.read(), "no message")
        raise ServerError(f"the image server did not start: {last[:300]}") from None


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
