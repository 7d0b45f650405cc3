"""Start a worker process and talk to it, one line at a time. It knows processes and pipes, and nothing of trials."""

import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import IO, Any, Self

from harness.measure.processes.usage import IS_LINUX, Family
from harness.measure.processes.variables import NONE, clean_environment
from harness.model import HarnessError
from harness.text import last_line, printable, printable_values, redacted

ROOT = Path(__file__).resolve().parents[3]

# Only the worker's own package is imported from our tree; then the tree is off the path, so that it shadows nothing.
BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from harness.measure.worker.__main__ import main; del sys.path[0]; main()"
)

MOST_BYTES = 1 << 26  # of one answer: ten times what a pass of 100,000 images is told in
LAST_WORDS_S = 1.0  # a process whose pipe has ended has so long to end itself


class WorkerDied(Exception):  # noqa: N818 - it is an event that the harness handles, named for what happened
    """The process ended, or was ended, before it answered; the message is the reason.

    Args:
        message: the reason.
        by_signal: whether a signal ended or stopped it, which anybody may have sent.
        is_late: whether we have ended it, because it did not answer in time.
    """

    def __init__(self, message: str, *, by_signal: bool = False, is_late: bool = False) -> None:
        super().__init__(message)
        self.by_signal = by_signal
        self.is_late = is_late


def first_line(pipe: IO[bytes], timeout_s: float) -> bytes | None:
    """Return one line from a pipe whose writer speaks only when asked; b"" at its end, None if time runs out.

    Whoever writes on and on without an end is out of time too, or has ended his say at MOST_BYTES.
    """
    data, ends = b"", monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while not data.endswith(b"\n"):
            if not selector.select(max(0.0, ends - monotonic())):
                return None
            chunk = os.read(pipe.fileno(), 1 << 20)
            if not chunk or len(data) > MOST_BYTES:
                return b""
            data += chunk
    return data


class Lifeline:
    """A pipe whose closing kills a group of processes: the kernel closes it if we are killed ourselves.

    No code of ours runs in the group for it, and no thread: the reader's end has asked for a signal (F_SETSIG in fcntl(2)).
    """

    def __init__(self) -> None:
        far, near = os.pipe()
        self._far, self._near = os.fdopen(far, "rb"), os.fdopen(near, "wb")
        self.far = self._far.fileno()  # for the group to inherit

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tie(self, group: int) -> None:
        """Let the group, which has inherited the far end, end with us."""
        if sys.platform == "linux":
            fcntl.fcntl(self.far, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(self.far, fcntl.F_SETOWN, -group)
            fcntl.fcntl(self.far, fcntl.F_SETFL, os.O_ASYNC)
        self._far.close()

    def close(self) -> None:
        """Cut it."""
        self._near.close()
        self._far.close()


class Worker:
    """A fresh process that does what it is told; used as a context manager, it never outlives the block.

    Args:
        python: interpreter to run.
        variables: environment variables that it gets beside those of the clean environment.
        prefix: of the command, if it is to be elsewhere, as at the end of a line.
    """

    def __init__(self, python: str, variables: Mapping[str, str] = NONE, prefix: Sequence[str] = ()) -> None:
        with ExitStack() as stack:
            try:
                clean = stack.enter_context(clean_environment(variables))
                self._errors = stack.enter_context(tempfile.TemporaryFile())
                self._lifeline = stack.enter_context(Lifeline())
                self._process = subprocess.Popen(
                    [*prefix, python, "-P", "-c", BOOT, str(ROOT)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    env=clean,
                    cwd=clean["HOME"],
                    bufsize=0,
                    pass_fds=[self._lifeline.far],
                    start_new_session=True,  # so that Ctrl-C reaches only us, and its children end with it
                )
                self._lifeline.tie(self._process.pid)
            except OSError as error:  # no such interpreter or HOME, or no more processes or files for us
                where = "" if error.filename in {None, python} else f" in {error.filename}"
                raise HarnessError(f"cannot start {python}{where}: {error.strerror}") from None
            self._held = stack.pop_all()
        self.family = Family(self._process.pid)
        self._said = self._answered = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def ask(self, do: str, *, within_s: float, **arguments: Any) -> dict[str, Any]:
        """Send one command (see ``harness.measure.worker``) and return its answer."""
        self.say(do, within_s=within_s, **arguments)
        return self.answer(within_s)

    def say(self, do: str, *, within_s: float, **arguments: Any) -> None:
        """Send one command; whoever waits for its answer learns if the process has ended.

        Args:
            do: name of the step.
            within_s: some time after that the worker ends by itself, even if we are no more.
            arguments: of the step.
        """
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe above
        self._said += 1
        command = {"number": self._said, "do": do, "within_s": within_s, "with": arguments}
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(command).encode() + b"\n")

    def has_answer(self, within_s: float) -> bool:
        """Wait so long at most for the next answer, or for the end of the process; whether there is one to read."""
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            return bool(selector.select(within_s))

    def answer(self, timeout_s: float) -> dict[str, Any]:
        """Return the next answer; raise WorkerDied if the process ends or takes longer than ``timeout_s``."""
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe above
        line = first_line(self._process.stdout, timeout_s)
        if line is None:
            standing = self.family.standing()
            self.end()
            if standing is not None and standing.is_stopped:
                raise WorkerDied("the worker was stopped", by_signal=True)
            raise WorkerDied(f"out of time: no answer within {timeout_s:g} s", is_late=True)
        if not line:
            raise self.epitaph()
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        self._answered += 1
        if not isinstance(found, dict) or found.get("number") != self._answered:
            self.end()
            raise WorkerDied("the worker's answer cannot be read: something else wrote to its pipe")
        # What a contender says is shown and kept in many places.
        answer: dict[str, Any] = printable_values(found["answer"])
        return answer

    def end(self) -> None:
        """Kill the process, and what it has started, if any of them still runs."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self.family.kill()
        with suppress(ProcessLookupError, PermissionError):  # the latter on macOS, of a group of zombies
            os.killpg(self._process.pid, signal.SIGKILL)
        self._wait()
        self.family.reap()
        self._held.close()

    def status(self) -> int | None:
        """Exit code of the process, minus the number of the signal that ended it; None while it runs."""
        is_ending = IS_LINUX and self.family.standing() is None
        try:
            return self._wait(LAST_WORDS_S if is_ending else 0)
        except subprocess.TimeoutExpired:
            return None

    def _wait(self, timeout_s: float | None = None) -> int:
        """Reap the process; from then on its number may be another's."""
        status = self._process.wait(timeout_s)
        self.family.forget(self._process.pid)
        return status

    def epitaph(self) -> WorkerDied:
        """How the process ended."""
        try:
            status = self._wait(LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            return WorkerDied("the worker closed its pipes")
        self._errors.seek(0)
        last = last_line(self._errors.read())[:300]
        how = f"was killed by {_signal(-status)}" if status < 0 else f"ended with exit code {status}"
        told = f"the worker {how}" + (f": {printable(redacted(last))}" if last else "")
        return WorkerDied(told, by_signal=status < 0)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # those for programs' own use have no name
        return f"signal {number}"
