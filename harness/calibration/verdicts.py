"""Do the verdicts say what is true? Known truths on the real server, each run judged on rounds of its own.

* ``aa``: families of twins of one variant: none may be called regressed or improved.
* ``planted``: slow-downs of the client: how often each is called regressed within a time.
* ``server``: a slow-down of the server in every other run: the ratios stay at 1.
* ``burner``: another process on the client's CPU in half of the rounds: inconclusive, never regressed.
* ``costs``: clients that take more CPU or memory and no longer: found by that metric alone.
* ``side-by-side``: the same cases by pytest-benchmark, run after run.

``python -m harness.calibration verdicts planted``, or ``nox -s verdicts -- planted``.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.calibration import costs, side_by_side
from harness.calibration.judging import judged, summary
from harness.calibration.testbed import Round, Testbed, add_options, burning, opened, within
from harness.locks import machine_lock
from harness.session.console import to_errors

MOST_ROUNDS = 1_000
LATENCY_S = 0.002  # of the slow server: about a fifth more per pass of the self-check's workload


def main() -> None:
    """Run one proof and print what it counted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest="proof", required=True)
    for name, add in PROOFS.items():
        add(commands.add_parser(name))
    for command in commands.choices.values():
        add_options(command)
    options = parser.parse_args()
    began = time.monotonic()
    with machine_lock(to_errors().say):
        found = options.run(options)
    found["seconds"] = round(time.monotonic() - began, 1)
    found["options"] = {
        name: value for name, value in vars(options).items() if isinstance(value, (int, float, str, list))
    }
    print(json.dumps(found) if options.json else "\n".join(_lines(found)))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    """One line per fact; the single verdicts are for ``--json``."""
    for name, value in found.items():
        if name == "table":
            yield value
        elif name != "runs":
            yield f"{name}: {json.dumps(value, ensure_ascii=False)}"


def _aa(options: argparse.Namespace) -> dict[str, Any]:
    twins = [f"twin_{number}" for number in range(1, options.twins + 1)]
    runs = []
    with opened(options, dict.fromkeys(twins, 0.0)) as testbed:
        for number in range(options.families):
            rounds = list(testbed.rounds(twins, options.rounds, seed=options.seed + number))
            runs.append(judged(testbed, rounds, margin=options.margin))
            _progress(number + 1, options.families, runs[-1])
    return summary(runs) | {"families": options.families, "twins": options.twins, "runs": runs}


def _planted(options: argparse.Namespace) -> dict[str, Any]:
    """The heads of a run share the baseline's trials; each is judged alone, on the rounds within its own seconds.

    The seconds count everything, the trials of the other heads too: a pair alone would take less.
    """
    seconds_of = dict(zip(options.slowdowns, options.seconds, strict=True))
    heads = {f"head_{round(1000 * share)}": share for share in seconds_of}
    runs: dict[float, list[dict[str, Any]]] = {share: [] for share in seconds_of}
    with opened(options, heads) as testbed:
        for number in range(options.runs):
            rounds = list(
                within(
                    testbed.rounds(list(heads), options.rounds, options.seed + number), max(options.seconds)
                )
            )
            for client, share in heads.items():
                pair = {testbed.baseline, testbed.variants[client].id}
                mine = [
                    replace(
                        round_, trials=tuple(trial for trial in round_.trials if trial.cell.variant in pair)
                    )
                    for round_ in within(rounds, seconds_of[share])
                ]
                runs[share].append(judged(testbed, mine, margin=options.margin))
                _progress(number + 1, options.runs, runs[share][-1])
    return {
        f"+{100 * share:g} % within {seconds_of[share]:g} s": summary(of_share)
        for share, of_share in runs.items()
    } | {"runs": {str(share): of_share for share, of_share in runs.items()}}


