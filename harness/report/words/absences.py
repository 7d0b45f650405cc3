"""What has no rank and why, and what else is noted: a line for each reason. Text alone, so that it can be told early."""

from collections.abc import Iterable, Sequence

NAMED = 3  # of those that share a reason


def absences(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """One line per reason: what one client does wrong, it does with every model.

    Args:
        rows: state, name and reason of each.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for state, name, reason in rows:
        found.setdefault((state, reason), []).append(name)
    return [f"{state}: {_listed(names)}: {reason}" for (state, reason), names in sorted(found.items())]


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
