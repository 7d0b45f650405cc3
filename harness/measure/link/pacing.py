"""When a packet leaves a line: pure arithmetic, one lane per direction. It is the model of Linux' netem with a rate.

A packet is delayed first and sent then: it leaves when its delay is over and the one before it is out, plus what its bytes
take (``netem_enqueue`` in net/sched/sch_netem.c). So packets keep their order, whatever the jitter.
"""

import random
from math import inf

from harness.link import Link

QUEUE_S = 0.25  # what waits longer than this for its turn is dropped, as by a router whose buffer is full
BITS = 8


class Lane:
    """One direction of a line.

    Args:
        delay_s: of a packet.
        jitter_s: the delay differs by up to this, either way, uniformly.
        bits_per_s: rate; 0 sets no limit.
        loss: share of packets that are lost.
        seed: of the draws.
    """

    def __init__(self, *, delay_s: float, jitter_s: float, bits_per_s: float, loss: float, seed: int) -> None:
        self._least_s = delay_s - jitter_s
        self._spread_s = 2 * jitter_s
        self._s_per_byte = BITS / bits_per_s if bits_per_s else 0.0
        self._queue_s = QUEUE_S if bits_per_s else inf
        self._loss = loss
        self._draw = random.Random(seed).random
        self._out_at = -inf  # when the last packet leaves

    def due(self, now: float, size: int) -> float | None:
        """When a packet leaves that has arrived now; None if it is lost, or dropped because too much waits before it.

        Args:
            now: any clock's seconds, never less than at the call before.
            size: of the packet, in bytes.
        """
        if self._loss and self._draw() < self._loss:
            return None
        ready = now + self._least_s
        if self._spread_s:
            ready += self._spread_s * self._draw()
        begins = max(ready, self._out_at)
        if begins - ready > self._queue_s:
            return None
        self._out_at = begins + size * self._s_per_byte
        return self._out_at


def lanes(link: Link, seed: int) -> tuple[Lane, Lane]:
    """Return the way up, from the client to the server, and the way down; each has half of the round trip."""
    up, down = (
        Lane(
            delay_s=link.round_trip_s / 2,
            jitter_s=link.jitter_s / 2,
            bits_per_s=bits_per_s,
            loss=link.loss,
            seed=seed + place,
        )
        for place, bits_per_s in enumerate((link.up_bits_per_s, link.down_bits_per_s))
    )
    return up, down
