"""The two records of this floor: what a side changes, and a side that is ready. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.sides.environment import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side of a comparison changes; None or () is "as here".

    Attributes:
        text: as the user wrote it, without secrets.
        python: path of an interpreter.
        requirements: PEP 508, or a path or URL that pip understands.
        ref: full hash of a commit of the project, whose ``benchmarks/`` are measured.
        variant: id of a variant.
        client: client file of the user's own.
        variables: environment variables for what is measured.
    """

    text: str
    python: str | None
    requirements: tuple[str, ...]
    ref: str | None
    variant: str | None
    client: Path | None
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A side ready to be measured.

    Attributes:
        python: interpreter of its environment.
        need: what that environment is made of; None is the interpreter that runs this.
        root: its ``benchmarks/`` folder (of another commit if a ref was given).
        identity: what was asked, exactly: "commit" in full, "requirements" with commits, and the "commits" of libraries;
            without secrets.
        facts: what differs and is shown, e.g. "python": "3.13.0", "aiohttp": "3.9.5", "fetchbench": "abc1234".
    """

    side: Side
    python: str
    need: Recipe | None
    root: Path
    identity: Mapping[str, object]
    facts: Mapping[str, str]
