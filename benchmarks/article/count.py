"""Three coroutines under gather take turns.  Run: python benchmarks/article/count.py."""

import asyncio
import sys
import time


async def count(name: str, pause_s: float) -> str:
    """Say one, give way for a while, say two."""
    print(f"{name}: one")
    await asyncio.sleep(pause_s)
    print(f"{name}: two")
    return name


async def main(pause_s: float) -> list[str]:
    """Count three times at once; the results come in the order of asking."""
    return await asyncio.gather(*(count(name, pause_s) for name in ("first", "second", "third")))


if __name__ == "__main__":
    wait_s = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    started = time.perf_counter()
    asyncio.run(main(wait_s))
    print(f"3 pauses of {wait_s:g} s took {time.perf_counter() - started:.2f} s")
