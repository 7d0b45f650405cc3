"""Gate a change: base against head in the same rounds on this machine; the exit code says if it got slower."""

import argparse
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness import ledger
from harness.files import write_all, write_whole
from harness.interrupts import interrupts
from harness.locks import machine_lock
from harness.measure.planning.plan import make_sided_plan
from harness.measure.planning.suite import GateFields, read_suite_file
from harness.model import Cell, HarnessError, Plan
from harness.outcomes import OUTCOMES
from harness.report.gate import actions, data, junit, summary, terminal
from harness.report.gate.record import Gate
from harness.session.console import Console, Result, add_script_options, to_errors, to_progress, to_result
from harness.session.exits import FAILED, FINE, INTERRUPTED, NOTHING, UNDECIDED
from harness.session.expected import allowances_of, read_expected
from harness.session.lineup import Lineup, chosen_variants, line_up, twins
from harness.session.options import positive, seed_from
from harness.session.recorded import command_line, dated_folder
from harness.session.sided import Ready, facts_of, measure_sides, package_changes, ready_sides
from harness.session.sided_options import SIDE_HELP, add_sided_options, gate_fields, margins_of, pairs_of
from harness.stats.expected import Allowance, told_apart, with_allowances
from harness.stats.gate import conclude, overall, skipped, under_suspicion
from harness.stats.judge import Finding, Pair, measured_in
from harness.stats.verdict import Margins

BASE, HEAD = "base", "head"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``gate``."""
    parser.add_argument("--base", required=True, metavar="SIDE", help=SIDE_HELP)
    parser.add_argument("--head", required=True, metavar="SIDE", help="the same, of what may have got slower")
    parser.add_argument(
        "--budget", type=positive, metavar="SECONDS", help="of measuring; it ends between two rounds"
    )
    parser.add_argument(
        "--expected",
        type=Path,
        metavar="FILE",
        help="TOML with changes that are expected: they are told, and fail nothing (docs/ci.md)",
    )
    add_sided_options(parser)
    add_script_options(parser)


class Budget:
    """Seconds of measuring, asked between two rounds.

    Args:
        seconds: in all.
        clock: monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends: float | None = None
        self.is_spent = False

    def is_over(self, _number: int) -> bool:
        """Whether no further round may begin; time counts from the first question on."""
        if self._ends is None:
            self._ends = self._clock() + self._seconds
        self.is_spent = self.is_spent or self._clock() >= self._ends
        return self.is_spent


@dataclass(slots=True, kw_only=True)
class Progress:
    """What a gate has so far: it is reported even if the gate breaks off."""

    fields: GateFields | None = None
    margins: Margins = field(default_factory=Margins)
    allowances: Mapping[Pair, Allowance] = field(default_factory=dict)
    sides: tuple[Ready, ...] = ()
    lineup: Lineup | None = None
    suspects: tuple[Pair, ...] = ()
    budget: Budget | None = None


def run(options: argparse.Namespace) -> int:
    """Measure both sides, judge, and tell everyone, even after an interrupt or a failure."""
    code = INTERRUPTED
    with (
        suppress(KeyboardInterrupt),
        interrupts.held(),
    ):  # one that comes while all is told would only spoil that
        code = _gate(options)
    return code


def _gate(options: argparse.Namespace) -> int:
    console = to_progress(options)
    created_at = time.time()
    folder = dated_folder(options.results / "gates")
    progress = Progress()
    code, reason = FINE, None
    with (
        ExitStack() as lock
    ):  # from the first trial until all is written: judging would slow another run down
        try:
            with interrupts.let_through():
                _measure(options, console, folder, progress, lock)
        except KeyboardInterrupt:
            code, reason = INTERRUPTED, "interrupted; what was measured is kept"
        except HarnessError as error:
            code, reason = error.exit_code, str(error)
        except OSError as error:
            code, reason = FAILED, str(error)
        gate = _judged(folder, progress, created_at, code, reason)
        tell(folder, gate, to_result(options), to_errors(), os.environ)
    return gate.exit_code


def _measure(
    options: argparse.Namespace, console: Console, folder: Path, progress: Progress, lock: ExitStack
) -> None:
    """Screen all cells, then measure those under suspicion in fresh rounds."""
    file = read_suite_file(options.suite_file)
    progress.fields = fields = gate_fields(file, options)
    asked = [file.workload(name) for name in dict.fromkeys(fields.workloads)]
    changes = read_expected(options.expected)
    sides = ready_sides({BASE: options.base, HEAD: options.head}, options, console)
    progress.sides = sides
    progress.lineup = lineup = line_up(sides, fields.variants, asked, options)
    progress.margins = margins_of(fields, (head for _, head in lineup.groups))
    pairs, packages = pairs_of(lineup.groups, fields), sides[-1].catalog.packages
    progress.allowances = allowances_of(changes, pairs, packages, console.say)
    if twins(sides, lineup.groups):
        console.print(
            "both sides measure the same variants with the same Python, packages and sources: the noise alone (A/A)"
        )
    if not lineup.groups:
        return
    seed = seed_from(options)
    progress.budget = budget = Budget(fields.budget_s, time.monotonic)

    def plan(stage: str, groups: Sequence[tuple[Cell, ...]], rounds: int) -> Plan:
        return make_sided_plan(
            suite=f"gate-{stage}",
            baseline=groups[0][0].variant,
            seed=seed + (stage == "decide"),
            rules=replace(file.rules, trial_s=fields.trial_s),
            workloads=[
                workload for workload in asked if any(group[0].workload == workload.name for group in groups)
            ],
            variants=chosen_variants(sides, groups),
            groups=groups,
            rounds=rounds,
        )

    def measure(stage: str, groups: Sequence[tuple[Cell, ...]], rounds: int) -> None:
        made = plan(stage, groups, rounds)
        measure_sides(
            console, folder / stage, options.results, made, sides, cache=options.cache, is_over=budget.is_over
        )

    lock.enter_context(machine_lock(console.say))
    measure("screen", lineup.groups, fields.screen_rounds)
    progress.suspects = suspects = _suspects(folder, lineup, fields, progress)
    if suspects and not budget.is_over(0):
        groups = list(dict.fromkeys((pair.base, pair.head) for pair in suspects))
        console.print(f"{len(groups)} of {len(lineup.groups)} cells need fresh rounds, which decide")
        measure("decide", groups, fields.decide_rounds)