def _server(options: argparse.Namespace) -> dict[str, Any]:
    twins = [f"twin_{number}" for number in range(1, options.twins + 1)]
    runs: dict[str, list[dict[str, Any]]] = {"as it is": [], "slowed": []}
    times: dict[str, list[float]] = {name: [] for name in runs}
    with opened(options, dict.fromkeys(twins, 0.0)) as testbed:
        slow = testbed.workload.but(name=f"{testbed.workload.name}-slowed", latency_s=LATENCY_S)
        for number in range(options.runs):
            name = ("as it is", "slowed")[number % 2]
            rounds = list(
                testbed.rounds(
                    twins, options.rounds, options.seed + number, workload=slow if number % 2 else None
                )
            )
            runs[name].append(judged(testbed, rounds, margin=options.margin))
            times[name] += [
                math.log(pass_.wall_s)
                for round_ in rounds
                for trial in round_.trials
                for pass_ in trial.timed
            ]
            _progress(number + 1, options.runs, runs[name][-1])
    mean = {name: sum(logs) / len(logs) for name, logs in times.items()}
    return {
        "slowed passes take longer by a factor of": round(math.exp(mean["slowed"] - mean["as it is"]), 3),
        **{name: summary(of_name) for name, of_name in runs.items()},
        "runs": runs,
    }


def _burner(options: argparse.Namespace) -> dict[str, Any]:
    heads = {"twin": 0.0, "head_100": 0.1}
    runs = []
    with opened(options, heads) as testbed:
        for number in range(options.runs):
            rounds = list(_half_burnt(testbed, list(heads), options.rounds, options.seed + number))
            runs.append(judged(testbed, rounds, margin=options.margin))
            _progress(number + 1, options.runs, runs[-1])
    return summary(runs) | {"runs": runs}


def _half_burnt(testbed: Testbed, heads: list[str], count: int, seed: int) -> Iterator[Round]:
    """Rounds of which the second half share the client's CPU with a process that never rests."""
    rounds = testbed.rounds(heads, count, seed)
    for _ in range(count // 2):
        yield next(rounds)
    with burning():
        yield from rounds


def _progress(done: int, total: int, run: dict[str, Any]) -> None:
    """What a run said and why, so that a series cut short still tells what it saw."""
    said = ", ".join(
        f"{verdict['call']} {verdict['ratio']:.3f} [{verdict['low']:.3f}, {verdict['high']:.3f}]"
        if verdict["low"] is not None
        else verdict["call"]
        for verdict in run["verdicts"]
    )
    host = f", host unfit: {', '.join(run['host'])}" if run["host"] else ""
    print(
        f"[{done}/{total}] {said} ({run['rounds']} rounds, {run['seconds']} s, steal {run['steal']:.1%}{host})",
        file=sys.stderr,
        flush=True,
    )


def _add(run: Any, **defaults: int) -> Any:
    """How a proof adds its options: the counts that it takes, and what it runs."""

    def add(parser: argparse.ArgumentParser) -> None:
        parser.set_defaults(run=run)
        parser.add_argument("--margin", type=float, default=0.02)
        for name, value in defaults.items():
            parser.add_argument(f"--{name}", type=int, default=value, help=f"default: {value}")

    return add


def _add_planted(parser: argparse.ArgumentParser) -> None:
    _add(_planted, runs=20, rounds=MOST_ROUNDS)(parser)
    parser.add_argument("--slowdowns", type=float, nargs="+", default=[0.05, 0.10])
    parser.add_argument("--seconds", type=float, nargs="+", default=[90.0, 45.0], help="one per slow-down")


def _add_side_by_side(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=side_by_side.compare)
    side_by_side.add_options(parser)


PROOFS = {
    "aa": _add(_aa, families=40, twins=6, rounds=6),
    "planted": _add_planted,
    "server": _add(_server, runs=10, twins=3, rounds=12),
    "burner": _add(_burner, runs=6, rounds=12),
    "costs": costs.add_options,
    "side-by-side": _add_side_by_side,
}
