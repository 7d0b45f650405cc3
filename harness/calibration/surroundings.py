"""Does anything of the user's environment reach what is measured? A variant with it and without it, pass by pass in turn.

* ``dev-mode``: PYTHONDEVMODE, PYTHONASYNCIODEBUG.
* ``proxy``: HTTP_PROXY, HTTPS_PROXY and a NO_PROXY that names a network.
* ``netrc``: a ``~/.netrc`` of 400 entries and a default one, also by NETRC.

In each round both workers, and the server of each, are started anew; the ratio is paired by round.
``python -m harness.calibration surroundings``, or ``nox -s surroundings``.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import numpy as np

from harness.calibration.instrument_cost import WORKLOAD, in_harness, in_turn
from harness.locks import machine_lock
from harness.measure.machine import cpu_split
from harness.measure.planning.catalog import open_catalog
from harness.measure.server import running_server
from harness.session.console import to_errors
from harness.stats import kernels

VARIANTS = ("thread_pool/requests_session", "thread_pool/requests_get", "gather/aiohttp_session/asyncio")
KINDS = ("dev-mode", "proxy", "netrc")
ENTRIES = 400


def main() -> None:
    """Measure every kind of surroundings and print the ratios; 1 means that nothing of it reaches what is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12, help="for each kind and variant (default: 12)")
    parser.add_argument("--passes", type=int, default=12, help="of each in a round (default: 12)")
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS, metavar="KIND")
    parser.add_argument("--variants", nargs="+", default=VARIANTS, metavar="VARIANT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = []
    with machine_lock(to_errors().say), tempfile.TemporaryDirectory(prefix="fetchbench-") as folder:
        surroundings = kinds(Path(folder))
        for kind in options.kinds:
            for variant in options.variants:
                row = compared(
                    variant, surroundings[kind], options.rounds, options.passes, random.Random(options.seed)
                )
                found.append({"kind": kind, "variant": variant, **row})
                if not options.json:
                    print(
                        f"{kind}: {variant}: time with / without = {row['ratio']:.4f} "
                        f"[{row['low']:.4f}, {row['high']:.4f}] over {options.rounds} rounds",
                        flush=True,
                    )
    if options.json:
        print(json.dumps(found))


def kinds(folder: Path) -> dict[str, dict[str, str]]:
    """Name of the surroundings -> the variables that make them; a home is written below ``folder``."""
    netrc = folder / ".netrc"
    lines = [f"machine host{number}.example login somebody password nothing" for number in range(ENTRIES)]
    netrc.write_text("\n".join([*lines, "default login somebody password nothing", ""]), encoding="utf-8")
    netrc.chmod(0o600)
    proxy = "http://127.0.0.1:9"  # the discard port: whoever asks it fails
    return {
        "dev-mode": {"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1"},
        "proxy": {"HTTP_PROXY": proxy, "http_proxy": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": "10.0.0.0/8"},
        "netrc": {"HOME": str(folder), "NETRC": str(netrc)},
    }


def compared(
    variant: str, variables: Mapping[str, str], rounds: int, passes: int, draw: random.Random
) -> dict[str, float]:
    """Time of the variant in these surroundings over its time without them, with a 95 % interval."""
    catalog = open_catalog(sys.executable)
    client_cpus, server_cpus = cpu_split()
    logs = []
    for _ in range(rounds):
        with ExitStack() as stack:
            run = {}
            for has_variables in draw.sample((True, False), 2):  # who starts first may be quicker or slower
                with surrounded(variables if has_variables else {}):
                    server = stack.enter_context(running_server(cpus=server_cpus))
                    manifest = server.register(WORKLOAD)
                    run[has_variables] = stack.enter_context(
                        in_harness(catalog, variant, manifest, client_cpus)
                    )
            for warm_up in run.values():
                warm_up()
            pairs = [in_turn(run[True], run[False], first=draw.random() < 1 / 2) for _ in range(passes)]
        logs.append(np.mean([np.log(inside / outside) for inside, outside in pairs]))
    of = kernels.moments(np.array(logs))
    low, high = np.exp(kernels.interval(of, 0.95))
    return {"ratio": float(np.exp(of.mean)), "low": float(low), "high": float(high)}


@contextmanager
def surrounded(variables: Mapping[str, str]) -> Iterator[None]:
    """As if the user had started us with these variables."""
    with mock.patch.dict(os.environ, variables):
        yield
