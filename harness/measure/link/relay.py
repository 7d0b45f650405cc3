"""Carry packets between two TUN devices, each held until it is due. One process, two queues, no thread.

A lane's packets leave in the order in which they came, so a queue needs no sorting. The sleep is select's, which counts
microseconds; a poll would round up to milliseconds.
"""

import gc
import os
import select
from collections import deque
from collections.abc import Callable
from time import perf_counter, process_time, sleep
from typing import Any

from harness.measure.link.devices import Tun
from harness.measure.link.pacing import Lane

BATCH = 32  # packets that are read before what is due is written
LATE_S = 0.001  # who leaves so long after he was due was held up
IDLE_S = 60.0
# To wake costs more than to carry a packet: in traffic it is done this often at the most.
PAUSE_SHARE, MOST_PAUSE_S = 0.01, 0.0005


class Way:
    """One direction: packets of a device, on their way to the other one.

    Args:
        source: the device to read.
        target: the one to write, of the same kind.
        lane: tells when each is due.
    """

    def __init__(self, source: Tun, target: Tun, lane: Lane) -> None:
        self.source = source.descriptor
        self.waiting: deque[tuple[float, bytes]] = deque()
        self._head, self._most = source.head, source.most
        self._target = target.descriptor
        self._due = lane.due
        self._forget()

    def _forget(self) -> None:
        self._packets = self._bytes = self._dropped = self._late = 0
        self.most_late_s = 0.0

    def take(self) -> None:
        """Read what has come, or a part of it."""
        source, head, most = self.source, self._head, self._most
        due, keep = self._due, self.waiting.append
        try:
            for _ in range(BATCH):
                packet = os.read(source, most)
                at = due(perf_counter(), len(packet) - head)
                if at is None:
                    self._dropped += 1
                else:
                    keep((at, packet))
        except BlockingIOError:
            pass

    def give(self) -> float:
        """Write what is due; return when the next packet is."""
        waiting = self.waiting
        while waiting:
            late_s = perf_counter() - waiting[0][0]
            if late_s < 0:
                return waiting[0][0]
            packet = waiting.popleft()[1]
            os.write(self._target, packet)
            self._packets += 1
            self._bytes += len(packet) - self._head
            if late_s > LATE_S:
                self._late += 1
            self.most_late_s = max(self.most_late_s, late_s)
        return perf_counter() + IDLE_S

    def told(self) -> dict[str, Any]:
        """What went this way since the last call."""
        found = {
            "packets": self._packets,
            "bytes": self._bytes,
            "dropped": self._dropped,
            "late": self._late,
            "most_late_s": self.most_late_s,
        }
        self._forget()
        return found


def pause_s(round_trip_s: float) -> float:
    """How long to look away between two looks at packets: so short that no round trip is longer by a twentieth."""
    return min(MOST_PAUSE_S, PAUSE_SHARE * round_trip_s)


def carry(
    up: Way, down: Way, asked: int, tell: Callable[[dict[str, Any]], None], *, every_s: float = 0.0
) -> None:
    """Carry packets until the one who asks is no more.

    Args:
        up: from the client.
        down: to the client.
        asked: descriptor on which a line asks for what was seen.
        tell: told of it.
        every_s: least time between two looks at what has come or is due; an idle line is looked at at once.
    """
    gc.disable()  # packets and moments make no cycles
    ways = {up.source: up, down.source: down}
    began, cpu_s = perf_counter(), process_time()
    woke_at = began
    while True:
        next_at = min(up.give(), down.give())
        if (rest_s := woke_at + every_s - perf_counter()) > 0:
            sleep(rest_s)
        ready, _, _ = select.select([*ways, asked], [], [], max(0.0, next_at - perf_counter()))
        woke_at = perf_counter()
        for descriptor in ready:
            if descriptor != asked:
                ways[descriptor].take()
            elif os.read(asked, 4096):
                now, now_cpu_s = perf_counter(), process_time()
                told = {"elapsed_s": now - began, "relay_cpu_s": now_cpu_s - cpu_s}
                tell(told | {"up": up.told(), "down": down.told()})
                began, cpu_s = now, now_cpu_s
            else:
                return
