"""Changes that are expected: one that stays within what was allowed is told and fails nothing; one beyond it does.

A change of ``by`` that is expected of a cell widens its margin to (1 + margin) * (1 + by) - 1. What is worse than the plain
margin and not worse than the widened one is what was expected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.stats.judge import Finding, Measured, Pair, judge
from harness.stats.verdict import Margins


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is expected of one pair.

    Attributes:
        by: how much worse the head may be, e.g. 0.08.
        text: the same for people, with the reason.
        over: why it does not hold any more; None while it does.
    """

    by: float
    text: str
    over: str | None


def with_allowances(margins: Margins, allowances: Mapping[Pair, Allowance]) -> Margins:
    """The margins, widened where a change is expected."""
    wider = {
        (pair.head, pair.metric.key): (1 + margins.of(pair.metric, pair.head)) * (1 + allowance.by) - 1
        for pair, allowance in allowances.items()
        if allowance.over is None
    }
    return replace(margins, of_pair={**margins.of_pair, **wider})


def told_apart(
    findings: Sequence[Finding],
    allowances: Mapping[Pair, Allowance],
    measured: Mapping[str, Measured],
    margins: Margins,
) -> tuple[Finding, ...]:
    """The findings, each with what was expected of its pair.

    Args:
        findings: judged by the widened margins.
        measured: stage -> what was measured in it.
        margins: the plain ones.
    """
    return tuple(_told(finding, allowances.get(finding.pair), measured, margins) for finding in findings)


def _told(
    finding: Finding, allowance: Allowance | None, measured: Mapping[str, Measured], margins: Margins
) -> Finding:
    if allowance is None or finding.verdict is None:
        return finding
    if allowance.over is not None:
        said = allowance.over if finding.word == "regressed" else None
    elif finding.word == "regressed":
        said = f"beyond what is expected: {allowance.text}"
    elif finding.word == "inconclusive" or not _is_worse(finding, measured, margins):
        said = None
    else:
        return replace(finding, word="expected", reason=allowance.text)
    return replace(finding, reason="; ".join(filter(None, (finding.reason, said))) or None)


def _is_worse(finding: Finding, measured: Mapping[str, Measured], margins: Margins) -> bool:
    """Whether the plain margin would have called it a regression."""
    stage = measured.get(finding.stage or "")
    if stage is None:
        return False
    [plain] = judge(stage, [finding.pair], margins=margins)
    return plain.word == "regressed"
