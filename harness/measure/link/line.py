"""Open a line between two network namespaces of ours, start processes at its ends, and see what went over it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import IO, Any, Literal

from harness.link import Link
from harness.measure.link.devices import HOSTS
from harness.measure.processes.launch import ROOT, first_line
from harness.measure.processes.variables import clean_environment
from harness.measured import Flow, LineWitness
from harness.model import HarnessError
from harness.text import last_line

Mechanism = Literal["netem", "tun"]
MECHANISMS: tuple[Mechanism, ...] = ("netem", "tun")  # in the order in which they are tried
TIMEOUT_S = 20.0
# Bytes of the folder in which the socket lies by which the server at its end is controlled: 107 for the whole (unix(7)).
LONGEST_FOLDER = 107 - len("/fetchbench-12345678/control")
ADVICE = (
    "run it as root on Linux, or where user namespaces are allowed (sysctl kernel.unprivileged_userns_clone, "
    "kernel.apparmor_restrict_unprivileged_userns), with the kernel's sch_netem and iproute2 or with /dev/net/tun"
)


class LinkUnavailable(HarnessError):  # noqa: N818 - it is a state of this machine, and nobody's error
    """This machine cannot have a line; the message says why and what to do."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        told = "; ".join(f"{what}: {why}" for what, why in reasons.items())
        super().__init__(f"no line between two hosts can be had here ({told}): {ADVICE}", exit_code=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An open line. What is started with a prefix before its command is at that end, and keeps the process number it got.

    Attributes:
        mechanism: what delays packets: the kernel's netem, or a relay of ours between TUN devices.
        instead_of: why those could not be had that were tried before.
        pid: of the process that holds it, which is the relay if there is one.
    """

    link: Link
    mechanism: Mechanism
    instead_of: Mapping[str, str]
    pid: int
    server_prefix: tuple[str, ...]
    client_prefix: tuple[str, ...]
    process: "subprocess.Popen[bytes]"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Addresses that a server at its end may listen on, 254 of them; 0.0.0.0 is all of them."""
        return tuple(map(str, HOSTS.network.hosts()))

    def seen(self) -> LineWitness:
        """What the line did since the last call, or since it was opened.

        Raises:
            HarnessError: it is no more.
        """
        answer = _ask(self.process, None)
        return LineWitness(
            up=Flow(**answer["up"]),
            down=Flow(**answer["down"]),
            elapsed_s=answer.get("elapsed_s"),
            relay_cpu_s=answer.get("relay_cpu_s"),
        )


@contextmanager
def open_link(
    link: Link, *, cpus: Sequence[int] = (), seed: int = 0, mechanisms: Sequence[Mechanism] = MECHANISMS
) -> Iterator[Line]:
    """Open a line, yield it, and close it whatever happens; it also ends by itself if we are killed.

    Args:
        cpus: CPUs that the relay may use; () leaves the choice to the kernel.
        seed: of the draws of losses and jitter (netem draws its own).
        mechanisms: in the order in which they are tried.

    Raises:
        LinkUnavailable: none of them can be had here.
    """
    nsenter = shutil.which("nsenter")
    if sys.platform != "linux" or nsenter is None:
        raise LinkUnavailable({"nsenter": "it is missing; it is a program of util-linux, for Linux"})
    if len(os.fsencode(folder := tempfile.gettempdir())) > LONGEST_FOLDER:
        raise LinkUnavailable(
            {"TMPDIR": f"{folder} is too long for the path of a socket; name a shorter folder"}
        )
    with (
        clean_environment() as clean,
        subprocess.Popen(
            [sys.executable, "-m", "harness.measure.link"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=clean,
            start_new_session=True,
            bufsize=0,  # what could not be written to one that has died is not tried again when its pipe is closed
        ) as process,
    ):
        try:
            asked = {"link": asdict(link), "cpus": list(cpus), "seed": seed, "mechanisms": list(mechanisms)}
            made = _ask(process, asked)
            if "mechanism" not in made:
                raise LinkUnavailable(made["refused"])
            user = (
                (f"--user=/proc/{process.pid}/ns/user", "--preserve-credentials") if made["has_user"] else ()
            )
            yield Line(
                link=link,
                mechanism=made["mechanism"],
                instead_of=made["refused"],
                pid=process.pid,
                server_prefix=(nsenter, *user, f"--net={made['server']}", "--"),
                client_prefix=(nsenter, *user, f"--net={made['client']}", "--"),
                process=process,
            )
        finally:
            process.kill()  # it keeps nothing that it would have to put away


def _ask(process: "subprocess.Popen[bytes]", what: object) -> dict[str, Any]:
    """Write a line to the process that holds the line, and return its answer."""
    stdin, stdout, stderr = map(_pipe, (process.stdin, process.stdout, process.stderr))
    with suppress(BrokenPipeError):  # then there is no answer either
        stdin.write(json.dumps(what).encode() + b"\n")
    if line := first_line(stdout, TIMEOUT_S):
        answer: dict[str, Any] = json.loads(line)
        return answer
    process.kill()
    last = last_line(stderr.read(), "it was killed")
    raise HarnessError(f"the line between the hosts has ended: {last[:300]}")


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - each was opened as a pipe
    return stream
