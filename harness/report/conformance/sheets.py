"""The records as tables for people, the same for Markdown and for the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.faults import FAULTS
from harness.measure.conformance.limits import LIMITS, Endured
from harness.measure.conformance.outcomes import Conduct
from harness.measure.conformance.survival import CONCURRENCY, IMAGES, Survival
from harness.model import HERE
from harness.report.conformance.advice import advice_lines
from harness.report.conformance.frames import Place, differing, place
from harness.report.units import seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCell:
    """One cell.

    Attributes:
        text: of it.
        more: what stands smaller beneath, "" for nothing.
        is_news: whether a user would not expect it.
    """

    text: str
    more: str = ""
    is_news: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table with what is to be said of it.

    Attributes:
        intro: sentences before it, ``notes`` lines after it.
        rows: cells of each, the first of which is its head.
    """

    title: str
    intro: str
    heads: tuple[str, ...]
    rows: tuple[tuple[SheetCell, ...], ...]
    notes: tuple[str, ...] = ()


NAMED = 3  # more faults than this are counted
LEGEND = (
    ("image", "it gave the image all the same"),
    ("error", "it raised, as it had better; the class stands beneath"),
    ("taken for good", "it returned a body that is not the image"),
    ("hangs", "it took over twice its timeout and half a second"),
    ("retried by itself", "the server saw more requests than there were fetches"),
    ("leaks", "descriptors or threads were left when the client was closed, or one more for every fault while it was open"),
    ("spoils the next", "a good image failed that was fetched after it"),
    ("unavailable", "this machine or client cannot have it; the reason stands below the table"),
    ("failed", "nothing can be said of it; likewise"),
)  # fmt: skip


def sheets(
    conducts: Sequence[Conduct], survivals: Sequence[Survival], endured: Sequence[Endured]
) -> list[Sheet]:
    """Return the tables of all that was looked at; nothing that was not."""
    every: list[Conduct | Survival | Endured] = [*conducts, *survivals, *endured]
    sides = dict.fromkeys(record.side for record in every)
    found = []
    for side in sides:
        suffix = f" ({side})" if side != HERE or len(sides) > 1 else ""
        found += [
            _matrix(
                [conduct for conduct in conducts if (conduct.side, conduct.scheme) == (side, scheme)],
                suffix,
                conducts,
            )
            for scheme in dict.fromkeys(conduct.scheme for conduct in conducts if conduct.side == side)
        ]
        if survived := [survival for survival in survivals if survival.side == side]:
            found.append(_models(survived, suffix))
        if limited := [program for program in endured if program.side == side]:
            found.append(_limits(limited, suffix))
    return found


def headline(conducts: Sequence[Conduct]) -> str:
    """What was found of clients and faults, in a sentence; "" if none was looked at."""
    told = [conduct for conduct in conducts if conduct.outcome not in {"unavailable", "failed"}]
    if not told:
        return ""
    surprising = [conduct for conduct in told if conduct.surprises]
    clients = ", ".join(dict.fromkeys(conduct.client for conduct in surprising))
    return f"{len(surprising)} of {len(told)} meetings of a client and a fault surprise" + (
        f": {clients}." if surprising else "."
    )


def _matrix(conducts: Sequence[Conduct], suffix: str, every: Sequence[Conduct]) -> Sheet:
    # One that can meet nothing at all has its reason below, and no column.
    clients = list(dict.fromkeys(conduct.client for conduct in conducts if conduct.outcome != "unavailable"))
    faults = list(dict.fromkeys(conduct.fault for conduct in conducts))
    known = {(conduct.client, conduct.fault): conduct for conduct in conducts}
    others = differing(every)
    loops = {conduct.client: conduct.loop for conduct in conducts}
    heads = tuple(f"{client} ({loops[client]})" if loops[client] else client for client in clients)
    rows = tuple(
        (
            SheetCell(text=fault, more=FAULTS[fault].help),
            *(_conduct(known.get((client, fault)), others) for client in clients),
        )
        for fault in faults
    )
    return Sheet(
        title=f"What each client does with each fault over {conducts[0].scheme.upper()}{suffix}",
        intro="Each client fetched a good image, then one with the fault, then a good one, a few times, in a process of its "
        "own; async ones on the first loop that they name.",
        heads=("fault", *heads),
        rows=rows,
        notes=(*_why(conducts), *_changes(conducts, others), *advice_lines(conducts)),
    )  # fmt: skip


