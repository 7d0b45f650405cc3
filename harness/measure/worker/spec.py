"""What a worker is told, as records: the launcher encodes them and the worker decodes them. Standard library only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a worker imports when it starts.

    Attributes:
        client: path of a file; likewise the other two.
        loop: None for a model that needs none.
        cpus: that the process may use once all is imported; () leaves the choice to the system.
    """

    client: str
    concurrency_model: str
    loop: str | None
    cpus: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How often an image is tried.

    Attributes:
        attempts: at most.
        backoff_s: wait before the second, doubled before each further one.
        give_up_s: none begins later than this after the first.
        seed: of the draws by which waits are shortened.
    """

    attempts: int
    backoff_s: float
    give_up_s: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloads:
    """What each pass downloads.

    Attributes:
        urls: of all images; the last segment of each is unique.
        concurrency: how many may be in flight.
        timeout_s: for the client.
        ca_file: certificates to trust; None for plain HTTP.
        refused: what is wrong with a certificate -> URL where it is shown, and where nothing may be fetched.
        folder: where bodies are saved; None keeps them in memory.
        absent: URL of an image that is not there, at a server that can be reached.
        retry: the rule where an image that cannot be had is forgiven; None where it fails the trial.
    """

    urls: Sequence[str]
    concurrency: int
    timeout_s: float
    ca_file: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    folder: str | None = None
    absent: str = ""
    retry: Rule | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What ``open_client`` is told."""
        return {"concurrency": self.concurrency, "timeout_s": self.timeout_s, "ca_file": self.ca_file}


def downloads_of(arguments: Mapping[str, Any]) -> Downloads:
    """The record of what ``asdict`` made of it."""
    retry = arguments.get("retry")
    return Downloads(**{**arguments, "retry": retry and Rule(**retry)})
