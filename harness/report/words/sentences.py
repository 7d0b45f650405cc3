"""The sentences of the report that stand beside the answer: machine, scope of a workload, rules of the picks, cautions."""

from collections.abc import Mapping
from typing import Any

from harness.draws import drawn
from harness.metrics import Metric
from harness.model import ALL
from harness.outcomes import STATES
from harness.report.frames.answer import CHEAPEST, GOOD_ENOUGH, SIMPLEST
from harness.report.frames.tables import Tables
from harness.report.words.formats import Format
from harness.schema import Shares
from harness.stats.kernels import MIN_PAIRS
from harness.workload import SPECS, sentence

TOO_FEW = f"too few rounds to rank (measure at least {MIN_PAIRS})"


def machine(tables: Tables, form: Format) -> str:
    """What the answer holds for: processor, CPUs and Python."""
    facts = {
        row["fact"]: row["value"]
        for row in tables.facts[tables.facts["kind"] == "machine"].to_dict("records")
    }
    count = int(facts.get("cpus", 0))
    cpus = form.phrase("{n} CPU" + "s" * (count != 1), n=form.value(count, "count")) if count else ""
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


def rules(form: Format, metric: Metric) -> dict[str, str]:
    """What each pick means, as stated on the page."""
    return {
        metric.best: form.phrase(
            f"best {metric.label}; over several workloads, the one whose worst ratio to the best is the least"
        ),
        SIMPLEST: form.phrase(
            "of all within {limit} "
            f"the {metric.short} of the best: the fewest packages beyond those of the baseline, then the fewest lines of "
            "code (no blank lines, comments, docstrings)",
            limit=form.value(GOOD_ENOUGH, "ratio"),
        ),
        CHEAPEST: "least product of client CPU per image and peak memory: halving either counts the same",
    }


def cautions(tables: Tables, form: Format, *, unfinished: bool) -> list[str]:
    """What a reader must know before the answer is believed."""
    found = []
    if unfinished:
        done = tables.facts[tables.facts["fact"] == "trials"]["value"].iloc[0]
        found.append(form.phrase("This run is unfinished: {done} trials were measured.", done=done))
    template = "The machine was not quiet: {text}; {advice}. What that can explain has no verdict."
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
