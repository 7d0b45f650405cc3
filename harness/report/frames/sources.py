"""The files that a variant is made of, and how much there is to read in them."""

import io
import tokenize

from harness.ledger import Ledger
from harness.model import NONE, Contender, Variant


def source_lines(ledger: Ledger) -> dict[str, int]:
    """Variant id -> lines of code in its files, a measure of how much there is to read and to get wrong."""
    by_file = {
        (contender.axis, contender.name): lines_of_code(contender.source)
        for contender in ledger.run.contenders
    }
    return {
        variant.id: by_file.get(("client", variant.client), 0)
        + by_file.get(("concurrency", variant.concurrency), 0)
        + by_file.get(("loop", variant.loop or ""), 0)
        for variant in ledger.run.plan.variants
    }


def extra_packages(ledger: Ledger) -> dict[str, str]:
    """Variant id -> packages that its files import and the baseline's do not, with spaces between; ``NONE`` for none.

    What the baseline needs, its user has already; each of the others is something to install, to learn and to update.
    """
    variants = ledger.run.plan.variants
    needs = {
        variant.id: {name for contender in files_of(ledger, variant) for name in contender.modules}
        for variant in variants
    }
    has = needs.get(ledger.run.plan.baseline, set())
    return {name: " ".join(sorted(packages - has)) or NONE for name, packages in needs.items()}


def files_of(ledger: Ledger, variant: Variant) -> list[Contender]:
    """The contenders that a variant is made of."""
    names = {"client": variant.client, "concurrency": variant.concurrency, "loop": variant.loop}
    return [contender for contender in ledger.run.contenders if names[contender.axis] == contender.name]


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
                if any(token.type != tokenize.STRING for token in statement):
                    lines |= {row for token in statement for row in range(token.start[0], token.end[0] + 1)}
                statement = []
    except (SyntaxError, tokenize.TokenError):  # it cannot run here; its size is still worth a figure
        return sum(1 for line in source.splitlines() if line.strip())
    return len(lines)
