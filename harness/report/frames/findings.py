"""What was found of pairs, as records: rows of a frame for files, and what scripts are told. It judges nothing."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.stats.judge import Finding

CELL = ["workload", "variant", "side", "reference_variant", "reference_side", "metric"]
RATIO = ["ratio", "ratio_low", "ratio_high"]
TESTS = ["margin", "p_regressed", "p_improved", "p_equivalent"]
VALUES = ["value", "reference_value"]
PAIRED = ["pairs", "dropped_pairs", "log_ratio_sd", "sign_flip_p"]
UNPAIRED = ["base_trials", "head_trials"]
EFFECT = [*CELL, *RATIO, *VALUES, *PAIRED, "verdict", "reason", *TESTS, "detectable", "more_rounds"]
VERSION = 1  # of what scripts are told


def comparison_frame(findings: Sequence[Finding], columns: Sequence[str]) -> pd.DataFrame:
    """One row per finding, with these columns."""
    frame = pd.DataFrame([record(finding) for finding in findings], columns=list(columns))
    figures = [*RATIO, *VALUES, *TESTS, "log_ratio_sd", "sign_flip_p", "detectable"]
    return frame.astype({name: "float64" for name in figures if name in frame})


def record(finding: Finding) -> dict[str, Any]:
    """All that a file says of a finding; what there is not is None."""
    pair, verdict = finding.pair, finding.verdict
    found: dict[str, Any] = {
        "workload": pair.head.workload,
        "variant": pair.head.variant,
        "side": pair.head.side,
        "reference_variant": pair.base.variant,
        "reference_side": pair.base.side,
        "metric": pair.metric.key,
        "stage": finding.stage,
        "verdict": finding.word,
        "reason": finding.reason,
    }
    found |= dict.fromkeys([*RATIO, *VALUES, *PAIRED, *UNPAIRED, *TESTS, "detectable", "more_rounds"])
    if verdict is None:
        return found
    effect = verdict.effect
    low, high = (effect.interval.low, effect.interval.high) if effect.interval else (None, None)
    found |= {name: getattr(verdict, name) for name in (*TESTS, "detectable", "more_rounds")}
    return found | {
        "ratio": effect.ratio,
        "ratio_low": low,
        "ratio_high": high,
        "value": effect.value,
        "reference_value": effect.reference_value,
        "pairs": effect.pairs,
        "dropped_pairs": effect.dropped_pairs,
        "log_ratio_sd": effect.spread,
        "sign_flip_p": effect.sign_flip_p,
        "base_trials": effect.reference_trials,
        "head_trials": effect.trials,
    }


def cell_record(finding: Finding) -> dict[str, Any]:
    """What a script is told of a finding."""
    found = record(finding)
    keys = ("workload", "variant", "reference_variant", "metric", *RATIO, *VALUES)
    told = ("verdict", "stage", "reason", *TESTS, "detectable")
    return {key: found[key] for key in (*keys, *told)} | {
        "rounds": found["pairs"] or 0,
        "blocks": finding.blocks,
        "suspected": finding.is_suspected,
    }
