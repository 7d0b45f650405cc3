"""A gate in Markdown: ``gate.md``, short enough for a comment on a pull request and for a step summary."""

from collections.abc import Iterator, Sequence

from harness.report.formats import markdown
from harness.report.gate.record import (
    CHANGED,
    Gate,
    changes,
    headline,
    margin_text,
    name,
    ratio_text,
    rounds,
    why,
)
from harness.stats.gate import Finding

LIMIT = 60_000  # characters; a comment may have 65,536, and the one who posts it adds a line
REASON = 200  # characters
PACKAGES = 2_000  # characters; all of them are in verdict.json
MARKS = {"regressed": "🔴", "failed": "🔴", "inconclusive": "⚪", "improved": "🟢"}


def gate_md(gate: Gate) -> bytes:
    """``gate.md``; rows are left out, and counted, where it would grow beyond ``LIMIT``."""
    most = len(gate.findings)
    while True:
        text = "\n".join(_lines(gate, most)) + "\n"
        if len(text) <= LIMIT or most == 0:
            return text.encode()
        most //= 2


def _lines(gate: Gate, most: int) -> Iterator[str]:
    yield f"## fetchbench gate: {markdown(_short(headline(gate)))}"
    yield ""
    for side, facts in gate.sides.items():
        rest = ", ".join(f"{key} {value}" for key, value in facts.items() if key != "side")
        yield f"* **{markdown(side)}**: {markdown(_short(str(facts.get('side', ''))))} ({markdown(_short(rest))})"
    if gate.packages:
        yield f"* Packages that differ: {markdown(_short(changes(gate.packages), PACKAGES))}"
    if gate.is_same:
        yield "* Nothing differs between the two sides: this measures the noise alone."
    for note in gate.host_notes:
        yield f"* **Caution.** The host was disturbed: {markdown(_short(note))}"
    ordered = gate.gravest_first
    changed = [one for one in ordered if one.call in CHANGED]
    rest_of = [one for one in ordered if one.call not in CHANGED]
    if changed:
        yield ""
        yield from _table(changed, most)
    if rest_of:
        yield f"\n<details><summary>{len(rest_of)} without a change</summary>\n"
        yield from _table(rest_of, most)
        yield "\n</details>"
    if gate.margin is not None:
        yield (
            f"\nTime of the head over that of the base, paired by round; above 1 is slower; brackets are 95 % intervals; "
            f"{margin_text(gate)}."
        )


def _table(findings: Sequence[Finding], most: int) -> Iterator[str]:
    yield "| | cell | time ratio | rounds | why |"
    yield "|---|---|--:|--:|---|"
    for one in findings[:most]:
        said = f"{MARKS.get(one.call, '')} {one.call}".strip()
        reason = markdown(_short(why(one)))
        yield f"| {said} | {markdown(name(one))} | {ratio_text(one)} | {rounds(one)} | {reason} |"
    if len(findings) > most:
        yield f"\n{len(findings) - most} more in `effects.csv`."


def _short(text: str, most: int = REASON) -> str:
    return text if len(text) <= most else text[:most] + "…"
