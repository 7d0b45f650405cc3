"""requests.get opens a connection for every image, a Session keeps one open."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence

import requests

CLAIM = "requests.get connects once for each image; a Session connects once for all images of one server."
ADVICE = "Keep one requests.Session for the whole download and call session.get."


class Connects:
    """Counts the sockets that this process connects, by the interpreter's own audit events."""

    def __init__(self) -> None:
        self.seen = 0
        sys.addaudithook(self.note)

    def note(self, event: str, _arguments: object) -> None:
        """Count one event if it is a connect."""
        self.seen += event == "socket.connect"


def fetch_all(
    get: Callable[..., requests.Response], urls: Sequence[str], connects: Connects
) -> tuple[int, float]:
    """Fetch one image after the other; return connections opened and seconds per image."""
    before, started = connects.seen, time.perf_counter()
    for url in urls:
        get(url, timeout=10).raise_for_status()
    return connects.seen - before, (time.perf_counter() - started) / len(urls)


def observe(urls: Sequence[str]) -> tuple[bool, str, Mapping[str, float]]:
    """Fetch all images both ways, after one that warms up what is imported late."""
    connects = Connects()
    requests.get(urls[0], timeout=10).raise_for_status()
    get_connections, get_s = fetch_all(requests.get, urls, connects)
    with requests.Session() as session:
        session_connections, session_s = fetch_all(session.get, urls, connects)
    happened = (
        f"For {len(urls)} images requests.get opened {get_connections} connections and took "
        f"{get_s * 1000:.1f} ms an image; the Session opened {session_connections} and took "
        f"{session_s * 1000:.1f} ms."
    )
    figures = {
        "images": len(urls),
        "get_connections": get_connections,
        "get_per_image_s": get_s,
        "session_connections": session_connections,
        "session_per_image_s": session_s,
    }
    return get_connections == len(urls) and session_connections == 1, happened, figures
