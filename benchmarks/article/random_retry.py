"""Coroutines that await coroutines: draw until the number is high enough.

Run: python benchmarks/article/random_retry.py.
"""

import asyncio
import random
import sys


async def draw(dice: random.Random, pause_s: float) -> int:
    """Draw one number from 0 to 10; sleep(0), the default, only gives way to the others."""
    await asyncio.sleep(pause_s)
    return dice.randint(0, 10)


async def draw_above(name: str, threshold: int, dice: random.Random, pause_s: float) -> int:
    """Await draw again and again until it gives more than the threshold."""
    while (number := await draw(dice, pause_s)) <= threshold:
        print(f"{name}: {number} is too low, trying again")
    print(f"{name}: {number} is above {threshold}")
    return number


async def main(seed: int, pause_s: float = 0.0) -> list[int]:
    """Run three loops in a group: if one fails, the others are cancelled and awaited."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(draw_above(f"loop {place}", threshold, random.Random(seed + place), pause_s))
            for place, threshold in enumerate((9, 8, 7))
        ]
    return [task.result() for task in tasks]


if __name__ == "__main__":
    print(asyncio.run(main(seed=int(sys.argv[1]) if len(sys.argv) > 1 else 444)))
