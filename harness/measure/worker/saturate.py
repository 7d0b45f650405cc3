"""Ask one server for as much as it can give: what no client can beat. It counts bytes only, to be no limit itself."""

import selectors
from collections.abc import Sequence
from time import perf_counter

from harness.measure.worker.wires import Http1, Http2

WINDOWS = 6  # a disturbance makes a window slower and never quicker, so the quickest one is the server's own
# (connections, requests under way on each): where images are small one way is the quicker, where they are large the other.
WAYS = ((8, 16), (32, 1))
WIRES = {"1.1": Http1, "2": Http2}


def saturate(urls: list[str], seconds: float, http: str) -> float:
    """Return answers per second in the best of several windows; 0.0 if not a byte came.

    Args:
        urls: of one server, all of the same size, so that answers can be counted by their bytes.
        seconds: of all windows together.
        http: version that is spoken.
    """
    return max(_window(urls, http, *WAYS[number % len(WAYS)], seconds / WINDOWS) for number in range(WINDOWS))


def _window(urls: list[str], http: str, connections: int, depth: int, seconds: float) -> float:
    """Return answers per second over one window on connections of its own."""
    asked = [urls[number % len(urls)] for number in range(depth)]
    wires = [WIRES[http](asked) for _ in range(connections)]
    try:
        size = wires[0].size()
        return _pump(wires, size * depth, seconds) / size
    finally:
        for wire in wires:
            wire.socket.close()


def _pump(wires: Sequence[Http1], burst_size: int, seconds: float) -> float:
    """Keep a burst under way on every connection; return bytes per second, also of answers that are not whole."""
    left, received = dict.fromkeys(wires, burst_size), 0
    began = perf_counter()
    with selectors.DefaultSelector() as selector:
        for wire in wires:
            selector.register(wire.socket, selectors.EVENT_READ, wire)
            wire.ask()
        while (elapsed := perf_counter() - began) < seconds:
            for key, _ in selector.select(seconds):
                wire = key.data
                count = wire.receive()
                received += count
                left[wire] -= count
                if left[wire] == 0:
                    wire.ask()
                    left[wire] = burst_size
    return received / elapsed
