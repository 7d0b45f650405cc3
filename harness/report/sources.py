"""The files that a variant is made of, and how much there is to read in them."""

import io
import tokenize

from harness.ledger import Ledger
from harness.model import Contender, Variant


def source_lines(book: Ledger) -> dict[str, int]:
    """Variant id -> lines of code in its files, a measure of how much there is to read and to get wrong."""
    by_file = {(one.axis, one.name): lines_of_code(one.source) for one in book.run.contenders}
    return {
        one.id: by_file.get(("client", one.client), 0)
        + by_file.get(("concurrency", one.concurrency), 0)
        + by_file.get(("loop", one.loop or ""), 0)
        for one in book.run.plan.variants
    }


def files_of(book: Ledger, variant: Variant) -> list[Contender]:
    """The contenders that a variant is made of."""
    names = {"client": variant.client, "concurrency": variant.concurrency, "loop": variant.loop}
    return [one for one in book.run.contenders if names[one.axis] == one.name]


def lines_of_code(source: str) -> int:
    """Lines with a token of code; blank lines, comments and lone strings (docstrings) are none."""
    idle = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    idle |= {tokenize.ENDMARKER, tokenize.ENCODING}
    lines: set[int] = set()
    statement: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in idle:
                statement.append(token)
            elif token.type == tokenize.NEWLINE:
                if any(one.type != tokenize.STRING for one in statement):
                    lines |= {row for one in statement for row in range(one.start[0], one.end[0] + 1)}
                statement = []
    except (SyntaxError, tokenize.TokenError):  # it cannot run here; its size is still worth a figure
        return sum(1 for line in source.splitlines() if line.strip())
    return len(lines)
