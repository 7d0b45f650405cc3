"""What a soak says: what grew of all that was sampled, a chart of it, and a page of text. It judges nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.measure.soak import HELD, Account, Sample
from harness.report.drawings.charts import INK, SMALL, canvas, render
from harness.report.drawings.style import COLOURS
from harness.report.units import size
from harness.report.words.formats import markdown_table
from harness.stats.growth import BURN_IN, LEAST, SHARE, Growth

LABELS = {"rss_bytes": "resident memory", "descriptors": "open files and sockets"}
SIDES = ("client", "server")


def frame(samples: Sequence[Sample]) -> pd.DataFrame:
    """A row for each sample."""
    return pd.DataFrame([asdict(sample) for sample in samples], columns=list(Sample.__dataclass_fields__))


def chart(samples: Sequence[Sample], title: str) -> bytes:
    """Draw what client and server held over the requests; return it as SVG."""
    return render(lambda rows, _looks, said: _figure(rows, said), frame(samples), {}, title)


def _figure(rows: pd.DataFrame, title: str) -> Figure:
    figure, panels = canvas(
        title, (9.0, 5.6), (0.85, 0.3, 0.55, 0.75), (2, 2), hspace=0.42, wspace=0.28, sharex=True
    )
    for place, (axes, what) in enumerate(zip(panels, HELD, strict=True)):
        _panel(axes, rows, what, is_last=place >= len(HELD) // 2)
    panels[0].legend(loc="lower right", frameon=False, fontsize=SMALL)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, what: str, *, is_last: bool) -> None:
    unit, shown = (2.0**20, f"{label(what)} (MiB)") if what == "rss_bytes" else (1.0, label(what))
    for side, colour, dashes in zip(SIDES, COLOURS, ("-", (0, (5, 2))), strict=False):
        held = rows[f"{side}_{what}"] / unit
        axes.plot(rows["requests"], held, color=colour, linestyle=dashes, label=side, linewidth=1.4)
    axes.axvspan(0, BURN_IN * rows["requests"].max(), color=INK, alpha=0.06, linewidth=0)
    axes.set(xlim=(0, rows["requests"].max()), ylim=(0, None), title=shown)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, integer=True))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if is_last:
        axes.set_xlabel("requests answered (grey: filling, not judged)", fontsize=SMALL)


def label(what: str) -> str:
    """What was sampled, for people."""
    return LABELS.get(what, what)


def amount(name: str, value: float) -> str:
    """A value of a series with its unit: bytes in three digits, counts to a tenth."""
    if name.endswith("_bytes"):
        return ("−" if value <= -1 else "") + size(abs(value))
    return f"{round(value, 1) + 0.0:,.1f}".replace("-", "−")


def account_lines(account: Account) -> list[str]:
    """What became of the images."""
    whole = (
        f"{account.asked:,} images asked: {account.verified:,} verified, "
        f"{sum(account.failed.values()):,} failed, {account.wrong:,} taken for good and wrong; "
        f"{account.attempts:,} attempts, {account.requests:,} requests in {account.seconds:,.0f} s"
    )
    lines = [whole]
    if account.failed:
        lines.append("failed: " + counted(account.failed))
    if account.faults:
        lines.append("faults met at the server: " + counted(account.faults))
    if any(account.unexplained.values()):
        lines.append("failed without a fault that explains it: " + counted(account.unexplained))
    return lines


def counted(counts: Mapping[str, int]) -> str:
    """How many of each, the most first."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count:,} × {name}" for name, count in ordered)


def growth_rows(found: Mapping[str, Growth]) -> list[tuple[str, ...]]:
    """Rows of the table of growth: what, of whom, level, growth, interval, verdict."""
    rows: list[tuple[str, ...]] = []
    for name, growth in found.items():
        side, _, what = name.partition("_")
        is_judged = growth.word != "too few samples"
        rows.append(
            (
                label(what),
                side,
                amount(name, growth.level),
                amount(name, growth.growth) if is_judged else "–",
                f"{amount(name, growth.low)} to {amount(name, growth.high)}" if is_judged else "–",
                growth.word,
            )
        )
    return rows


HEADS = ("what", "of", "level", "growth", "95 % interval", "verdict")


def markdown(title: str, account: Account | None, found: Mapping[str, Growth]) -> str:
    """The page of text; without an account if the soak broke off."""
    told = account_lines(account) if account else ["The soak broke off: nothing is known of its images."]
    head = [f"# {title}", "", *(f"* {line}" for line in told), "", "![what was held](soak.svg)", ""]
    foot = (
        f"Growth is that from {100 * BURN_IN:.0f} % of the requests to the last one, by a straight line. Up to "
        f"{100 * SHARE:.0f} % of the level (and {size(LEAST['rss_bytes'])}, {LEAST['descriptors']:.0f} files, "
        f"{LEAST['threads']:.0f} thread) is flat."
    )
    return "\n".join([*head, *markdown_table(HEADS, growth_rows(found)), "", foot, ""])


def record(account: Account | None, found: Mapping[str, Growth]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "account": {**asdict(account), "is_whole": account.is_whole} if account else None,
        "growth": {name: asdict(growth) for name, growth in found.items()},
    }
