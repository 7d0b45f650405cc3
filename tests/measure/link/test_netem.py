"""What netem is asked for, typed by hand, and the pair of devices below it; that it delays is seen in test_line."""

import json
import shutil
import subprocess
import sys

import pytest

from harness.link import Link
from harness.measure.link import netem
from harness.measure.link.__main__ import bring_up
from harness.measure.link.namespaces import Namespace, become_capable
from harness.measure.link.netem import options
from harness.measure.processes.launch import ROOT
from tests.measure.link.ends import trips


@pytest.mark.parametrize(
    ("link", "bits_per_s", "asked"),
    [
        (Link(round_trip_s=0.02), 12e6, "limit 261 delay 10000us rate 12000000bit"),
        (
            Link(round_trip_s=0.001, jitter_s=0.0005, loss=0.015),
            12e6,
            "limit 252 delay 500us 250us rate 12000000bit loss random 1.500000%",
        ),
        (Link(round_trip_s=0.0), 0.0, "limit 208335 delay 0us rate 10000000000bit"),
    ],
)
def test_a_link_in_the_words_of_netem(link: Link, bits_per_s: float, asked: str) -> None:
    assert " ".join(options(link, bits_per_s)) == asked


def test_the_pair_carries_packets_to_any_host_and_counts_them_also_with_another_queue() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.measure.link.test_netem"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "OSError" in done.stderr or "PermissionError" in done.stderr:
        pytest.skip(f"no pair of devices can be had here: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["trips"]) == 6
    assert found["up"]["packets"] >= 5 + 2
    assert found["down"]["packets"] >= 5 + 1
    assert found["up"]["bytes"] > found["up"]["packets"] * 50
    assert (found["up"]["dropped"], found["down"]["dropped"]) == (0, 0)


def _with_another_queue() -> dict[str, object]:
    """The line of netem but for netem itself; run in a process of its own, which it takes to another network."""
    nsenter, tc = (shutil.which(name) or name for name in ("nsenter", "tc"))
    become_capable()
    with Namespace() as client, Namespace() as server:
        netem.make_veth(client, server, in_bundles=False)
        for here in (client, server):
            with here.entered():
                subprocess.run([tc, "qdisc", "add", "dev", "line", "root", "pfifo"], check=True)
        bring_up(client, server)
        near, far = ([nsenter, f"--net={here.path}", "--"] for here in (client, server))
        found = trips(near, far, "198.19.0.77")
        return {"trips": found, "up": netem.seen(client), "down": netem.seen(server)}


if __name__ == "__main__":
    print(json.dumps(_with_another_queue()))  # noqa: T201
