"""Read a list of URLs: one a line, comments after ``#``. Pure, but for reading the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.model import HarnessError
from harness.text import printable, redacted
from harness.workload import MOST_URLS

LONGEST = 8_000  # signs of a URL: what servers take (RFC 9110, 4.1)
MOST_BYTES = MOST_URLS * (LONGEST + 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlList:
    """What a file lists.

    Attributes:
        name: of the file, for messages.
        lines: number (from 1) of each URL's line.
        empty: numbers of the lines that hold nothing.
    """

    name: str
    urls: tuple[str, ...]
    lines: tuple[int, ...]
    empty: tuple[int, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        """Those of the URLs, each once, in the order of the list."""
        return tuple(dict.fromkeys(urlsplit(url).hostname or "" for url in self.urls))

    def place(self, url: str) -> str:
        """Where a URL stands, for a message."""
        return f"{self.name}: line {self.lines[self.urls.index(url)]}: {shown(url)}"


def shown(url: str) -> str:
    """A URL as it may be shown."""
    return printable(redacted(url))[:200]


def read_urls(path: Path) -> UrlList:
    """Read the file; ``-`` is standard input.

    Raises:
        HarnessError: exit code 2: it cannot be read, or see ``parse_urls``.
    """
    name = "standard input" if str(path) == "-" else str(path)
    try:
        with open(0, "rb", closefd=False) if str(path) == "-" else path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise HarnessError(f"{name} is longer than {MOST_URLS:,} URLs can be", exit_code=2)
        return parse_urls(data.decode("utf-8-sig"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"cannot read {name}: {error}", exit_code=2) from None


def parse_urls(text: str, name: str) -> UrlList:
    """Return the URLs of a text. Pure.

    Raises:
        HarnessError: exit code 2: a line is no URL that can be fetched, or the same as another; with their numbers.
    """
    seen: dict[str, int] = {}
    empty = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        url = line.strip()
        if url.startswith("#"):
            continue
        if not url:
            empty.append(number)
            continue
        for wrong in _wrong(url):
            raise HarnessError(f"{name}: line {number}: {shown(url)} {wrong}", exit_code=2)
        if url in seen:
            raise HarnessError(
                f"{name}: line {number}: {shown(url)} stands in line {seen[url]} too; list each once",
                exit_code=2,
            )
        seen[url] = number
        if len(seen) > MOST_URLS:
            raise HarnessError(
                f"{name}: line {number}: more than {MOST_URLS:,} URLs; list fewer", exit_code=2
            )
    if not seen:
        raise HarnessError(f"{name} lists no URL; write one a line", exit_code=2)
    return UrlList(name=name, urls=tuple(seen), lines=tuple(seen.values()), empty=tuple(empty))


def _wrong(url: str) -> Iterator[str]:
    if len(url) > LONGEST:
        yield f"has more than {LONGEST:,} signs"
    if not (url.isascii() and url.isprintable()) or " " in url:
        yield "holds what no URL may hold; write it percent-encoded"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        yield f"is no URL: {error}"
        return
    if parts.scheme not in {"http", "https"}:
        yield f"has the scheme {parts.scheme or 'none'!r}; only http and https are fetched"
    if not parts.hostname:
        yield "names no host"
    if port == 0:
        yield "names the port 0"
    if parts.username is not None:
        yield "holds a user name; that is nothing to record"
    if parts.fragment:
        yield "has a fragment, which is never sent; leave it out"
