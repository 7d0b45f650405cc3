"""Network namespaces of this process' own, without a name: each ends with the last process or descriptor that holds it."""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

CLONE_NEWUSER = 0x10000000  # linux/sched.h
CLONE_NEWNET = 0x40000000
# What the namespace's TCP does, where that is not what a host of its own would do for a user (ip-sysctl of the kernel).
SETTINGS = {
    "ipv4/ip_forward": "0",  # packets to an address that nobody has come nowhere, whatever the host does with its own
    "ipv6/conf/all/disable_ipv6": "1",  # the line carries IPv4, and nothing speaks unasked
    "ipv4/tcp_no_metrics_save": "1",  # what one contender's connections met is never the next one's start
    "ipv4/tcp_tw_reuse": "1",  # a connection per image: ports that wait are used again, as on loopback by default
    "ipv4/ip_local_port_range": "1024 65535",
}


class Namespace:
    """A network namespace. Used as a context manager, it is given up when the block ends."""

    def __init__(self) -> None:
        _unshare(CLONE_NEWNET)
        self._descriptor = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        for name, value in SETTINGS.items():
            with suppress(OSError):  # not in every kernel, and none of them decides whether there is a line
                Path("/proc/sys/net", name).write_text(value, encoding="ascii")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    @property
    def path(self) -> str:
        """Where it can be entered from (setns(2)), as long as this process lives."""
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be in it; what is started in the block is in it too."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _call("setns", self._descriptor, CLONE_NEWNET)
            yield
        finally:
            _call("setns", before, CLONE_NEWNET)
            os.close(before)


def become_capable() -> bool:
    """Make sure that we may make network namespaces; return whether that took a user namespace of our own.

    Raises:
        OSError: neither is allowed here.
    """
    try:
        _unshare(CLONE_NEWNET)
    except PermissionError:
        user, group = os.geteuid(), os.getegid()
        _unshare(CLONE_NEWUSER)
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            Path("/proc/self", name).write_text(text, encoding="ascii")
        _unshare(CLONE_NEWNET)  # some systems give a user namespace in which nothing is allowed
        return True
    return False


def _unshare(flags: int) -> None:
    _call("unshare", flags)


def _call(name: str, *arguments: int) -> None:
    """Call libc; ``os.unshare`` and ``os.setns`` are there since Python 3.12 only."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno() or errno.EINVAL
        raise OSError(number, os.strerror(number))
