"""Is the first hour as its page says? An empty folder, an empty home, a terminal, and the commands as they stand.

A shell runs block after block of ``docs/first-hour.md``, beginning with the clone (of this checkout's last commit, by git's
own ``insteadOf``). It says yes where it is asked, and brings what the page expects of a reader, URLs. Each step is
timed, the longest silence in it too, and what it prints and ends with is held against the page.
``python -m harness.calibration first_hour``, or ``nox -s first_hour``.
"""

import argparse
import json
import os
import select
import shlex
import signal
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness.calibration.instructions import Step, steps
from harness.measure.processes.launch import ROOT
from harness.measure.processes.variables import kept_variables

PAGE = ROOT / "docs" / "first-hour.md"
PROJECT = "https://github.com/OWNER/fetchbench"
ROWS, COLUMNS = 50, 120  # of the terminal
QUESTION = b"[y/N]"
LIMIT_S = 1_200.0
SILENT_S = 90.0  # of nothing new on the terminal; longer, and a reader thinks that it hangs
IMAGES = 6
PACKAGES = ("PIP_", "UV_", "SSL_")  # variables that say where this machine gets packages


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a command.

    Attributes:
        code: its exit code; None if it had not ended when its time was over.
        output: all that the terminal was sent.
        silent_s: the longest time without anything new.
        variables: of the shell, when it had ended.
    """

    code: int | None
    output: str
    seconds: float
    silent_s: float
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A step, as it was and as it should be.

    Attributes:
        faults: how it differs from the page, or would trouble a reader.
    """

    step: str
    seconds: float
    silent_s: float
    code: int | None
    faults: tuple[str, ...]


def main() -> int:
    """Do the first hour; print a row per step; 1 if anything is not as the page says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--limit", type=float, default=LIMIT_S, metavar="SECONDS", help="of one step")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    if not options.json:
        print("seconds  silent  code  step")
    with tempfile.TemporaryDirectory(prefix="fetchbench-hour-") as name, served_images() as urls:
        variables: Mapping[str, str] = first_variables(Path(name))
        for step in steps(PAGE.read_text(encoding="utf-8")):
            done = follow(step, variables, {"urls.txt": urls}, options.limit)
            variables = done.variables
            rows.append(row(step, done))
            if not options.json:
                print(text(rows[-1]), flush=True)
    if options.json:
        print(json.dumps([asdict(each) for each in rows]))
    else:
        print(f"{sum(each.seconds for each in rows):7.1f}                all of it")
    return 1 if any(each.faults for each in rows) else 0


def first_variables(folder: Path) -> dict[str, str]:
    """Variables of a shell in an empty folder of somebody new, for whom the project's address leads to this checkout."""
    home, place = folder / "home", folder / "work"
    home.mkdir()
    place.mkdir()
    network = {name: os.environ[name] for name in os.environ if name.startswith(PACKAGES)}
    proxies = {name: os.environ[name] for name in os.environ if name.lower().endswith("_proxy")}
    address = {"COUNT": "1", "KEY_0": f"url.{ROOT.as_uri()}.insteadOf", "VALUE_0": PROJECT}
    return {
        **{f"GIT_CONFIG_{name}": value for name, value in address.items()},
        **(kept_variables() | network | proxies),
        "HOME": str(home),
        "PWD": str(place),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }


@contextmanager
def served_images() -> Iterator[str]:
    """Serve what a reader has of his own; yield the URLs, one a line."""

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Not on this terminal."""

    with tempfile.TemporaryDirectory(prefix="fetchbench-images-") as folder:
        for number in range(IMAGES):
            Path(folder, f"{number}.jpg").write_bytes(bytes([number]) * 5_000)
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield "".join(
                    f"http://127.0.0.1:{server.server_port}/{number}.jpg\n" for number in range(IMAGES)
                )
            finally:
                server.shutdown()


def follow(step: Step, variables: Mapping[str, str], brought: Mapping[str, str], limit_s: float) -> Done:
    """Write the step's files, and those that the reader brings, where the shell is; run its command."""
    place = Path(variables["PWD"])
    for block in step.files:
        block.write(place)
    for name, content in brought.items():
        if name in step.command.split():
            (place / name).write_text(content, encoding="utf-8")
    return run(step.command, variables, limit_s)


def run(command: str, variables: Mapping[str, str], limit_s: float) -> Done:
    """Run a command in a shell at a terminal of its own; nothing of it is left."""
    ours, its = os.openpty()
    termios.tcsetwinsize(its, (ROWS, COLUMNS))
    with tempfile.NamedTemporaryFile(prefix="fetchbench-shell-") as after:
        began = time.monotonic()
        process = subprocess.Popen(
            ["/bin/bash", "-c", f"{command}\ncode=$?; env -0 > {shlex.quote(after.name)}; exit $code"],
            stdin=its, stdout=its, stderr=its, cwd=variables["PWD"], env=variables, start_new_session=True,
        )  # fmt: skip
        os.close(its)
        try:
            output, silent_s = _attended(ours, began + limit_s)
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, began + limit_s - time.monotonic()))
        finally:
            os.close(ours)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        seconds = time.monotonic() - began
        pairs = (pair.partition("=") for pair in after.read().decode().split("\0") if pair)
        left = {name: value for name, _, value in pairs}
    return Done(
        code=process.returncode if process.returncode >= 0 else None,
        output=output,
        seconds=seconds,
        silent_s=silent_s,
        variables=left or variables,
    )


def _attended(terminal: int, until: float) -> tuple[str, float]:
    """Read a terminal until its last user is gone, and say yes to questions; the text, and the longest silence."""
    output = bytearray()
    answered, silent_s, last = 0, 0.0, time.monotonic()
    while (left := until - time.monotonic()) > 0:
        chunk = b""
        if select.select([terminal], [], [], left)[0]:
            with suppress(OSError):  # Linux' way to tell that nobody is at the other end
                chunk = os.read(terminal, 65_536)
        silent_s, last = max(silent_s, time.monotonic() - last), time.monotonic()
        if not chunk:
            break
        output += chunk
        if output.count(QUESTION) > answered:
            answered += 1
            os.write(terminal, b"y\n")
    return output.decode(errors="replace"), silent_s


def row(step: Step, done: Done) -> Row:
    """Hold what became of a step against what the page says. Pure."""
    codes = " or ".join(map(str, sorted(step.codes)))
    faults = [f"not printed: {line}" for line in step.missing(done.output)]
    if done.code is None:
        faults.append(f"it had not ended after {done.seconds:.0f} s, or was killed")
    elif done.code not in step.codes:
        faults.append(f"exit code {done.code}, the page says {codes}")
    if done.silent_s > SILENT_S:
        faults.append(f"nothing new on the terminal for {done.silent_s:.0f} s")
    if faults:
        faults.append(f"the last words: {done.output.strip()[-500:]!r}")
    return Row(
        step=f"{step.title}: {step.command.strip().splitlines()[-1]}",
        seconds=done.seconds,
        silent_s=done.silent_s,
        code=done.code,
        faults=tuple(faults),
    )


def text(told: Row) -> str:
    """The row for people."""
    code = "–" if told.code is None else told.code
    faults = "".join(f"\n{'':24}{fault}" for fault in told.faults)
    return f"{told.seconds:7.1f} {told.silent_s:7.1f}  {code:>4}  {told.step}{faults}"
