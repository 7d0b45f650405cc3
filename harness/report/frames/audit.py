"""What speaks for and against a run, as frames: host, parity, notes, self-check, lessons, facts. It decides nothing."""

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping

import pandas as pd

from harness.ledger import Ledger
from harness.measured import Trial, good_by_cell
from harness.model import ALL, NONE
from harness.report.frames.cells import ID, axes_of, key_of
from harness.stats.judge import Judgement
from harness.stats.validity import facts as asked_as


def host(ledger: Ledger) -> pd.DataFrame:
    """One row per round: the fixed work done before it, in seconds and relative to the middle of the run."""
    ordered = sorted(ledger.sentinels, key=lambda sentinel: sentinel.round)
    frame = pd.DataFrame(
        [
            {
                "round": sentinel.round + 1,  # for people and CSVs, rounds count from 1
                "cpu_s": _median(sentinel.cpu_s),
                "echo_s": _median(sentinel.echo_s),
                "steal": sentinel.steal,
                "busy_elsewhere": sentinel.busy_elsewhere,
            }
            for sentinel in ordered
        ],
        columns=["round", "cpu_s", "echo_s", "steal", "busy_elsewhere"],
    ).astype(dict.fromkeys(("cpu_s", "echo_s", "steal", "busy_elsewhere"), "float64"))
    for name in ("cpu", "echo"):
        frame[f"{name}_relative"] = frame[f"{name}_s"] / frame[f"{name}_s"].median()
    return frame


def parity(ledger: Ledger) -> pd.DataFrame:
    """One row per cell and fact that was in force in its first good trial, and whether most cells share it."""
    first = {cell: trials[0] for cell, trials in good_by_cell(ledger.trials).items()}
    axes = axes_of(ledger)
    rows = [
        key_of(cell, axes[cell.variant]) | {"fact": fact, "value": value}
        for cell, trial in sorted(first.items())
        for fact, value in _in_force(trial)
    ]
    frame = pd.DataFrame(rows, columns=[*ID, "fact", "value"])
    values = frame.groupby(["workload", "fact"], sort=False)["value"]
    usual = values.transform(
        lambda of_fact: of_fact.mode().iloc[0]
    )  # of equally frequent ones the first by name
    return frame.assign(usual=frame["value"] == usual)


def notes(judgement: Judgement) -> pd.DataFrame:
    """Every warning of the run: of the host first, then by cell."""
    of_host = [(None, note) for note in judgement.host_notes]
    of_cells = [(cell, note) for cell, found in judgement.cell_notes.items() for note in found]
    rows = [
        {
            "workload": cell.workload if cell else ALL,
            "variant": cell.variant if cell else ALL,
            "side": cell.side if cell else ALL,
            "code": note.code,
            "text": note.text,
            "advice": note.advice,
            "invalidates": note.invalidates,
        }
        for cell, note in (*of_host, *of_cells)
    ]
    columns = ["workload", "variant", "side", "code", "text", "advice", "invalidates"]
    return pd.DataFrame(rows, columns=columns)


def selfcheck(ledger: Ledger) -> pd.DataFrame:
    """One row per planted slow-down, what the last self-check on this machine found of it beside what it is worth."""
    columns = ["planted", "measured", "detected_share", "families", "rounds", "margin", "twin_verdicts"]
    columns += ["false_alarms", "aa_half_width", "smallest_seen"]
    check = ledger.run.selfcheck
    rows = [
        {
            "planted": float(level),
            "measured": check.measured.get(level),
            "detected_share": share,
            "families": check.families,
            "rounds": check.rounds,
            "margin": check.margin,
            "twin_verdicts": check.twin_verdicts,
            "false_alarms": check.false_alarms,
            "aa_half_width": check.aa_half_width,
            "smallest_seen": check.smallest_seen,
        }
        for level, share in (check.detected.items() if check else ())
        if check
    ]
    return pd.DataFrame(rows, columns=columns)


def lessons(ledger: Ledger) -> pd.DataFrame:
    """One row per lesson that the run quotes and figure of it; a lesson without figures has one row."""
    columns = ["lesson", "title", "state", "happened", "advice", "python", "figure", "value"]
    rows = [
        (
            lesson.name,
            lesson.title,
            lesson.state,
            lesson.happened,
            lesson.advice,
            lesson.python,
            figure,
            value,
        )
        for lesson in ledger.lessons
        for figure, value in (lesson.figures or {NONE: math.nan}).items()
    ]
    return pd.DataFrame(rows, columns=columns)


def facts(ledger: Ledger) -> pd.DataFrame:
    """One row per fact of the run, its machine, its versions and its sides, as text; what is within another has dots."""
    plan, run = ledger.run.plan, ledger.run
    measured = len(ledger.trials)
    planned = sum(map(len, plan.rounds))
    rounds = len({trial.round for trial in ledger.trials})
    rows: list[tuple[str, str, object]] = [
        ("run", "run", run.id),
        ("run", "command", run.command),
        ("run", "suite", plan.suite),
        ("run", "baseline", plan.baseline),
        ("run", "seed of the order", plan.seed),
        ("run", "rounds", f"{rounds} of {len(plan.rounds)}"),
        ("run", "trials", f"{measured} of {planned}"),
        ("run", "failed trials", sum(trial.reason is not None for trial in ledger.trials)),
        ("run", "warm-up passes per trial", plan.rules.warmups),
        ("run", "shortest trial (s)", plan.rules.trial_s),
        ("run", "ledger", "its last line was cut and is left out" if ledger.cut else "whole"),
    ]
    told = [(NONE, *row) for row in rows]
    for kind, found in (("machine", run.fingerprint), ("environment", run.environment)):
        for name, value in sorted(found.items()):
            if name == "sides":
                told += [(side, "side", *fact) for side, of in value.items() for fact in _single(of)]
            elif isinstance(value, Mapping):
                told += [(NONE, name, *fact) for fact in _single(value)]
            else:
                told += [(NONE, kind, *fact) for fact in _single({name: value})]
    return pd.DataFrame(
        [(kind, side, fact, str(value)) for side, kind, fact, value in told],
        columns=["kind", "side", "fact", "value"],
    )


def _single(found: Mapping[str, object], within: str = "") -> Iterator[tuple[str, object]]:
    """Each fact by itself, however deep it lies."""
    for name, value in sorted(found.items()):
        if isinstance(value, Mapping):
            yield from _single(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", ", ".join(map(str, value)) if isinstance(value, list) else value


def is_unfinished(ledger: Ledger) -> bool:
    """Whether trials are missing that the plan asked for; a run that stops by precision may end early."""
    last = max((trial.round for trial in ledger.trials), default=-1)
    rounds = ledger.run.plan.rounds[: None if ledger.run.plan.precision is None else last + 1]
    asked = Counter(cell for cells in rounds for cell in cells)
    done = Counter(trial.cell for trial in ledger.trials)
    failed = {trial.cell for trial in ledger.trials if trial.reason is not None}
    return any(done[cell] < count and cell not in failed for cell, count in asked.items())


def _in_force(trial: Trial) -> Iterator[tuple[str, str]]:
    seen = asked_as(trial)
    yield from seen.items()
    witness = trial.timed[0].witness
    for name, value in sorted(witness.headers.items() if witness else ()):
        if name not in seen and name != "host":
            yield f"header {name}", value
    yield "default executor (threads)", str(trial.executor_size)
    if trial.sink_filesystem:
        yield "file system of the sink", trial.sink_filesystem
    yield from sorted(trial.parity.items())


def _median(values: tuple[float, ...]) -> float | None:
    return statistics.median(values) if values else None
