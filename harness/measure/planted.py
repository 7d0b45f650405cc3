"""Clients with a known truth, made from a real one: the same under another name, or slower by a known time per image.

They are ordinary client files outside the tree, so that a self-check goes the very way of a user's own client.
"""

from pathlib import Path

from harness.measure.catalog import Catalog

SLOWER = '''

def _slower(open_client):
    """Give the CPU nothing else to do for BURN_S in each fetch, before it begins."""
    import functools
    from contextlib import asynccontextmanager, contextmanager
    from time import perf_counter

    def burn():
        end = perf_counter() + BURN_S
        while perf_counter() < end:
            pass

    @asynccontextmanager
    @functools.wraps(open_client)
    async def open_async(**options):
        async with open_client(**options) as fetch:

            async def slower(url):
                burn()
                return await fetch(url)

            yield slower

    @contextmanager
    @functools.wraps(open_client)
    def open_sync(**options):
        with open_client(**options) as fetch:

            def slower(url):
                burn()
                return fetch(url)

            yield slower

    return open_async if "LOOPS" in globals() else open_sync


open_client = _slower(open_client)
'''


def plant(catalog: Catalog, client: str, name: str, burn_s: float, folder: Path) -> Path:
    """Write a client that spends ``burn_s`` seconds of CPU more on each image; return its path.

    With 0 it is a twin: the baseline of a self-check is one too, so that all pay for the same wrapper.
    """
    path = folder / f"{name}.py"
    source = catalog.contender("client", client).source
    path.write_text(f"{source}\n\nBURN_S = {burn_s!r}\n{SLOWER}", encoding="utf-8")
    return path
