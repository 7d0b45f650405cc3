"""The process that holds a line: it makes the namespaces and devices, which live as long as it does.

A line of JSON says what is asked for, one answers; from then on each line on standard input asks for what was seen since the
last, and its end ends us. So whatever kills the harness, nothing stays.
"""

import ctypes
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from harness.link import Link
from harness.measure.link import devices, netem
from harness.measure.link.namespaces import Namespace, become_capable
from harness.measure.link.pacing import lanes
from harness.measure.link.relay import Way, carry, pause_s

PR_SET_TIMERSLACK = 29  # prctl(2): by how many nanoseconds a timer may be late, 50,000 unless told


def main() -> None:
    """Make the line by the first means that can be had, and hold it."""
    asked = json.loads(os.read(0, 1 << 16))
    link, refused = Link(**asked["link"]), {}
    if asked["cpus"]:
        os.sched_setaffinity(0, asked["cpus"])
    try:
        has_user = become_capable()
    except OSError as error:
        _tell({"refused": {"namespaces": _reason(error)}})
        return
    for mechanism in asked["mechanisms"]:
        with ExitStack() as stack:
            server, client = (stack.enter_context(Namespace()) for _ in range(2))
            try:
                hold = MECHANISMS[mechanism](link, asked["seed"], client, server)
            except OSError as error:
                refused[mechanism] = _reason(error)
                continue
            paths = {"client": client.path, "server": server.path}
            _tell({"mechanism": mechanism, "refused": refused, "has_user": has_user, **paths})
            hold()
            return
    _tell({"refused": refused})


def bring_up(client: Namespace, server: Namespace) -> None:
    """Give addresses to the devices at both ends."""
    with server.entered():
        devices.bring_up_server()
    with client.entered():
        devices.bring_up_client()


def _netem(link: Link, _seed: int, client: Namespace, server: Namespace) -> Callable[[], None]:
    netem.make_veth(client, server, in_bundles=link.only_delays)
    for here, bits_per_s in ((client, link.up_bits_per_s), (server, link.down_bits_per_s)):
        netem.delay(here, link, bits_per_s)
    bring_up(client, server)
    return partial(_answer, client, server)


def _tun(link: Link, seed: int, client: Namespace, server: Namespace) -> Callable[[], None]:
    with client.entered():
        near = devices.open_tun(in_bundles=link.only_delays)
    with server.entered():
        far = devices.open_tun(in_bundles=link.only_delays)
    bring_up(client, server)
    _be_punctual()
    up, down = lanes(link, seed)
    ways = Way(near, far, up), Way(far, near, down)
    return partial(carry, *ways, 0, _tell, every_s=pause_s(link.round_trip_s))


def _be_punctual() -> None:
    """Run when a packet is due, also while a busy server has our CPU: it would keep us from it for milliseconds at a time.

    Who is not root cannot ask for that; then the witness tells how late packets were.
    """
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


MECHANISMS = {"netem": _netem, "tun": _tun}


def _answer(client: Namespace, server: Namespace) -> None:
    """Tell what netem's queues saw between one line and the next."""
    before = {"up": netem.seen(client), "down": netem.seen(server)}
    for _ in _lines():
        now = {"up": netem.seen(client), "down": netem.seen(server)}
        _tell({way: {name: now[way][name] - before[way][name] for name in now[way]} for way in now})
        before = now


def _lines() -> Iterator[bytes]:
    while line := os.read(0, 4096):
        yield line


def _tell(answer: dict[str, Any]) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")


def _reason(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


if __name__ == "__main__":
    main()
