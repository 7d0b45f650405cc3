"""The frames of what is compared: each cell with its reference, each with each, the levels of an axis. It judges nothing."""

from collections.abc import Sequence

import pandas as pd

from harness.model import ALL
from harness.outcomes import rival_word
from harness.report.frames.findings import EFFECT, comparison_frame
from harness.stats.judge import Judgement


def effects(judgement: Judgement) -> pd.DataFrame:
    """One row per effect: the value of a cell over that of its reference, and what follows from it in words of rivals."""
    frame = comparison_frame(judgement.findings, EFFECT)
    words = {finding.word for finding in judgement.findings}
    told = {word: rival_word(word, judgement.metric) for word in words}
    return frame.assign(verdict=frame["verdict"].map(told))


def pairs(judgement: Judgement) -> pd.DataFrame:
    """One row per pair of ranked cells of a workload: the metric of the other over that of the variant above it."""
    rows = [
        {
            "workload": pair.first.workload,
            "variant": pair.first.variant,
            "side": pair.first.side,
            "other_variant": pair.second.variant,
            "other_side": pair.second.side,
            "ratio": pair.ratio,
            "ratio_low": pair.interval.low if pair.interval else None,
            "ratio_high": pair.interval.high if pair.interval else None,
            "told_apart": pair.told_apart,
        }
        for pair in judgement.rivals
    ]
    names = ["workload", "variant", "side", "other_variant", "other_side"]
    figures = ["ratio", "ratio_low", "ratio_high"]
    return _floats(pd.DataFrame(rows, columns=[*names, *figures, "told_apart"]), figures)


def factors(judgement: Judgement) -> pd.DataFrame:
    """One row per level of an axis and workload: what this level instead of the reference does to the metric."""
    rows = [
        {
            "axis": factor.axis,
            "level": factor.level,
            "reference": factor.reference,
            "workload": factor.workload or ALL,
            "matches": factor.matches,
            "rounds": factor.rounds,
            "dropped_rounds": factor.dropped_rounds,
            "metric": judgement.metric.key,
            "ratio": factor.ratio,
            "ratio_low": factor.interval.low if factor.interval else None,
            "ratio_high": factor.interval.high if factor.interval else None,
            "smallest": factor.smallest,
            "largest": factor.largest,
        }
        for factor in judgement.factors
    ]
    figures = ["ratio", "ratio_low", "ratio_high", "smallest", "largest"]
    names = ["axis", "level", "reference", "workload", "metric", "matches", "rounds", "dropped_rounds"]
    return _floats(pd.DataFrame(rows, columns=[*names, *figures]), figures)


def _floats(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """None and a column of nothing but None become NaN, so that arithmetic never meets an object."""
    return frame.astype(dict.fromkeys(columns, "float64"))
