"""Two tables: what can be said of something that was compared, what a row is; and how each is shown everywhere."""

from dataclasses import dataclass
from typing import Literal, get_args

from harness.metrics import Metric

Word = Literal[
    "regressed", "failed", "interrupted", "nothing measured", "inconclusive", "not comparable", "skipped",
    "only in base", "only in head", "expected", "improved", "no sign of a change", "no change", "equivalent",
]  # fmt: skip
State = Literal["ranked", "failed", "invalid", "untested", "skipped", "unavailable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One of them.

    Attributes:
        exit_code: of a command that has nothing graver to say (docs/architecture.md).
        style: in a terminal, as rich names it.
        mark: in Markdown.
        annotation: level of GitHub's annotation; None for none.
        junit: element of a JUnit test case; None for one that passed.
        is_news: whether a reader wants to see it; the rest is folded.
    """

    exit_code: int
    style: str = ""
    mark: str = ""
    annotation: Literal["error", "warning"] | None = None
    junit: Literal["failure", "error", "skipped"] | None = None
    is_news: bool = True


_NOT_COMPARED = Outcome(exit_code=4, annotation="warning", junit="skipped")
OUTCOMES: dict[Word, Outcome] = {  # the gravest first
    "regressed": Outcome(exit_code=3, style="bold red", mark="🔴", annotation="error", junit="failure"),
    "failed": Outcome(exit_code=1, style="bold red", mark="🔴", annotation="error", junit="error"),
    "interrupted": Outcome(exit_code=130, annotation="error", junit="error"),
    "nothing measured": Outcome(exit_code=5, annotation="error", junit="error"),
    "inconclusive": Outcome(exit_code=4, style="yellow", mark="⚪", annotation="warning", junit="skipped"),
    "not comparable": _NOT_COMPARED,
    "skipped": _NOT_COMPARED,
    "only in base": _NOT_COMPARED,
    "only in head": _NOT_COMPARED,
    "expected": Outcome(exit_code=0, style="yellow", mark="🟡"),
    "improved": Outcome(exit_code=0, style="green", mark="🟢"),
    "no sign of a change": Outcome(exit_code=0, is_news=False),
    "no change": Outcome(exit_code=0, is_news=False),
    "equivalent": Outcome(exit_code=0, is_news=False),
}
ORDER = {word: place for place, word in enumerate(get_args(Word))}

_RIVALS = {  # in one run nothing changed: of rivals some are better
    "time": {"regressed": "slower", "improved": "faster", "equivalent": "as fast"},
    "lower": {"regressed": "more", "improved": "less", "equivalent": "as much"},
    "higher": {"regressed": "less", "improved": "more", "equivalent": "as much"},
}


def rival_word(word: Word, metric: Metric) -> str:
    """The outcome of a contender beside another: faster, slower, as fast or undecided than it."""
    words = _RIVALS["time" if metric.quantity == "time" else metric.better]
    return "undecided" if word == "inconclusive" else words.get(word, word)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """What a row of a ranking is.

    Attributes:
        is_asked: whether trials of it were asked for.
        is_measured: whether it has a speed.
        is_explained: whether each of its tables says why it is not ranked; what cannot run here is told once.
        is_caution: whether a reader must know of such rows before the answer is believed.
        style: in a terminal, as rich names it.
    """

    is_asked: bool = True
    is_measured: bool = True
    is_explained: bool = False
    is_caution: bool = False
    style: str = ""


STATES: dict[State, RowState] = {
    "ranked": RowState(),
    # Wrong: it did not do what was asked.
    "failed": RowState(is_measured=False, is_explained=True, is_caution=True, style="red"),
    # Measured, and not comparable: something else decided its speed.
    "invalid": RowState(is_explained=True, is_caution=True),
    # Measured, and of too few rounds to be compared.
    "untested": RowState(is_caution=True),
    # Not measured in this workload, for it cannot do what is asked there.
    "skipped": RowState(is_asked=False, is_measured=False, is_explained=True),
    # Not measured at all, for it cannot run here.
    "unavailable": RowState(is_asked=False, is_measured=False),
}
ASKED = frozenset(state for state, row in STATES.items() if row.is_asked)
MEASURED = frozenset(state for state, row in STATES.items() if row.is_measured)
EXPLAINED = frozenset(state for state, row in STATES.items() if row.is_explained)
