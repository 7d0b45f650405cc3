"""The recorder of workloads in which images may fail: attempts, outcomes, and what a model lets out."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.measure.worker.forgiving import ForgivingRecorder
from harness.measure.worker.spec import Rule

URLS = [f"http://x/{name}.jpg" for name in "abcd"]
RULE = Rule(attempts=2, backoff_s=0.0, give_up_s=10.0, seed=5)


def recorder(rule: Rule = RULE, folder: Path | None = None) -> ForgivingRecorder:
    return ForgivingRecorder(URLS, str(folder) if folder else None, None, rule)


class Trying:
    """A fetch of which some images fail, so many times."""

    def __init__(self, **failures: int) -> None:
        self.failures = failures

    def __call__(self, url: str) -> bytes:
        name = url[-5]
        self.failures[name] = self.failures.get(name, 0) - 1
        if self.failures[name] >= 0:
            raise TimeoutError(name)
        return url.encode()

    async def asynchronous(self, url: str) -> bytes:
        await asyncio.sleep(0)
        return self(url)


def catching(record: ForgivingRecorder, fetch: Trying) -> None:
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(record.sync(fetch), url) for url in URLS]
        for future in futures:
            future.exception()


@pytest.mark.parametrize("on_disk", [True, False])
def test_each_attempt_and_the_outcome_of_each_image_are_told(tmp_path: Path, *, on_disk: bool) -> None:
    record = recorder(folder=tmp_path if on_disk else None)
    catching(record, Trying(b=1, c=9))
    assert record.complaint() is None
    found = record.told(0.0)
    assert found["outcomes"] == ["", "", "TimeoutError", ""]
    assert found["sizes"] == [14, 14, 0, 14]
    tried = found["attempts"]
    assert sorted(zip(tried["image"], tried["error"], strict=True)) == [
        (0, ""), (1, ""), (1, "TimeoutError"), (2, "TimeoutError"), (2, "TimeoutError"), (3, ""),
    ]  # fmt: skip
    assert min(tried["took_s"]) >= 0
    assert all(map(lambda start, latency: start > 0 and latency >= 0, found["start_s"], found["latency_s"]))
    assert list(tmp_path.iterdir()) == []


def test_an_image_that_was_never_called_for_is_told_and_no_complaint() -> None:
    record = recorder()
    record.sync(Trying())(URLS[1])
    assert record.complaint() is None
    found = record.told(50.0)
    assert found["outcomes"] == [None, "", None, None]
    assert found["start_s"][0] == found["latency_s"][0] == 0
    assert found["peak_in_flight"] == 1


def test_a_second_call_of_the_model_is_no_attempt_of_ours() -> None:
    record = recorder()
    fetch = record.sync(Trying())
    fetch(URLS[0])
    fetch(URLS[0])
    assert str(record.complaint()).startswith("fetch was called more than once for an image")


def test_a_download_that_is_still_under_way_is_a_complaint() -> None:
    record = recorder()
    steps = record.asynchronous(Trying().asynchronous)(URLS[0]).__await__()
    next(steps)
    assert record.complaint() == "it ended before its downloads: 1 were still under way"
    steps.close()
    assert record.complaint() is None
    assert record.told(0.0)["outcomes"][0] == "GeneratorExit"


class OwnError(Exception):
    """Of a model."""


def let_out(model: Any) -> tuple[bool, Any]:
    """Whether what a model lets out is forgiven, and as what it is told."""
    record = recorder()
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - whatever it is
        asyncio.run(model(record.asynchronous(Trying(a=9, b=9).asynchronous)))
    return record.forgives(caught.value), record.told(0.0)["raised"]


async def naive(fetch: Any) -> None:
    await asyncio.gather(*map(fetch, URLS))


async def grouped(fetch: Any) -> None:
    async with asyncio.TaskGroup() as group:
        for url in URLS:
            group.create_task(fetch(url))


async def wrapped(fetch: Any) -> None:
    try:
        await fetch(URLS[0])
    except TimeoutError as error:
        raise OwnError from error


async def broken_handler(fetch: Any) -> None:
    try:
        await fetch(URLS[0])
    except TimeoutError:
        raise NameError("eror") from None


async def broken(fetch: Any) -> None:
    await asyncio.gather(*map(fetch, URLS), return_exceptions=True)
    raise OwnError


async def interrupted(_fetch: Any) -> None:
    raise SystemExit


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (naive, (True, "TimeoutError")),
        (grouped, (True, "TimeoutError")),
        (wrapped, (True, "tests.OwnError")),
        (broken_handler, (False, None)),
        (broken, (False, None)),
        (interrupted, (False, None)),
    ],
)
def test_what_ends_a_model_is_forgiven_if_an_image_was_its_cause(
    model: Any, expected: tuple[bool, str | None]
) -> None:
    assert let_out(model) == expected


def test_what_is_cancelled_with_another_is_lost_and_told_as_such() -> None:
    record = recorder(replace(RULE, attempts=1))
    trying = Trying(c=9)

    async def fetch(url: str) -> bytes:
        if url == URLS[3]:
            await asyncio.sleep(60)
        return await trying.asynchronous(url)

    with pytest.raises(TimeoutError) as caught:
        asyncio.run(naive(record.asynchronous(fetch)))
    assert record.forgives(caught.value)
    assert record.complaint() is None
    assert record.told(0.0)["outcomes"] == ["", "", "TimeoutError", "asyncio.CancelledError"]
