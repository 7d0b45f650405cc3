"""What was seen of servers as amounts of a workload: what is drawn of it is what was seen."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.draws import drawn
from harness.measure.remote.fetch import Fetched
from harness.measure.remote.hop import Hop, Origin
from harness.measure.remote.profile import OVERHEAD, distribution, profile, rates_of
from harness.schema import MOST_QUANTILES

HERE, THERE = Origin("https", "a.example", 443), Origin("https", "b.example", 443)
HOP = Hop(
    origin=HERE, status=200, location=None, retry_after=None, connect_s=None, handshake_s=None, tls="TLSv1.3",
    wait_s=0.05, pieces=((0.0, 2048),), is_gzipped=False, is_chunked=False,
)  # fmt: skip


def image(size: int, *hops: Hop) -> Fetched:
    return Fetched(url="https://a.example/1", hops=hops or (HOP,), sha256="", size=size)


def on_a_line(bytes_per_s: float, size: int, *, slow_s: float = 0.0) -> Sequence[tuple[float, int]]:
    """Pieces of a body that came at this rate, after a slow first half."""
    places = [size * part // 10 for part in range(1, 11)]
    return [(place / bytes_per_s + slow_s * min(1.0, 2 * place / size), place) for place in places]


@pytest.mark.parametrize(
    ("amounts", "quantiles"),
    [([7], (7, 7, 7)), ([1, 3], (1, 1, 2, 3, 3)), ([3, 1, 1], (1, 1, 1, 1, 2, 3, 3))],
)
def test_quantiles_by_hand(amounts: list[float], quantiles: tuple[float, ...]) -> None:
    assert distribution(amounts) == quantiles


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=50))
def test_few_amounts_are_drawn_again_exactly(amounts: list[int]) -> None:
    assert sorted(drawn(distribution(amounts), len(amounts), "1")) == pytest.approx(sorted(amounts))


@given(st.lists(st.integers(1, 10**7), min_size=51, max_size=300))
def test_many_amounts_are_drawn_nearly(amounts: list[int]) -> None:
    quantiles = distribution(amounts)
    assert len(quantiles) == MOST_QUANTILES
    assert list(quantiles) == sorted(quantiles)
    assert min(amounts) <= quantiles[0] <= quantiles[-1] <= max(amounts)
    again = sum(drawn(quantiles, len(amounts), "1")) / len(amounts)
    assert abs(again - sum(amounts) / len(amounts)) <= (max(amounts) - min(amounts)) / (MOST_QUANTILES - 1)


def test_a_rate_is_that_of_the_second_half_of_the_largest_bodies() -> None:
    bodies = [on_a_line(1e6, 500_000, slow_s=0.3), on_a_line(9e9, 20_000), on_a_line(2e6, 100_000), []]
    assert sorted(rates_of(bodies)) == pytest.approx([1e6, 2e6])
    many = [on_a_line(1e5, 70_000) for _ in range(27)] + [on_a_line(1e6, 500_000)] * 3
    assert rates_of(many) == pytest.approx([1e6] * 3)
    assert rates_of([[(0.0, 70_000)], []]) == []


@given(st.floats(1e4, 1e8), st.integers(100_000, 10**7))
def test_any_steady_rate_is_found(rate: float, size: int) -> None:
    assert rates_of([on_a_line(rate, size)] * 3) == pytest.approx([rate] * 3, rel=0.01)


def test_times_are_told_apart_by_the_quickest_connect() -> None:
    first = replace(HOP, connect_s=0.045, wait_s=0.041)
    seen = profile([image(2048, first), image(4096)], {HERE: [0.040, 0.060]}, has_http2=True)
    assert seen.round_trip_s == 0.040
    assert sorted(drawn(seen.latency_s, 2, "1")) == pytest.approx([0.001, 0.01])
    assert sorted(drawn(seen.image_bytes, 2, "1")) == [2048, 4096]
    assert (seen.images, seen.hosts, seen.tls, seen.has_http2) == (2, 1, ("TLSv1.3",), True)
    assert (seen.down_bits_per_s, seen.rated) == (0.0, 0)


def test_times_of_this_machine_are_none() -> None:
    here = replace(HOP, connect_s=0.00005, wait_s=0.0002)
    seen = profile([image(100, here)], {}, has_http2=None)
    assert (seen.round_trip_s, set(seen.latency_s)) == (0.0, {0.0})
    assert (seen.small, set(seen.image_bytes)) == (1, {1024})


def test_shares_and_rates() -> None:
    rated = replace(
        HOP, connect_s=0.01, pieces=tuple(on_a_line(1e6, 300_000)), is_gzipped=True, is_chunked=True
    )
    far = replace(HOP, origin=THERE, connect_s=0.03)
    away = image(2048, replace(HOP, status=302, location="b"), far)
    near = image(2048, replace(HOP, status=302, location="c"), HOP)
    seen = profile([image(300_000, rated), away, near, image(2048)], {}, has_http2=False)
    assert (seen.gzip_share, seen.chunked_share) == (0.25, 0.25)
    assert (seen.redirect_share, seen.redirect_host_share) == (0.25, 0.25)
    assert seen.round_trip_s == pytest.approx(0.02)  # of one host 10 ms, of the other 30
    assert seen.down_bits_per_s == pytest.approx(8e6 * OVERHEAD)
    assert (seen.hosts, seen.rated) == (2, 1)
