"""Three coroutines under gather take turns, and the results keep the order of asking."""

import asyncio
import time
from collections.abc import Mapping

CLAIM = (
    "All three start before any of them ends, they end in the order of their waits, "
    "the results come in the order of the arguments, and all take as long as the longest."
)
ADVICE = (
    "Do not read an order into the output. Take results from gather's list, or from as_completed as they end."
)
WAITS_S = (0.15, 0.05, 0.10)


async def count(name: int, wait_s: float, said: list[str]) -> int:
    """Say one, wait, say two."""
    said.append(f"{name} one")
    await asyncio.sleep(wait_s)
    said.append(f"{name} two")
    return name


async def main() -> tuple[list[str], list[int]]:
    """Return what was said, in order, and the results."""
    said: list[str] = []
    return said, await asyncio.gather(*(count(name, wait_s, said) for name, wait_s in enumerate(WAITS_S)))


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Gather three coroutines of which the first is the slowest."""
    started = time.perf_counter()
    said, results = asyncio.run(main())
    wall_s = time.perf_counter() - started
    held = said == ["0 one", "1 one", "2 one", "1 two", "2 two", "0 two"] and results == [0, 1, 2]
    happened = (
        f"They said: {', '.join(said)}; the results came as {results}. Waits of {sum(WAITS_S) * 1000:.0f} "
        f"ms in sum took {wall_s * 1000:.0f} ms."
    )
    return held, happened, {"sum_of_waits_s": sum(WAITS_S), "wall_s": wall_s}
