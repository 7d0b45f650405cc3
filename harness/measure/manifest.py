"""What a registered workload consists of, and what a worker is told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from harness.faults import Met, fixed_places
from harness.measure.worker.spec import Downloads, Rule
from harness.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a registered workload consists of: a URL, a SHA-256 and a fault per image, in the same order.

    Attributes:
        digests: of each image, also of one that cannot be had.
        meets: the fault of each image, None without.
        authority: certificate (PEM, line by line) of who vouches for the server; None without TLS.
        refused: what is wrong with a certificate that no client may accept -> URL where it is shown.
    """

    urls: tuple[str, ...]
    digests: tuple[str, ...]
    meets: tuple[Met | None, ...]
    authority: Sequence[str] | None = None
    refused: Mapping[str, str] = field(default_factory=dict)

    def downloads(
        self,
        workload: Workload,
        *,
        timeout_s: float,
        folder: str | None = None,
        certificates: Path | None = None,
    ) -> Downloads:
        """What a worker is told of this workload.

        Args:
            timeout_s: of the client, where the workload has none of its own.
            folder: for a disk sink.
            certificates: folder that the authority's is written to; needed with TLS.
        """
        ca_file = None
        if self.authority is not None and certificates is not None:
            ca_file = certificates / "authority.pem"
            ca_file.write_text("\n".join([*self.authority, ""]), encoding="ascii")
        rule, fixed = workload.retry, fixed_places(self.meets)
        reached = next((url for place, url in enumerate(self.urls) if place not in fixed), self.urls[0])
        return Downloads(
            urls=self.urls,
            concurrency=workload.arrival.concurrency,
            timeout_s=rule.attempt_timeout_s or timeout_s,
            ca_file=str(ca_file) if ca_file else None,
            refused=self.refused,
            folder=folder,
            absent=f"{reached}.absent",
            retry=Rule(
                attempts=rule.attempts,
                backoff_s=rule.backoff_s,
                give_up_s=rule.give_up_s,
                seed=workload.what.seed,
            )
            if workload.is_forgiving
            else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a URL gives now: the SHA-256 of an image, and what goes wrong with it."""

    digest: str
    met: Met | None

    @classmethod
    def told(cls, image: Mapping[str, Any]) -> Self:
        """What the server tells of an image."""
        fault = image["fault"]
        return cls(digest=image["sha256"], met=Met(fault, image["attempts"]) if fault else None)
