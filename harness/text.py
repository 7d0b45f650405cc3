"""Text that comes from others, made safe to show and to keep: from contenders, files, workers, the server and git."""

from typing import Any


def printable(text: str) -> str:
    """One line in which every sign can be seen.

    Any white space becomes a space. What no terminal, CSV or XML file should hold is told by its code, as Python does:
    control and escape codes, marks that turn the direction of writing, halves of a surrogate pair.
    """
    if text.isprintable():
        return text
    return "".join(map(_printable, text))


def printable_lines(text: str) -> str:
    """Several lines, each ``printable``; tabs become spaces."""
    return "\n".join(printable(line) for line in text.expandtabs(4).split("\n"))


def printable_values(value: Any) -> Any:
    """Make every text in a value of JSON ``printable``, names of fields too."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable_values(name): printable_values(one) for name, one in value.items()}
    if isinstance(value, list):
        return [printable_values(one) for one in value]
    return value


def _printable(sign: str) -> str:
    if sign.isprintable():
        return sign
    return " " if sign.isspace() else sign.encode("unicode_escape").decode()
