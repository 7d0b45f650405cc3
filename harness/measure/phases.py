"""Where the time of an image went: the client's own times between the moments that the server saw. Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from harness.measured import Phases

DIGITS = 6  # of times: the worker tells them to the microsecond


def phases(
    urls: Sequence[str], told: Mapping[str, Any], moments: Mapping[str, Sequence[float | None]]
) -> Phases | None:
    """Return the phases of each image; None if the server did not see a request for each.

    Args:
        told: what the worker tells of a pass: ``began_at``, per image ``start_s`` and ``latency_s``.
        moments: ``Server.moments``, in the order of arrival; of an image behind a redirect those of the last count.
    """
    seen = {path.rsplit("/", 1)[-1]: found for path, found in moments.items()}
    rows = []
    for url, start_s, latency_s in zip(urls, told["start_s"], told["latency_s"], strict=True):
        found = seen.get(url.rsplit("/", 1)[-1])
        if found is None:
            return None
        opened, arrived, answered = found
        called = told["began_at"] + start_s
        ended = called + latency_s
        arrived = min(max(arrived or 0.0, called), ended)
        opened = called if opened is None else min(max(opened, called), arrived)
        answered = arrived if answered is None else min(max(answered, arrived), ended)
        edges = (called, opened, arrived, answered, ended)
        rows.append([round(after - before, DIGITS) for before, after in pairwise(edges)])
    connecting, reaching, thinking, receiving = (tuple(phase) for phase in zip(*rows, strict=True))
    return Phases(connecting_s=connecting, reaching_s=reaching, thinking_s=thinking, receiving_s=receiving)
