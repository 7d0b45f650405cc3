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

from harness.calibration.instrument_cost import WORKLOAD, in_harness
from harness.calibration.paired import Pass, Ratio, add_options, paired
from harness.locks import machine_lock
from harness.measure.machine import cpu_split
from harness.measure.planning.catalog import open_catalog
from harness.measure.server import running_server
from harness.session.console import to_errors

VARIANTS = ("thread_pool/requests_session", "thread_pool/requests_get", "gather/aiohttp_session/asyncio")
KINDS = ("dev-mode", "proxy", "netrc")
ENTRIES = 400


def main() -> None:
    """Measure every kind of surroundings and print the ratios; 1 means that nothing of it reaches what is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS, metavar="KIND")
    parser.add_argument("--variants", nargs="+", default=VARIANTS, metavar="VARIANT")
    add_options(parser, rounds=12, passes=12)
    options = parser.parse_args()
    found = []
    with machine_lock(to_errors().say), tempfile.TemporaryDirectory(prefix="fetchbench-") as folder:
        surroundings = kinds(Path(folder))
        for kind in options.kinds:
            for variant in options.variants:
                ratio = compared(variant, surroundings[kind], options)
                found.append({"kind": kind, "variant": variant} | ratio._asdict())
                if not options.json:
                    print(
                        f"{kind}: {variant}: time with / without = {ratio} over {options.rounds} rounds",
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


def compared(variant: str, variables: Mapping[str, str], options: argparse.Namespace) -> Ratio:
    """Time of the variant in these surroundings over its time without them."""
    catalog = open_catalog(sys.executable)
    client_cpus, server_cpus = cpu_split()
    draw = random.Random(options.seed)

    @contextmanager
    def opened() -> Iterator[tuple[Pass, Pass]]:
        run = {}
        with ExitStack() as stack:
            for has_variables in draw.sample((True, False), 2):  # who starts first may be quicker or slower
                with surrounded(variables if has_variables else {}):
                    server = stack.enter_context(running_server(cpus=server_cpus))
                    worker = in_harness(catalog, variant, server.register(WORKLOAD), client_cpus)
                    run[has_variables] = stack.enter_context(worker)
            yield run[True], run[False]

    return paired(opened, rounds=options.rounds, passes=options.passes, draw=draw)


@contextmanager
def surrounded(variables: Mapping[str, str]) -> Iterator[None]:
    """As if the user had started us with these variables."""
    with mock.patch.dict(os.environ, variables):
        yield
