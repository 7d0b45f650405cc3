"""What a fetch came to, in words that are the same from one run to the next."""

import re
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from harness.measure.worker.errors import chain, name_of

MOST_LETTERS = 240


def digest(body: Any) -> str:
    """SHA-256 of a body; of what is none, its type."""
    return sha256(body).hexdigest() if isinstance(body, bytes) else type(body).__name__


def words(error: BaseException, url: str) -> str:
    """What an error says in one line, and what the system said beneath it; nothing of this one server or URL."""
    said = _line(error, url)
    *_, last = chain(error)
    if last is not error and isinstance(last, OSError) and (beneath := _line(last, url)) not in said:
        said = f"{said} (from {name_of(last)}: {beneath})"
    return said.encode(errors="replace").decode()[:MOST_LETTERS]


def _line(error: BaseException, url: str) -> str:
    parts = urlsplit(url)
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - it has no words, and is an error all the same
        said = ""
    text = " ".join(said.split()).replace(url, "URL").replace(parts.path, "/IMAGE")
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return text.replace(f"{parts.hostname}:{parts.port}", "HOST").replace(f"port={parts.port}", "port=PORT")
