"""Where the time of an image goes: means that add up, and a chart that names what it shows and nothing else."""

import math
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd

from harness.ledger import Ledger
from harness.measured import Phases
from harness.report.drawings import charts
from harness.report.drawings.phases import phases as draw
from harness.report.frames.phases import NAMES, phases
from harness.report.words import titles
from tests.report.ledgers import VARIANTS, make_book

HTTP1 = Phases(
    unsent_s=(0.2, 0.4),
    connecting_s=(0.0, 0.02),
    tls_s=(0.0, 0.04),
    waiting_s=(0.05, 0.05),
    receiving_s=(0.01, 0.03),
    saving_s=(0.0, 0.0),
)
HTTP2 = Phases(
    unsent_s=(0.01, 0.0), opening_s=(0.06, 0.0), waiting_s=(0.02, 0.02), receiving_s=(0.3, 0.5), saving_s=(0.0, 0.0)
)  # fmt: skip


def watched(*found: Phases) -> pd.DataFrame:
    """The frame of a run in which the first variants were watched in the first round, as named rows."""
    ledger = make_book(rounds=1)
    of = dict(zip(VARIANTS, found, strict=False))
    trials = [replace(trial, watched=of.get(trial.cell.variant)) for trial in ledger.trials]
    rows = phases(Ledger(run=ledger.run, trials=tuple(trials), sentinels=(), ceilings=(), cut=False))
    return rows.assign(name=rows["variant"])


def texts(rows: pd.DataFrame) -> set[str]:
    svg: Any = ET.fromstring(charts.render(draw, rows, {}, titles.phases(rows)))  # noqa: S314 - our own
    return {"".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")}


def test_a_row_is_the_means_over_the_images_and_what_was_not_told_apart_is_none() -> None:
    first, second = watched(HTTP1, HTTP2).sort_values("latency_s").to_dict("records")
    expected = {"unsent_s": 0.3, "connecting_s": 0.01, "tls_s": 0.02, "waiting_s": 0.05, "receiving_s": 0.02}
    assert {name: round(first[name], 9) for name in NAMES if first[name] > 0} == expected
    assert round(first["latency_s"], 9) == 0.4
    assert [name for name in NAMES if math.isnan(first[name])] == ["opening_s"]
    assert [name for name in NAMES if math.isnan(second[name])] == ["connecting_s", "tls_s"]
    assert round(second["latency_s"], 9) == 0.455


def test_the_chart_names_the_phases_that_can_be_seen_in_it() -> None:
    drawn = texts(watched(HTTP1))
    assert {"in the client, before sending", "TCP handshake", "TLS handshake", "receiving"} <= drawn
    assert drawn.isdisjoint({"opening of the connection", "saving"})
    assert {"300 ms", "400 ms"} <= drawn  # before sending, and in all
    assert {"opening of the connection", "saving"} & texts(watched(HTTP1, HTTP2)) == {
        "opening of the connection"
    }


def test_the_title_names_the_largest_part_with_the_best() -> None:
    largest = "Largest part of an image's time with thread_pool/requests_session: "
    assert titles.phases(watched(HTTP1)) == f"{largest}in the client, before sending"
    assert titles.phases(watched(HTTP2)) == f"{largest}receiving"
