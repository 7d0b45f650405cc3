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
