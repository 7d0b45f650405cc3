"""Context variables are lost by run_in_executor and carried by to_thread."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar, copy_context

CLAIM = (
    "A context variable set in the coroutine is not seen by a function in run_in_executor; to_thread "
    "carries it."
)
ADVICE = (
    "Use asyncio.to_thread where the work reads context variables (logging, tracing); with an executor of "
    "your own, run_in_executor(executor, copy_context().run, function)."
)
PYTHON = (
    "A free-threaded Python from 3.14 on lets a new thread inherit the context of the one that started "
    "it, so there even run_in_executor may see the value that was set when its thread began."
)
request_id: ContextVar[str] = ContextVar("request_id", default="unset")


async def three_ways() -> list[str]:
    """Read it in a thread: by run_in_executor, to_thread, run_in_executor with a copied context."""
    request_id.set("image-7")
    loop = asyncio.get_running_loop()
    return [
        await loop.run_in_executor(None, request_id.get),
        await asyncio.to_thread(request_id.get),
        await loop.run_in_executor(None, copy_context().run, request_id.get),
    ]


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Set a variable in a coroutine and read it in threads."""
    plain, to_thread, copied = asyncio.run(three_ways())
    carried = [value == "image-7" for value in (plain, to_thread, copied)]
    happened = (
        f"The coroutine set 'image-7'; run_in_executor read '{plain}', to_thread '{to_thread}', and "
        f"run_in_executor with copy_context().run '{copied}': carried by {sum(carried)} of 3 ways."
    )
    figures = {
        "run_in_executor_carried": carried[0],
        "to_thread_carried": carried[1],
        "copied_context_carried": carried[2],
    }
    return carried == [False, True, True], happened, figures
