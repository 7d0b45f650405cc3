"""Measuring on servers that are not ours: a first look at a list of URLs, and the plan that follows."""

import argparse
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from harness.measure.remote.fetch import Fetched, Fetcher
from harness.measure.remote.hop import FetchError
from harness.measure.remote.pauses import MOST_PAUSES, fetch_patiently
from harness.measure.remote.profile import distribution
from harness.measure.remote.urls import UrlList, read_urls, shown
from harness.metrics import RECEIVED, REQUESTS, SERVER_CPU
from harness.model import HarnessError, Plan, Resource, Run, TrialRules
from harness.session.consent import agreed, could_agree
from harness.session.console import Console
from harness.session.exits import USAGE
from harness.session.options import positive
from harness.session.workload_options import OPTIONS, given_fields
from harness.text import REDACTED, redacted
from harness.workload import MOST_BYTES, SPECS, Workload

MOST_AT_ONCE = 8
MOST_ROUNDS = 6  # the fewest of which a verdict can be made
MOST_REQUESTS = 20_000
LOOKS = 2
MINE = frozenset({"concurrency", "sink"})  # fields of a workload that a list of URLs leaves open
NAMED_HOSTS = 3  # enough to know the list by
LONGEST_NAME = 255


def add_remote_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--urls`` and what goes with it."""
    group = parser.add_argument_group(
        "servers that are not ours",
        f"{OPTIONS['concurrency']} ({MOST_AT_ONCE} here) and {OPTIONS['sink']} go with it",
    )
    add_url_options(group)
    group.add_argument("--yes", action="store_true", help="send without asking")
    group.add_argument(
        "--most-requests",
        type=positive,
        metavar="N",
        help=f"of the whole run: only so many rounds as fit are measured (default: {MOST_REQUESTS:,})",
    )


def add_url_options(group: "argparse._ActionsContainer", *, is_needed: bool = False) -> None:
    """Add ``--urls`` and ``--follow``."""
    group.add_argument(
        "--urls",
        type=Path,
        metavar="FILE",
        required=is_needed,
        help="one URL a line, comments after #; - is standard input. Nothing else is asked",
    )
    group.add_argument(
        "--follow", action="store_true", help="follow redirects to hosts that none of the URLs names"
    )


def refuse_without_urls(options: argparse.Namespace) -> None:
    """Refuse what has a meaning with ``--urls`` alone."""
    given = [name for name in ("yes", "follow", "most_requests") if getattr(options, name)]
    if given:
        raise HarnessError(f"--{given[0].replace('_', '-')} goes with --urls", exit_code=USAGE)


def remote_plan(
    options: argparse.Namespace, rules: TrialRules, rounds: int, make: Callable[..., Plan], console: Console
) -> Plan:
    """Look at what the URLs give, tell what will be sent, ask, and make the plan.

    Args:
        rules: of the suite; here one pass is timed in each trial.
        rounds: of the suite, of which no more than a few are measured unless ``--rounds`` says so.
        make: the plan of these ``rules``, ``workloads``, ``rounds`` and ``resources``.

    Raises:
        HarnessError: exit code 2: a URL cannot be measured, more would be sent than may be, or the user does not want it.
    """
    _refuse_what_is_fixed(options)
    listed = read_urls(options.urls)
    could_agree(options)
    asked = given_fields(options)
    if asked.get("sink") == "disk":
        _have_names(listed)
    say_what_is_left_out(listed, console)
    hosts = ", ".join([*listed.hosts[:NAMED_HOSTS], *(["..."] if listed.hosts[NAMED_HOSTS:] else [])])
    urls = "1 URL" if len(listed.urls) == 1 else f"{len(listed.urls):,} URLs, one after the other"
    most = options.most_requests or MOST_REQUESTS
    fitting_rounds(len(listed.urls), 1, 1, most)  # if one variant alone is too much, nobody is asked
    console.say(f"looking at {urls}: {hosts}")
    resources = look(listed, console, follow=options.follow)
    rules = replace(rules, warmups=1, max_passes=1)
    workload = workload_of(listed, resources, asked)
    make = partial(make, rules=rules, workloads=[workload], resources=resources)
    cells = len(make(rounds=1).cells)
    asked_rounds = rounds if options.rounds or options.precision else min(rounds, MOST_ROUNDS)
    fitting = fitting_rounds(sum(each.requests for each in resources), cells, asked_rounds, most)
    if fitting < asked_rounds:
        console.say(f"{fitting} of {asked_rounds} rounds fit into --most-requests")
    plan = make(rounds=fitting)
    agreed(plan, cells * fitting, len(listed.hosts), options, console, looks=1)
    _are_steady(listed, resources, look(listed, console, follow=options.follow))
    return plan


def resumed_resources(
    run: Run, trials: int, options: argparse.Namespace, console: Console
) -> Sequence[Resource]:
    """The resources of a run that goes on, with the URLs as they are; () where the server is ours.

    Args:
        trials: how many are measured already.

    Raises:
        HarnessError: exit code 2: the list is needed and missing, or is another; or the user does not want it.
    """
    recorded = run.plan.resources
    is_hidden = any(REDACTED in resource.url for resource in recorded)
    if options.urls and not is_hidden:
        raise HarnessError("--resume continues the recorded plan; leave out --urls", exit_code=USAGE)
    if not recorded:
        return ()
    if is_hidden and not options.urls:
        raise HarnessError(
            "--resume: the URLs hold what may be secret and was not recorded; give the list again, with --urls",
            exit_code=USAGE,
        )
    urls = read_urls(options.urls).urls if options.urls else [resource.url for resource in recorded]
    if [redacted(url) for url in urls] != [resource.url for resource in recorded]:
        raise HarnessError(
            f"--urls: {options.urls} is not the list that the run was begun with", exit_code=USAGE
        )
    left = sum(map(len, run.plan.rounds)) - trials
    resources = [replace(resource, url=url) for resource, url in zip(recorded, urls, strict=True)]
    [workload] = run.plan.workloads
    if not left:
        return resources
    could_agree(options)
    agreed(run.plan, left, workload.network.hosts, options, console)
    return resources


def look(listed: UrlList, console: Console, *, follow: bool) -> tuple[Resource, ...]:
    """Fetch each URL once, one after the other.

    Raises:
        HarnessError: exit code 2: one gives no image that could be measured; with its line.
    """
    return tuple(
        Resource(url=fetch.url, sha256=fetch.sha256, size=fetch.size, requests=len(fetch.hops))
        for fetch in fetched(listed, console, follow=follow)
    )


def fetched(listed: UrlList, console: Console, *, follow: bool) -> list[Fetched]:
    """As ``look``, with all that is known of each fetch."""
    found, total = [], 0
    with closing(Fetcher(None if follow else listed.hosts)) as fetcher:
        for url in listed.urls:
            try:
                got = fetch_patiently(fetcher, url, console.say)
            except FetchError as error:
                advice = "; list its host too, or --follow" if "none of the URLs names" in str(error) else ""
                raise HarnessError(f"{listed.place(url)} {error}{advice}", exit_code=USAGE) from None
            if not HTTPStatus.OK <= got.status < HTTPStatus.MULTIPLE_CHOICES:
                raise HarnessError(f"{listed.place(url)} answers {got.status}; leave it out", exit_code=USAGE)
            if not got.size:
                raise HarnessError(f"{listed.place(url)} gives an empty body; leave it out", exit_code=USAGE)
            found.append(got)
            total += got.size
            if total > MOST_BYTES:  # neither a client nor a local copy may have to hold more
                raise HarnessError(
                    f"{listed.place(url)}: the bodies up to here have {total:,} bytes, and {MOST_BYTES:,} together are "
                    "the most; list fewer",
                    exit_code=USAGE,
                )
    return found


def say_what_is_left_out(listed: UrlList, console: Console) -> None:
    """Tell of empty lines, which may be a mistake."""
    if listed.empty:
        count = f"{len(listed.empty)} empty lines are" if len(listed.empty) > 1 else "an empty line is"
        console.say(f"{listed.name}: {count} left out (the first: line {listed.empty[0]})")


def workload_of(listed: UrlList, resources: Sequence[Resource], asked: dict[str, object]) -> Workload:
    """What is measured, as a workload.

    Args:
        asked: fields that the command line says.
    """
    sink = asked.get("sink", SPECS["sink"].usual)
    return Workload.of(
        f"urls-{sink}",
        server="remote",
        images=len(resources),
        image_bytes=tuple(round(size) for size in distribution([resource.size for resource in resources])),
        latency_s=0.0,
        hosts=len(listed.hosts),
        tls=any(urlsplit(url).scheme == "https" for url in listed.urls),
        concurrency=asked.get("concurrency", MOST_AT_ONCE),
        sink=sink,
    )


def fitting_rounds(of_pass: int, cells: int, rounds: int, most: int) -> int:
    """How many rounds may be measured, so that no more requests are sent than that; passes that do not count included.

    Args:
        of_pass: requests of one pass.
        most: requests in all.

    Raises:
        HarnessError: exit code 2: not even one.
    """
    of_round = of_pass * (2 * cells + MOST_PAUSES)
    fitting = min(rounds, (most - LOOKS * of_pass) // of_round)
    if fitting < 1:
        raise HarnessError(
            f"one round takes up to {of_round + LOOKS * of_pass:,} requests, and --most-requests is {most:,}: "
            "list fewer URLs, name fewer --variants, or allow more",
            exit_code=USAGE,
        )
    return fitting


def _refuse_what_is_fixed(options: argparse.Namespace) -> None:
    given = [OPTIONS[name] for name in given_fields(options) if name not in MINE]
    given += ["--workloads"] if options.workloads else []
    given += ["--link"] if options.link else []
    if given:
        raise HarnessError(f"--urls says what is fetched; leave out {given[0]}", exit_code=USAGE)
    if options.judge in {SERVER_CPU, REQUESTS, RECEIVED}:
        raise HarnessError(
            f"--judge {options.judge.key}: a server that is not ours is not witnessed", exit_code=USAGE
        )


def _have_names(listed: UrlList) -> None:
    """See that each URL names a file of its own: a disk sink saves by it."""
    seen: dict[str, str] = {}
    for url in listed.urls:
        name = url.rsplit("/", 1)[-1]
        if name in {"", ".", ".."} or len(name) > LONGEST_NAME:
            raise HarnessError(
                f"{listed.place(url)} names no file to save to; leave out --sink disk", exit_code=USAGE
            )
        if name in seen:
            raise HarnessError(
                f"{listed.place(url)} names the same file as {shown(seen[name])}; leave out --sink disk",
                exit_code=USAGE,
            )
        seen[name] = url


def _are_steady(listed: UrlList, first: Sequence[Resource], second: Sequence[Resource]) -> None:
    for before, after in zip(first, second, strict=True):
        if before.sha256 != after.sha256:
            raise HarnessError(
                f"{listed.place(before.url)} changes from one fetch to the next; leave it out",
                exit_code=USAGE,
            )
