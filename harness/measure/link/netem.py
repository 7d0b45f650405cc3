"""The line by the kernel's own means: a veth pair with a netem queue at either end, by iproute2's ``ip`` and ``tc``."""

import json
import math
import subprocess
from typing import Any

from harness.link import MOST_BITS_PER_S, Link
from harness.measure.link.devices import MTU, NAME
from harness.measure.link.namespaces import Namespace
from harness.measure.link.pacing import BITS, QUEUE_S


def make_veth(client: Namespace, server: Namespace, *, in_bundles: bool) -> None:
    """Make the pair, an end in each namespace, both of one hardware address: so neither has to ask for the other's.

    Args:
        in_bundles: whether several packets of a connection may be handed over as one, as by a network card.

    Raises:
        OSError: it cannot be had; the message says why.
    """
    end = ["name", NAME, "address", "02:00:00:00:00:01", *([] if in_bundles else ["gso_max_segs", "1"])]
    with client.entered():
        _run("ip", "link", "add", *end, "type", "veth", "peer", *end, "netns", server.path)


def delay(here: Namespace, link: Link, bits_per_s: float) -> None:
    """Have what leaves this namespace delayed, paced and lost as asked.

    Raises:
        OSError: the kernel has no netem, or ``tc`` is missing.
    """
    with here.entered():
        _run("tc", "qdisc", "add", "dev", NAME, "root", "netem", *options(link, bits_per_s))


def options(link: Link, bits_per_s: float) -> list[str]:
    """What netem is asked for in one direction (tc-netem(8)). Pure.

    Without a rate it would let packets overtake each other by jitter, so there always is one.
    """
    delay_s, jitter_s = link.round_trip_s / 2, link.jitter_s / 2
    rate = bits_per_s or MOST_BITS_PER_S
    queued = math.ceil((delay_s + jitter_s + QUEUE_S) * rate / BITS / MTU) + 1
    found = ["limit", str(queued), "delay", f"{delay_s * 1e6:.0f}us"]
    found += [f"{jitter_s * 1e6:.0f}us"] if jitter_s else []
    found += ["rate", f"{rate:.0f}bit"]
    return found + (["loss", "random", f"{link.loss:.6%}"] if link.loss else [])


def seen(here: Namespace) -> dict[str, Any]:
    """What has left this namespace since the line was made: packets, bytes and drops; the kernel keeps the times."""
    with here.entered():
        [queue] = json.loads(_run("tc", "-s", "-j", "qdisc", "show", "dev", NAME))
    return {"packets": queue["packets"], "bytes": queue["bytes"], "dropped": queue["drops"]}


def _run(*command: str) -> str:
    """Run a program of iproute2.

    Raises:
        OSError: it is missing or says no; the message is one line.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise OSError(f"{command[0]}: {said[0]}")
    return done.stdout
