"""A workload of the command line's own: one option for each field, with the bounds and words of the schema."""

import argparse
from collections.abc import Mapping
from functools import partial
from typing import Any

from harness.model import HarnessError
from harness.schema import UNITS, Shares, Size, Time, bounds
from harness.session.exits import USAGE
from harness.workload import DEFAULTS, SPECS, TYPES, Workload, read

OWN = "own"
# Field -> its option. What the project decides has none.
OPTIONS: Mapping[str, str] = {
    name: f"--{spec.option or name.removesuffix('_s').replace('_', '-')}"
    for name, spec in SPECS.items()
    if not spec.is_fixed
}


# Unit of a field -> what stands for its value in the help.
METAVARS = {"bytes": "SIZE", "s": "TIME", "bits/s": "RATE", "share": "SHARE", "count": "N"}


def add_workload_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each field of a workload."""
    group = parser.add_argument_group(
        "a workload of your own",
        "instead of those of a suite, for the variants of the suite; any one will do",
    )
    for name, option in OPTIONS.items():
        kind: dict[str, Any] = (
            {"action": "store_true", "default": None}
            if TYPES[name] is bool
            else {"type": _mix if TYPES[name] is Shares else partial(read, name), "metavar": _metavar(name)}
        )
        group.add_argument(option, dest=name, **kind, help=_help(name))
    group.add_argument("--link", metavar="NAME", help="all that this link of the suite file has")


def _mix(text: str) -> Any:
    """The name of a mix, or what ``read`` makes of it."""
    return read("faults", text) if "=" in text else text


def own_workload(
    options: argparse.Namespace, links: Mapping[str, Mapping[str, Any]], mixes: Mapping[str, Shares]
) -> Workload | None:
    """The workload that the options ask for; None if none of them is given.

    Args:
        links: of the suite file, by name; likewise its mixes of faults.

    Raises:
        HarnessError: exit code 2: they ask for what cannot be, or a suite's workloads are named too.
    """
    given = given_fields(options)
    if options.link is not None and options.link not in links:
        raise HarnessError(
            f"--link: there is no link {options.link!r}; there are {', '.join(links)}", exit_code=USAGE
        )
    if not given and not options.link:
        return None
    if options.workloads:
        option = OPTIONS[next(iter(given))] if given else "--link"
        raise HarnessError(
            f"{option} makes a workload of your own; leave it out, or leave out --workloads", exit_code=USAGE
        )
    usual = {name: spec.usual for name, spec in SPECS.items() if spec.usual is not None}
    if isinstance(mix := given.get("faults"), str):
        if mix not in mixes:
            raise HarnessError(
                f"--faults: there is no mix {mix!r}; there are {', '.join(mixes)}", exit_code=USAGE
            )
        given["faults"] = mixes[mix]
    values = usual | dict(links[options.link] if options.link else {}) | given
    try:
        return Workload.of(f"{OWN}-{values['sink']}", **values)
    except ValueError as error:
        raise HarnessError(f"the workload of your own: {error}", exit_code=USAGE) from None


def given_fields(options: argparse.Namespace) -> dict[str, Any]:
    """Fields of a workload that the command line says."""
    asked = {name: getattr(options, name) for name in OPTIONS}
    return {name: value for name, value in asked.items() if value is not None}


def _metavar(name: str) -> str:
    if TYPES[name] is Shares:
        return "NAME|FAULT=SHARE[,...]"
    word = METAVARS.get(SPECS[name].unit or "", "WORD")
    return f"{word}[,...]" if TYPES[name] in {Size, Time} else word


def _help(name: str) -> str:
    spec = SPECS[name]
    usual = DEFAULTS[name] if spec.usual is None else spec.usual
    units = f" (units: {', '.join(UNITS[spec.unit])})" if spec.unit in UNITS and spec.unit != "share" else ""
    limits = "" if TYPES[name] is bool else f"; {bounds(TYPES[name], spec)}"
    said = (
        ""
        if usual is False or usual == ()
        else f" (default: {usual:,})"
        if isinstance(usual, int)
        else f" (default: {usual})"
    )
    return f"{spec.help}{limits}{units}{said}".replace("%", "%%")
