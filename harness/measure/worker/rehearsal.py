"""Before anything is measured: one fetch of an image that is not there, and advice on how it went."""

import re
from collections.abc import Awaitable, Generator, Iterator, Mapping
from contextlib import suppress
from typing import Any, cast

SWALLOWED = "fetch returned a body for a 404 answer: call response.raise_for_status() before it returns"
BLOCKS = "fetch blocks the event loop: await an async library in it, or make it a plain fetch under @contextmanager"
DISTRUSTS = "fetch does not trust the server's certificate: hand ca_file on to the client"
NOT_ASYNC = "fetch of an async client must be async: write async def fetch(url)"
NOTHING_TO_CALL = "open_client yields what cannot be called: yield fetch, a function of one URL"
NONE_FOR_404 = "fetch returned None for a 404 answer: raise instead (response.raise_for_status())"
YIELDS = "fetch of an async client yields: write return body, not yield body"
# What fails nothing: each body is held against the manifest, so that no error is ever taken for speed.
HARMLESS = frozenset({SWALLOWED, NONE_FOR_404})
_CHUNKS = "return the whole body (return, not yield; b''.join(chunks))"
_CALL = "call it (response.read(), with its brackets)"
_INSTEAD = {
    "str": "return the bytes as they came (response.content, not response.text)",
    "NoneType": "return the body (response.content)",
    "bytearray": "return bytes(body)",
    "memoryview": "return bytes(body)",
    "generator": _CHUNKS,
    "async_generator": _CHUNKS,
    "method": _CALL,
    "function": _CALL,
    "builtin_function_or_method": _CALL,
}
_NOT_AWAITED = re.compile(r"'(coroutine|\w*ContextManager)' object (has no attribute|is not|does not|can't)")


def advice_on(body: object) -> str | None:
    """What to do if ``fetch`` returned this; None for bytes."""
    if type(body) is bytes:
        return None
    name = "None" if body is None else type(body).__name__
    if hasattr(type(body), "__await__"):
        instead = "await it, or open an async client with @asynccontextmanager"
    else:
        instead = _INSTEAD.get(
            type(body).__name__, "return the body (response.content, await response.read())"
        )
    return f"fetch returned {name}, not bytes: {instead}"


def advice_on_missing(body: object) -> str:
    """What to do if ``fetch`` returned this for an image that is not there, where it must raise."""
    return NONE_FOR_404 if body is None else advice_on(body) or SWALLOWED


def advice_on_error(error: BaseException) -> str | None:
    """What to do about an error that says little by itself; None for any other."""
    if isinstance(error, AttributeError | TypeError) and _NOT_AWAITED.search(str(error)):
        return "await the call that made it (response = await client.get(url), or async with)"
    return None


def distrust(error: BaseException | None) -> str | None:
    """What to do if a fetch raised this because it trusts no certificate of ours; None for any other error."""
    while error is not None:
        if "certificate verify failed" in str(error).lower():
            return DISTRUSTS
        error = error.__cause__ or error.__context__
    return None


def accepts(what: str) -> str:
    """What is said of a client that accepts a certificate with which this is wrong."""
    return f"fetch accepts a certificate {what}: leave verification on, and trust ca_file"


def sync(fetch: Any, missing: str, refused: Mapping[str, str]) -> str | None:
    """Fetch what is not there; return the advice, None if the fetch raised as it must.

    Args:
        missing: URL of an image that is not there.
        refused: what is wrong with a certificate -> URL where it is shown: a fetch must raise.
    """
    if not callable(fetch):
        return NOTHING_TO_CALL
    try:
        body = fetch(missing)
    except Exception as error:  # noqa: BLE001 - any error is right for a 404
        advice = distrust(error)
    else:
        if hasattr(body, "close") and hasattr(body, "cr_frame"):
            body.close()  # a coroutine that nobody will await
        advice = advice_on_missing(body)
    for what, url in refused.items():
        with suppress(Exception):
            fetch(url)
            return accepts(what)
    return advice


async def asynchronous(fetch: Any, missing: str, refused: Mapping[str, str]) -> tuple[str | None, bool]:
    """As ``sync``, and whether the fetch gave way to the loop while it waited."""
    if not callable(fetch):
        return NOTHING_TO_CALL, True
    try:
        awaitable = fetch(missing)
    except Exception:  # noqa: BLE001 - a coroutine function would not have begun yet
        return NOT_ASYNC, True
    if not hasattr(type(awaitable), "__await__"):
        return YIELDS if hasattr(type(awaitable), "__anext__") else NOT_ASYNC, True
    watched = Watched(awaitable)
    try:
        body = await watched
    except Exception as error:  # noqa: BLE001 - as above
        advice = distrust(error)
    else:
        advice = advice_on_missing(body)
    for what, url in refused.items():
        with suppress(Exception):
            await fetch(url)
            return accepts(what), watched.gave_way
    return advice, watched.gave_way


class Watched:
    """Stands for an awaitable, on any loop, and remembers whether it ever gave way."""

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self._steps: Any = awaitable.__await__()
        self.gave_way = False

    def __await__(self) -> Generator[Any, Any, Any]:
        return cast("Generator[Any, Any, Any]", self)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, value: Any) -> Any:
        """Go on to the next time that it gives way."""
        step = next(self._steps) if value is None else self._steps.send(value)
        self.gave_way = True
        return step

    def throw(self, *error: Any) -> Any:
        """As ``send``, with an error."""
        return self._steps.throw(*error)
