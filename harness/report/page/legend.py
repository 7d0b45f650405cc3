"""The one legend of all charts: colour is the client, mark the concurrency model, dash the loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.markers import MarkerStyle

from harness.model import NONE, Variant
from harness.report.drawings.style import Look

_SVG = '<svg viewBox="-10 -6 20 12" width="25" height="15" aria-hidden="true">{}</svg>'
_SIZE = 5.0  # of a mark, in units of its picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A name on an axis and its sign, as SVG."""

    name: str
    sign: Markup


def legend(variants: Sequence[Variant], looks: Mapping[str, Look]) -> dict[str, list[Entry]]:
    """What a sign means -> its entries; of an axis with one name there is nothing to tell."""
    found: dict[str, dict[str, Markup]] = {"colour: client": {}, "mark: model": {}, "dash: loop": {}}
    for variant in variants:
        look = looks[variant.id]
        signs = (_colour(look.colour), _mark(look.marker), _dash(look.dash))
        names = (variant.client, variant.concurrency, variant.loop or NONE)
        for signs_of, name, sign in zip(found.values(), names, signs, strict=True):
            signs_of.setdefault(name, sign)
    return {
        what: [Entry(name=name, sign=signs_of[name]) for name in sorted(signs_of)]
        for what, signs_of in found.items()
        if len(signs_of) > 1
    }


def _colour(colour: str) -> Markup:
    return _svg(f'<rect x="-9" y="-5" width="18" height="10" fill="{colour}"/>')


def _mark(marker: str) -> Markup:
    style = MarkerStyle(marker)
    path = style.get_path().transformed(style.get_transform())
    outlines = [np.asarray(outline, dtype=float).tolist() for outline in path.to_polygons()]
    drawn = "".join(
        "M" + "L".join(f"{2 * _SIZE * x:.1f} {-2 * _SIZE * y:.1f}" for x, y in outline) + "Z"
        for outline in outlines
    )
    return _svg(f'<path d="{drawn}" fill="currentColor"/>')


def _dash(dash: Sequence[float]) -> Markup:
    pattern = " ".join(f"{length:g}" for length in dash)
    return _svg(f'<path d="M-10 0H10" stroke="currentColor" stroke-width="2" stroke-dasharray="{pattern}"/>')


def _svg(inside: str) -> Markup:
    return Markup(_SVG.format(inside))  # noqa: S704 - numbers and colours of ours
