"""Before anything is measured: one fetch of an image that is not there, and what a friend would say of how it went."""

from collections.abc import Awaitable, Generator, Iterator, Mapping
from contextlib import suppress
from typing import Any, cast

SWALLOWED = "fetch returned a body for a 404 answer: call response.raise_for_status() before it returns"
BLOCKS = "fetch blocks the event loop: await an async library in it, or make it a plain fetch under @contextmanager"
DISTRUSTS = "fetch does not trust the server's certificate: hand ca_file on to the client"
NOT_ASYNC = "fetch of an async client must be async: write async def fetch(url)"
NOTHING_TO_CALL = "open_client yields what cannot be called: yield fetch, a function of one URL"
# What fails nothing: each body is held against the manifest, so that no error is ever taken for speed.
HARMLESS = frozenset({SWALLOWED})
_INSTEAD = {
    "str": "return the bytes as they came (response.content, not response.text)",
    "NoneType": "return the body (response.content)",
    "bytearray": "return bytes(body)",
    "memoryview": "return bytes(body)",
}


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
        advice = advice_on(body) or SWALLOWED
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
        return NOT_ASYNC, True
    watched = Watched(awaitable)
    try:
        body = await watched
    except Exception as error:  # noqa: BLE001 - as above
        advice = distrust(error)
    else:
        advice = advice_on(body) or SWALLOWED
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
