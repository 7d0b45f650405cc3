"""Limits of the machine as faults: few descriptors, few ports, a full disk, a full default executor."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from harness.link import Link
from harness.measure.conformance.batch import Job, Subject, clients, done, unfit
from harness.measure.conformance.faulty import LINE
from harness.measure.conformance.whole_pass import WholePass, read
from harness.measure.ends import End, Ends
from harness.measure.link.line import LinkUnavailable
from harness.measure.planning.catalog import Catalog
from harness.text import last_line
from harness.workload import Workload

IMAGES, CONCURRENCY = 300, 100
TIMEOUT_S, WITHIN_S = 5.0, 60.0
PORTS = (40_000, 40_031)
DISK = "512k"
EXECUTOR_S = 3.0  # its threads sleep for so long, longer than LOOKUP_TIMEOUT_S
LOOKUP_IMAGES, LOOKUP_TIMEOUT_S = 20, 1.5
# What looks names up in the default executor: async clients do so themselves, sync ones as they run in it.
ON_AN_EXECUTOR = ("gather_return_exceptions", "to_thread")
# Mount a small file system where only this process sees it, and become the program.
ON_A_SMALL_DISK = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit.

    Attributes:
        help: what is short, as half a sentence.
        images: that are asked for.
        timeout_s: what the client is told.
        asked: more of the worker.
        at_once: programs that may run at the same time: one where they would wait for each other.
    """

    help: str
    images: int = IMAGES
    concurrency: int = CONCURRENCY
    timeout_s: float = TIMEOUT_S
    asked: Mapping[str, Any] = field(default_factory=dict)
    at_once: int = 1


LIMITS: Mapping[str, Limit] = {
    "descriptors_64": Limit(help="64 descriptors (RLIMIT_NOFILE)", asked={"descriptors": 64}),
    "descriptors_256": Limit(help="256 descriptors (RLIMIT_NOFILE)", asked={"descriptors": 256}),
    "ports_32": Limit(help="32 ephemeral ports (net.ipv4.ip_local_port_range)"),
    "full_disk": Limit(help=f"a disk of {DISK}, to which images are saved"),
    "full_executor": Limit(
        help=f"a name to look up while the default executor is full for {EXECUTOR_S:g} s",
        images=LOOKUP_IMAGES,
        concurrency=LOOKUP_IMAGES,
        timeout_s=LOOKUP_TIMEOUT_S,
        asked={"executor_s": EXECUTOR_S},
        at_once=4,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endured:
    """What one program does under one limit.

    Attributes:
        images: that were asked for.
        verified: of these, that came whole.
        errors: class -> fetches that raised it, and the words of the first.
        raised: class of what the model let out.
        last_s: when the last image had come; None if none did.
        reason: why nothing is known.
    """

    side: str
    limit: str
    model: str
    client: str
    loop: str | None
    images: int
    verified: int | None = None
    errors: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    raised: str | None = None
    last_s: float | None = None
    reason: str | None = None


def endured(catalogs: Mapping[str, Catalog], limits: Sequence[str]) -> Iterator[Endured]:
    """Run every client under every limit; yield what each does, limit by limit.

    Args:
        catalogs: by side.
    """
    for name in limits:
        subjects = list(_subjects(name, catalogs))
        at_once = LIMITS[name].at_once
        for first in range(0, len(subjects), at_once):
            with ExitStack() as stack:  # a line of its own: ports that were used a moment ago are not free
                yield from _under(name, subjects[first : first + at_once], stack)


def _subjects(name: str, catalogs: Mapping[str, Catalog]) -> Iterator[Subject]:
    """Each client once; where names are looked up, on each loop that has an executor."""
    if name != "full_executor":
        yield from clients(catalogs)
        return
    for subject in clients(catalogs, ON_AN_EXECUTOR):
        ways = (
            variant
            for variant in subject.catalog.variants
            if variant.client == subject.variant.client and variant.concurrency in ON_AN_EXECUTOR
        )
        yield from (replace(subject, variant=variant) for variant in ways)


def _under(name: str, subjects: Sequence[Subject], stack: ExitStack) -> Iterator[Endured]:
    limit = LIMITS[name]
    able = [subject for subject in subjects if unfit(subject) is None]
    yield from (
        _record(subject, name, WholePass(reason=unfit(subject)))
        for subject in subjects
        if subject not in able
    )
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fetchbench-"))
    try:
        end = _end(name, Ends(stack, ()))
        prefix = _on_a_small_disk(folder) if name == "full_disk" else _at(end)
    except (LinkUnavailable, OSError) as refusal:
        yield from (_record(subject, name, WholePass(reason=str(refusal))) for subject in able)
        return
    workload = Workload.of(
        name=name,
        images=limit.images,
        image_bytes=6_144,
        concurrency=limit.concurrency,
        sink="memory",
        seed=1,
        round_trip_s=LINE.round_trip_s if end.line else 0.0,
    )
    manifest = end.server.register(workload)
    urls = [_named(url) if name == "full_executor" else url for url in manifest.urls]
    options = {
        "urls": urls,
        "concurrency": limit.concurrency,
        "timeout_s": limit.timeout_s,
        "ca_file": None,
        **limit.asked,
        **({"folder": folder} if name == "full_disk" else {}),
    }
    jobs = [
        Job(subject=subject, step="whole_pass", asked=options, within_s=WITHIN_S, prefix=prefix)
        for subject in able
    ]
    for subject, how in zip(able, done(jobs), strict=True):
        yield _record(subject, name, read(how, manifest.digests))


def _end(name: str, ends: Ends) -> End:
    """The other side; of a line its client's end has few ports."""
    if name != "ports_32":
        return ends.end(Link())
    end = ends.end(LINE)
    assert end.line is not None  # noqa: S101 - it was asked for
    few = f"echo {PORTS[0]} {PORTS[1]} > /proc/sys/net/ipv4/ip_local_port_range"
    made = subprocess.run(
        [*end.line.client_prefix, "sh", "-c", few], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise OSError(f"ports cannot be made few here: {last_line(made.stderr, 'no reason was given')}")
    return end


def _at(end: End) -> tuple[str, ...]:
    """What stands before a command that is to be at the client's end."""
    return end.line.client_prefix if end.line else ()


def _on_a_small_disk(folder: str) -> tuple[str, ...]:
    """The same of one that is to see a small file system in this folder, which nobody else sees.

    Raises:
        OSError: it cannot be had here.
    """
    if shutil.which("unshare") is None:
        raise OSError("a small disk needs unshare, a program of util-linux, for Linux")
    rights = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    return ("unshare", "--mount", *rights, "--", "sh", "-c", ON_A_SMALL_DISK, "sh", DISK, folder)


def _named(url: str) -> str:
    return url.replace("//127.0.0.1:", "//localhost:")


def _record(subject: Subject, name: str, seen: WholePass) -> Endured:
    is_known = seen.reason is None
    return Endured(
        side=subject.side,
        limit=name,
        model=subject.variant.concurrency,
        client=subject.variant.client,
        loop=subject.variant.loop,
        images=LIMITS[name].images,
        verified=seen.verified if is_known else None,
        errors=seen.errors,
        raised=seen.raised,
        last_s=seen.last_s if is_known and seen.verified else None,
        reason=seen.reason,
    )
