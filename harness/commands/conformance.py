"""What each client does with each fault, each model with one bad image, and programs under limits of the machine."""

import argparse
import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import get_args

from harness.faults import FAULTS
from harness.files import refuse_unwritable, write_all
from harness.locks import machine_lock
from harness.measure.conformance.faulty import Terms, conducts
from harness.measure.conformance.limits import LIMITS, Endured, endured
from harness.measure.conformance.outcomes import Conduct, Scheme
from harness.measure.conformance.survival import Survival, survivals
from harness.measure.machine import cpu_split, fingerprint
from harness.measure.planning.catalog import Catalog
from harness.model import HERE, HarnessError
from harness.report.conformance.frames import conducts_frame, endured_frame, survivals_frame
from harness.report.conformance.render import conformance_html, conformance_md
from harness.report.conformance.sheets import headline, sheets
from harness.report.csvs import to_csv
from harness.session.console import Console, Result, add_script_options, kept, to_progress, to_result
from harness.session.exits import FAILED, FINE, NOTHING, USAGE
from harness.session.options import add_contender_options, add_results_option
from harness.session.recorded import dated_folder
from harness.session.sided import Ready, facts_of, ready_sides
from harness.session.sided_options import SIDE_HELP, add_cache_option
from harness.text import redacted_argument

TABLES = ("clients", "models", "limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """All that was seen so far."""

    conducts: list[Conduct] = field(default_factory=list)
    survivals: list[Survival] = field(default_factory=list)
    endured: list[Endured] = field(default_factory=list)

    @property
    def has_any(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.conducts or self.survivals or self.endured)

    @property
    def has_failed(self) -> bool:
        """Whether something broke that should not: a client that cannot fetch a good image, an answer that never came."""
        return any(conduct.outcome == "failed" for conduct in self.conducts)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``conformance``."""
    parser.add_argument(
        "--tables", nargs="+", choices=TABLES, default=list(TABLES), help="only these (default: all)"
    )
    parser.add_argument(
        "--clients",
        nargs="+",
        metavar="GLOB",
        default=["*"],
        help="only clients of such names (default: all)",
    )
    parser.add_argument(
        "--faults", nargs="+", choices=list(FAULTS), metavar="FAULT", default=list(FAULTS),
        help=f"only these (default: all): {', '.join(FAULTS)}",
    )  # fmt: skip
    parser.add_argument(
        "--schemes", nargs="+", choices=get_args(Scheme), default=list(get_args(Scheme)),
        help="over which the faults are played (default: both)",
    )  # fmt: skip
    parser.add_argument(
        "--limits", nargs="+", choices=list(LIMITS), metavar="LIMIT", default=list(LIMITS),
        help=f"only these (default: all): {', '.join(LIMITS)}",
    )  # fmt: skip
    parser.add_argument(
        "--side", action="append", default=[], metavar="SIDE", help=f"compare several; {SIDE_HELP}"
    )
    add_cache_option(parser)
    add_results_option(parser, "where the tables are kept")
    add_contender_options(parser)
    add_script_options(parser)


def run(options: argparse.Namespace) -> int:
    """Look at everything that was asked for; tables, page and CSV, even after Ctrl-C."""
    texts = {redacted_argument(text): text for text in options.side or [HERE]}
    if len(texts) < len(options.side):
        raise HarnessError("--side: two sides are the same; one is enough", exit_code=USAGE)
    console = to_progress(options)
    broken: dict[str, str] = {}
    sides = ready_sides(texts, options, console, broken)
    catalogs = {side.name: _chosen(side.catalog, options.clients) for side in sides}
    refuse_unwritable(options.results)
    found = _Found()
    with machine_lock(console.say), kept("what was seen is kept and told") as ending:
        _look(options, catalogs, found, console)
    code = ending.code or (FAILED if broken else FINE)
    if not found.has_any:
        if code:
            return code
        raise HarnessError("nothing was looked at: no client fits", exit_code=NOTHING)
    shown = {side.name: facts_of(side) for side in sides} if options.side else {}
    shown |= {name: {"failed": why} for name, why in broken.items()}
    folder = dated_folder(options.results / "conformance")
    _tell(folder, found, sides[0], shown, to_result(options))
    return code or (FAILED if found.has_failed else FINE)


def _chosen(catalog: Catalog, globs: Sequence[str]) -> Catalog:
    """Return the catalogue with clients of such names alone.

    Raises:
        HarnessError: exit code 2: a glob fits none.
    """
    names = [contender.name for contender in catalog.contenders if contender.axis == "client"]
    for glob in globs:
        if not fnmatch.filter(names, glob):
            raise HarnessError(
                f"--clients: {glob!r} fits no client; there are {', '.join(names)}", exit_code=USAGE
            )
    kept = {name for glob in globs for name in fnmatch.filter(names, glob)}
    return replace(
        catalog,
        contenders=tuple(
            contender
            for contender in catalog.contenders
            if contender.axis != "client" or contender.name in kept
        ),
        variants=tuple(variant for variant in catalog.variants if variant.client in kept),
    )


def _look(
    options: argparse.Namespace, catalogs: Mapping[str, Catalog], found: _Found, console: Console
) -> None:
    """Look at one thing after the other; what is found is kept at once."""
    if "clients" in options.tables:
        faults = list(dict.fromkeys(options.faults))
        for scheme in dict.fromkeys(options.schemes):
            for conduct in conducts(catalogs, faults, Terms(scheme=scheme)):
                found.conducts.append(conduct)
                console.say(f"{scheme} {conduct.fault}: {conduct.client}: {conduct.outcome}")
    if "models" in options.tables:
        for survival in survivals(catalogs):
            found.survivals.append(survival)
            told = survival.reason or f"{survival.least} of {survival.others} came"
            console.say(f"one bad image: {survival.model}: {told}")
    if "limits" in options.tables:
        for program in endured(catalogs, list(dict.fromkeys(options.limits))):
            found.endured.append(program)
            told = program.reason or f"{program.verified} of {program.images} came"
            console.say(f"{program.limit}: {program.client}: {told}")


def _versions(side: Ready) -> list[str]:
    """Of the packages that clients import."""
    found = {
        f"{name} {version}"
        for contender in side.catalog.contenders
        if contender.axis == "client"
        for name, version in contender.modules.items()
    }
    return sorted(found)


def _tell(
    folder: Path, found: _Found, first: Ready, sides: Mapping[str, Mapping[str, object]], result: Result
) -> None:
    """Write and print what was seen.

    Args:
        first: side, of which the machine's facts are told.
        sides: what each is, for people; empty where none was asked for.
    """
    frames = {
        "conformance.csv": conducts_frame(found.conducts),
        "models.csv": survivals_frame(found.survivals),
        "limits.csv": endured_frame(found.endured),
    }
    files = {name: to_csv(frame) for name, frame in frames.items() if not frame.empty}
    machine = fingerprint(first.catalog.interpreter, *cpu_split())
    facts = {name: machine[key] for name, key in (("Python", "python"), ("system", "kernel"))}
    facts["clients"] = ", ".join(_versions(first))
    shown = sheets(found.conducts, found.survivals, found.endured)
    said = headline(found.conducts)
    text = conformance_md(shown, said, facts, sides)
    result.console.say(text.decode())  # first: a disk that is full takes nothing of it away
    page = conformance_html(shown, said, facts, sides, list(files))
    write_all(folder, files | {"conformance.md": text, "conformance.html": page})
    result.console.say(f"written to {folder}; open {folder / 'conformance.html'}")
    result.tell({**asdict(found), "sides": sides, "folder": str(folder)})
