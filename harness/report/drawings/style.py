"""How a variant looks, everywhere: colour is its client, marker its concurrency model, dash its loop.

All three are derived from the sorted names of a run's contenders; no contender is named here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.model import Contender, Variant

# Okabe & Ito (2008), without yellow, which is lost on white; then darker kin for a wide field of clients.
COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
    "#7A4A00", "#005A46", "#7B3F6B", "#5A5A5A", "#8C2D04",
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h", "*", "p", "d", "8", "H")
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.5), (6, 2, 1.5, 2), (8, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Colour as #rrggbb, marker and dash pattern as matplotlib names them."""

    colour: str
    marker: str
    dash: tuple[float, ...]

    @property
    def linestyle(self) -> Any:
        """The dash pattern as matplotlib takes it."""
        return (0, self.dash) if self.dash else "-"


CONTRAST = 4.5  # of text on white, at least (WCAG 2.2, 1.4.3)


def legible(colour: str) -> str:
    """The colour, darkened as far as text in it needs to be read on white."""
    channels = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    while contrast(_hex(channels), "#FFFFFF") < CONTRAST:
        channels = [int(channel * 0.95) for channel in channels]
    return _hex(channels)


def contrast(colour: str, paper: str) -> float:
    """Ratio of the luminances of two colours, the lighter over the darker, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(colour), _luminance(paper)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the standard's
        for channel in (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _hex(channels: Sequence[int]) -> str:
    return "#" + "".join(f"{channel:02X}" for channel in channels)


def looks(contenders: Sequence[Contender], variants: Sequence[Variant]) -> dict[str, Look]:
    """Variant id -> its look."""
    names = {
        axis: sorted(contender.name for contender in contenders if contender.axis == axis)
        for axis in ("client", "concurrency", "loop")
    }

    def pick(choices: Sequence[Any], axis: str, name: str | None) -> Any:
        return choices[names[axis].index(name) % len(choices)] if name in names[axis] else choices[0]

    return {
        variant.id: Look(
            colour=pick(COLOURS, "client", variant.client),
            marker=pick(MARKERS, "concurrency", variant.concurrency),
            dash=pick(DASHES, "loop", variant.loop),
        )
        for variant in variants
    }
