"""Where text goes: results to standard output, progress and complaints to standard error."""

from collections.abc import Iterable

import rich.console
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

from harness.text import printable_lines

PIPE_WIDTH = 200  # columns of a table that no terminal cuts


class Console(rich.console.Console):
    """A console that the text it shows cannot steer: only its own styles make escape codes."""

    def say(self, line: str) -> None:
        """Print text as it is, however long."""
        self.print(line, markup=False, highlight=False, soft_wrap=True)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render, with every sign that a terminal would act on told by its code."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable_lines(segment.text), segment.style)


def to_output() -> Console:
    """Return the console for results."""
    return _console(stderr=False)


def to_errors() -> Console:
    """Return the console for progress and complaints."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=PIPE_WIDTH)
