"""Facts about this machine and interpreter: what two comparable runs must share, and what else is worth knowing."""

import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from harness.git import git
from harness.measure.processes.launch import ROOT
from harness.measure.processes.variables import kept_variables


def cpu_split() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """CPUs for the client and for the server: the last one serves, the others download; ((), ()) where that cannot be."""
    if not hasattr(os, "sched_getaffinity"):
        return (), ()
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:  # noqa: PLR2004 - two sides need two CPUs
        return (), ()
    return tuple(allowed[:-1]), (allowed[-1],)


def fingerprint(
    interpreter: Mapping[str, Any], client_cpus: Sequence[int], server_cpus: Sequence[int]
) -> dict[str, Any]:
    """Facts that must be equal for two runs to be comparable; not clock speed, load or host name.

    Args:
        interpreter: what is measured with, as it tells of itself: Python, build, packages, variables that were asked for.
        client_cpus: CPUs that a worker may use.
        server_cpus: CPUs that the server may use.
    """
    return {
        "cpu": _cpu_model(),
        "cores": psutil.cpu_count(logical=False) or 0,
        "cpus": psutil.cpu_count() or 0,
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "kernel": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "virtualization": _virtualization(),
        "client_cpus": list(client_cpus),
        "server_cpus": list(server_cpus),
    } | dict(interpreter)


def environment() -> dict[str, Any]:
    """Facts that two comparable runs may differ in: revision, memory, load, variables kept, installed distributions."""
    return {
        "revision": _revision(),
        "memory_bytes": psutil.virtual_memory().total,
        "load_1min": psutil.getloadavg()[0],
        "open_files_limit": _open_files_limit(),
        "variables": kept_variables(),
        "distributions": {
            package.name: package.version or "unknown"
            for package in sorted(importlib.metadata.distributions(), key=lambda package: package.name or "")
            if package.name  # a folder without METADATA has none
        },
    }


def filesystem(folder: Path) -> str:
    """Type of the file system that ``folder`` is on, e.g. "ext4"; "unknown" if the system does not tell."""
    place = folder.resolve()
    mounts = {Path(partition.mountpoint): partition.fstype for partition in psutil.disk_partitions(all=True)}
    return next((mounts[folder] for folder in [place, *place.parents] if folder in mounts), "unknown")


def _cpu_model() -> str:
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _virtualization() -> str:
    """Return the hypervisor's name as the firmware gives it, "none" if the CPU says there is no hypervisor."""
    if " hypervisor" not in _read("/proc/cpuinfo"):
        return "none"
    return _read("/sys/class/dmi/id/sys_vendor") or "unknown"


def _revision() -> str:
    return (git(ROOT, "describe", "--always", "--dirty", "--abbrev=12") or "unknown").strip()


def _open_files_limit() -> int:
    import resource  # noqa: PLC0415 - not on Windows

    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
