"""Trio's own event loop."""

from collections.abc import Awaitable, Callable

import trio


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run main to its end on trio."""
    trio.run(main)