def _suspects(folder: Path, lineup: Lineup, fields: GateFields, progress: Progress) -> tuple[Pair, ...]:
    screen = measured_in(ledger.read(folder / "screen"))
    margins = with_allowances(progress.margins, progress.allowances)
    return under_suspicion(pairs_of(lineup.groups, fields), screen, margins)


def _findings(folder: Path, progress: Progress, reason: str | None) -> tuple[list[Finding], list[str]]:
    """What can be said of each pair, and what made the host unfit in the rounds that decide."""
    lineup, fields = progress.lineup, progress.fields
    if lineup is None or fields is None:
        return [], []
    found = [
        skipped(
            pair,
            obstacle.reason,
            head_is_broken=obstacle.side == HEAD and obstacle.is_broken,
            is_anywhere=group not in lineup.nowhere,
        )
        for group, obstacle in lineup.left_out.items()
        for pair in pairs_of([group], fields)
    ]
    if not (folder / "screen" / "run.json").exists():
        return found, []
    screen = measured_in(ledger.read(folder / "screen"))
    has_decided = (folder / "decide" / "run.json").exists()
    decide = measured_in(ledger.read(folder / "decide")) if has_decided else None
    pairs, margins = pairs_of(lineup.groups, fields), with_allowances(progress.margins, progress.allowances)
    concluded = conclude(
        pairs,
        screen,
        decide,
        suspects=progress.suspects or under_suspicion(pairs, screen, margins),
        margins=margins,
        check=ledger.read_run(folder / "screen").selfcheck,
        short=_why_short(progress, reason),
    )
    stages = {"screen": screen} | ({"decide": decide} if decide else {})
    found += told_apart(concluded, progress.allowances, stages, progress.margins)
    notes = [disturbance.note for disturbance in (decide or screen).disturbances]
    return found, [f"{note.text}; {note.advice}" for note in notes]


def _why_short(progress: Progress, reason: str | None) -> str | None:
    if reason:
        return reason
    if progress.budget and progress.budget.is_spent and progress.fields:
        return f"the budget of {progress.fields.budget_s:g} s was used up"
    return None


def _judged(folder: Path, progress: Progress, created_at: float, code: int, reason: str | None) -> Gate:
    """Make the record that all outputs are made from."""
    findings, notes = _findings(folder, progress, reason)
    word = overall(findings)
    gate = Gate(
        id=folder.name,
        created_at=created_at,
        command=command_line(),
        exit_code=OUTCOMES[word].exit_code,
        word=word,
        reason=_why_short(progress, reason) if reason or word == "inconclusive" else None,
        margin=progress.fields.margin if progress.fields else None,
        margins=_asked_margins(progress.fields),
        sides={side.name: facts_of(side) for side in progress.sides},
        packages=package_changes(progress.sides),
        is_same=progress.lineup is not None and bool(twins(progress.sides, progress.lineup.groups)),
        findings=findings,
        host_notes=notes,
        runs=[stage for stage in ("screen", "decide") if (folder / stage).exists()],
    )
    if code == INTERRUPTED:
        return replace(gate, exit_code=code, word="interrupted")
    if code == NOTHING:
        return replace(gate, exit_code=code, word="nothing measured")
    return replace(gate, exit_code=code, word="failed") if code else gate


def _asked_margins(fields: GateFields | None) -> dict[str, float]:
    return {key: fields.margins.get(key, fields.margin) for key in fields.metrics} if fields else {}


def tell(folder: Path, gate: Gate, result: Result, errors: Console, environ: Mapping[str, str]) -> None:
    """Write the files, print the table, and tell GitHub where it listens."""
    write_whole(folder / "verdict.json", data.verdict_json(gate))  # first: it must be there whatever comes
    text = summary.gate_md(gate)
    files = {
        "gate.md": text,
        "junit.xml": junit.junit_xml(gate),
        "gate.html": summary.gate_html(gate),
        "effects.csv": data.effects_csv(gate),
    }
    write_all(folder, files)
    if gate.findings:
        terminal.print_gate(result.console, gate)
    if gate.reason and gate.exit_code not in {FINE, UNDECIDED}:
        errors.say(f"fetchbench: {gate.reason}")
    result.console.say(f"written to {folder}")
    result.tell(data.verdict(gate) | {"folder": str(folder)})
    if environ.get("GITHUB_ACTIONS"):
        for line in actions.annotations(gate):
            result.console.say(line)
        if place := environ.get("GITHUB_STEP_SUMMARY"):
            _append(Path(place), text)


def _append(path: Path, text: bytes) -> None:
    try:
        with path.open("ab") as file:
            file.write(actions.step_summary(text, file.tell()))
    except OSError as error:
        raise HarnessError(f"cannot write the step summary {path}: {error.strerror}") from None
