"""Ctrl-C, the SIGTERM of a CI that gives up, the SIGHUP of a terminal that closes: all are one KeyboardInterrupt.

Python runs handlers in the main thread, whichever thread was hit, so a flag is enough to let an interrupt wait.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last one is not on Windows
SIGNALS = frozenset(getattr(signal, name) for name in NAMES if hasattr(signal, name))


class Interrupts:
    """What an interrupt does at present.

    Attributes:
        is_loading: it ends the process at once: there is nothing to keep yet.
        are_held: it waits.
        came: one is waiting.
    """

    def __init__(self) -> None:
        self.is_loading = False
        self.are_held = False
        self.came = False

    def install(self) -> None:
        """Answer the signals from now on, but for those that are ignored, as under nohup."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._answer)

    def _answer(self, _signal: int, _frame: FrameType | None) -> None:
        if self.is_loading:
            os.write(2, b"fetchbench: interrupted\n")
            os._exit(130)
        self.came = True
        if not self.are_held:
            self.check()

    def check(self) -> None:
        """Raise what has been waiting."""
        if self.came:
            self.came = False
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let interrupts wait until the block is over."""
        before, self.are_held = self.are_held, True
        try:
            yield
        finally:
            self.are_held = before
        if not before:
            self.check()

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """Inside of ``held``: raise what has been waiting, and what comes until the block is over."""
        self.are_held = False
        try:
            self.check()
            yield
        finally:
            self.are_held = True


interrupts = Interrupts()
"""Of this process: signals are the process's too."""
