"""The sentences of the report, generated from frames and told in any voice: the answer, its picks, its cautions."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from harness.metrics import CLIENT_CPU, PEAK_RSS
from harness.model import ALL, NONE
from harness.report.answer import CHEAPEST, FASTEST, GOOD_ENOUGH, SIMPLEST
from harness.report.charts import row_name
from harness.report.ranked import RATIO, SPEED
from harness.report.tables import Tables
from harness.report.voice import Voice, estimate
from harness.stats.kernels import MIN_PAIRS
from harness.workload import SPECS, sentence

Row = Mapping[Any, Any]
TOO_FEW = f"too few rounds to rank (measure at least {MIN_PAIRS})"
UNRANKED = {"failed": "failed", "invalid": "invalid", "untested": f"with {TOO_FEW}"}


def answer(tables: Tables, voice: Voice) -> str:
    """One sentence: what is the fastest, of how many, on what, where."""
    if tables.picks.empty:
        untested = (tables.summary["state"] == "untested").any()
        reasons = [TOO_FEW] if untested else tables.summary["reason"].dropna()
        why = next((str(one) for one in reasons), "nothing was measured")
        return voice.phrase("No variant could be ranked: {why}.", why=why)
    first = tables.picks[tables.picks["scope"] == tables.picks["scope"].iloc[0]]
    row: Row = first[first["pick"] == FASTEST].iloc[0].to_dict()
    parts: dict[str, object] = {
        "machine": machine(tables),
        "variant": row_name(row),
        "candidates": voice.value(row["candidates"], "count"),
        "ties": _ties(row, voice),
    }
    if row["variant"] == NONE:
        template = "On this machine ({machine}), no variant is the fastest over {workloads} workloads: {why}."
        parts |= {"workloads": voice.value(row["workloads"], "count"), "why": row["reason"]}
    elif row["scope"] == ALL:
        template = (
            "On this machine ({machine}) and over {workloads} workloads, {variant} is the fastest of the {candidates} "
            "variants that were ranked in each: {ratio} the time of each workload's fastest in the geometric mean{ties}."
        )
        parts |= {
            "workloads": voice.value(row["workloads"], "count"),
            "ratio": voice.value(row["ratio_to_fastest"], "ratio"),
        }
    else:
        template = (
            "On this machine ({machine}), {variant} is the fastest of {candidates} ranked variants at downloading "
            "{workload}: {rate} images/s{baseline}{ties}."
        )
        parts |= {
            "workload": scope(tables, row["scope"], voice),
            "rate": estimate(voice, _in_table(tables, row), SPEED),
            "baseline": _against_baseline(tables, row, voice),
        }
    return voice.phrase(template, **parts)


def machine(tables: Tables) -> str:
    """What the answer holds for: processor, CPUs and Python."""
    facts = {
        row["fact"]: row["value"]
        for row in tables.facts[tables.facts["kind"] == "machine"].to_dict("records")
    }
    cpus = f"{facts['cpus']} CPUs" if "cpus" in facts else ""
    return ", ".join(one for one in (facts.get("cpu", ""), cpus, facts.get("python", "")) if one) or "unknown"


def scope(tables: Tables, workload: str, voice: Voice) -> str:
    """What a workload asks, as one phrase."""
    row = tables.workloads[tables.workloads["workload"] == workload].iloc[0]
    return asked({name: row[spec.column or name] for name, spec in SPECS.items() if not spec.is_fixed}, voice)


def asked(flat: Mapping[str, Any], voice: Voice) -> str:
    """What a workload of these fields asks, as one phrase."""
    parts = {
        name: voice.value(value, unit) if (unit := SPECS[name].unit) else value
        for name, value in flat.items()
    }
    return voice.phrase(sentence(flat), **parts)


def reason(row: Row, voice: Voice) -> str:
    """Why this pick is the pick, or why there is none."""
    if row["variant"] == NONE:
        return voice.phrase("{why}", why=row["reason"])
    parts: dict[str, object] = {
        "lines": voice.value(row["source_lines"], "count"),
        "good": voice.value(row["good_enough"], "count"),
        "all": voice.value(row["candidates"], "count"),
        "ratio": voice.value(row["ratio_to_fastest"], "ratio"),
        "cpu": voice.value(row[CLIENT_CPU.key], "s"),
        "memory": voice.value(row[PEAK_RSS.key], "bytes"),
    }
    template = {
        SIMPLEST: "{lines} lines of code, the fewest among {good} of {all} that are good enough; "
        "{ratio} the fastest's time",
        FASTEST: "least time of {all}; {cpu} of CPU per 1,000 images, {memory}, {lines} lines of code",
        CHEAPEST: "{cpu} of CPU per 1,000 images and {memory} at its peak; {ratio} the fastest's time",
    }[row["pick"]]
    return voice.phrase(template, **parts)


def rules(voice: Voice) -> dict[str, str]:
    """What each pick means, as stated on the page."""
    return {
        SIMPLEST: voice.phrase(
            "fewest lines of code in its files (no blank lines, comments, docstrings), among all within {limit} "
            "the time of the fastest",
            limit=voice.value(GOOD_ENOUGH, "ratio"),
        ),
        FASTEST: "least time; over several workloads, the least geometric mean of the ratios to the fastest of each",
        CHEAPEST: "least product of client CPU per image and peak memory: halving either counts the same",
    }


def cautions(tables: Tables, voice: Voice, *, unfinished: bool) -> list[str]:
    """What a reader must know before the answer is believed."""
    found = []
    if unfinished:
        done = tables.facts[tables.facts["fact"] == "trials"]["value"].iloc[0]
        found.append(voice.phrase("This run is unfinished: {done} trials were measured.", done=done))
    template = "The host was disturbed, and what that could explain has no verdict: {text}; {advice}."
    found += [
        voice.phrase(template, text=note["text"], advice=note["advice"])
        for note in tables.notes[tables.notes["workload"] == ALL].to_dict("records")
    ]
    states = tables.summary["state"].value_counts()
    told = ", ".join(f"{states[one]} {text}" for one, text in UNRANKED.items() if one in states)
    if told:
        found.append(voice.phrase("Not ranked: {told}; the reasons stand in the tables.", told=told))
    return found


def title(pick: str) -> str:
    """The name of a pick at the start of a line; "CPU" stays what it is."""
    return pick[:1].upper() + pick[1:]


def _ties(row: Row, voice: Voice) -> str:
    if not row["tied_with"]:
        return ""
    others = (
        "one other"
        if row["tied_with"] == 1
        else voice.phrase("{n} others", n=voice.value(row["tied_with"], "count"))
    )
    return voice.phrase("; {others} cannot be told apart from it", others=others)


def _in_table(tables: Tables, pick: Row) -> Row:
    """The row of the ranked table that a pick of one workload is."""
    of = tables.ranked
    is_it = (
        (of["workload"] == pick["scope"]) & (of["variant"] == pick["variant"]) & (of["side"] == pick["side"])
    )
    found: Row = of[is_it].iloc[0].to_dict()
    return found


def _against_baseline(tables: Tables, row: Row, voice: Voice) -> str:
    of, same = tables.ranked, _in_table(tables, row)
    baseline = of[(of["workload"] == row["scope"]) & of["is_baseline"]]
    value: float = same["time_ratio"]
    if pd.isna(value) or baseline.empty:
        return ""
    return voice.phrase(
        ", {ratio} the time of the baseline {baseline}",
        ratio=estimate(voice, same, RATIO),
        baseline=baseline["variant"].iloc[0],
    )
