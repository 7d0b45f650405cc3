"""Where text goes: results to standard output, progress and complaints to standard error."""

from rich.console import Console

PIPE_WIDTH = 200  # columns of a table that no terminal cuts


def to_output() -> Console:
    """Return the console for results."""
    return _console(stderr=False)


def to_errors() -> Console:
    """Return the console for progress and complaints."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=PIPE_WIDTH)
