"""The recorded fetch: each image is called for once; whatever else is called is told, and spoils no image's times."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from harness.measure.worker.contender import ContractError
from harness.measure.worker.recorder import Recorder

URLS = ["http://x/a.jpg", "http://x/b.jpg", "http://x/c.jpg"]
AGAIN = "fetch was called more than once for an image, or for a URL that is none of the workload's"


def recorder(folder: Path | None = None) -> Recorder:
    return Recorder(URLS, str(folder) if folder else None, None)


def body_of(url: str) -> bytes:
    return url.encode()


@pytest.mark.parametrize("on_disk", [True, False])
def test_each_image_once_has_its_times_in_the_order_of_the_urls(tmp_path: Path, *, on_disk: bool) -> None:
    recording = recorder(tmp_path if on_disk else None)
    fetch = recording.sync(body_of)
    for url in reversed(URLS):
        assert fetch(url) == body_of(url)
    assert recording.complaint() is None
    assert recording.bodies() == {
        "digests": [sha256(url.encode()).hexdigest() for url in URLS],
        "sizes": [14] * 3,
    }
    starts, latencies = recording.times(0.0)
    assert starts == sorted(starts, reverse=True)
    assert len(latencies) == 3
    assert min(latencies) >= 0
    assert recording.peak_in_flight() == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("urls", "complaint"),
    [
        (URLS[:2], "1 of 3 images were never fetched"),
        ([*URLS, URLS[0]], AGAIN),
        ([URLS[0], URLS[0]], AGAIN),
        ([*URLS, "http://x/d.jpg"], AGAIN),
        ([URLS[0], "http://x/b.jpg?"], AGAIN),
    ],
)
def test_another_set_of_calls_is_told(urls: list[str], complaint: str) -> None:
    recording = recorder()
    fetch = recording.sync(body_of)
    for url in urls:
        fetch(url)
    assert recording.complaint() == complaint


def test_what_is_no_bytes_cannot_be_saved_and_is_told_so(tmp_path: Path) -> None:
    recording = recorder(tmp_path)
    with pytest.raises(ContractError, match=r"^fetch returned str, not bytes: return the bytes as they came"):
        recording.sync(lambda _url: "text")(URLS[0])  # type: ignore[arg-type,return-value]
    assert recording.sink_error is None


@pytest.mark.parametrize("hedge_wins", [True, False])
def test_a_call_that_was_cancelled_before_it_was_sent_is_told_too(*, hedge_wins: bool) -> None:
    """It had overwritten when the first call began: a latency below 0, or one that was too short."""
    recording = recorder()

    async def fetch(url: str) -> bytes:
        await asyncio.sleep(0)
        return body_of(url)

    async def hedge(call: Callable[[str], asyncio.Future[bytes]], url: str) -> None:
        first, second = asyncio.ensure_future(call(url)), asyncio.ensure_future(call(url))
        await asyncio.sleep(0)
        (first if hedge_wins else second).cancel()
        await (second if hedge_wins else first)

    async def main() -> None:
        call = recording.asynchronous(fetch)
        await hedge(call, URLS[0])  # type: ignore[arg-type] # a coroutine is as good as a future here
        for url in URLS[1:]:
            await call(url)

    asyncio.run(main())
    assert recording.complaint() == AGAIN
    _, latencies = recording.times(0.0)
    assert min(latencies[1:]) >= 0
