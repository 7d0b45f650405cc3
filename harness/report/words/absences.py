"""What has no rank and why, and what else is noted: a line for each reason. Text alone, so that it can be told early."""

import re
from collections.abc import Iterable, Sequence

NAMED = 3  # of those that share a reason
FIGURE = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])\d+(?:\.\d+)?")


def absences(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """One line per reason: what one client does wrong, it does with every model.

    Args:
        rows: state, name and reason of each.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for state, name, reason in rows:
        found.setdefault((state, reason), []).append(name)
    return [f"{state}: {_listed(names)}: {reason}" for (state, reason), names in sorted(found.items())]


def without_figures(text: str) -> str:
    """What a text has in common with those that differ from it in their figures alone."""
    return FIGURE.sub("#", text)


def in_one(texts: Sequence[str]) -> str:
    """Texts that differ in their figures alone as one, in which a figure goes from the least to the greatest."""
    words = FIGURE.split(texts[0])
    spans = [sorted(set(figures), key=_value) for figures in zip(*map(FIGURE.findall, texts), strict=True)]
    told = [span[0] if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans]
    return "".join(part for pair in zip(words, [*told, ""], strict=True) for part in pair)


def _value(figure: str) -> float:
    return float(figure.replace(",", ""))


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
