"""The race for the page: a strip per model, small enough to be inline, so that a script can play it again."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from harness.report.drawings.curves import lines_of
from harness.report.drawings.style import Look
from harness.report.words.formats import HTML, row_name

UNITS = 1000  # of a strip's width, over the time of the slowest


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One pass.

    Attributes:
        model: what decides how many are in flight.
        rest: client and loop, and the side if there are several.
        time: until the last body was there.
        bars: path of an SVG, ``UNITS`` wide, a unit high for each image.
        images: that it shows.
    """

    model: str
    rest: str
    time: str
    colour: str
    bars: str
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """All strips of a workload.

    Attributes:
        end_s: of the slowest: the length of the time axis, as text of a number.
        ideal: share of it that the ideal takes; 0 if that is not known.
    """

    strips: tuple[Strip, ...]
    end: str
    end_s: str
    ideal: float
    ideal_text: str


def strips(rows: pd.DataFrame, looks: Mapping[str, Look]) -> Race:
    """The strips of one workload, the first to be through first.

    Args:
        rows: of the figure of its race.
    """
    end_s = float(rows["end_s"].max())
    lines = sorted(lines_of(rows), key=lambda line: float(line[1]["end_s"].max()))
    ideal_s = float(rows["ideal_s"].iloc[0])
    return Race(
        strips=tuple(
            Strip(
                model=str(shared["concurrency"]),
                rest=row_name(shared).partition("/")[2],
                time=HTML.value(images["end_s"].max(), "s"),
                colour=looks[shared["variant"]].colour,
                bars=_bars(images, UNITS / end_s),
                images=len(images),
            )
            for shared, images in lines
        ),
        end=HTML.value(end_s, "s"),
        end_s=f"{end_s:.6g}",
        ideal=min(1.0, ideal_s / end_s) if ideal_s > 0 else 0.0,
        ideal_text=HTML.value(ideal_s, "s"),
    )


def _bars(images: pd.DataFrame, scale: float) -> str:
    """A bar for each image; a body that was there at once is still seen."""
    return "".join(
        f"M{start * scale:.1f} {place + 0.5:g}h{max(1.0, (end - start) * scale):.1f}"
        for place, (start, end) in enumerate(zip(images["start_s"], images["end_s"], strict=True))
    )
