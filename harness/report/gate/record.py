"""The record that every output of a gate is made from, and the few phrases that they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.report.units import interval_text, percent, ratio
from harness.stats.gate import Finding, Overall

Word = Overall | Literal["interrupted"]

ORDER = ("regressed", "failed", "inconclusive", "skipped", "improved", "no sign of a change", "equivalent")
CHANGED = frozenset(ORDER[:5])  # what a reader wants to see; the rest is folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """All that is known when a gate ends, however it ended.

    Attributes:
        sides: name -> facts; "side" is what the user wrote.
        packages: distribution -> its version on each side, of those that differ; None where it is missing.
        is_same: True if nothing differs between the sides.
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
    sides: Mapping[str, Mapping[str, Any]]
    packages: Mapping[str, Sequence[str | None]]
    is_same: bool
    findings: Sequence[Finding]
    host_notes: Sequence[str]
    runs: Sequence[str]

    @property
    def gravest_first(self) -> list[Finding]:
        """The findings, in the order of ``ORDER``; of the undecided those first that are suspected."""
        return sorted(
            self.findings, key=lambda one: (ORDER.index(one.call), not one.is_suspected, one.pair.head)
        )


def headline(gate: Gate) -> str:
    """One sentence: the verdict, how many of what, what is suspected, and why it did not end as planned."""
    counts = [
        f"{count} {call}" for call in ORDER if (count := sum(one.call == call for one in gate.findings))
    ]
    suspected = [suspicion(one) for one in gate.gravest_first if one.is_suspected]
    if len(suspected) > 1:
        suspected = [f"{suspected[0]}, and {len(suspected) - 1} more are suspected"]
    parts = [", ".join(counts) or "no cell was judged", *suspected, *([gate.reason] if gate.reason else [])]
    return f"{gate.word}: {'; '.join(parts)}"


def suspicion(finding: Finding) -> str:
    """What looks like a slow-down and could not be decided: its size, interval and why."""
    return f"suspected: {ratio_text(finding)}, not decided because {finding.reason}"


def name(finding: Finding) -> str:
    """What was compared: the cell, and the variant of the base if that is another one."""
    pair = finding.pair
    other = f" against {pair.base.variant}" if pair.base.variant != pair.head.variant else ""
    return f"{pair.head.workload}: {pair.head.variant}{other}"


def ratio_text(finding: Finding) -> str:
    """Time of the head over that of the base, with its interval; a dash if there is none."""
    effect = finding.verdict.effect if finding.verdict else None
    if effect is None or effect.time_ratio is None:
        return "–"
    low, high = (effect.interval.low, effect.interval.high) if effect.interval else (float("nan"),) * 2
    return interval_text(effect.time_ratio, low, high, ratio)


def why(finding: Finding) -> str:
    """The reason, for a table; of what is suspected it says so."""
    return "; ".join(one for one in ("suspected" if finding.is_suspected else "", finding.reason) if one)


def rounds(finding: Finding) -> int:
    """Rounds that the verdict rests on."""
    return finding.verdict.effect.pairs if finding.verdict else 0


def message(finding: Finding) -> str:
    """One line on a finding."""
    if finding.is_suspected:
        return f"{name(finding)}: {finding.call}, {suspicion(finding)} ({rounds(finding)} rounds)"
    reason = f" ({finding.reason})" if finding.reason else ""
    return f"{name(finding)}: {finding.call}, time {ratio_text(finding)} in {rounds(finding)} rounds{reason}"


def margin_text(gate: Gate) -> str:
    """The margin that was asked, and the one in force where it is another."""
    asked = f"the margin is {percent(gate.margin or 0.0)}"
    widest = max((one.verdict.margin for one in gate.findings if one.verdict), default=0.0)
    if gate.margin is None or widest <= gate.margin:
        return asked
    return f"{asked}, widened to {percent(widest)} by the last self-check of this host"


def changes(packages: Mapping[str, Sequence[str | None]]) -> str:
    """Each distribution with its versions, from the first side to the last."""
    return ", ".join(
        f"{name} {' → '.join(version or 'none' for version in versions)}"
        for name, versions in packages.items()
    )
