"""How to configure a client so that it behaves, for each surprise that was seen; each with its source, none invented."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.measure.conformance.outcomes import Conduct, Surprise

NO_ADVICE = "no advice yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do.

    Attributes:
        text: a sentence.
        source: documentation, or a file of the library.
    """

    text: str
    source: str


STATUSES = ("not_found", "gone", "forbidden", "too_many_requests", "unavailable")

# Distribution, surprise and fault ("" is any) -> what to do. A test does it, with ``tests/conformance/advised``.
ADVICE: Mapping[tuple[str, Surprise, str], Advice] = {
    ("aiohttp", "retried by itself", ""): Advice(
        text="A GET whose connection breaks is sent once more, and no option turns that off. A middleware that raises "
        "an error of its own for ClientOSError and ServerDisconnectedError does.",
        source="aiohttp/client.py, ClientSession._request: retry_persistent_connection",
    ),
    ("urllib3", "retried by itself", ""): Advice(
        text="Unless told otherwise it tries three more times: give retries=False, or a Retry that says what is worth it.",
        source="urllib3/connectionpool.py, HTTPConnectionPool.urlopen: retries",
    ),
    ("httpx", "hangs", "trickle"): Advice(
        text="Its timeout is for each piece that is read, and none is for all of it. In async code put asyncio.timeout or "
        "trio.fail_after around the request; in plain code read by client.stream and iter_bytes, and look at the clock.",
        source="www.python-httpx.org/advanced/timeouts, read timeout",
    ),
    ("requests", "hangs", "trickle"): Advice(
        text="Its timeout is for each read of the socket. Ask with stream=True, read by response.raw.read1 with an amount, "
        "and look at the clock after each piece; iter_content waits until a piece is whole.",
        source="requests documentation, Quickstart, Timeouts; urllib3/util/timeout.py, Timeout",
    ),
    ("urllib3", "hangs", "trickle"): Advice(
        text="Its timeouts are for each read of the socket. Ask with preload_content=False, read by read1 with an amount, "
        "and look at the clock after each piece.",
        source="urllib3/util/timeout.py, Timeout",
    ),
    ("httpx", "spoils the next", "long_body"): Advice(
        text="What follows a body stays in the connection, which is used again. Try once more after a "
        "RemoteProtocolError, or use each connection once: Limits(max_keepalive_connections=0).",
        source="httpcore/_sync/http11.py, HTTP11Connection._response_closed: it does not ask for trailing data",
    ),
    **{
        (package, "taken for good", "reset_in_head"): Advice(
            text="Over TLS Python's ssl gives a reset for an orderly end, and http.client the end for the end of a head: "
            "what is left is a 200 without a length and without a body. Refuse an answer that has neither "
            "Content-Length nor Transfer-Encoding.",
            source="ssl.py, SSLSocket.read: suppress_ragged_eofs; http/client.py, _read_headers",
        )
        for package in ("requests", "urllib3")
    },
    ("httpx", "spoils the next", "closed_after_answer"): Advice(
        text="A kept connection may be closed just as it is used again; that is a race, and not seen in every run. Try "
        "once more after a RemoteProtocolError, or use each connection once: Limits(max_keepalive_connections=0).",
        source="httpcore/_async/http11.py, AsyncHTTP11Connection._receive_event",
    ),
    ("requests", "spoils the next", "closed_after_answer"): Advice(
        text="A kept connection may be closed just as it is used again; that is a race, and not seen in every run. Let the "
        "adapter read once more: HTTPAdapter(max_retries=Retry(total=1, read=1)).",
        source="requests/adapters.py, HTTPAdapter.__init__: max_retries",
    ),
    ("urllib3", "spoils the next", "closed_after_answer"): Advice(
        text="A kept connection may be closed just as it is used again; that is a race, and not seen in every run. Let it "
        "read once more: Retry(read=1).",
        source="urllib3/util/retry.py, Retry",
    ),
    **{
        ("requests", "taken for good", fault): Advice(
            text="Have urllib3 2 or later, which holds a body against its Content-Length; with an older one compare them "
            "yourself.",
            source="urllib3/response.py, HTTPResponse: enforce_content_length, True since 2.0",
        )
        for fault in ("short_body", "reset_in_body", "trickle")
    },
    ("urllib3", "taken for good", "short_body"): Advice(
        text="Leave enforce_content_length on, which is off before 2.0, and read by read1 with an amount: without one a "
        "short body is not noticed.",
        source="urllib3/response.py, HTTPResponse._raw_read",
    ),
    **{
        (package, "taken for good", fault): Advice(text=text, source=source)
        for fault in STATUSES
        for package, text, source in (
            (
                "aiohttp",
                "Give the session raise_for_status=True.",
                "aiohttp/client.py, ClientSession: raise_for_status",
            ),
            (
                "httpx",
                "Call response.raise_for_status() before the body is used.",
                "httpx/_models.py, Response.raise_for_status",
            ),
            (
                "requests",
                "Call response.raise_for_status() before the body is used.",
                "requests/models.py, Response.raise_for_status",
            ),
            (
                "urllib3",
                "Look at response.status: it raises for none.",
                "urllib3/response.py, BaseHTTPResponse.status",
            ),
        )
    },
}


def advice_on(packages: Sequence[str], surprise: Surprise, fault: str) -> Advice | None:
    """Return what stands in the table for the first of these packages; None if nothing does."""
    keys = ((package, surprise, met) for package in packages for met in (fault, ""))
    return next((ADVICE[key] for key in keys if key in ADVICE), None)


def advice_lines(conducts: Sequence[Conduct]) -> Iterator[str]:
    """Yield a line for each surprise of which something else is to be said, with the clients and faults that have it."""
    found: dict[tuple[Surprise, str], list[Conduct]] = {}
    for conduct in conducts:
        packages = conduct.version.split()[::2]
        for surprise in conduct.surprises:
            advice = advice_on(packages, surprise, conduct.fault)
            told = f"{advice.text} ({advice.source})" if advice else NO_ADVICE
            found.setdefault((surprise, told), []).append(conduct)
    for (surprise, told), alike in found.items():
        clients = ", ".join(dict.fromkeys(conduct.client for conduct in alike))
        faults = ", ".join(dict.fromkeys(conduct.fault for conduct in alike))
        yield f"{surprise} ({clients}: {faults}): {told}"
