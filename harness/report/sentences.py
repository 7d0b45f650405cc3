"""The sentences of the report, generated from frames and told in any format: the answer, its picks, its cautions."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from harness.draws import drawn
from harness.metrics import CLIENT_CPU, PEAK_RSS, Metric
from harness.model import ALL, NONE
from harness.outcomes import STATES
from harness.report.answer import CHEAPEST, GOOD_ENOUGH, SIMPLEST, best_pick
from harness.report.charts import row_name
from harness.report.formats import Format, estimate
from harness.report.ranked import RATIO, SPEED
from harness.report.tables import Tables
from harness.schema import Shares
from harness.stats.kernels import MIN_PAIRS
from harness.workload import SPECS, sentence

Row = Mapping[Any, Any]
TOO_FEW = f"too few rounds to rank (measure at least {MIN_PAIRS})"


def answer(tables: Tables, form: Format) -> str:
    """One sentence: what is the fastest, of how many, on what, where."""
    if tables.picks.empty:
        untested = (tables.summary["state"] == "untested").any()
        reasons = [TOO_FEW] if untested else tables.summary["reason"].dropna()
        why = next((str(text) for text in reasons), "nothing was measured")
        return form.phrase("No variant could be ranked: {why}.", why=why)
    first = tables.picks[tables.picks["scope"] == tables.picks["scope"].iloc[0]]
    row: Row = first[first["pick"] == best_pick(tables.metric)].iloc[0].to_dict()
    parts: dict[str, object] = {
        "machine": machine(tables, form),
        "best": best(tables.metric),
        "of": tables.metric.short,
        "variant": row_name(row),
        "candidates": form.value(row["candidates"], "count"),
        "ties": _ties(row, form),
    }
    if row["variant"] == NONE:
        template = "On this machine ({machine}), no variant is {best} over {workloads} workloads: {why}."
        parts |= {"workloads": form.value(row["workloads"], "count"), "why": row["reason"]}
    elif row["scope"] == ALL:
        template = (
            "On this machine ({machine}) and over {workloads} workloads, {variant} is {best} of the {candidates} "
            "variants that were ranked in each: {ratio} the {of} of each workload's best in the geometric mean{ties}."
        )
        parts |= {
            "workloads": form.value(row["workloads"], "count"),
            "ratio": form.value(row["ratio_to_best"], "ratio"),
        }
    else:
        template = (
            "On this machine ({machine}), {variant} is {best} of {candidates} ranked variants at downloading "
            "{workload}: {rate} images/s{baseline}{ties}."
        )
        parts |= {
            "workload": scope(tables, row["scope"], form),
            "rate": estimate(form, _in_table(tables, row), SPEED),
            "baseline": _against_baseline(tables, row, form),
        }
    return form.phrase(template, **parts)


def machine(tables: Tables, form: Format) -> str:
    """What the answer holds for: processor, CPUs and Python."""
    facts = {
        row["fact"]: row["value"]
        for row in tables.facts[tables.facts["kind"] == "machine"].to_dict("records")
    }
    cpus = form.phrase("{n} CPUs", n=form.value(int(facts["cpus"]), "count")) if "cpus" in facts else ""
    told = [part for part in (facts.get("cpu", ""), cpus, facts.get("python", "")) if part] or ["unknown"]
    places = [f"{{part_{place}}}" for place in range(len(told))]
    return form.phrase(", ".join(places), **{f"part_{place}": part for place, part in enumerate(told)})


def best(metric: Metric) -> str:
    """What the best by a metric is called."""
    return f"the {'' if metric.quantity == 'time' else 'one with the '}{metric.best}"


def scope(tables: Tables, workload: str, form: Format) -> str:
    """What a workload asks, as one phrase."""
    row = tables.workloads[tables.workloads["workload"] == workload].iloc[0]
    return asked({name: row[spec.column or name] for name, spec in SPECS.items() if spec.is_shown}, form)


def asked(flat: Mapping[str, Any], form: Format) -> str:
    """What these fields of a workload ask, as one phrase."""
    parts = {
        name: shares(value, form)
        if SPECS[name].names
        else _amount(value, unit, form)
        if (unit := SPECS[name].unit)
        else value
        for name, value in flat.items()
    }
    return form.phrase(sentence(flat), **parts)


def shares(amounts: Shares, form: Format) -> str:
    """What has a share, the largest first: "8 % not found, 4 % forbidden"."""
    ordered = sorted(amounts, key=lambda pair: -pair[1])
    parts = {f"share_{place}": form.value(share, "share") for place, (_, share) in enumerate(ordered)}
    told = (f"{{share_{place}}} {name.replace('_', ' ')}" for place, (name, _) in enumerate(ordered))
    return form.phrase(", ".join(told), **parts)


def _amount(value: float | tuple[float, ...], unit: str, form: Format) -> str:
    """A number, or the ends and the middle of a distribution."""
    if not isinstance(value, tuple) or value[0] == value[-1]:
        return form.value(value[0] if isinstance(value, tuple) else value, unit)
    [median] = drawn(value, 1, "")
    low, middle, high = (form.value(number, unit) for number in (value[0], median, value[-1]))
    return form.phrase("{low} to {high} (median {middle})", low=low, middle=middle, high=high)


def reason(row: Row, form: Format, metric: Metric) -> str:
    """Why this pick is the pick, or why there is none."""
    if row["variant"] == NONE:
        return form.phrase("{why}", why=row["reason"])
    parts: dict[str, object] = {
        "of": metric.short,
        "lines": form.value(row["source_lines"], "count"),
        "good": form.value(row["good_enough"], "count"),
        "all": form.value(row["candidates"], "count"),
        "ratio": form.value(row["ratio_to_best"], "ratio"),
        "cpu": form.value(row[CLIENT_CPU.key], "s"),
        "memory": form.value(row[PEAK_RSS.key], "bytes"),
    }
    template = {
        SIMPLEST: "{lines} lines of code, the fewest among {good} of {all} that are good enough; "
        "{ratio} the best's {of}",
        best_pick(metric): "best of {all}; {cpu} of CPU per 1,000 images, {memory}, {lines} lines of code",
        CHEAPEST: "{cpu} of CPU per 1,000 images and {memory} at its peak; {ratio} the best's {of}",
    }[row["pick"]]
    return form.phrase(template, **parts)


def rules(form: Format, metric: Metric) -> dict[str, str]:
    """What each pick means, as stated on the page."""
    return {
        SIMPLEST: form.phrase(
            "fewest lines of code in its files (no blank lines, comments, docstrings), among all within {limit} "
            f"the {metric.short} of the best",
            limit=form.value(GOOD_ENOUGH, "ratio"),
        ),
        best_pick(
            metric
        ): f"best {metric.label}; over several workloads, the best geometric mean of the ratios to the best "
        "of each",
        CHEAPEST: "least product of client CPU per image and peak memory: halving either counts the same",
    }


def cautions(tables: Tables, form: Format, *, unfinished: bool) -> list[str]:
    """What a reader must know before the answer is believed."""
    found = []
    if unfinished:
        done = tables.facts[tables.facts["fact"] == "trials"]["value"].iloc[0]
        found.append(form.phrase("This run is unfinished: {done} trials were measured.", done=done))
    template = "The host was disturbed, and what that could explain has no verdict: {text}; {advice}."
    found += [
        form.phrase(template, text=note["text"], advice=note["advice"])
        for note in tables.notes[tables.notes["workload"] == ALL].to_dict("records")
    ]
    states = tables.summary["state"].value_counts()
    cautious = [state for state, row in STATES.items() if row.is_caution and state in states]
    unranked = {state: f"with {TOO_FEW}" if state == "untested" else state for state in cautious}
    if unranked:
        told = ", ".join(f"{{{state}}} {text}" for state, text in unranked.items())
        counts = {state: form.value(int(states[state]), "count") for state in unranked}
        found.append(form.phrase(f"Not ranked: {told}; the reasons stand in the tables.", **counts))
    return found


def title(pick: str) -> str:
    """The name of a pick at the start of a line; "CPU" stays what it is."""
    return pick[:1].upper() + pick[1:]


def _ties(row: Row, form: Format) -> str:
    if not row["tied_with"]:
        return ""
    others = (
        "one other"
        if row["tied_with"] == 1
        else form.phrase("{n} others", n=form.value(row["tied_with"], "count"))
    )
    return form.phrase("; {others} cannot be told apart from it", others=others)


def _in_table(tables: Tables, pick: Row) -> Row:
    """The row of the ranked table that a pick of one workload is."""
    of = tables.ranked
    is_it = (
        (of["workload"] == pick["scope"]) & (of["variant"] == pick["variant"]) & (of["side"] == pick["side"])
    )
    found: Row = of[is_it].iloc[0].to_dict()
    return found


def _against_baseline(tables: Tables, row: Row, form: Format) -> str:
    of, same = tables.ranked, _in_table(tables, row)
    baseline = of[(of["workload"] == row["scope"]) & of["is_baseline"]]
    value: float = same["ratio"]
    if pd.isna(value) or baseline.empty:
        return ""
    return form.phrase(
        ", {ratio} the {of} of the baseline {baseline}",
        of=tables.metric.short,
        ratio=estimate(form, same, RATIO),
        baseline=baseline["variant"].iloc[0],
    )
