"""Text of charts can be read: on white paper, and on the dark page, which turns the colours of charts round."""

import re

import pytest

from harness.report.drawings.charts import FAINT, INK
from harness.report.drawings.style import COLOURS, contrast, legible
from harness.report.page.template import HERE

DARK = re.findall(r"--paper: (#[0-9a-f]{6})", (HERE / "page.css").read_text(encoding="utf-8"))[1]
# Rows of the matrix of a turn of the hue by 180 degrees (W3C Filter Effects, hueRotate).
TURN = ((-0.574, 1.43, 0.144), (0.426, 0.43, 0.144), (0.426, 1.43, -0.856))


def on_the_dark_page(colour: str) -> str:
    """What ``invert(1) hue-rotate(180deg)`` makes of a colour."""
    channels = [1 - int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    turned = [sum(share * channel for share, channel in zip(row, channels, strict=True)) for row in TURN]
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, channel))):02X}" for channel in turned)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)
    assert contrast("#E69F00", "#FFFFFF") == pytest.approx(2.25, abs=0.01)


@pytest.mark.parametrize("colour", [INK, FAINT, *map(legible, COLOURS)])
def test_every_text_of_a_chart_has_contrast_on_both_papers(colour: str) -> None:
    assert contrast(colour, "#FFFFFF") >= 4.5
    assert contrast(on_the_dark_page(colour), DARK) >= 4.5


def test_what_is_legible_stays_as_it_is() -> None:
    assert legible("#0072B2") == "#0072B2"
    assert legible("#E69F00") != "#E69F00"


def test_the_page_does_what_was_computed() -> None:
    assert "figure img, .track svg, .legend svg rect { filter: invert(1) hue-rotate(180deg); }" in (
        HERE / "page.css"
    ).read_text(encoding="utf-8")
