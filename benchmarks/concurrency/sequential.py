"""One after the other: what every other model has to beat."""

from collections.abc import Callable, Sequence

FETCH = "sync"
LOOPS = ()
IN_FLIGHT = 1  # said openly, so that one at a time is no lie here


def download(fetch: Callable[[str], bytes], urls: Sequence[str], concurrency: int) -> None:
    """Fetch each URL when the one before it has ended; ``concurrency`` is not used."""
    del concurrency
    for url in urls:
        fetch(url)
