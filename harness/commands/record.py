"""Look once at the URLs of a list, and write a suite file that asks the same of a local copy."""

import argparse
import re
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from harness.files import refuse_unwritable, write_whole
from harness.measure.planning.suite import read_suite_file
from harness.measure.remote.fetch import Fetcher
from harness.measure.remote.hop import FetchError, Origin
from harness.measure.remote.profile import Profile, profile
from harness.measure.remote.urls import read_urls
from harness.model import HarnessError
from harness.report.frames.findings import VERSION
from harness.session.console import add_script_options, to_progress, to_result
from harness.session.exits import FINE, USAGE
from harness.session.remote import add_url_options, fetched, say_what_is_left_out
from harness.workload import DEFAULTS, SPECS

CONNECTS = 5  # to each host, for the round trip
MOST_CONNECTED = 8  # hosts
WIDTH = 110


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``record``."""
    add_url_options(parser, is_needed=True)
    parser.add_argument(
        "--name", type=_name, required=True, metavar="NAME", help="of the workload: NAME-memory"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="suite file to write (default: NAME.toml)")
    add_script_options(parser)


def run(options: argparse.Namespace) -> int:
    """Fetch each URL once, one after the other; write what was seen."""
    out = options.out or Path(f"{options.name}.toml")
    if out.exists():
        raise HarnessError(f"{out} is there already; name another file with --out", exit_code=USAGE)
    if not out.parent.is_dir():
        raise HarnessError(f"{out.parent} is no folder; name another file with --out", exit_code=USAGE)
    refuse_unwritable(out.parent)
    console = to_progress(options)
    listed = read_urls(options.urls)
    say_what_is_left_out(listed, console)
    hosts = len(listed.hosts)
    console.say(
        f"fetching {len(listed.urls):,} URLs of {hosts:,} {'host' if hosts == 1 else 'hosts'} once, one after the other; "
        f"and up to {CONNECTS} connections to each of up to {MOST_CONNECTED} hosts, for the round trip"
    )
    began = datetime.now(UTC)
    found = fetched(listed, console, follow=options.follow)
    origins = list(dict.fromkeys(hop.origin for fetch in found for hop in fetch.hops))[:MOST_CONNECTED]
    with closing(Fetcher()) as fetcher:
        try:
            connects = {origin: fetcher.connects(origin, CONNECTS) for origin in origins}
            has_http2 = all(_speaks_http2(fetcher, origin) for origin in origins)
        except FetchError as error:
            raise HarnessError(f"a host that was fetched from {error}") from None
    is_secure = any(origin.scheme == "https" for origin in origins)
    seen = profile(found, connects, has_http2=has_http2 if is_secure else None)
    write_whole(out, suite_text(options.name, seen, began).encode())
    workload = read_suite_file(out).workload(f"{options.name}-memory")  # what is written can be measured
    result = to_result(options)
    result.console.say(f"written to {out}; measure it with bench --suite-file {out}")
    result.tell(
        {
            "version": VERSION,
            "file": str(out),
            "workload": {"name": workload.name, **workload.flat},
            "seen": asdict(seen),
        }
    )
    return FINE


def suite_text(name: str, seen: Profile, began: datetime) -> str:
    """The suite file of a profile. Pure."""
    rate = f"from {seen.rated} large bodies" if seen.rated else "none was seen: no body was large enough"
    notes = [
        f"What `record` saw of {seen.images:,} URLs, fetched one after the other, at {began:%Y-%m-%d %H:%M} UTC.",
        "Round trip: the median over hosts of their quickest TCP connect. Thinking time: first byte - request - round trip.",
        f"Rate down: {rate}. What goes up, jitter and loss are not seen so, and are left out.",
        *([f"Spoken: {', '.join(seen.tls)}."] if seen.tls else []),
        *(['The hosts speak HTTP/2 too: http = "2" asks for it.'] if seen.has_http2 else []),
        *([f"{seen.small:,} images had fewer than 1,024 bytes and have so many here."] if seen.small else []),
    ]
    fields = {
        "round_trip_s": round(seen.round_trip_s, 5),
        "down_bits_per_s": float(round(seen.down_bits_per_s)),
        "tls": bool(seen.tls),
        "hosts": seen.hosts,
        "latency_s": [round(seconds, 5) for seconds in seen.latency_s],
        "image_bytes": list(seen.image_bytes),
        "gzip_share": seen.gzip_share,
        "chunked_share": seen.chunked_share,
        "redirect_share": seen.redirect_share,
        "redirect_host_share": seen.redirect_host_share,
    }
    said = {field: _plain(value) for field, value in fields.items()}
    lines = [f"{field} = {_toml(value)}" for field, value in said.items() if value != DEFAULTS[field]]
    workload = [
        f'link = "{name}"',
        f"images = {seen.images}",
        f"concurrency = {SPECS['concurrency'].usual}",
        'sink = "memory"',
    ]
    parts = [*(f"# {note}" for note in notes), "", f"[links.{name}]", *lines]
    return "\n".join([*parts, "", f"[workloads.{name}-memory]", *workload, ""])


def _plain(value: object) -> object:
    """A distribution of one amount is that amount."""
    return value[0] if isinstance(value, list) and len(set(value)) == 1 else value


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, list):
        return repr(value)
    lines, line = [], ""
    for number in value:
        if len(line) > WIDTH:
            lines.append(line)
            line = ""
        line += f" {number!r},"
    return "\n   ".join(["[", *lines, line]) + "\n]" if lines else f"[{line.strip(' ,')}]"


def _speaks_http2(fetcher: Fetcher, origin: Origin) -> bool:
    return origin.scheme == "https" and fetcher.speaks_http2(origin)


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,50}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name: small letters, digits, - and _, up to 51")
    return text
