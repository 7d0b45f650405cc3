"""The relay's ways between sockets that keep packets apart, as its devices do."""

import os
import socket
import threading
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest

from harness.measure.link.devices import Tun
from harness.measure.link.pacing import Lane
from harness.measure.link.relay import Way, carry, pause_s

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[tuple[Pair, Pair]]:
    """Two devices; the second socket of each stands for the kernel."""
    made = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
    for pair in made:
        pair[0].settimeout(0)
        pair[1].settimeout(5)
    yield made[0], made[1]
    for end in (*made[0], *made[1]):
        end.close()


def tun(here: socket.socket, head: int = 0) -> Tun:
    return Tun(descriptor=here.fileno(), head=head, most=100)


def lane(delay_s: float = 0.0, loss: float = 0.0) -> Lane:
    return Lane(delay_s=delay_s, jitter_s=0.0, bits_per_s=0.0, loss=loss, seed=1)


def test_a_packet_is_held_until_it_is_due_and_all_are_counted(pairs: tuple[Pair, Pair]) -> None:
    (near, client), (far, server) = pairs
    way = Way(tun(near), tun(far), lane(0.02))
    began = perf_counter()
    for size in (3, 4):
        client.send(bytes(size))
    way.take()
    assert way.give() >= began + 0.02
    assert [len(packet) for _, packet in way.waiting] == [3, 4]
    while way.waiting:
        way.give()
    assert perf_counter() >= began + 0.02
    assert [len(server.recv(100)) for _ in range(2)] == [3, 4]
    told = way.told()
    assert (told["packets"], told["bytes"], told["dropped"]) == (2, 7, 0)
    assert way.told()["packets"] == 0


def test_a_lost_packet_is_counted_and_goes_nowhere(pairs: tuple[Pair, Pair]) -> None:
    (near, client), (far, _) = pairs
    way = Way(tun(near), tun(far), lane(loss=1.0))
    client.send(b"x")
    way.take()
    way.give()
    told = way.told()
    assert (told["packets"], told["dropped"]) == (0, 1)


def test_what_stands_before_a_bundle_goes_with_it_and_is_no_part_of_it(pairs: tuple[Pair, Pair]) -> None:
    (near, client), (far, server) = pairs
    timed = Lane(delay_s=0.0, jitter_s=0.0, bits_per_s=8e6, loss=0.0, seed=1)
    way = Way(tun(near, head=10), tun(far, head=10), timed)
    began = perf_counter()
    client.send(bytes(60))
    way.take()
    [(due, _)] = way.waiting
    assert began + 50e-6 <= due < perf_counter() + 50e-6
    while way.waiting:
        way.give()
    assert len(server.recv(100)) == 60
    assert way.told()["bytes"] == 50


def test_it_carries_both_ways_tells_what_it_saw_and_ends_with_its_asker(pairs: tuple[Pair, Pair]) -> None:
    (near, client), (far, server) = pairs
    asked, asker = os.pipe()
    told: list[dict[str, Any]] = []
    has_told = threading.Event()

    def tell(seen: dict[str, Any]) -> None:
        told.append(seen)
        has_told.set()

    up, down = Way(tun(near), tun(far), lane()), Way(tun(far), tun(near), lane())
    relay = threading.Thread(target=carry, args=(up, down, asked, tell))
    relay.start()
    client.send(b"there")
    assert server.recv(100) == b"there"
    server.send(b"back")
    assert client.recv(100) == b"back"
    os.write(asker, b"\n")
    assert has_told.wait(5)
    os.close(asker)
    relay.join(5)
    assert not relay.is_alive()
    os.close(asked)
    assert (told[0]["up"]["bytes"], told[0]["down"]["bytes"]) == (5, 4)
    assert told[0]["elapsed_s"] >= told[0]["relay_cpu_s"] - 0.02


@pytest.mark.parametrize(("round_trip_s", "every_s"), [(0.0, 0.0), (0.02, 0.0002), (0.15, 0.0005)])
def test_it_looks_away_for_less_than_an_eightieth_of_a_round_trip(
    round_trip_s: float, every_s: float
) -> None:
    assert pause_s(round_trip_s) == pytest.approx(every_s)
    assert 4 * pause_s(round_trip_s) <= 0.05 * round_trip_s
