"""Text that comes from others, made safe to show and to keep: from contenders, files, workers, the server and git."""

import ast
import re
import warnings
from typing import Any

REDACTED = "***"
# git@ is how everybody logs in, and no secret; a proxy may stand without its scheme.
_USERINFO = re.compile(
    r"(?:(?<=://)(?!git@(?![^\s/?#'\"]*@))[^\s/?#'\"]+|(?:^|(?<==))[^\s/:@=]+:[^\s/@=]+)(?=@)"
)
# Of any name: who signs a URL calls the signature as he likes.
_QUERY = re.compile(r"(?<=[?&])([^\s?&#=,'\"]+)=(?!=)[^\s&#'\"]+")
_HEADER = re.compile(r"(?i)\b((?:proxy-)?authorization|cookie|set-cookie)(['\"]?\s*[:=]\s*)[^\n]+")
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_NAMES = (  # of variables, parameters and headers whose values are secrets; a name is looked at once, however long
    r"(?<![\w.-])(?=[\w.-]*?(?:token|secret|passw|passphrase|credential|(?:api|access|private)_?key|auth(?!or)|cookie|"
    r"signature|(?<![^\W_])(?:key|pat|pwd|pass|jwt|sig)(?![^\W_])))[\w.-]++"
)
_ASSIGNED = re.compile(rf"(?i)({_NAMES})=(?!=)[^\s,&;'\"]+")
_ARGUMENT = re.compile(rf"(?is)(?:^|(?<==))({_NAMES})=(?!=).+")
_PART = re.compile(rf"(?is)(?<=env:)({_NAMES})=(?!=)(?:\\,|[^,])+")


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


def last_line(output: str | bytes, otherwise: str = "") -> str:
    """The last line of what a program wrote; ``otherwise`` if it wrote none."""
    text = output if isinstance(output, str) else output.decode(errors="replace")
    return (text.strip().splitlines() or [otherwise])[-1]


def printable_values(value: Any) -> Any:
    """Make every text in a value of JSON ``printable`` and ``redacted``, names of fields too."""
    if isinstance(value, str):
        return printable(redacted(value))
    if isinstance(value, dict):
        return {printable_values(name): printable_values(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [printable_values(inner) for inner in value]
    return value


def redacted(text: str) -> str:
    """Return the text without its secrets: who logs in by a URL, what it asks, headers, values of names like TOKEN.

    A text may hold several; what is left says that something stood there.
    """
    text = _QUERY.sub(rf"\1={REDACTED}", _USERINFO.sub(REDACTED, text))
    text = _SCHEME.sub(rf"\1 {REDACTED}", _HEADER.sub(rf"\1\2{REDACTED}", text))
    return _ASSIGNED.sub(rf"\1={REDACTED}", text)


def redacted_argument(text: str) -> str:
    """Return one argument of a command line, or a side, without its secrets.

    The value of a variable may have spaces, and ends with the argument; in a side at the next comma without a backslash.
    """
    return redacted(_PART.sub(rf"\1={REDACTED}", _ARGUMENT.sub(rf"\1={REDACTED}", text)))


def redacted_variable(name: str, value: str) -> str:
    """Return the value of an environment variable as it may be shown and kept."""
    return REDACTED if is_secret(name) else redacted(value)


def is_secret(name: str) -> bool:
    """Whether a variable of this name is one whose value nobody should see."""
    return bool(re.fullmatch(_NAMES, name, re.IGNORECASE))


def syntax_of(source: str) -> ast.Module | None:
    """Return the syntax of a Python file; None of what is none, or nested deeper than can be read."""
    try:
        with warnings.catch_warnings(action="ignore"):  # whoever runs it is warned by Python
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def read_variable(text: str) -> tuple[str, str]:
    """Return name and value of ``NAME=VALUE``.

    Raises:
        ValueError: it is none; the message says what is wrong.
    """
    name, sign, value = text.partition("=")
    if not sign or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or "\0" in value:
        raise ValueError(f"{redacted_argument(text)!r} is no environment variable; write NAME=VALUE")
    return name, value


def _printable(sign: str) -> str:
    if sign.isprintable():
        return sign
    return " " if sign.isspace() else sign.encode("unicode_escape").decode()