def _conduct(conduct: Conduct | None, others: dict[Place, Conduct]) -> SheetCell:
    if conduct is None:
        return SheetCell(text="not looked at")
    words = [conduct.outcome, *(name for name in conduct.surprises if name != conduct.outcome)]
    more = [short_class(conduct.error)] if conduct.error else []
    there = others.get(place(conduct))
    if there is not None:
        more.append(f"on {there.side} {_gist(there)}")
    return SheetCell(text=", ".join(words), more="; ".join(more), is_news=bool(conduct.surprises or there))


def _gist(conduct: Conduct) -> str:
    words = [conduct.outcome, *(name for name in conduct.surprises if name != conduct.outcome)]
    return ", ".join(words) + (f" {short_class(conduct.error)}" if conduct.error else "")


def short_class(name: str) -> str:
    """The last part of a class's full name."""
    return name.rpartition(".")[2]


def _why(conducts: Sequence[Conduct]) -> Iterator[str]:
    """Yield why cells have no outcome, each reason once."""
    found: dict[tuple[str, str], list[Conduct]] = {}
    for conduct in conducts:
        if conduct.reason:
            found.setdefault((conduct.outcome, conduct.reason), []).append(conduct)
    for (word, reason), alike in found.items():
        clients = dict.fromkeys(conduct.client for conduct in alike)
        faults = list(dict.fromkeys(conduct.fault for conduct in alike))
        yield f"{word}: {', '.join(clients)}: {_some(faults)}: {reason}"


def _some(faults: Sequence[str]) -> str:
    return ", ".join(faults) if len(faults) <= NAMED else f"{len(faults)} faults"


def _changes(conducts: Sequence[Conduct], others: dict[Place, Conduct]) -> Iterator[str]:
    for conduct in conducts:
        there = others.get(place(conduct))
        if there is not None:
            yield (
                f"not as on {there.side}: {conduct.client}, {conduct.fault}: {_gist(conduct)} ({conduct.version}), "
                f"there {_gist(there)} ({there.version})"
            )


def _models(survivals: Sequence[Survival], suffix: str) -> Sheet:
    rows = tuple(
        (
            SheetCell(text=survival.model, more="/".join(filter(None, (survival.client, survival.loop)))),
            _survivors(survival),
            SheetCell(text="unavailable")
            if survival.reason
            else SheetCell(
                text=short_class(survival.told) if survival.told else "nobody is told",
                is_news=survival.told is None,
            ),
        )
        for survival in survivals
    )  # fmt: skip
    return Sheet(
        title=f"What each model does with one bad image{suffix}",
        intro=f"Of {IMAGES} images, {CONCURRENCY} at once, the one in the middle is not there: 404.",
        heads=("model", f"of the other {IMAGES - 1} came", "the caller is told"),
        rows=rows,
        notes=tuple(
            f"unavailable: {survival.model}: {survival.reason}" for survival in survivals if survival.reason
        ),
    )


def _survivors(survival: Survival) -> SheetCell:
    if survival.least is None or survival.most is None:
        return SheetCell(text="unavailable")
    least, most = survival.least, survival.most
    text = str(least) if least == most else f"{least} to {most}"
    return SheetCell(text=text, is_news=least < survival.others)


def _limits(endured: Sequence[Endured], suffix: str) -> Sheet:
    rows = tuple(
        (
            SheetCell(
                text=LIMITS[program.limit].help,
                more="/".join(filter(None, (program.model, program.client, program.loop))),
            ),
            *_endured(program),
        )
        for program in endured
        if program.reason is None  # else it stands below
    )  # fmt: skip
    reasons = dict.fromkeys((program.limit, program.reason) for program in endured if program.reason)
    return Sheet(
        title=f"Limits of the machine{suffix}",
        intro="Who waits, who fails, with what words: each program as a careful programmer would write it.",
        heads=("what is short", "images that came", "last one after", "errors"),
        rows=rows,
        notes=tuple(f"unavailable: {limit}: {reason}" for limit, reason in reasons),
    )


def _endured(program: Endured) -> Iterator[SheetCell]:
    verified = program.verified or 0
    yield SheetCell(text=f"{verified} of {program.images}", is_news=verified < program.images)
    yield SheetCell(text="none came" if program.last_s is None else seconds(program.last_s))
    if not program.errors:
        yield SheetCell(
            text=f"none of a fetch, and then {short_class(program.raised)}" if program.raised else "none"
        )
        return
    ordered = sorted(program.errors.items(), key=lambda error: -error[1][0])
    counted = ", ".join(f"{count:,} {short_class(kind)}" for kind, (count, _) in ordered)
    yield SheetCell(text=counted, more=ordered[0][1][1])
