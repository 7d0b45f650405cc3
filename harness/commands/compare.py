"""Compare two recorded runs. Unlike machines or packages are refused; to decide on a change, use ``gate``."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import ledger
from harness.commands.bench import share
from harness.commands.console import to_output
from harness.commands.exits import FAILED, FINE, NOTHING, REGRESSED, UNDECIDED, USAGE
from harness.commands.recorded import add_results_option, run_folder
from harness.files import write_whole
from harness.ledger import Ledger
from harness.model import HERE, Cell, HarnessError

if TYPE_CHECKING:  # scipy is slow to load, and a refusal needs none of it
    from harness.stats.unpaired import Comparison

NAME = "compare"
HELP = "compare two recorded runs of like machines"
JUDGED = {"improved", "equivalent", "inconclusive"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``compare``."""
    parser.add_argument("base", metavar="BASE_RUN", help="folder or id of a run")
    parser.add_argument("head", metavar="HEAD_RUN", help="folder or id of the run that is judged")
    parser.add_argument(
        "--margin",
        type=share,
        default=0.05,
        metavar="P",
        help="changes up to this are of no interest (default: 5%%)",
    )
    parser.add_argument(
        "--force", action="store_true", help="show unlike runs side by side, every row marked not comparable"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="for compare.csv and compare.md (default: the head run's folder)",
    )
    add_results_option(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, write, print; the exit code says what was found."""
    folder = run_folder(options.head, options.results)
    base, head = ledger.read(run_folder(options.base, options.results)), ledger.read(folder)
    if base.run.id == head.run.id:
        raise HarnessError(f"{base.run.id} is compared with itself: give two runs", exit_code=USAGE)
    differing = list(dict.fromkeys(_unlike_sides(base, head)))
    if differing and not options.force:
        raise HarnessError(
            f"{base.run.id} and {head.run.id} are not comparable: {'; '.join(differing)} "
            "(--force shows them side by side without a verdict)",
            exit_code=UNDECIDED,
        )
    rows = judged(base, head, options.margin, "; ".join(differing))
    from harness.report.compare import Compared, compare_csv, compare_md, print_compare  # noqa: PLC0415 - pandas

    compared = Compared(
        base=base.run.id, head=head.run.id, notes=list(_notes(base, head, differing)), rows=rows
    )
    place = options.out or folder
    write_whole(place / "compare.csv", compare_csv(compared))
    write_whole(place / "compare.md", compare_md(compared))
    console = to_output()
    print_compare(console, compared)
    console.print(f"written to {place}", markup=False, highlight=False, soft_wrap=True)
    return exit_code(rows)


def _unlike_sides(base: Ledger, head: Ledger) -> Iterator[str]:
    """In what the machine, the Python or the packages differ, on any side that both runs have."""
    there, here = ({cell.side for cell in book.run.plan.cells} for book in (base, head))
    for side in sorted(there & here) or [HERE]:
        yield from differences(base.run.on(side), head.run.on(side))


def differences(base: Mapping[str, Any], head: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The keys in which two fingerprints differ, with both values; inner keys are joined with a dot."""
    for key in sorted(base.keys() | head.keys()):
        one, other = base.get(key, "absent"), head.get(key, "absent")
        if isinstance(one, Mapping) or isinstance(other, Mapping):
            there, here = (found if isinstance(found, Mapping) else {} for found in (one, other))
            yield from differences(there, here, f"{prefix}{key}.")
        elif one != other:
            yield f"{prefix}{key}: {one} against {other}"


def judged(base: Ledger, head: Ledger, margin: float, unlike: str) -> "tuple[Comparison, ...]":
    """Every cell of either run, compared.

    Args:
        base: the run that is referred to; ``head`` the one that is judged.
        margin: as a share.
        unlike: in what the machines differ; "" if in nothing.
    """
    from harness.stats.sample import timings  # noqa: PLC0415 - scipy is slow to load
    from harness.stats.unpaired import compare  # noqa: PLC0415

    checks = [one.run.selfcheck for one in (base, head) if one.run.selfcheck]
    samples = timings(base.trials), timings(head.trials)
    cells = samples[0].keys() | samples[1].keys()
    differing = _unlike_workloads(base, head)
    return compare(
        *samples,
        margin=margin,
        check=max(checks, key=lambda one: one.aa_half_width, default=None),
        objections=_objections(base, head, cells, margin),
        unlike={cell: text for cell in cells if (text := unlike or differing.get(cell.workload))},
    )


def exit_code(rows: "tuple[Comparison, ...]") -> int:
    """The gravest of what was found."""
    calls = {one.call for one in rows}
    if "regressed" in calls:
        return REGRESSED
    if any(one.call == "failed" and (one.reason or "").startswith("head") for one in rows):
        return FAILED
    if not calls & (JUDGED | {"failed", "not comparable"}):
        return NOTHING
    # A cell that failed in the base, or is in one run alone, was not compared: as in a gate, nothing is excluded.
    if calls - JUDGED or any(one.blocks for one in rows):
        return UNDECIDED
    return FINE


def _unlike_workloads(base: Ledger, head: Ledger) -> dict[str, str]:
    """Workload -> why its two runs asked for different things."""
    there = {one.name: one for one in base.run.plan.workloads}
    return {
        one.name: f"the workload differs: {there[one.name]} against {one}"
        for one in head.run.plan.workloads
        if one.name in there and there[one.name] != one
    }


def _objections(base: Ledger, head: Ledger, cells: "set[Cell]", margin: float) -> dict[Cell, str]:
    """Cell -> what speaks against judging it: an unfit host, a host that changed between the runs, an invalid cell."""
    from harness.stats.fitness import host_notes  # noqa: PLC0415 - scipy is slow to load
    from harness.stats.sample import objection  # noqa: PLC0415
    from harness.stats.validity import cell_notes  # noqa: PLC0415

    found: dict[Cell, str] = {}
    for name, book in (("base", base), ("head", head)):
        for cell, notes in cell_notes(book.trials, book.run.plan.workloads, book.ceilings).items():
            if (text := objection(notes)) is not None:
                found[cell] = f"{name}: {text}"
        if (text := objection(host_notes(book.sentinels))) is not None:
            found |= dict.fromkeys(cells, f"noisy host ({name}): {text}")
    if (text := _moved_host(base, head, margin)) is not None:
        found |= dict.fromkeys(cells, text)
    return found


def _moved_host(base: Ledger, head: Ledger, margin: float) -> str | None:
    """Why the host itself was another one: the same fixed work took surely more or less time than the margin allows."""
    from statistics import median  # noqa: PLC0415

    from harness.stats.unpaired import difference  # noqa: PLC0415 - scipy is slow to load

    for work, times in (("CPU loop", "cpu_s"), ("loopback echo", "echo_s")):
        there, here = ([median(getattr(one, times)) for one in book.sentinels] for book in (base, head))
        if not there or not here:
            continue
        interval = difference(there, here).interval
        if interval and (interval.low > 1 + margin or interval.high < 1 / (1 + margin)):
            return (
                f"the host changed: its fixed {work} took {interval.low:.2f} to {interval.high:.2f} times as long "
                "in the head run"
            )
    return None


def _notes(base: Ledger, head: Ledger, differing: list[str]) -> Iterator[str]:
    yield from (f"unlike: {one}" for one in differing)
    if base.run.plan.rules != head.run.plan.rules:
        yield "the rules of a trial differ between the runs (warm-ups, length or passes)"
    for name, book in (("base", base), ("head", head)):
        if book.cut:
            yield f"the last line of the {name} run's ledger was cut; it is left out"
