"""What an error of any client tells: its name, the answer that it is about, and whether what went wrong may pass.

No client is known here. All is read from classes of the standard library, from names and words, and from the attributes
that errors of clients have in common.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

# Statuses that are worth another try (RFC 9110, RFC 6585, RFC 8470); other errors of client or server are not.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
FIRST_STATUS, FIRST_ERROR, LAST_STATUS = 100, 400, 599
LASTING = ("certificate", "too many redirects", "toomanyredirects")  # words of what no further attempt mends
FAULTS_OF_CODE = (
    *(TypeError, AttributeError, NameError, ImportError, SyntaxError, AssertionError, LookupError),
    *(ArithmeticError, NotImplementedError, RecursionError, MemoryError, ValueError),
)
STATUS = re.compile(
    r"\b(?:HTTP|status)(?:[ :=_]|code|error|status|/\d(?:\.\d)?)*([1-5]\d\d)\b(?!\.)", re.IGNORECASE
)


class Answer(NamedTuple):
    """What an error tells of the answer that it is about.

    Attributes:
        status: None if it tells none.
        retry_after: the header; None without.
    """

    status: int | None = None
    retry_after: str | None = None


def leaf(error: BaseException) -> BaseException:
    """Of a group, its first leaf, which is what a user would look for."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield all leaves of a group; of any other error, itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error, and those that it came of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def answer_of(error: BaseException) -> Answer:
    """Status and Retry-After, by the attributes of the error or of its response, else the status by its words."""
    with suppress(Exception):  # attributes of others may do anything
        error = leaf(error)
        for told in (error, getattr(error, "response", None)):
            found = [getattr(told, name, None) for name in ("status", "status_code", "code")]
            status = next(
                (value for value in found if type(value) is int and FIRST_STATUS <= value <= LAST_STATUS),
                None,
            )
            if status is not None:
                after = (getattr(told, "headers", None) or {}).get("Retry-After")
                return Answer(status, None if after is None else str(after))
        if said := STATUS.search(str(error)):
            return Answer(int(said[1]))
    return Answer()


def name_of(error: BaseException) -> str:
    """Its class with the package that it comes from, and the status that it tells: "aiohttp.ClientResponseError 404"."""
    error = leaf(error)
    kind, status = type(error), answer_of(error).status
    package = str(kind.__module__).partition(".")[0]
    is_bare = package == "builtins" or package.startswith("contender_")
    name = kind.__name__ if is_bare else f"{package}.{kind.__name__}"
    return name if status is None else f"{name} {status}"


def may_pass(error: BaseException) -> bool:
    """Whether another try is worth it: not after a lasting status, a bad certificate, a redirect loop or a fault of code."""
    error = leaf(error)
    status = answer_of(error).status
    if status is not None and status >= FIRST_ERROR:
        return status in PASSING
    told = [f"{type(cause).__name__} {cause}".lower() for cause in chain(error)]
    if any(word in text for word in LASTING for text in told):
        return False
    return isinstance(error, UnicodeError) or not isinstance(error, FAULTS_OF_CODE)
