"""Run the image server: ``python -m local_server``. It prints one JSON line when it is ready, and nothing else."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import resource
import secrets
import signal
import ssl
import sys
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.log import server_logger

from harness.workload import DEFAULTS, SPECS, TYPES, check, read
from local_server.answers import served
from local_server.control import Control
from local_server.http1 import Http1, ImageConnection
from local_server.listeners import Listeners

try:
    import uvloop
except ImportError:  # not on Windows
    uvloop = None  # type: ignore[assignment]

MAX_PORT = 65_535
# A workload that is served from the start, if so many images are asked for.
SERVED: dict[str, Any] = {
    name: DEFAULTS[name] if spec.usual is None else spec.usual
    for name, spec in SPECS.items()
    if spec.is_served
} | {"images": None, "seed": 0}


def main() -> int:
    """Serve until a signal, or until standard input ends where that was asked."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until it serves, Ctrl-C ends it at once and without a word
    for logger in (server_logger, logging.getLogger("asyncio")):
        logger.addFilter(_is_our_fault)
    options = _options()
    _allow_connections()
    if options.cpus and hasattr(os, "sched_setaffinity"):
        try:
            os.sched_setaffinity(0, options.cpus)
        except (OSError, OverflowError) as error:
            print(f"local_server: --cpus: {error}", file=sys.stderr)
            return 2
    run: Callable[[Coroutine[Any, Any, None]], None] = uvloop.run if uvloop else asyncio.run
    try:
        run(_serve(options))
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None) or 0
        reason = os.strerror(number) if number > 0 else str(error)
        print(f"local_server: cannot listen on {options.host}:{options.port}: {reason}", file=sys.stderr)
        return 1
    return 0


def _allow_connections() -> None:
    """Have as many files open as the system lets us: many clients together are no fault of one of them."""
    with contextlib.suppress(OSError, ValueError):  # some systems name a greater limit than they allow
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _is_our_fault(record: logging.LogRecord) -> bool:
    """Whether a log record is about us: what a client did wrong is told to the client, by a 400 or an alert of TLS."""
    error = record.exc_info[1] if record.exc_info else None
    kind = (
        error if isinstance(error, type) else type(error)
    )  # a connection that ends in its handshake gives the class
    return not issubclass(kind, (HttpProcessingError, ssl.SSLError, ConnectionError))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local_server",
        description="Serve deterministic JPEGs for measuring downloads; prints one JSON line when ready.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--host", type=_host, default="127.0.0.1", help="address to listen on (default: loopback only)"
    )
    parser.add_argument("--port", type=_port, default=0, help="0 takes a free one (default)")
    parser.add_argument("--control", metavar="PATH", help="socket for the control routes, beside the port")
    parser.add_argument("--cpus", type=_cpus, metavar="N,...", help="CPUs that the server may use")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input ends")
    for name, default in SERVED.items():
        kind: dict[str, Any] = (
            {"action": "store_true"} if TYPES[name] is bool else {"type": partial(read, name)}
        )
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            **kind,
            default=default,
            help=f"{SPECS[name].help} (default: {'serve none' if default is None else default})",
        )
    options = parser.parse_args()
    if sys.stdout is None:
        parser.error("standard output is closed already; the ready line needs it")
    if options.exit_with_stdin and sys.stdin is None:
        parser.error("--exit-with-stdin: standard input is closed already")
    if options.images is not None:
        try:
            check({name: getattr(options, name) for name in SERVED}, served=True)
        except ValueError as error:
            parser.error(str(error))
    return options


def _host(text: str) -> str:
    if not text:  # the system would take it for every address that it has
        raise argparse.ArgumentTypeError("it is empty; 127.0.0.1 is loopback alone")
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 0 to {MAX_PORT}")
    return int(text)


def _cpus(text: str) -> set[int]:
    parts = text.split(",")
    if not all(part.isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of CPU numbers such as 0,1")
    return set(map(int, parts))


async def _serve(options: argparse.Namespace) -> None:
    control = Control(secrets.token_urlsafe(32))
    images = control.server
    http1 = Http1(images, control.answer)
    loop = asyncio.get_running_loop()
    server = web.Server(http1.answer)
    # Behind a certificate that must be refused the images are as everywhere; who gets them shows that it was not.
    imposter_http1 = Http1(images, control.imposter)
    imposter = web.Server(imposter_http1.answer)
    listeners = control.listeners = Listeners(
        images,
        lambda: ImageConnection(server, http1, loop),
        lambda: ImageConnection(imposter, imposter_http1, loop),
        options.host,
        options.port,
    )
    if options.control:
        await listeners.control(options.control)
    ready: dict[str, object] = {
        "url": str(await listeners.first()),
        "pid": os.getpid(),
        "token": control.token,
        "loop": type(loop).__module__.partition(".")[0],
    }
    if options.images is not None:
        fields = check({name: getattr(options, name) for name in SERVED}, served=True)
        origins, wrong_addresses = await listeners.origins(fields), await listeners.wrong_addresses(fields)
        workload = images.add("images", served(fields), origins, wrong_addresses)
        ready["urls"] = [place.url for place in workload.places]
        ready["authority"] = listeners.authority.pem if options.tls else None
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if options.exit_with_stdin:
        threading.Thread(target=_wait_for_end_of_input, args=(loop, ended), daemon=True).start()
    print(json.dumps(ready), flush=True)
    await ended.wait()
    await listeners.close()
    await server.shutdown(timeout=0.1)
    await imposter.shutdown(timeout=0.1)


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Wait in a thread: a loop can watch a pipe, but neither a file nor /dev/null."""
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # a signal may have closed the loop first
        loop.call_soon_threadsafe(ended.set)


if __name__ == "__main__":
    sys.exit(main())
