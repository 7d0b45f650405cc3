"""The record that every output of a gate is made from, and the few phrases that they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.outcomes import Word
from harness.report.comparison import counts, gravest_first, name, ratio_text, rounds_text
from harness.stats.judge import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """All that is known when a gate ends, however it ended.

    Attributes:
        sides: name -> facts; "side" is what the user wrote.
        packages: distribution -> its version on each side, of those that differ; None where it is missing.
        is_same: True if nothing differs between the sides.
        margins: metric -> the margin that was asked of it.
        word: the verdict on all.
        reason: why it could not end as planned; None if it did.
        host_notes: what disturbed the host, as text.
        runs: folders of the stages, relative to the gate's own.
    """

    id: str
    created_at: float
    command: str
    exit_code: int
    word: Word
    reason: str | None
    margin: float | None
    margins: Mapping[str, float]
    sides: Mapping[str, Mapping[str, Any]]
    packages: Mapping[str, Sequence[str | None]]
    is_same: bool
    findings: Sequence[Finding]
    host_notes: Sequence[str]
    runs: Sequence[str]


def headline(gate: Gate) -> str:
    """One sentence: the verdict, how many of what, what is suspected, and why it did not end as planned."""
    suspected = [suspicion(finding) for finding in gravest_first(gate.findings) if finding.is_suspected]
    if len(suspected) > 1:
        suspected = [f"{suspected[0]}, and {len(suspected) - 1} more are suspected"]
    parts = [
        counts(gate.findings) or "no cell was judged",
        *suspected,
        *([gate.reason] if gate.reason else []),
    ]
    return f"{gate.word}: {'; '.join(parts)}"


def suspicion(finding: Finding) -> str:
    """What looks like a regression and could not be decided: its size, interval and why."""
    what = f"{finding.pair.metric.short} {ratio_text(finding)}"
    return f"suspected: {what}, not decided because {finding.reason}"


def message(finding: Finding) -> str:
    """One line on a finding."""
    if finding.is_suspected:
        return f"{name(finding)}: {finding.word}, {suspicion(finding)} ({rounds_text(finding)} rounds)"
    reason = f" ({finding.reason})" if finding.reason else ""
    what = f"{finding.pair.metric.short} {ratio_text(finding)}"
    return f"{name(finding)}: {finding.word}, {what} in {rounds_text(finding)} rounds{reason}"


def changes(packages: Mapping[str, Sequence[str | None]]) -> str:
    """Each distribution with its versions, from the first side to the last."""
    return ", ".join(
        f"{name} {' → '.join(version or 'none' for version in versions)}"
        for name, versions in packages.items()
    )
