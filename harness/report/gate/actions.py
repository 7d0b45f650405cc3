"""What GitHub Actions shows of a gate: annotations as workflow commands, and a step summary within its limit."""

from harness.outcomes import OUTCOMES
from harness.report.comparison import gravest_first
from harness.report.gate.record import Gate, headline, message

MOST_ANNOTATIONS = 10  # per step; more are dropped by GitHub without a word
SUMMARY_BYTES = 1024 * 1024  # of a step; beyond it nothing at all appears


def annotations(gate: Gate) -> list[str]:
    """Workflow commands, the gravest first; the last one tells how many had no room."""
    told = [
        (level, message(finding))
        for finding in gravest_first(gate.findings)
        if (level := OUTCOMES[finding.word].annotation) is not None
    ]
    if gate.reason:
        told.insert(0, ("warning" if gate.exit_code in {0, 4} else "error", headline(gate)))
    if len(told) > MOST_ANNOTATIONS:
        left = len(told) - MOST_ANNOTATIONS + 1
        told = [*told[: MOST_ANNOTATIONS - 1], ("warning", f"{left} more: see the step summary")]
    return [f"::{level} title=fetchbench gate::{_data(text)}" for level, text in told]


def step_summary(text: bytes, already: int) -> bytes:
    """The Markdown, cut so that the step's summary stays within GitHub's limit.

    Args:
        text: UTF-8.
        already: bytes that the file has.
    """
    room = max(0, SUMMARY_BYTES - already)
    return text if len(text) <= room else text[:room].decode(errors="ignore").encode()


def _data(text: str) -> str:
    """Escape as GitHub's own toolkit does (actions/toolkit, command.ts, escapeData)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
