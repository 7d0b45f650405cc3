"""What servers that are not ours will be asked, and the user's word that it may be sent."""

import argparse
import sys

from harness.model import HarnessError, Plan
from harness.report.units import metric
from harness.session.console import Console
from harness.session.exits import USAGE


def could_agree(options: argparse.Namespace) -> None:
    """Refuse before anything is sent, if nobody could say yes."""
    if not options.yes and not (sys.stdin and sys.stdin.isatty()):
        raise HarnessError(
            "--urls sends requests to servers that are not ours, and there is no terminal to ask at; say --yes",
            exit_code=USAGE,
        )


def agreed(
    plan: Plan, trials: int, hosts: int, options: argparse.Namespace, console: Console, *, looks: int = 0
) -> None:
    """Tell what will be sent, and go on only if the user wants it.

    Args:
        trials: that are to be measured.
        looks: how often each URL is fetched before.

    Raises:
        HarnessError: exit code 2: he does not.
    """
    for line in what_is_sent(plan, trials, hosts, looks):
        console.say(line)
    if options.yes:
        return
    console.say("Send them? [y/N]")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise HarnessError("nothing is measured, as you did not say yes", exit_code=USAGE)


def what_is_sent(plan: Plan, trials: int, hosts: int, looks: int = 0) -> list[str]:
    """What servers that are not ours will be asked, for people. Pure."""
    [workload] = plan.workloads
    size = sum(resource.size for resource in plan.resources)
    requests = sum(resource.requests for resource in plan.resources)
    passes = plan.rules.warmups + plan.rules.max_passes
    times = trials * passes + looks
    before = ", and once more before" if looks else ""
    return [
        f"about to send, to {hosts:,} {'host' if hosts == 1 else 'hosts'}, at most {workload.arrival.concurrency} at once:",
        f"  {requests * times:,} requests: {requests:,} a pass, {passes} passes in each of {trials:,} trials{before}",
        f"  {metric(size * times, 'bytes')}: {metric(size, 'bytes')} a pass",
    ]
